"""Chaining what was recorded, in batches, behind the actions' backs."""

from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit.chain import GENESIS, checkpoint_text, link_hash
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import audit_checkpoint, audit_event, audit_link

_BATCH = 100
"""Entries a transaction: the writer has other things to do, and nobody waits for the chain."""


class Sealer:
    """Makes the chain grow. One of it works at a time: a second would fail on the unique numbers."""

    def __init__(self, db: Database, signing: Ed25519PrivateKey, clock: Clock) -> None:
        self._db = db
        self._signing = signing
        self._clock = clock

    async def seal(self) -> int:
        """Chain everything recorded so far; returns how many entries were."""
        total = 0
        while True:
            count = await self._db.write(_seal_batch)
            total += count
            if count < _BATCH:
                return total

    async def checkpoint(self) -> int | None:
        """Sign the newest link; returns its number, None when there is nothing new to sign."""
        return await self._db.write(self._sign_newest)

    async def _sign_newest(self, conn: AsyncConnection) -> int | None:
        newest = await _newest(conn)
        signed = (await conn.execute(sa.select(sa.func.max(audit_checkpoint.c.seq)))).scalar_one()
        if newest is None or newest.seq == signed:
            return None
        signature = self._signing.sign(checkpoint_text(newest.seq, newest.hash))
        row = {"seq": newest.seq, "hash": newest.hash, "at": self._clock.now(), "signature": signature}
        await conn.execute(sa.insert(audit_checkpoint), row)
        return int(newest.seq)


async def _newest(conn: AsyncConnection) -> Any:
    return (await conn.execute(sa.select(audit_link).order_by(audit_link.c.seq.desc()).limit(1))).first()


async def _seal_batch(conn: AsyncConnection) -> int:
    # What has no number yet, not what came after the last: a late commit must not be passed over.
    query = sa.select(audit_event).where(audit_event.c.seq.is_(None)).order_by(audit_event.c.id).limit(_BATCH)
    rows = (await conn.execute(query)).all()
    if not rows:
        return 0
    newest = await _newest(conn)
    seq, previous = (newest.seq, newest.hash) if newest is not None else (0, GENESIS)
    links, numbers = [], []
    for row in rows:
        seq += 1
        link = link_hash(seq, previous, row)
        links.append({"seq": seq, "event_id": row.id, "previous": previous, "hash": link})
        numbers.append({"id": row.id, "seq": seq})
        previous = link
    await insert_rows(conn, audit_link, links)
    await update_rows(conn, audit_event, numbers)
    return len(rows)

"""Chaining what was recorded, in batches, behind the actions' backs."""

from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit.chain import GENESIS, checkpoint_text, link_hash
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import audit_checkpoint, audit_event, audit_link, counter

_LOCK = "audit"
"""The row of `counter` that a sealer locks."""
_BATCH = 100
"""Entries a transaction: the writer has other things to do, and nobody waits for the chain."""


class Sealer:
    """Makes the chain grow. Any number may work on one database: each batch waits until the one before is durable."""

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
        await _alone(conn)
        newest = await _newest(conn)
        signed = (await conn.execute(sa.select(sa.func.max(audit_checkpoint.c.seq)))).scalar_one()
        if newest is None or newest.seq == signed:
            return None
        signature = self._signing.sign(checkpoint_text(newest.seq, newest.hash))
        row = {"seq": newest.seq, "hash": newest.hash, "at": self._clock.now(), "signature": signature}
        await conn.execute(sa.insert(audit_checkpoint), row)
        return int(newest.seq)


async def _alone(conn: AsyncConnection) -> None:
    """Wait for every other sealer's transaction, and have every other wait for this one.

    What is read after it is what they committed: the chain has one end, and nobody forks it.
    """
    locked = sa.select(counter.c.value).where(counter.c.name == _LOCK).with_for_update()
    if (await conn.execute(locked)).first() is None:
        # Of two that make it at once, one is refused by the database, and is run again.
        await conn.execute(sa.insert(counter), {"name": _LOCK, "value": 0})


async def _newest(conn: AsyncConnection) -> Any:
    return (await conn.execute(sa.select(audit_link).order_by(audit_link.c.seq.desc()).limit(1))).first()


async def _seal_batch(conn: AsyncConnection) -> int:
    # What has no number yet, not what came after the last: a late commit must not be passed over.
    unchained = sa.select(audit_event).where(audit_event.c.seq.is_(None)).order_by(audit_event.c.id)
    if (await conn.execute(unchained.limit(1))).first() is None:
        return 0
    await _alone(conn)
    rows = (await conn.execute(unchained.limit(_BATCH))).all()
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

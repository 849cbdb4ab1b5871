"""The chain itself: how a link is made, and how all of them are checked."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import audit_checkpoint, audit_event, audit_link
from hub.errors import AuditBroken

GENESIS = hashlib.sha256(b"carehub audit chain").digest()
_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was checked: links in the chain, signed checkpoints, and entries still waiting for the sealer."""

    links: int
    checkpoints: int
    waiting: int


def link_hash(seq: int, previous: bytes, event: Any) -> bytes:
    """The hash of the link that chains `event` (a row of audit_event) as number `seq`."""
    digest = hashlib.sha256()
    for value in (
        event.id,
        _microseconds(event.at),
        event.action,
        event.actor_kind,
        event.actor_id,
        event.person_id or "",
        event.object_id,
        event.request_id,
        event.payload_sealed,
    ):
        raw = value if isinstance(value, bytes) else str(value).encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return hashlib.sha256(seq.to_bytes(8, "big") + previous + digest.digest()).digest()


def checkpoint_text(seq: int, link: bytes) -> bytes:
    """What is signed for the link number `seq`."""
    return f"carehub audit\n{seq}\n{link.hex()}\n".encode()


async def verify(conn: AsyncConnection, public: Ed25519PublicKey) -> Verified:
    """Walk the whole chain in constant memory.

    Raises: AuditBroken, naming the first entry that was edited, deleted, inserted, moved or cut off.
    """
    checkpoints = {row.seq: row for row in await conn.execute(sa.select(audit_checkpoint))}
    previous, count = GENESIS, 0
    async for row in _rows(conn):
        count += 1
        if row.link_seq != count:
            raise AuditBroken(f"link {count} is missing: the next one found is {row.link_seq}")
        if row.id is None:
            raise AuditBroken(f"link {count} chains an entry that was deleted")
        if row.seq != count:
            raise AuditBroken(f"link {count} chains an entry that is numbered {row.seq}")
        if row.previous != previous:
            raise AuditBroken(f"link {count} does not follow the one before it")
        previous = link_hash(count, previous, row)
        if row.hash != previous:
            raise AuditBroken(f"the entry of link {count} was changed")
        signed = checkpoints.pop(count, None)
        if signed is not None:
            _check_signature(signed, previous, public)
    if checkpoints:
        raise AuditBroken(f"the chain ends at link {count} but a checkpoint was signed for link {max(checkpoints)}")
    numbered = sa.select(sa.func.count()).where(audit_event.c.seq.is_not(None))
    if (await conn.execute(numbered)).scalar_one() != count:
        raise AuditBroken("there are numbered entries that no link chains")
    waiting = sa.select(sa.func.count()).where(audit_event.c.seq.is_(None))
    signatures = sa.select(sa.func.count()).select_from(audit_checkpoint)
    return Verified(count, (await conn.execute(signatures)).scalar_one(), (await conn.execute(waiting)).scalar_one())


def _check_signature(signed: Any, link: bytes, public: Ed25519PublicKey) -> None:
    try:
        public.verify(signed.signature, checkpoint_text(signed.seq, signed.hash))
    except InvalidSignature:
        raise AuditBroken(f"the checkpoint of link {signed.seq} is not signed by this hub's key") from None
    if signed.hash != link:
        raise AuditBroken(f"the chain up to link {signed.seq} differs from what was signed there")


async def _rows(conn: AsyncConnection) -> AsyncIterator[Any]:
    """Links with their entries, in order, page by page."""
    last = 0
    joined = audit_link.outerjoin(audit_event, audit_event.c.id == audit_link.c.event_id)
    columns = (audit_link.c.seq.label("link_seq"), audit_link.c.previous, audit_link.c.hash, *audit_event.c)
    while True:
        query = sa.select(*columns).select_from(joined).where(audit_link.c.seq > last).order_by(audit_link.c.seq)
        page = (await conn.execute(query.limit(_PAGE))).all()
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        last = page[-1].link_seq


def _microseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond

"""Copies of signed checkpoints, kept where whoever changes this database cannot: a chain cut short shows by them."""

import base64
from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit.chain import checkpoint_text
from hub.db.tables import audit_checkpoint, audit_link
from hub.errors import AuditBroken, InputError


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it is copied. hash in hex, signature in base64: Ed25519 over `checkpoint_text`."""

    seq: int
    hash: str
    at: str
    signature: str

    def line(self) -> str:
        """It as one line of JSON."""
        return msgspec.json.encode(self).decode()


async def newest(conn: AsyncConnection) -> Copied | None:
    """The checkpoint that was signed last; None where none was."""
    query = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.seq.desc()).limit(1)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    signature = base64.b64encode(row.signature).decode()
    return Copied(seq=row.seq, hash=bytes(row.hash).hex(), at=row.at.isoformat(), signature=signature)


async def compare(conn: AsyncConnection, public: Ed25519PublicKey, lines: Iterable[str]) -> int:
    """Hold the chain, which was walked before, against copies; how many there are.

    Raises: AuditBroken where the chain ends before a copy, or differs from it. InputError for what is no copy.
    """
    count = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=Copied)
            link = bytes.fromhex(one.hash)
            public.verify(base64.b64decode(one.signature, validate=True), checkpoint_text(one.seq, link))
        except (msgspec.DecodeError, ValueError, InvalidSignature):
            raise InputError(f"line {number} is no checkpoint that this hub signed") from None
        here = (
            await conn.execute(sa.select(audit_link.c.hash).where(audit_link.c.seq == one.seq))
        ).scalar_one_or_none()
        if here is None:
            raise AuditBroken(f"the chain ends before link {one.seq}, of which a copy was kept")
        if bytes(here) != link:
            raise AuditBroken(f"the chain up to link {one.seq} differs from the copy that was kept")
        count += 1
    return count

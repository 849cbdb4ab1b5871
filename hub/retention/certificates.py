"""Certificates of disposal: what was destroyed, when, why and by whom, signed, in a log that leaves no number out.

A certificate is JSON, signed octet by octet with the key that signs the audit's checkpoints. Each names the SHA-256 of
the one before it, so that none can be taken away or put in between. It names nobody: the person's id says of no one
who they were.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidSignature
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.crypto import Place
from hub.db.counters import advance
from hub.db.tables import data_key, disposal
from hub.parts import Parts
from hub.vault import AUDIT, Keys

__all__ = ["Certificate", "Issued", "issue", "issued_before", "issued_since", "proved", "unproved", "wrong"]

FORMAT = "carehub-disposal"
VERSION = 1


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. what: `person`, or a kind of record. counts: what there was, by kind.

    keks: the key-encryption keys that the keyring held then; once none of them is in it, no older copy of the database
    opens either. previous: the SHA-256 of the certificate before this one; empty for the first.
    """

    format: str = FORMAT
    version: int = VERSION
    seq: int
    clinic: str
    what: str
    person_id: str | None
    at: datetime
    by: str
    reason: str
    policy: str
    counts: Mapping[str, int]
    data_keys: int
    keks: tuple[str, ...]
    previous: str


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate, its very octets, and the Ed25519 signature over them in base64."""

    certificate: Certificate
    text: bytes
    signature: str


async def issue(
    conn: AsyncConnection,
    parts: Parts,
    *,
    what: str,
    person_id: str | None,
    actor: Actor,
    reason: str,
    policy: str,
    counts: Mapping[str, int],
    data_keys: int,
) -> Issued:
    """The next certificate, written in the transaction of the disposal itself."""
    now = parts.clock.now()
    # From here to the commit the counter is locked: the one before is the last there is.
    seq = await advance(conn, "disposal", 1)
    before = await _opened(conn, parts, seq - 1) if seq > 1 else None
    made = Certificate(
        seq=seq,
        clinic=parts.settings.clinic_name,
        what=what,
        person_id=person_id,
        at=now,
        by=f"{actor.kind}:{actor.id}",
        reason=reason,
        policy=policy,
        counts=dict(sorted(counts.items())),
        data_keys=data_keys,
        keks=parts.vault.keyring.ids,
        previous=hashlib.sha256(before).hexdigest() if before is not None else "",
    )
    text = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    signature = parts.vault.keyring.signing_key().sign(text)
    keys = await parts.vault.key(conn, AUDIT)
    row = {
        "seq": seq,
        "person_id": person_id,
        "at": now,
        "certificate_sealed": keys.seal(AUDIT, text, _place(seq)),
        "signature": signature,
    }
    await conn.execute(sa.insert(disposal), row)
    return Issued(certificate=made, text=text, signature=base64.b64encode(signature).decode())


async def issued_since(conn: AsyncConnection, parts: Parts, after: int = 0) -> AsyncIterator[Issued]:
    """The certificates with a number over `after`, in order. Raises: SealBroken for one that was changed."""
    keys = await parts.vault.key(conn, AUDIT)
    while rows := (
        await conn.execute(sa.select(disposal).where(disposal.c.seq > after).order_by(disposal.c.seq).limit(200))
    ).all():
        for row in rows:
            yield _read(keys, row)
        after = rows[-1].seq


async def issued_before(conn: AsyncConnection, parts: Parts, before: int | None, most: int) -> list[Issued]:
    """The newest certificates first: those with a number under `before`, where given; at most `most`.

    Raises: SealBroken for one that was changed.
    """
    keys = await parts.vault.key(conn, AUDIT)
    query = sa.select(disposal).order_by(disposal.c.seq.desc()).limit(most)
    rows = await conn.execute(query if before is None else query.where(disposal.c.seq < before))
    return [_read(keys, row) for row in rows]


async def proved(conn: AsyncConnection, parts: Parts) -> tuple[int, str | None]:
    """How many certificates there are, and the first fault in them as a sentence; None when all hold."""
    before: Issued | None = None
    async for one in issued_since(conn, parts):
        fault = wrong(parts, one, before) or await unproved(conn, parts, one)
        if fault is not None:
            return one.certificate.seq, fault
        before = one
    return before.certificate.seq if before is not None else 0, None


def _read(keys: Keys, row: Any) -> Issued:
    text = keys.open(AUDIT, row.certificate_sealed, _place(row.seq))
    made = msgspec.json.decode(text, type=Certificate)
    return Issued(certificate=made, text=text, signature=base64.b64encode(row.signature).decode())


def wrong(parts: Parts, one: Issued, before: Issued | None) -> str | None:
    """What is wrong with a certificate that comes after `before`, as a sentence; None when nothing is."""
    seq = one.certificate.seq
    try:
        parts.vault.keyring.signing_key().public_key().verify(base64.b64decode(one.signature), one.text)
    except InvalidSignature:
        return f"certificate {seq} was changed: its signature does not fit"
    if seq != (before.certificate.seq + 1 if before is not None else 1):
        return f"a certificate before number {seq} is missing"
    if one.certificate.previous != (hashlib.sha256(before.text).hexdigest() if before is not None else ""):
        return f"certificate {seq} does not follow from the one before it"
    return None


async def unproved(conn: AsyncConnection, parts: Parts, one: Issued) -> str | None:
    """Why what a certificate says is not so any more, or not yet, as a sentence; None when it is so."""
    made = one.certificate
    if made.person_id is not None:
        there = sa.select(data_key.c.owner_id).where(
            data_key.c.owner_id == made.person_id, data_key.c.wrapped.is_not(None)
        )
        if (await conn.execute(there)).first() is not None:
            return f"certificate {made.seq}: the data key is there; the database was restored from an older backup"
    left = sorted(set(made.keks) & set(parts.vault.keyring.ids))
    if left:
        return (
            f"certificate {made.seq}: the keyring still has {', '.join(left)}, which opens backups of before: "
            "`hub keys rotate --destroy-older`"
        )
    return None


async def _opened(conn: AsyncConnection, parts: Parts, seq: int) -> bytes:
    keys = await parts.vault.key(conn, AUDIT)
    sealed = (await conn.execute(sa.select(disposal.c.certificate_sealed).where(disposal.c.seq == seq))).scalar_one()
    return keys.open(AUDIT, sealed, _place(seq))


def _place(seq: int) -> Place:
    return Place("disposal", "certificate_sealed", str(seq))

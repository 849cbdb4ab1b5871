"""Mails kept as they came, sealed: those that could not be read, and those that hold more than their message shows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.attachments import Scanner, State
from hub.audit import Actor, Entry, Trail
from hub.crypto import Place
from hub.db import Database
from hub.db.tables import raw_mail
from hub.events import Change, publish
from hub.vault import HUB, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A mail that is kept: why, how many octets it has, and when it came."""

    id: str
    reason: str
    size: int
    received_at: datetime


class RawMails:
    """Where they are kept."""

    def __init__(self, db: Database, vault: Vault, trail: Trail, scanner: Scanner) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._scanner = scanner

    async def keep(self, mail_id: str, raw: bytes, reason: str, at: datetime) -> str:
        """The id under which `raw` is kept, once that is durable: `mail_id`, or an older one of the same mail.

        Raises: StorageError.
        """
        digest = self._digest(raw)

        async def unit(conn: AsyncConnection) -> str:
            known = await conn.scalar(sa.select(raw_mail.c.id).where(raw_mail.c.digest == digest))
            if known is not None:
                return str(known)
            keys = await self._vault.key(conn, HUB)
            values = {
                "id": mail_id,
                "digest": digest,
                "reason": reason,
                "size": len(raw),
                "raw_sealed": keys.seal(HUB, raw, _place(mail_id)),
                "received_at": at,
            }
            await conn.execute(sa.insert(raw_mail).values(values))
            await self._trail.record(
                conn,
                Entry(
                    action="mail.keep",
                    actor=Actor("system", "mail"),
                    person_id=None,
                    object_id=mail_id,
                    details={"reason": reason},
                ),
            )
            await publish(conn, at, [Change("mail.kept", mail_id)])
            return mail_id

        try:
            return await self._db.write(unit)
        except IntegrityError:
            # Another process keeps the very same mail at this moment.
            return await self._db.write(unit)

    async def listed(
        self, conn: AsyncConnection, *, reason: str | None = None, before: str | None = None, limit: int = 50
    ) -> Sequence[Kept]:
        """What is kept, newest first: of one reason or of any, after the mail `before` in that order."""
        columns = (raw_mail.c.id, raw_mail.c.reason, raw_mail.c.size, raw_mail.c.received_at)
        # Ids sort by the time they were made.
        query = sa.select(*columns).order_by(raw_mail.c.id.desc()).limit(limit)
        if reason is not None:
            query = query.where(raw_mail.c.reason == reason)
        if before is not None:
            query = query.where(raw_mail.c.id < before)
        return [
            Kept(id=row.id, reason=row.reason, size=row.size, received_at=row.received_at)
            for row in await conn.execute(query)
        ]

    async def open(self, conn: AsyncConnection, mail_id: str) -> bytes | None:
        """A mail as it came, None where none is kept by that id.

        Who asks writes the audit entry. Raises: SealBroken.
        """
        sealed = await conn.scalar(sa.select(raw_mail.c.raw_sealed).where(raw_mail.c.id == mail_id))
        if sealed is None:
            return None
        return (await self._vault.key(conn, HUB)).open(HUB, sealed, _place(mail_id))

    async def infected(self, raw: bytes) -> bool:
        """Whether the scanner finds malware in a mail: it looks through its parts."""
        return (await self._scanner.scan(raw)).state is State.INFECTED

    def _digest(self, raw: bytes) -> bytes:
        return self._vault.blind.of("idempotency", f"mail {hashlib.sha256(raw).hexdigest()}")


def _place(mail_id: str) -> Place:
    return Place("raw_mail", "raw_sealed", mail_id)

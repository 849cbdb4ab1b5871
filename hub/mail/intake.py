"""One mail, from its octets to what is durable."""

import hashlib
import logging
from datetime import datetime
from enum import StrEnum
from typing import get_args

from channels.mail.aside import Aside, Unreadable
from channels.mail.parsing import sender_of
from channels.mail.reading import Envelope, Ours, Reading, read, unreadable
from hub.log import say
from hub.mail.raw import RawMails
from hub.parts import Parts
from hub.types import ChannelKind, Inbound, Language, Media, new_id
from templates.render import render

_log = logging.getLogger(__name__)


class Taken(StrEnum):
    """What became of a mail; all of it is durable."""

    MESSAGE = "message"
    DUPLICATE = "duplicate"
    STATUS = "status"
    IGNORED = "ignored"
    UNREADABLE = "unreadable"
    KEPT = "kept"


class Intake:
    """Takes mails. `take` may be called by several at once."""

    def __init__(self, parts: Parts, aside: Aside) -> None:
        self._parts = parts
        self._aside = aside
        self.raw = RawMails(parts.db, parts.vault, parts.trail)
        settings = parts.settings
        subjects = (
            render(
                "mail.subject", {"clinic": settings.clinic_name}, language, ChannelKind.EMAIL, settings.timezone
            ).text
            for language in get_args(Language)
        )
        self._ours = Ours(mailbox=settings.email_from, authserv_id=settings.mail_authserv_id, subjects=tuple(subjects))

    @property
    def ours(self) -> Ours:
        """What the hub is called."""
        return self._ours

    async def take(self, raw: bytes, envelope: Envelope) -> Taken:
        """What became of the mail, once that is durable.

        Raises: StorageError (Overloaded among them): nothing may be relied upon, and the mail must come again.
        """
        at, mail_id = self._parts.clock.now(), new_id()
        try:
            mail = await self._aside.parse(raw)
        except Unreadable as unread:
            taken = await self._unreadable(raw, envelope, at, mail_id, unread.reason)
        else:
            found = read(mail, envelope, self._ours, at, kept_as=mail_id)
            taken = await self._follow(found, raw, at, mail_id)
        self._parts.metrics.mails.labels(taken).inc()
        return taken

    async def _follow(self, found: Reading, raw: bytes, at: datetime, mail_id: str) -> Taken:
        inbound = found.inbound
        if found.kept:
            kept = await self.raw.keep(mail_id, raw, found.kept, at)
            if inbound is not None and (kept != mail_id or found.kept == "long"):
                inbound = _told_of(inbound, mail_id, kept)
        if found.status is not None:
            await self._parts.outbox.report([found.status])
            return Taken.STATUS
        if inbound is None:
            say(_log, "mail_ignored", reason=found.ignored)
            return Taken.KEPT if found.kept else Taken.IGNORED
        accepted = await self._parts.acceptor.accept(inbound)
        return Taken.DUPLICATE if accepted.duplicate else Taken.MESSAGE

    async def _unreadable(self, raw: bytes, envelope: Envelope, at: datetime, mail_id: str, reason: str) -> Taken:
        say(_log, "mail_unreadable", logging.WARNING, reason=reason, size=len(raw))
        kept = await self.raw.keep(mail_id, raw, "unreadable", at)
        zone = self._parts.settings.timezone
        words = render("mail.unreadable", {}, "en", ChannelKind.EMAIL, zone).text
        digest = hashlib.sha256(raw).hexdigest()
        inbound = unreadable(sender_of(raw), digest, envelope, self._ours, at, words)
        if inbound is not None:
            await self._parts.acceptor.accept(_told_of(inbound, mail_id, kept))
        return Taken.UNREADABLE


def _told_of(inbound: Inbound, mail_id: str, kept: str) -> Inbound:
    """`inbound` with the mail as it came among its files, and its files under the id by which it is kept."""
    files = tuple(
        Media(url=one.url.replace(f"mail:{mail_id}/", f"mail:{kept}/"), content_type=one.content_type)
        for one in inbound.media
    )
    return Inbound(
        channel=inbound.channel,
        provider_id=inbound.provider_id,
        sender=inbound.sender,
        recipient=inbound.recipient,
        text=inbound.text,
        received_at=inbound.received_at,
        media=(*files, Media(url=f"mail:{kept}/0", content_type="message/rfc822")),
        provenance=inbound.provenance,
    )

"""One mail, from its octets to what is durable."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import get_args

from channels.mail.aside import Aside, Unreadable
from channels.mail.parsing import File, sender_of
from channels.mail.reading import PART, Envelope, Ours, Reading, read, unreadable
from hub.files import Staged
from hub.files.expecting import WHOLE_MAIL
from hub.log import say
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
        settings = parts.settings
        subjects = (
            render("mail.subject", {"clinic": settings.told_name}, language, ChannelKind.EMAIL, settings.timezone).text
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
            found = read(mail, envelope, self._ours, at)
            taken = await self._follow(found, mail.files, raw, at, mail_id)
        self._parts.metrics.mails.labels(taken).inc()
        return taken

    async def _follow(self, found: Reading, files: Sequence[File], raw: bytes, at: datetime, mail_id: str) -> Taken:
        inbound = found.inbound
        if found.kept:
            kept = await self._parts.files.mails.keep(mail_id, raw, found.kept, at)
            if inbound is not None:
                inbound = _told_of(inbound, kept)
        if found.status is not None:
            await self._parts.outbox.report([found.status])
            return Taken.STATUS
        if inbound is None:
            say(_log, "mail_ignored", reason=found.ignored)
            return Taken.KEPT if found.kept else Taken.IGNORED
        staged = [await self._parts.files.staging.hold_whole(file.content) for file in files]
        accepted = await self._parts.acceptor.accept(_with_files(inbound, staged))
        if accepted.duplicate:
            await self._parts.files.staging.drop(*staged)
        return Taken.DUPLICATE if accepted.duplicate else Taken.MESSAGE

    async def _unreadable(self, raw: bytes, envelope: Envelope, at: datetime, mail_id: str, reason: str) -> Taken:
        say(_log, "mail_unreadable", logging.WARNING, reason=reason, size=len(raw))
        kept = await self._parts.files.mails.keep(mail_id, raw, "unreadable", at)
        zone = self._parts.settings.timezone
        words = render("mail.unreadable", {}, "en", ChannelKind.EMAIL, zone).text
        digest = hashlib.sha256(raw).hexdigest()
        inbound = unreadable(sender_of(raw), digest, envelope, self._ours, at, words)
        if inbound is not None:
            await self._parts.acceptor.accept(_told_of(inbound, kept))
        return Taken.UNREADABLE


def _with_files(inbound: Inbound, staged: Sequence[Staged]) -> Inbound:
    """`inbound` with each of its files named by where it was put aside."""
    where = {f"{PART}{number}": one.url for number, one in enumerate(staged)}
    return replace(inbound, media=tuple(replace(one, url=where.get(one.url, one.url)) for one in inbound.media))


def _told_of(inbound: Inbound, kept: str) -> Inbound:
    """`inbound` with the mail as it came named among its files."""
    return replace(inbound, media=(*inbound.media, Media(url=WHOLE_MAIL + kept, content_type="message/rfc822")))

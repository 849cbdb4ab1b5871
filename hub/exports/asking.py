"""What is to be exported: whose messages, of which time, channel and purpose, in which form."""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from hub.db.tables import delivery, message
from hub.types import ChannelKind, Purpose

__all__ = ["Asked", "Format", "conditions"]


class Format(StrEnum):
    """In what form conversations are written."""

    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    PDF = "pdf"
    EML = "eml"
    FHIR = "fhir"


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was asked for; filters combine, None is no filter. It holds ids and plain words, no name and no number.

    since, until: aware; from `since` on, and before `until`. purpose: of what was sent; what came in has none.
    channel: by which a message came or went, or by which one of its deliveries went.
    """

    format: Format = Format.JSONL
    profile: str = "full"
    person_id: str | None = None
    thread_id: str | None = None
    channel: ChannelKind | None = None
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None

    def before(self, moment: datetime) -> "Asked":
        """The same, but of nothing from `moment` on."""
        until = moment if self.until is None else min(moment, self.until)
        since = None if self.since is None else self.since.astimezone(UTC)
        return msgspec.structs.replace(self, since=since, until=until.astimezone(UTC))


def conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    """What rows of `message` must fulfil. The person is asked for by their thread."""
    found: list[sa.ColumnElement[bool]] = []
    if asked.thread_id is not None:
        found.append(message.c.thread_id == asked.thread_id)
    if asked.since is not None:
        found.append(message.c.at >= asked.since)
    if asked.until is not None:
        found.append(message.c.at < asked.until)
    went = sa.select(delivery.c.id).where(delivery.c.message_id == message.c.id)
    if asked.channel is not None:
        by = went.where(delivery.c.channel == asked.channel.value).exists()
        found.append(sa.or_(message.c.channel == asked.channel.value, by))
    if asked.purpose is not None:
        found.append(went.where(delivery.c.purpose == asked.purpose.value).exists())
    return found

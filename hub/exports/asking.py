"""What is to be exported: whose messages, of which time, channel and purpose, in which form."""

from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from hub.db.tables import delivery, message, thread
from hub.part2 import Basis, lacking
from hub.types import ChannelKind, Purpose

__all__ = ["Asked", "Format", "conditions", "withheld"]


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
    basis: on what records under 42 CFR Part 2 are given. begun_on: the day, in UTC, on which consents to that count.
    """

    format: Format = Format.JSONL
    profile: str = "full"
    person_id: str | None = None
    thread_id: str | None = None
    channel: ChannelKind | None = None
    purpose: Purpose | None = None
    since: datetime | None = None
    until: datetime | None = None
    basis: Basis = "inside"
    begun_on: date | None = None

    def before(self, moment: datetime) -> "Asked":
        """The same, but of nothing from `moment` on, which is when it is begun."""
        until = moment if self.until is None else min(moment, self.until)
        since = None if self.since is None else self.since.astimezone(UTC)
        begun_on = moment.astimezone(UTC).date()
        return msgspec.structs.replace(self, since=since, until=until.astimezone(UTC), begun_on=begun_on)


def conditions(asked: Asked) -> list[sa.ColumnElement[bool]]:
    """What rows of `message` must fulfil. The person is asked for by their thread."""
    found: list[sa.ColumnElement[bool]] = []
    if asked.thread_id is not None:
        found.append(message.c.thread_id == asked.thread_id)
    if asked.since is not None:
        found.append(message.c.at >= asked.since)
    if asked.until is not None:
        found.append(message.c.at < asked.until)
    if asked.basis == "consent" and asked.begun_on is not None:
        found.append(message.c.thread_id.not_in(withheld(asked.begun_on)))
    went = sa.select(delivery.c.id).where(delivery.c.message_id == message.c.id)
    if asked.channel is not None:
        by = went.where(delivery.c.channel == asked.channel.value).exists()
        found.append(sa.or_(message.c.channel == asked.channel.value, by))
    if asked.purpose is not None:
        found.append(went.where(delivery.c.purpose == asked.purpose.value).exists())
    return found


def withheld(today: date) -> sa.Select[tuple[str]]:
    """The ids of threads that are under 42 CFR Part 2 and not consented to: not given on the basis `consent`."""
    # By another name, for whoever asks may look at threads themselves.
    theirs = thread.alias("withheld")
    return sa.select(theirs.c.id).where(theirs.c.person_id.in_(lacking(today)))

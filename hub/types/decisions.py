"""An intent to tell a person something, and what may become of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from hub.types.messages import AuthorKind, ChannelKind, Media, Purpose

Level = Literal["none", "limited", "full"]
"""What a text may reveal: nothing of a person; first name, time and place; anything (behind a log-in only)."""

_SAME: Mapping[ChannelKind, str] = MappingProxyType({})


class Lane(StrEnum):
    """How urgent a delivery is to the sender's rate limit: `bulk` never holds up a `reply`."""

    SAFETY = "safety"
    REPLY = "reply"
    BULK = "bulk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A wish to tell one person something, for one purpose. The router turns it into a decision.

    key: makes the intent idempotent: a second one with the same key changes nothing.
    body: the finished text, sealed before it is stored. words: other words for it, on the channels that need some.
    level: what the text reveals. Above what a channel may carry, a link goes there and the text is read in the portal.
    followed: whether a delivery that does not reach the person is followed by the next one, by another channel where
        none was asked for, and in the end by a task for staff.
    replies_to: when the person wrote what this answers; None for anything the clinic starts.
    answers: the id of the message that this answers; of use where an answer goes to its question, as on a call.
    confirms_stop: the one confirmation that may leave after an opt-out.
    answers_help: the direct answer to the word HELP, which may leave even after an opt-out.
    appointment: id and version of the visit this speaks of; a later version voids it.
    not_before: earliest moment to send, aware.
    author_id: whose of the staff it is. media: files that go with it: they are had in the portal, and elsewhere a link.
    """

    key: str
    person_id: str
    purpose: Purpose
    author: AuthorKind
    author_name: str = field(default="", repr=False)
    author_id: str | None = None
    body: str = field(repr=False)
    words: Mapping[ChannelKind, str] = field(default_factory=lambda: _SAME, repr=False)
    level: Level
    followed: bool = False
    lane: Lane = Lane.REPLY
    channel: ChannelKind | None = None
    address_id: str | None = None
    replies_to: datetime | None = None
    answers: str | None = None
    confirms_stop: bool = False
    answers_help: bool = False
    appointment: tuple[str, int] | None = None
    not_before: datetime | None = None
    media: tuple[Media, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """Send now, by this channel, to this address."""

    channel: ChannelKind
    address_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Send later: not before `until` (aware), because of `reason`; then decide anew."""

    channel: ChannelKind
    address_id: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Send nothing, and say why in words a nurse understands."""

    reasons: tuple[str, ...]


Decision = Send | Hold | Skip

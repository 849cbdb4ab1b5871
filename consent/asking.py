"""What policy is asked about: one message that would like to leave, with all that the decision needs."""

import hashlib
from datetime import UTC, datetime, time
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from consent.facts import Standing, in_utc
from hub.types import ChannelKind, Purpose

AddressState = Literal["ok", "invalid", "suspended", "deceased"]
"""Whether an address may be used; `deceased`: it works, and the person whose it is has died."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What the person asked for, for the purpose in question.

    between: the only hours of the day, in their own wall time, at which they want to hear of it: [from, to).
    per_week: the most messages a week, over all channels, where they asked for fewer.
    """

    between: tuple[time, time] | None = None
    per_week: int | None = None

    @classmethod
    def read(cls, hours: str, per_week: int | None) -> "Wishes":
        """Wishes as they are stored: `hours` such as `17:00-20:00`, empty for any."""
        if not hours and per_week is None:
            return NO_WISHES
        return cls(between=span(hours), per_week=per_week)

    def __post_init__(self) -> None:
        """Refuse what could never be kept."""
        if self.between is not None and self.between[0] >= self.between[1]:
            raise ValueError("hours end before they begin")
        if self.per_week is not None and self.per_week < 1:
            raise ValueError("fewer messages are at least one a week")


NO_WISHES = Wishes()


def span(hours: str) -> tuple[time, time] | None:
    """The two times of `17:00-20:00`; None for an empty text. Raises: ValueError for any other."""
    if not hours:
        return None
    start, end = hours.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def share(key: str) -> float:
    """A place from 0 (included) to 1 (excluded) that is always the same for one key, and spreads many keys evenly."""
    return int.from_bytes(hashlib.blake2s(key.encode(), digest_size=6).digest()) / 2**48


class Request(Struct, frozen=True, kw_only=True):
    """One message that would like to leave, with all that the decision needs. Times are aware.

    automated: no person of the staff wrote it now.
    replies_to: when the person wrote what this answers; None for anything the clinic starts.
    zones: the IANA zones the person may be in; empty or partly unreadable means unknown.
    states: the states the person may be in, by their two letters; empty means unknown.
    standing: what holds for the address.
    sent_recently: when automated messages left for this person over capped channels in the last week.
    told_recently: when other messages that the clinic began left for them in the last week, over all channels; one that
        went by several ways counts once.
    wishes: what they asked for.
    share: from 0 (included) to 1 (excluded): where within the spread of an opening this one has its place.
    confirms_stop, stop_confirmed: this is the confirmation of an opt-out; one has left already.
    answers_help: this is the fixed answer to the word HELP.
    safety: this is the fixed safety reply to an emergency text.
    restricted: the person had the processing of their record restricted.
    """

    purpose: Purpose
    channel: ChannelKind
    automated: bool
    now: datetime
    standing: Standing
    replies_to: datetime | None = None
    zones: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    address_state: AddressState = "ok"
    sent_recently: tuple[datetime, ...] = ()
    told_recently: tuple[datetime, ...] = ()
    wishes: Wishes = NO_WISHES
    share: float = 0.0
    confirms_stop: bool = False
    stop_confirmed: bool = False
    answers_help: bool = False
    safety: bool = False
    restricted: bool = False

    def __post_init__(self) -> None:
        """Refuse naive times, and bring the others to UTC: differences of wall times forget clock changes."""
        if self.now.tzinfo is not UTC:
            force_setattr(self, "now", in_utc(self.now))
        if self.sent_recently:
            force_setattr(self, "sent_recently", tuple(map(in_utc, self.sent_recently)))
        if self.told_recently:
            force_setattr(self, "told_recently", tuple(map(in_utc, self.told_recently)))
        if self.replies_to is not None:
            force_setattr(self, "replies_to", in_utc(self.replies_to))

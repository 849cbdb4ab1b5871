"""An alternative in the making: its days and hours, before they are settled to a window."""

from dataclasses import dataclass, field
from datetime import date

from bots.dates.pieces import Clock, Days, Hours, Piece, Relation

_AFTERNOONS = ("afternoon", "tarde", "pm", "late afternoon", "early afternoon")
_FIRST = 7
"""The earliest hour that a bare number is taken for."""


@dataclass(slots=True)
class Draft:
    """One alternative in the making. The flags say that a value was taken over from its neighbour.

    rest: what follows an hour that was ruled out.
    period: the longer stretch within which its day was named, in which the next weekday may lie as well.
    """

    days: Days | None = None
    hours: Hours | None = None
    part: str | None = None
    days_taken: bool = False
    hours_taken: bool = False
    hours_first: bool = False
    part_shared: bool = False
    period: Days | None = None
    rest: bool = False


@dataclass(slots=True)
class Joined:
    """All drafts of a text and what it rules out. left: the time of a visit that is to be moved.

    without: hours ruled out before any day was named. parted: days of which only some hours are ruled out.
    """

    drafts: list[Draft] = field(default_factory=list)
    excluded: list[date] = field(default_factory=list)
    excluded_weekdays: list[int] = field(default_factory=list)
    relation: Relation | None = None
    left: Draft | None = None
    without: list[Hours] = field(default_factory=list)
    parted: list[date] = field(default_factory=list)
    used: list[Piece] = field(default_factory=list)


def set_hours(draft: Draft, hours: Hours) -> None:
    """Give the draft an hour, or a part of the day."""
    if hours.low:
        draft.hours = hours
    else:
        draft.part = hours.part


def between(one: Hours, other: Hours) -> Hours | None:
    """Such as "After 2" with "before 5" is between the two."""
    if one.bound == "after" and other.bound in ("before", "by", "until"):
        return Hours(bound="between", low=one.low, high=other.low)
    if other.bound == "after" and one.bound in ("before", "by", "until"):
        return Hours(bound="between", low=other.low, high=one.low)
    return None


def enclosed(one: Hours, other: Hours) -> Hours | None:
    """The same of two bounds that leave some time between them: "después de las 3 pero tengo que irme a las 5"."""
    both = between(one, other)
    return both if both and both.low and both.high and minute_of(both.low) < minute_of(both.high) else None


def is_open(found: Days | Hours | Relation | None) -> bool:
    """Whether the piece is days without a beginning ("until the 5th")."""
    if not isinstance(found, Days) or found.excluded_weekdays:
        return False
    return bool(found.readings) and found.readings[0][0] is None and not found.weekday


def is_far(hours: Hours, part: str | None) -> bool:
    """Whether the hour is of the morning and the part of the day is not: "an exam at 10, so the afternoon"."""
    morning = hours.low is not None and hours.low.half in (None, "am") and 8 <= hours.low.hour <= 11
    told = hours.bound in ("at", "until") or hours.leaving
    return told and morning and part in _AFTERNOONS


def is_within(hours: Hours, bound: Hours) -> bool:
    """Whether an hour lies within a bound, each taken for the hour of the day that it likeliest is."""
    if hours.low is None or bound.low is None:
        return True
    said, limit = minute_of(hours.low), minute_of(bound.low)
    return said >= limit if bound.bound == "after" else said <= limit


def minute_of(clock: Clock) -> int:
    """Minutes since midnight; a bare number is an hour of a working day."""
    late = clock.half == "pm" or (clock.half is None and clock.hour < _FIRST)
    hour = clock.hour % 12 + 12 if late and clock.hour < 13 else clock.hour
    return (hour if clock.half != "am" else hour % 12) * 60 + clock.minute

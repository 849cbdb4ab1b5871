"""What a text says about when: the shape that parsing returns and scheduling searches by."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal

PartOfDay = Literal["morning", "afternoon", "evening"]
ABOUT_MINUTES = 60
"""How far a start may lie from a time that was said loosely."""


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One stretch of days and hours that would suit, both ends included, in the clinic's wall time.

    first, last: the days; None when the text names no day (any day).
    earliest, latest: bounds of the start within each day; None when open.
    exact: the start must be `earliest` itself ("at 3"), not merely within the bounds.
    about: `earliest` was said loosely ("10ish"): starts near it suit.
    part_of_day: the part that was named, kept beside the bounds it stands for.
    bare: nothing but a weekday, or the number of a day, was named, and the coming one taken; no part of what is equal.
    """

    first: date | None = None
    last: date | None = None
    earliest: time | None = None
    latest: time | None = None
    exact: bool = False
    about: bool = False
    part_of_day: PartOfDay | None = None
    bare: Literal["weekday", "number"] | None = field(default=None, compare=False, repr=False)

    def suits(self, start: datetime) -> bool:
        """Whether a visit that starts at `start` (aware, in the clinic's zone) is within this window."""
        day, at = start.date(), start.time()
        if (self.first and day < self.first) or (self.last and day > self.last):
            return False
        if self.about and self.earliest:
            return abs(_minutes(at) - _minutes(self.earliest)) <= ABOUT_MINUTES
        if self.exact:
            return at == self.earliest
        return not ((self.earliest and at < self.earliest) or (self.latest and at > self.latest))


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """All that a text says about time.

    windows: what would suit, in the order preferred; empty when nothing was said.
    excluded: days and weekdays that the person ruled out ("not Friday").
    ambiguous: two or more readings between which the person must be asked (e.g. "next Friday",
        "at 7" with the clinic open at both); each is a Window; `windows` then holds the likeliest one.
    moved_from: the time of the visit that is to be moved, where it is named beside the new one ("swap my Tuesday
        2pm for Wednesday"); it is no wish.
    relation: "earlier", "later" or "sooner than offered" wishes that only a dialogue can resolve.
    spans: (start, end) character ranges of the text that were used.
    """

    windows: tuple[Window, ...] = ()
    excluded: tuple[date, ...] = ()
    excluded_weekdays: tuple[int, ...] = ()
    ambiguous: tuple[Window, ...] = ()
    relation: Literal["earlier", "later", "soonest"] | None = None
    moved_from: tuple[Window, ...] = ()
    spans: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def date(self) -> date | None:
        """The single day meant by the first window, if it names one day; of "from the 5th" or "by the 5th", the 5th."""
        if not self.windows:
            return None
        first, last = self.windows[0].first, self.windows[0].last
        if first and last:
            return first if first == last else None
        return first or last

    @property
    def time(self) -> time | None:
        """The time of day meant by the first window, if it names one; of "after 3", 3. None for stretches and parts."""
        if not self.windows:
            return None
        window = self.windows[0]
        if window.exact or window.about:
            return window.earliest
        return window.earliest if window.latest is None else None

    @property
    def part_of_day(self) -> PartOfDay | None:
        """The part of the day that the first window names."""
        return self.windows[0].part_of_day if self.windows else None

"""From a wish to an offer, without a calendar: where to look, in which order, and what to pick of what is found.

A day is cut into cells; of each only a few slots are read, so that a vague wish over a full calendar costs no more
than a narrow one, and has something of every day to choose from.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bots.dates.model import ABOUT_MINUTES, When, Window
from bots.scheduling.base import Slot

_DAY = timedelta(days=1)
_NEAR = timedelta(minutes=ABOUT_MINUTES)
_NEVER_MIND = timedelta(microseconds=1)
_NOON = (time(12),)
_HOURS = (time(10), time(12), time(14), time(16), time(18))
_FEW_DAYS = 3
_AROUND = 92
"""Days on either side of a wish that cannot be met in which the nearest is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A stretch of one day to look in, both ends included, in UTC. With `aim`, what starts closest to it counts."""

    first: datetime
    last: datetime
    aim: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A slot, found as the `nth` best of the cell number `cell`."""

    cell: int
    nth: int
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The days that there is a calendar for, without those the person ruled out."""

    first: date
    last: date
    when: When
    zone: ZoneInfo

    def allows(self, day: date) -> bool:
        """Whether `day` may be offered."""
        ruled_out = day in self.when.excluded or day.weekday() in self.when.excluded_weekdays
        return self.first <= day <= self.last and not ruled_out


def timed(window: Window) -> bool:
    """Whether the wish names a time of day, so that what is closest to it comes first."""
    return window.earliest is not None and (window.exact or window.about)


def within(window: Window, season: Season) -> Iterator[Cell]:
    """The cells that a window is made of, in order of time."""
    first = max(window.first or season.first, season.first)
    last = min(window.last or season.last, season.last)
    cuts = _HOURS if last - first < _FEW_DAYS * _DAY else _NOON
    for day in _span(first, last):
        if not season.allows(day):
            continue
        if window.earliest is not None and timed(window):
            aim = _instant(day, window.earliest, season.zone, min)
            latest = _instant(day, window.earliest, season.zone, max)
            reach = _NEAR if window.about else timedelta(0)
            yield Cell(first=aim - reach, last=latest + reach, aim=aim)
        else:
            yield from _cells(day, window.earliest or time.min, window.latest or time.max, cuts, season.zone)


def around(window: Window, season: Season) -> Iterator[Cell]:
    """The cells near a window that could not be met: its own days first, then day by day away from it."""
    aim = _aim(window)
    for day in _outward(window, season):
        if not season.allows(day):
            continue
        cells = list(_cells(day, time.min, time.max, _NOON if aim is None else (), season.zone))
        if aim is None:
            yield from cells
        else:
            yield Cell(first=cells[0].first, last=cells[0].last, aim=_instant(day, aim, season.zone, min))


def in_order(found: Sequence[Found], window: Window, *, met: bool) -> list[Found]:
    """What was found, the best first.

    A time wished for on any of several days is answered with the best of each day before the second best of one.
    """
    if met and timed(window) and (window.first is None or window.first != window.last):
        return sorted(found, key=lambda one: (one.nth, one.cell))
    return sorted(found, key=lambda one: (one.cell, one.nth))


def choose(ordered: Sequence[Slot], limit: int, *, spread: bool, beside: Sequence[Slot] = ()) -> list[Slot]:
    """Up to `limit` of `ordered` that go with those already chosen.

    spread: rather another half of the day than two slots in a row; where there is no choice, slots in a row.
    """
    rules = _APART if spread else _APART[-2:]
    picked: list[Slot] = []
    for apart in rules:
        for one in ordered:
            if len(picked) == limit:
                break
            others = (*beside, *picked)
            if all(one.id != other.id and apart(one, other) for other in others):
                picked.append(one)
    return sorted(picked, key=lambda one: (one.start, one.id)) if spread else picked


_APART: tuple[Callable[[Slot, Slot], bool], ...] = (
    lambda a, b: (a.start.date(), a.start.hour < 12) != (b.start.date(), b.start.hour < 12),
    lambda a, b: abs(a.start - b.start) >= timedelta(hours=2),
    lambda a, b: abs(a.start - b.start) >= timedelta(hours=1),
    lambda a, b: a.start != b.start,
    lambda a, b: True,
)


def _aim(window: Window) -> time | None:
    """The time of day nearest to which an unmet wish is answered; None when it named none."""
    if window.earliest is None or window.latest is None or timed(window):
        return window.earliest or window.latest
    minutes = window.earliest.hour * 60 + window.earliest.minute + window.latest.hour * 60 + window.latest.minute
    return time(minutes // 120, minutes // 2 % 60)


def _outward(window: Window, season: Season) -> Iterator[date]:
    if window.first is None and window.last is None:
        yield from _span(season.first, min(season.last, season.first + _AROUND * _DAY))
        return
    first = min(max(window.first or season.first, season.first), season.last)
    last = max(min(window.last or season.last, season.last), first)
    yield from _span(first, last)
    for distance in range(1, _AROUND + 1):
        # Bounded by the season: days beyond it would only be refused again.
        if last + distance * _DAY <= season.last:
            yield last + distance * _DAY
        if first - distance * _DAY >= season.first:
            yield first - distance * _DAY


def _span(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + n * _DAY


def _cells(day: date, earliest: time, latest: time, cuts: Sequence[time], zone: ZoneInfo) -> Iterator[Cell]:
    edges = [earliest, *(cut for cut in cuts if earliest < cut <= latest)]
    starts = [_instant(day, edge, zone, min) for edge in edges]
    for n, start in enumerate(starts):
        end = starts[n + 1] - _NEVER_MIND if n + 1 < len(starts) else _instant(day, latest, zone, max)
        yield Cell(first=start, last=end)


def _instant(day: date, wall: time, zone: ZoneInfo, pick: Callable[[datetime, datetime], datetime]) -> datetime:
    """The moment of a wall time in UTC: where clocks change, the earlier or the later of the two it can mean."""
    either = [datetime.combine(day, wall.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1)]
    return pick(either[0], either[1])

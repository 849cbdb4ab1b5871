"""Opening hours that a program can compute with: `Mon-Fri 08:00-18:00; Sat 09:00-13:00`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["OpeningHours"]

_DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENTRY = re.compile(r"([a-z]{3})(?:\s*-\s*([a-z]{3}))?\s+(\S.*)", re.IGNORECASE)
_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_HINT = "must be opening hours such as `Mon-Fri 08:00-18:00; Sat 09:00-13:00`"

Span = tuple[time, time | None]
"""From (inclusive) and to (exclusive); None is midnight at the end of the day."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When the clinic is open, by weekday (Monday first), in its own zone."""

    days: tuple[tuple[Span, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "OpeningHours":
        """The hours that `text` names: days, then one or more times, entries apart by `;`.

        A day that is named twice has both times; a range of days may run over the weekend (`Sat-Mon`).

        Raises: ValueError, which says how it is written.
        """
        days: list[list[Span]] = [[] for _ in _DAYS]
        for entry in filter(None, (one.strip() for one in text.split(";"))):
            read = _ENTRY.fullmatch(entry)
            if read is None:
                raise ValueError(_HINT)
            spans = [_span(one.strip()) for one in read[3].split(",")]
            for day in _named(read[1], read[2] or read[1]):
                days[day] += spans
        if not any(days):
            raise ValueError(_HINT)
        return cls(tuple(tuple(sorted(spans, key=lambda span: span[0])) for spans in days))

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether the clinic, in `zone`, is open at `at` (aware)."""
        local = at.astimezone(zone)
        moment = local.time()
        return any(first <= moment and (last is None or moment < last) for first, last in self.days[local.weekday()])

    def later(self, at: datetime, span: timedelta, zone: ZoneInfo) -> datetime:
        """The moment (UTC) at which the clinic, in `zone`, will have been open for `span` since `at` (aware).

        Of no time at all it is the moment itself, or when the clinic opens next. An hour that the clocks skip is not
        open; one that they go through twice is open twice.
        """
        day, reached, left = at.astimezone(zone).date() - _DAY, at.astimezone(UTC), span
        while True:
            for first, last in self.days[day.weekday()]:
                start = _moment(day, first, zone)
                end = _moment(day, last, zone) if last is not None else _moment(day + _DAY, time(0), zone)
                begin = max(start, reached)
                if begin >= end:
                    continue
                if left <= end - begin:
                    return begin + left
                left -= end - begin
                reached = end
            day += _DAY

    def __str__(self) -> str:
        """The hours as they are written, a day at a time."""
        told = []
        for day, spans in zip(_DAYS, self.days, strict=True):
            if spans:
                times = ", ".join(
                    f"{first:%H:%M}-{last.strftime('%H:%M') if last else '24:00'}" for first, last in spans
                )
                told.append(f"{day.capitalize()} {times}")
        return "; ".join(told)


def _moment(day: date, local: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, local, zone).astimezone(UTC)


def _named(first: str, last: str) -> list[int]:
    try:
        start, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
    except ValueError:
        raise ValueError(_HINT) from None
    return [(start + n) % 7 for n in range((end - start) % 7 + 1)]


def _span(text: str) -> Span:
    read = _SPAN.fullmatch(text)
    if read is None:
        raise ValueError(_HINT)
    first = time(int(read[1]), int(read[2]))
    last = time(int(read[3]), int(read[4])) if read[3] else None
    if last is not None and last <= first:
        raise ValueError(f"{_HINT}, each closing after it opens")
    return first, last

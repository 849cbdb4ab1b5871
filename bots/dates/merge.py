"""Two names of one day ("Wednesday the 18th", "Monday, next week"), or two bounds of one stretch, as one."""

from dataclasses import replace
from datetime import date

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Piece
from bots.dates.reckon import coming, days_of_month, made, monday, one, plus

_NEAR = words("comma a my the the_el on of dash in the_la stop word dia around")
_LOOSELY = 4
_BEGINNINGS = ("after", "from")
_ENDINGS = ("before", "by", "until")


def merged(today: date, said: Days, then: Days, gap: set[str]) -> Days | None:
    """The one stretch that both mean, or None where they are two."""
    if said.at or then.at or not said.readings or not then.readings or _is_another(said, then):
        return None
    if said.weekday is not None and then.weekday is None:
        return _weekday_with(today, said.weekday, then) if gap <= _NEAR else None
    if then.weekday is not None and said.weekday is None:
        return _weekday_with(today, then.weekday, said) if gap <= _NEAR or said.wide else None
    for number, period in ((then, said), (said, then)):
        if number.day_of_month and period.wide and gap <= _NEAR and (day := _numbered_in(number, period)):
            return Days(readings=(one(day),))
    for days, other in ((then, said), (said, then)):
        first, last = other.readings[0]
        shared = tuple(reading for reading in days.readings if _inside(reading, first, last))
        if shared:
            return Days(readings=shared, wide=days.wide, weekday=days.weekday)
    if said.within and (day := _near_count(said, then)):
        return Days(readings=(one(day),))  # "dentro de dos semanas, el lunes 22"
    if said.readings[0] in then.readings:
        return Days(readings=(said.readings[0],))
    shared = tuple(reading for reading in said.readings if reading in then.readings)
    return Days(readings=shared) if shared else None


def _is_another(said: Days, then: Days) -> bool:
    """Whether one has its weekday and its number already, and the other is another weekday."""
    for days, other in ((said, then), (then, said)):
        first = days.readings[0][0]
        if days.dated and first is not None and other.weekday not in (None, first.weekday()):
            return True
    return False


def _near_count(said: Days, then: Days) -> date | None:
    """The day named beside a count of weeks that it lies near to: weeks are counted loosely."""
    (counted, _), (first, last) = said.readings[0], then.readings[0]
    if counted is None or first is None or first != last or len(then.readings) > 1:
        return None
    return first if abs((first - counted).days) <= _LOOSELY else None


def _numbered_in(number: Days, period: Days) -> date | None:
    """The day with that number within the period ("next month on the 7th")."""
    (said, _), (first, last) = number.readings[0], period.readings[0]
    if said is None or first is None or last is None:
        return None
    day = made(first.year, first.month, said.day)
    return day if day is not None and first <= day <= last else None


def _inside(reading: tuple[date | None, date | None], first: date | None, last: date | None) -> bool:
    low, high = reading
    return bool(low and high and first and last and first <= low and high <= last)


def _weekday_with(today: date, weekday: int, other: Days) -> Days | None:
    """The weekday within a period, or the date that bears it; a date that does not bear it is asked about."""
    first, last = other.within or other.readings[0]
    if last and not first:
        first = today  # "by Friday, can I come Wednesday"
    if not first or not last:
        return None
    if other.wide or other.within or first != last:
        day = plus(first, (weekday - first.weekday()) % 7)
        return Days(readings=(one(day),)) if day <= last else None
    if first.weekday() == weekday:
        return replace(other, dated=True)
    if other.day_of_month:
        fitting = [day for day in days_of_month(today, first.day, 14) if day.weekday() == weekday]
        if fitting:
            far = (fitting[0] - today).days > 62
            return Days(readings=(one(fitting[0]), one(first)) if far else (one(fitting[0]),), dated=True)
    near = coming(plus(first, -4), weekday)
    return Days(readings=(one(first), one(near)) if near >= today else (one(first),))


def both_bounds(c: Context, before: Piece, piece: Piece, gap: set[str]) -> Days | None:
    """The stretch between "after the 7th" and "before the 12th", in either order; None where they are no such pair."""
    said, new = before.found, piece.found
    if isinstance(said, Days) and isinstance(new, Days) and c.kind(before.stop - 1) == "onward" and new.wide:
        return _on_within(new, said) if gap <= _NEAR else None  # "Wed or later next week"
    if isinstance(said, Days) and isinstance(new, Days) and said.wide and (cut := _cut(c, said, new, piece, gap)):
        return cut
    if not isinstance(said, Days) or not isinstance(new, Days) or "or" in gap:
        return None
    kinds = c.kind(before.at), c.kind(piece.at)
    if kinds[1] in _BEGINNINGS and kinds[0] in _ENDINGS:
        said, new = new, said
    elif not (kinds[0] in _BEGINNINGS and kinds[1] in _ENDINGS):
        return None
    first = said.readings[0][0] if said.readings else None
    last = new.readings[0][1] if new.readings else None
    return Days(readings=((first, last),), wide=True) if first and last and first <= last else None


def _cut(c: Context, said: Days, new: Days, piece: Piece, gap: set[str]) -> Days | None:
    """What is left of a period that is bounded: "late December, after Christmas"; None where nothing is."""
    if said.readings and c.kind(piece.stop - 1) == "onward" and not gap & {"or", "and", "stop"}:
        return _on_within(said, new)
    if (
        gap & {"or", "and"}
        or c.kind(piece.at) not in (*_BEGINNINGS, *_ENDINGS)
        or not said.readings
        or not new.readings
    ):
        return None
    (low, high), (first, last) = said.readings[0], new.readings[0]
    if low is None or high is None or said.excluded_weekdays:
        return None
    if (there := _numbered_bound(c, piece, low, high)) is not None:
        first = last = there
    begin = max(low, first) if first and c.kind(piece.at) in _BEGINNINGS else low
    end = min(high, last) if last and c.kind(piece.at) in _ENDINGS else high
    return Days(readings=((begin, end),), wide=True) if low <= begin <= end <= high else None


def _numbered_bound(c: Context, piece: Piece, low: date, high: date) -> date | None:
    """The first or last day of a month that a day by its number bounds: "in January after the 10th"."""
    end = c.lexemes[piece.stop - 1]
    small = all(c.kind(k) in ("the", "the_el", "dia") for k in range(piece.at + 1, piece.stop - 1))
    day = made(low.year, low.month, end.number) if small and c.kind(piece.stop - 1) in ("num", "ord") else None
    if day is None or (low.year, low.month) != (high.year, high.month):
        return None
    whole = c.lexemes[piece.at].value == 1 or c.kind(piece.at) in ("from", "by", "until")
    return day if whole else plus(day, 1 if c.kind(piece.at) == "after" else -1)


def _on_within(said: Days, new: Days) -> Days | None:
    """From a weekday of the period on to its end: "next week Wed or later"."""
    (low, high), (first, last) = said.readings[0], new.readings[0] if new.readings else (None, None)
    if low is None or high is None or first is None or last is not None or (high - low).days > 6:
        return None
    begin = first if low <= first <= high else plus(low, (first.weekday() - low.weekday()) % 7)
    return Days(readings=((begin, high),), wide=True) if begin <= high else None


def on_from(said: Days | None, days: Days, gap: set[str]) -> Days | None:
    """The first such weekday from a day on that was said before: "regreso el martes, el jueves a las 2"."""
    if said is None or not said.readings or days.weekday is None or gap & {"or", "and", "nor"} or not gap:
        return None
    begin, end = said.readings[0]
    first = days.readings[0][0] if days.readings else None
    if begin is None or end is not None or first is None:
        return None
    return days if first >= begin else replace(days, readings=(one(coming(plus(begin, -1), days.weekday)),))


def is_run(days: Days) -> bool:
    """Whether it is more than one day, with a beginning and an end."""
    first, last = days.readings[0] if days.readings else (None, None)
    return first is not None and last is not None and first != last


def week_from(begin: date) -> Days:
    """Seven days, in which each weekday is the first from then on."""
    return Days(readings=((begin, plus(begin, 6)),), wide=True)


def beside_dated(said: Days | None, days: Days) -> Days:
    """The weekday of the same week too, where it would lie before the day named: "Monday the 16th or Tuesday"."""
    if said is None or not said.dated or days.weekday is None or not days.readings:
        return days
    first, soon = said.readings[0][0], days.readings[0][0]
    if first is None or soon is None or soon >= first:
        return days
    there = coming(first, days.weekday)
    return replace(days, readings=(*days.readings, one(there))) if monday(there) == monday(first) else days

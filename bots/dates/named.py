"""Days that bear a name or a place in a row: holidays, "the first Monday of November", "the day after Thanksgiving"."""

from collections.abc import Callable
from datetime import date

from bots.dates.lexeme import words
from bots.dates.periods import month_at, period_at, year_at
from bots.dates.pieces import Context, Days
from bots.dates.reckon import add_months, easter, monday, month_stretch, one, plus, week

Found = tuple[Days, int]
_ANY = words("any some every each cualquier algun alguno cada todos otro another")
DayAt = Callable[[Context, int], Found | None]

LAST = -1
_NTHS = ("nth", "ord", "ord_word", "last")
_FULL = ("full", "whole")
_THE_MONTH = ("the month", "mes")
_FIXED = {
    "new year": (1, 1),
    "epiphany": (1, 6),
    "valentine": (2, 14),
    "independence": (7, 4),
    "halloween": (10, 31),
    "all souls": (11, 2),
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "new year's eve": (12, 31),
    "patrick": (3, 17),
    "juneteenth": (6, 19),
    "all saints": (11, 1),
    "veterans": (11, 11),
    "fools": (4, 1),
    "cinco": (5, 5),
    "earth": (4, 22),
    "groundhog": (2, 2),
    "tax": (4, 15),
    "guadalupe": (12, 12),
    "boxing": (12, 26),
}
_NTH = {
    "king": (1, 0, 3, 0),
    "presidents": (2, 0, 3, 0),
    "mother": (5, 6, 2, 0),
    "memorial": (5, 0, LAST, 0),
    "father": (6, 6, 3, 0),
    "labor": (9, 0, 1, 0),
    "columbus": (10, 0, 2, 0),
    "thanksgiving": (11, 3, 4, 0),
    "black friday": (11, 3, 4, 1),
    "cyber monday": (11, 3, 4, 4),
}
"""Month, weekday (Monday is 0), which of them in it, and how many days after that."""
_BY_EASTER = {"holy thursday": -3, "good friday": -2, "easter": 0, "easter monday": 1}
"""How many days after Easter Sunday."""


def holiday_at(c: Context, i: int) -> Found | None:
    """The next day, or days, of that name."""
    name = c.lexemes[i].name
    if name == "payday":
        return Days(readings=(one(_payday(c.today)),)), i + 1 + (c.kind(i + 1) == "que_viene")
    said, stop = year_at(c, i + 1)
    for year in (said,) if said else (c.today.year, c.today.year + 1):
        first, last = _holiday(name, year)
        if said or last >= c.today:
            stretch = first if said else max(first, c.today), last
            stop = stop if said else i + 1
            if c.kind(stop) == "weekend":
                return Days(readings=((stretch[0], plus(monday(first), 6)),), wide=True), stop + 1
            if c.kind(stop) == "unit" and c.lexemes[stop].name == "week":
                begin = max(monday(first), c.today)
                return Days(readings=((begin, plus(monday(first), 6)),), wide=True), stop + 1
            return Days(readings=(stretch,), wide=first != last), stop
    return None


def _payday(today: date) -> date:
    """The next day on which wages are paid twice a month: the 15th or the last ("la quincena")."""
    return today.replace(day=15) if today.day <= 15 else _whole(today.year, today.month)[1]


def _holiday(name: str, year: int) -> tuple[date, date]:
    """The first and last day of what bears the name in that year."""
    if name in _FIXED:
        day = date(year, *_FIXED[name])
    elif name in _NTH:
        month, weekday, nth, later = _NTH[name]
        first, last = _whole(year, month)
        day = plus(_nth_weekday(first, last, weekday, nth) or last, later)
    elif name in _BY_EASTER:
        day = plus(easter(year), _BY_EASTER[name])
    elif name == "holy week":
        return plus(easter(year), -7), easter(year)
    else:
        return date(year, 12, 24), date(year + 1, 1, 1)
    return day, day


def eve_at(c: Context, i: int, day_at: DayAt) -> Found | None:
    """Such as "The eve of the 6th", "víspera de Reyes": the day before."""
    found = day_at(c, c.skip(i + 1, ("the", "the_el", "on", "dia", "of")))
    if not found or not found[0].readings or not (first := found[0].readings[0][0]):
        return None
    return Days(readings=(one(plus(first, -1)),)), found[1]


def until_end_at(c: Context, i: int, day_at: DayAt) -> Found | None:
    """Such as "Before the end of the year", "antes de que acabe el mes": from now until then."""
    j = c.skip(i + 1, ("the", "the_el", "the_la"))
    if c.kind(j) == "unit" and c.lexemes[j].name in ("year", "month", "week"):
        ends = {"year": date(c.today.year, 12, 31), "month": month_stretch(c.today.year, c.today.month)[1]}
        return Days(readings=((c.today, ends.get(c.lexemes[j].name, week(c.today, 0)[1])),), wide=True), j + 1
    found = day_at(c, j)
    last = found[0].readings[0][1] if found and found[0].readings else None
    return (Days(readings=((c.today, last),), wide=True), found[1]) if found and last else None


def beside_at(c: Context, i: int, day_at: DayAt) -> Found | None:
    """Such as "Day after Thanksgiving", "week after the 5th": counted from the day that is named."""
    unit, side = c.lexemes[i].name or c.kind(i), c.kind(i + 1)
    if unit == "week" and side == "from" and c.kind(i - 1) in ("", "stop", "comma", "for", "on"):
        found = day_at(c, c.skip(i + 2, ("the", "the_el", "on")))
        first = found[0].readings[0][0] if found and found[0].readings else None
        return (Days(readings=(one(plus(first, 7)),)), found[1]) if found and first else None  # "week from Monday"
    unit = "day" if unit == "dia" else unit
    if unit not in ("day", "week", "weekend") or side not in ("after", "before") or c.lexemes[i].word == "days":
        return None
    if unit == "day" and i and c.lexemes[i - 1].word in _ANY:
        return None  # "any day after the 10th" is open
    found = day_at(c, c.skip(i + 2, ("the", "the_el", "on")))
    if not found or found[0].past or not found[0].readings:
        return None
    first, last = found[0].readings[0]
    base = last if side == "after" else first
    if base is None:
        return None
    step = 1 if side == "after" else -1
    if unit == "day":
        return Days(readings=(one(plus(base, step)),)), found[1]
    if unit == "weekend":
        saturday = plus(monday(plus(base, -1)), 5) if side == "before" else plus(monday(plus(base, 2)), 5)
        saturday = plus(saturday, -7) if side == "before" and saturday >= base else saturday
        return (Days(readings=((saturday, plus(saturday, 1)),), wide=True), found[1]) if saturday >= c.today else None
    begin = plus(monday(base), 7 * step)
    return Days(readings=((begin, plus(begin, 6)),), wide=True), found[1]


def nth_at(c: Context, i: int) -> Found | None:
    """Such as "First Monday of November", "last Friday of the month", "la primera semana de mayo"."""
    nth, n = LAST if c.kind(i) == "last" else c.lexemes[i].number, i + 1
    if (run := _first_few(c, i, nth)) is not None:
        return run
    if n < len(c.lexemes) and c.lexemes[n].word in _FULL and _is_week(c, n + 1):
        return _full_week(_nth(c, i, n + 1, nth))
    if c.kind(n) in ("or", "and") and c.kind(n + 1) in _NTHS and c.kind(n + 2) in ("unit", "weekday"):
        n += 2  # "the first or third Monday of January" is two: this is the first
        found = _nth(c, i, n, nth)
        return (found[0], i + 1) if found else None
    return _nth(c, i, n, nth)


def _full_week(found: Found | None) -> Found | None:
    """The first week from a Monday to its Sunday that begins in the seven days found."""
    first = found[0].readings[0][0] if found else None
    if found is None or first is None:
        return None
    begin = plus(first, -first.weekday() % 7)
    return Days(readings=((begin, plus(begin, 6)),), wide=True), found[1]


def _first_few(c: Context, i: int, nth: int) -> Found | None:
    """Such as "The first two weeks of December", "las dos primeras semanas de enero", "the last few days of May"."""
    if nth not in (1, LAST):
        return None
    if c.kind(i + 1) == "num" and c.kind(i + 2) == "unit":
        number, unit = c.lexemes[i + 1].number, i + 2
    elif c.kind(i - 1) == "num" and c.kind(i + 1) == "unit":
        number, unit = c.lexemes[i - 1].number, i + 1
    else:
        return None
    period = _month(c, c.skip(unit + 1, ("of", "in", "the", "the_el"))) if c.kind(unit + 1) in ("of", "in") else None
    days = {"week": 7, "day": 1}.get(c.lexemes[unit].name, 0) * number
    if period is None or not 0 < days <= 28:
        return None
    first, last, stop = period
    low, high = (first, plus(first, days - 1)) if nth == 1 else (plus(last, 1 - days), last)
    return (Days(readings=((max(low, c.today), high),), wide=True), stop) if high >= c.today else None


def _nth(c: Context, i: int, n: int, nth: int) -> Found | None:
    """The nth of what is named at `n`."""
    named, kind = c.lexemes[n] if n < len(c.lexemes) else None, c.kind(n)
    counts = _is_week(c, n) or _is_day(c, n) or _is_half(c, n) or kind in ("weekday", "weekday?", "mar")
    if named is None or not counts or not (nth == LAST or 1 <= nth <= 5):
        return None
    j = c.skip(n + 1, ("of", "in", "the", "the_el"))
    if j == n + 1 and kind != "holiday":
        return None
    begin = c.today if nth != 1 or c.today.day <= 15 else add_months(c.today.replace(day=1), 1)
    period = _month_of_year(c, j, nth) or _month(c, j) if j > n + 1 else (*_whole(begin.year, begin.month), j)
    if period is None:
        return None
    there = _in_month(c, n, nth, period)
    if there is None and j < len(c.lexemes) and c.lexemes[j].word in _THE_MONTH:
        begin = add_months(period[0], 1)  # this month's has gone by
        there = _in_month(c, n, nth, (*_whole(begin.year, begin.month), period[2]))
    return there


def _in_month(c: Context, n: int, nth: int, period: tuple[date, date, int]) -> Found | None:
    """The nth of what is named at `n` in a month from its first day to its last; None where it has gone by."""
    first, last, stop = period
    if _is_day(c, n):
        there = last if nth == LAST else plus(first, nth - 1)
        return (Days(readings=(one(there),)), stop) if there >= c.today else None
    if _is_half(c, n):
        low, high = (first, plus(first, 14)) if nth == 1 else (plus(first, 15), last)
        return (Days(readings=((max(low, c.today), high),), wide=True), stop) if high >= c.today and nth < 3 else None
    if _is_week(c, n):
        return nth_week(c, first, last, nth, stop)
    day = _nth_weekday(first, last, 1 if c.kind(n) == "mar" else c.lexemes[n].number, nth)
    return (Days(readings=(one(day),)), stop) if day is not None and day >= c.today else None


def _is_week(c: Context, n: int) -> bool:
    return c.kind(n) == "unit" and c.lexemes[n].name == "week"


def _is_day(c: Context, n: int) -> bool:
    return c.kind(n) == "dia" or (c.kind(n) == "unit" and c.lexemes[n].name == "day")


def _is_half(c: Context, n: int) -> bool:
    """Whether a half of the month is named, or its payday, which ends it."""
    if n >= len(c.lexemes):
        return False
    pays = c.kind(n) == "holiday" and c.lexemes[n].name == "payday"
    return pays or c.kind(n) == "half" or c.lexemes[n].word == "mitad"


def _month(c: Context, j: int) -> tuple[date, date, int] | None:
    """The whole month named at `j`, and where its name ends."""
    if c.kind(j) == "unit" and c.lexemes[j].name == "month" and not period_at(c, j):
        return *_whole(c.today.year, c.today.month), j + 1
    found = month_at(c, j, cued=True, whole=True) if c.kind(j) in ("month", "month?", "mar") else period_at(c, j)
    if not found or not found[0].readings or not (last := found[0].readings[0][1]):
        return None
    first, end = _whole(last.year, last.month)
    return (first, end, found[1]) if last == end else None


def _month_of_year(c: Context, j: int, nth: int) -> tuple[date, date, int] | None:
    """January or December, where the first or last of a year is counted ("the first week of the new year")."""
    kind, new = c.kind(j), c.kind(j) == "new year" or c.lexemes[min(j, len(c.lexemes) - 1)].name == "new year"
    if kind in ("next", "this") and c.kind(j + 1) == "unit" and c.lexemes[j + 1].name == "year":
        new, j = kind == "next", j + 1
    elif not new and not (kind == "unit" and c.lexemes[j].name == "year"):
        return None
    stop = j + 1 + (c.kind(j + 1) in ("que_viene", "next", "holiday"))
    if nth == LAST:
        return *_whole(c.today.year + new, 12), stop
    return *_whole(c.today.year + (new or c.today.month > 1), 1), stop


def _whole(year: int, month: int) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = date(year, month, 1)
    return first, plus(add_months(first, 1), -1)


def _nth_weekday(first: date, last: date, weekday: int, nth: int) -> date | None:
    if nth == LAST:
        return plus(last, -((last.weekday() - weekday) % 7))
    day = plus(first, (weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return day if day <= last else None


def nth_week(c: Context, first: date, last: date, nth: int, stop: int) -> Found | None:
    """Seven days each, counted from the month's first; the last ones are its last week."""
    begin = plus(last, -6) if nth == LAST else plus(first, 7 * (nth - 1))
    end = min(plus(begin, 6), last)
    if begin > last or end < c.today:
        return None
    return Days(readings=((max(begin, c.today), end),), wide=True), stop

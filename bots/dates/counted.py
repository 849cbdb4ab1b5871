"""Days counted from another: "in three days", "two weeks from Friday", "dentro de una semana", "3 days ago"."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from bots.dates.periods import period_at
from bots.dates.pieces import Context, Days
from bots.dates.reckon import add_months, monday, one, plus

Found = tuple[Days, int]
BaseAt = Callable[[Context, int], Found | None]
PAST = Days(readings=(), past=True)
_WEEKDAYS_AHEAD = 12


def count_at(c: Context, i: int) -> tuple[str, int, int] | None:
    """A counted unit at `i`: the unit, how many days (or months, hours, minutes), where it ends."""
    kind = c.kind(i)
    if kind == "half_hour":
        return "minute", 30, i + 1
    if kind == "span days":
        return "day", c.lexemes[i].number, i + 1
    if kind in ("num", "a") and c.kind(i + 1) == "holiday" and c.lexemes[i + 1].name == "payday":
        return "day", 15 * c.lexemes[i].number, i + 2  # "una quincena"
    if kind not in ("num", "a") or c.kind(i + 1) != "unit":
        return None
    number, unit = c.lexemes[i].number, c.lexemes[i + 1].name
    if unit in ("week", "month") and c.kind(i + 2) == "and":
        k = c.skip(i + 3, ("a", "the"))
        if k < len(c.lexemes) and c.lexemes[k].word in ("half", "media", "medio"):
            return "day", number * 7 + 3 if unit == "week" else number * 30 + 15, k + 1  # "un mes y medio"
    if unit in ("day", "week", "fortnight"):
        return "day", number * {"day": 1, "week": 7, "fortnight": 14}[unit], i + 2
    if unit in ("month", "year"):
        return "month", number * (12 if unit == "year" else 1), i + 2
    return unit, number, i + 2


def _moved(c: Context, unit: str, number: int, base: date) -> Days | None:
    """`base`, or now, moved on by a counted unit."""
    if unit in ("hour", "minute"):
        ahead = timedelta(minutes=number * (60 if unit == "hour" else 1))
        if ahead > timedelta(days=14):
            return None
        at = c.now + ahead
        return Days(readings=(one(at.date()),), at=at)
    if unit == "month":
        return Days(readings=(one(add_months(base, number)),)) if number <= 120 else None
    return Days(readings=(one(plus(base, number)),)) if number <= 3660 else None


def distance_at(c: Context, i: int, base_at: BaseAt, plain: bool = False) -> Found | None:
    """Such as "Two weeks from Friday", "3 days from now", "two Saturdays from now", "3 days ago"."""
    if not plain and [c.kind(i + n) for n in range(3)] == ["num", "weekday", "from_now"]:
        ahead = (c.lexemes[i + 1].number - c.today.weekday() - 1) % 7 + 1
        day = plus(c.today, ahead + 7 * (c.lexemes[i].number - 1))
        return (Days(readings=(one(day),)), i + 3) if 1 <= c.lexemes[i].number <= _WEEKDAYS_AHEAD else None
    counted = count_at(c, i)
    if not counted:
        return None
    unit, number, stop = counted
    if plain:
        return PAST, stop
    if c.kind(stop) == "ago" or (c.kind(stop) == "last" and c.lexemes[stop].value == 0):
        return PAST, stop + 1
    out = stop < len(c.lexemes) and c.lexemes[stop].word == "out" and unit in ("day", "month")
    if c.kind(stop) == "from_now" or out:
        days = _moved(c, unit, number, c.today)
        if days and c.lexemes[stop - 1].value == "week" and (first := days.readings[0][0]):
            days = replace(days, within=(max(monday(first), c.today), plus(monday(first), 6)))
        return (days, stop + 1) if days else None
    if c.kind(stop) == "before" and unit == "day" and number:
        base = base_at(c, stop + 1)
        first = base[0].readings[0][0] if base and base[0].readings else None
        if base and first and plus(first, -number) >= c.today:
            return Days(readings=(one(plus(first, -number)),)), base[1]  # "3 days before Christmas"
    lasting = c.kind(i - 1) == "for" and c.language == "en"
    if c.kind(stop) in ("from", "after", "on") and unit in ("day", "month") and c.lexemes[stop].word != "starting":
        if lasting:
            return None
        base = base_at(c, stop + 1)
        if base and base[0].readings and (first := base[0].readings[0][0]):
            days = _moved(c, unit, number, first)
            return (days, base[1]) if days else None
    weeks = c.lexemes[stop - 1].value == "week" and c.kind(i - 1) not in ("unit", "num", "counted", "in", "each")
    if weeks and c.kind(stop) in ("weekday", "day") and c.kind(i) in ("a", "num") and c.lexemes[i].number <= 8:
        base = base_at(c, stop)  # "a week Tuesday", "two weeks Friday"
        if base and base[0].readings and (first := base[0].readings[0][0]) and base[1] == stop + 1:
            return Days(readings=(one(plus(first, number)),)), base[1]
    return None


def _some_at(c: Context, i: int) -> Found | None:
    """Such as "2-3 weeks", "a day or two", "una o dos semanas": from the lower count to the higher."""
    low = c.lexemes[i].number if c.kind(i) in ("num", "a") else 0
    if c.kind(i + 1) == "unit" and c.kind(i + 2) == "or" and c.kind(i + 3) == "num":
        unit, high, stop = c.lexemes[i + 1].name, c.lexemes[i + 3].number, i + 4
    elif c.kind(i + 1) in ("dash", "to", "or") and c.kind(i + 2) == "num" and c.kind(i + 3) == "unit":
        unit, high, stop = c.lexemes[i + 3].name, c.lexemes[i + 2].number, i + 4
    else:
        return None
    days = {"day": 1, "week": 7, "month": 30}.get(unit)
    if not days or not 0 < low < high <= 60:
        return None
    return Days(readings=((plus(c.today, low * days), plus(c.today, high * days)),), wide=True), stop


def after_count_at(c: Context, i: int) -> Found | None:
    """Such as "After two weeks", "not for another 2 weeks": from then on."""
    counted = count_at(c, i)
    if (
        not counted
        or counted[0] not in ("day", "month")
        or c.kind(counted[2]) in ("of", "from", "after", "before", "ago")
    ):
        return None
    days = _moved(c, counted[0], counted[1], c.today)
    first = days.readings[0][0] if days else None
    return (Days(readings=((first, None),)), counted[2]) if first else None


def within_at(c: Context, i: int, base_at: BaseAt) -> Found | None:
    """Such as "In three days", "dentro de una semana", "within two weeks", "in the next few days"."""
    j = c.skip(i + 1, ("the", "the_el", "the_la", "around", "loosely"))
    if c.kind(j) in ("next", "coming"):
        return period_at(c, j)
    if (some := _some_at(c, j)) is not None:
        return some
    counted = count_at(c, j)
    ahead = {"de hoy en": 0, "de manana en": 1}.get(c.lexemes[i].word)
    if not counted and ahead is not None and c.kind(j) == "num" and c.lexemes[j].number in (8, 15):
        return Days(readings=(one(plus(c.today, c.lexemes[j].number - 1 + ahead)),)), j + 1
    if not counted:
        return None
    if (from_day := distance_at(c, j, base_at)) and not from_day[0].past:
        return from_day  # "come in a week from Friday"
    unit, number, stop = counted
    if c.kind(i) == "within" and unit == "hour" and 24 <= number <= 336:
        return Days(readings=((c.today, (c.now + timedelta(hours=number)).date()),), wide=True), stop
    if c.kind(i) == "within" and unit == "day":
        return Days(readings=((c.today, plus(c.today, number)),), wide=True), stop
    if c.kind(j) == "span days" and number in (7, 14):
        return Days(readings=(one(plus(c.today, number)), one(plus(c.today, number + 1)))), stop
    days = _moved(c, unit, number, c.today)
    if days and unit == "day" and c.lexemes[stop - 1].value == "week" and (first := days.readings[0][0]):
        days = replace(days, within=(max(monday(first), c.today), plus(monday(first), 6)))
    return (days, stop) if days else None

"""The grammar of longer stretches: weeks, months, weekends, their beginnings and ends, and dates in a month."""

from datetime import date

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Stretch
from bots.dates.reckon import (
    add_months,
    coming_date,
    coming_month,
    full_year,
    is_week,
    made,
    monday,
    month_stretch,
    one,
    plus,
    week,
)

Found = tuple[Days, int]
_MONTH_CUES = words("in for this next by until before after early mid late or from to and during")
_VERB_MONTH_CUES = words("in this next until by early mid late during from before after")


def month_at(c: Context, i: int, day: int | None = None, cued: bool = False, whole: bool = False) -> Found | None:
    """A month from lexeme `i` on: with the `day` said before it, with the day after it, or whole."""
    if c.kind(i) not in ("month", "month?", "mar"):
        return None
    month, weak = c.lexemes[i].number, c.kind(i) == "month?"
    if day:
        if weak and c.kind(i - 1) == "num" and c.kind(i + 1) == "word":
            return None
        return _dated(c, month, day, i + 1)
    j = c.skip(i + 1, ("the",) if c.language == "es" else ("the", "of"))
    j += is_glued(c, j)  # "dic-1"
    if c.kind(there := c.skip(j, ("the_el", "dia"))) == "num" and c.kind(there - 1) == "dia":
        j = there  # "octubre el día 6"
    j += c.kind(j) == "stop" and c.kind(j + 1) in ("num", "ord")
    number = c.lexemes[j] if c.kind(j) in ("num", "ord", "ord_word") else None
    is_hour = c.kind(j + 1) in ("mer", "oclock", "counted", "unit", "h_suffix")
    if number and number.kind == "ord" and c.kind(j + 1) == "unit":
        is_hour = False  # "July 4th week"
    if number and c.kind(j + 1) == "mer" and c.lexemes[j + 1].start > number.end:
        is_hour = False  # "December 4 am" is a day and its morning
    if number and not whole and number.digits <= 2 and 1 <= number.number <= 31 and not is_hour:
        return _ranged(c, month, number.number, j + 1) or _dated(c, month, number.number, j + 1)
    cued = cued or (not weak and c.kind(i - 1) in ("", "stop") and c.kind(i + 1) == "comma")
    cued = cued or (not weak and c.kind(i + 1) in ("not", "minus"))
    cued = cued or (not weak and _is_bounded(c, i + 1))
    cued = cued or c.kind(i - 1) in (_VERB_MONTH_CUES if weak else _MONTH_CUES)
    if not cued and not (len(c.lexemes) <= 3 and not weak) and not (c.expecting and (not weak or len(c.lexemes) <= 2)):
        return None
    year, stop = year_at(c, i + 1, strict=False)
    if year:
        return Days(readings=(month_stretch(year, month),), wide=True), stop
    return Days(readings=(coming_month(c.today, month),), wide=True), i + 1


def _is_bounded(c: Context, j: int) -> bool:
    """Whether a day by its number bounds the month named before: "January after the 10th", "enero antes del 20"."""
    at = c.skip(j + 1, ("the", "the_el", "dia"))
    led = at > j + 1 or c.lexemes[min(j, len(c.lexemes) - 1)].word.endswith(" del")
    return c.kind(j) in ("after", "before", "from") and c.kind(at) in ("num", "ord") and led


def is_glued(c: Context, j: int) -> bool:
    """Whether a dash at `j` stands without a space between what it joins."""
    if c.kind(j) != "dash" or not 0 < j < len(c.lexemes) - 1:
        return False
    return c.lexemes[j - 1].end == c.lexemes[j].start and c.lexemes[j].end == c.lexemes[j + 1].start


def _ranged(c: Context, month: int, first: int, j: int) -> Found | None:
    """Such as "March 3-5", "March 3rd to 5th"."""
    if c.kind(j) not in ("dash", "to", "until"):
        return None
    k = j + 1 + (c.kind(j + 1) == "the")
    if c.kind(k) not in ("num", "ord") or c.kind(k + 1) in ("mer", "oclock", "ish", "h_suffix"):
        return None
    high = coming_date(c.today, month, c.lexemes[k].number)
    low = max(made(high.year, month, first) or high, c.today) if high else None
    return (Days(readings=((low, high),), wide=True), k + 1) if low and high and low < high else None


def year_at(c: Context, j: int, strict: bool = True) -> tuple[int | None, int]:
    """A year at `j`, and where it ends. Figures that may be an hour ("2030") count only as a near year."""
    k = c.skip(j, ("comma", "of"))
    marked = k > j
    if c.kind(k) == "num" and c.lexemes[k].digits == 4:
        year = c.lexemes[k].number
        if 2000 <= year <= c.today.year + 2 or (marked and 1900 <= year <= c.today.year + 10):
            return year, k + 1
    if not strict and c.kind(k) in ("this", "next") and c.kind(k + 1) == "unit" and c.lexemes[k + 1].value == "year":
        return c.today.year + (c.kind(k) == "next"), k + 2
    return None, j


def _dated(c: Context, month: int, day: int, j: int) -> Found | None:
    """The day of the month, with the year if one follows at `j`."""
    year, stop = year_at(c, j, strict=False)
    found = made(full_year(year), month, day) if year else coming_date(c.today, month, day)
    # "February 30th" is no day, and its number names none of another month.
    return (Days(readings=(one(found),)) if found else Days(readings=(), past=True)), stop


def period_at(c: Context, i: int) -> Found | None:
    """A week, month, weekend or run of days from lexeme `i` on."""
    kind, today = c.kind(i), c.today
    if kind == "period" and c.lexemes[i].value == "later this week":
        sunday = plus(monday(today), 6)
        return Days(readings=((min(plus(today, 1), sunday), sunday),), wide=True), i + 1
    if kind == "period":
        return Days(
            readings=(_this(today, "week" if c.lexemes[i].value == "this week" else "month"),), wide=True
        ), i + 1
    if kind == "months":
        month = _next_unit(today, "month", c.lexemes[i].number)
        return (Days(readings=(month,), wide=True), i + 1) if month else None
    if kind == "week":
        return Days(readings=(week(today, c.lexemes[i].number),), wide=True), i + 1
    if kind == "weekend":
        ahead = c.kind(i + 1) in ("que_viene", "coming") or (c.kind(i + 1) == "next" and c.kind(i + 2) != "unit")
        return Days(readings=(_weekend(today),), wide=True), i + 1 + ahead
    if kind == "next weekend":
        return Days(readings=(_weekend(today), _shifted(_weekend(today), 7)), wide=True), i + 1
    if kind == "new year":
        first = date(today.year + 1, 1, 1) if today.month > 1 else today
        return Days(readings=((first, date(first.year, 1, 31)),), wide=True), i + 1
    if kind == "weekdays":
        others = {0: (5, 6), 1: (1, 3, 5, 6), 2: (0, 2, 4, 5, 6)}[c.lexemes[i].number]
        return Days(readings=((None, None),), wide=True, excluded_weekdays=others), i + 1
    if kind in ("next", "coming", "this"):
        return _pointed_period(c, i)
    if kind == "unit" and c.lexemes[i].value in ("week", "month", "day"):
        return _trailed_period(c, i)
    if kind in ("the", "the_la", "the_el") and c.kind(i + 1) in ("next", "coming", "unit", "weekend", "week", "late"):
        return period_at(c, i + 1) if c.kind(i + 1) != "late" else edge_at(c, i + 1)
    return None


def _this(today: date, unit: str) -> Stretch:
    return week(today, 0) if unit == "week" else (today, month_stretch(today.year, today.month)[1])


def _weekend(today: date) -> Stretch:
    """The weekend that is on or comes next."""
    saturday = plus(monday(today), 5)
    return max(saturday, today), plus(saturday, 1)


def _shifted(stretch: Stretch, days: int) -> Stretch:
    first, last = stretch
    return plus(monday(first), 5 + days) if first else None, plus(last, days) if last else None


def _next_unit(today: date, unit: str, ahead: int = 1) -> Stretch | None:
    if unit == "week":
        return week(today, ahead)
    if unit == "month":
        first = add_months(today.replace(day=1), ahead)
        return month_stretch(first.year, first.month)
    if unit == "day":
        return one(plus(today, ahead))
    return (date(today.year + 1, 1, 1), date(today.year + 1, 12, 31)) if unit == "year" else None


def _pointed_period(c: Context, i: int) -> Found | None:
    """Such as "Next week", "next two weeks", "la próxima semana", "this weekend", "next month", "next May"."""
    kind, today, j = c.kind(i), c.today, i + 1
    j += kind == "this" and c.kind(j) in ("coming", "next")
    if c.kind(j) == "num" and c.kind(j + 1) == "unit":
        days = {"day": 1, "week": 7, "month": 30}.get(c.lexemes[j + 1].name)
        if not days or kind == "this" or c.lexemes[j].number > 60:
            return None
        return Days(readings=((today, plus(today, days * c.lexemes[j].number)),), wide=True), j + 2
    if c.kind(j) == "unit" and c.kind(j + 1) == "or" and c.kind(j + 2) == "num" and kind != "this":
        days = {"day": 1, "week": 7, "month": 30}.get(c.lexemes[j].name)
        if days and c.lexemes[j + 2].number <= 5:  # "in the next day or two"
            return Days(readings=((today, plus(today, days * c.lexemes[j + 2].number)),), wide=True), j + 3
    if c.kind(j) == "weekend":
        near = _weekend(today)
        if kind == "next" and c.lexemes[i].value == 0 and today.weekday() < 5:
            return Days(readings=(_shifted(near, 7), near), wide=True), j + 1
        return Days(
            readings=(_shifted(near, 7) if kind == "next" and today.weekday() >= 5 else near,), wide=True
        ), j + 1
    if c.kind(j) in ("month", "month?"):
        return month_at(c, j, cued=True)
    if c.kind(j) != "unit":
        return None
    unit = c.lexemes[j].name
    if unit == "day" and c.lexemes[j].word in ("days", "dias"):
        return Days(readings=((today, plus(today, 6)),), wide=True), j + 1
    if kind == "this" and unit == "week" and j > i + 1 and today.weekday() >= 4:
        return Days(readings=(week(today, 1),), wide=True), j + 1  # "this coming week", said on its eve
    if kind == "this":
        return (Days(readings=(_this(today, unit),), wide=True), j + 1) if unit in ("week", "month") else None
    stretch = _next_unit(today, unit)
    return (Days(readings=(stretch,), wide=unit != "day"), j + 1) if stretch else None


def _trailed_period(c: Context, i: int) -> Found | None:
    """Such as "Semana que viene", "mes próximo", "semana pasada"."""
    unit, after = c.lexemes[i].name, c.kind(i + 1)
    if after in ("que_viene", "coming") or (after == "next" and c.lexemes[i + 1].value == 1):
        stretch = _next_unit(c.today, unit)
        return (Days(readings=(stretch,), wide=True), i + 2) if stretch else None
    if after == "last" and c.lexemes[i + 1].value == 1:
        return Days(readings=(), past=True), i + 2
    return None


def edge_at(c: Context, i: int) -> Found | None:
    """The beginning, middle or end of a period: "end of next week", "mid-March", "a principios de mayo"."""
    where = c.kind(i)
    rest = c.lexemes[i].value == 1
    if c.lexemes[i].number >= 2:
        low, high = _this(c.today, "week" if c.lexemes[i].number == 2 else "month")
        k = c.skip(i + 1, ("of", "the", "the_la"))
        if c.lexemes[i].number == 2 and c.kind(k) in ("que_viene", "next", "period_on"):
            low, high = week(c.today, 1)
            i = k + (c.kind(k + 1) == "unit")
        return (Days(readings=(cut(where, low, high, c.today),), wide=True), i + 1) if low and high else None
    j = i + 1
    if where == "early next":
        where, j = "early", i
        period = _next_unit(c.today, c.lexemes[i + 1].name) if c.kind(i + 1) == "unit" else None
        found: Found | None = (Days(readings=(period,), wide=True), i + 2) if period else None
    else:
        j = c.skip(j, ("of", "the", "dash", "the_el", "the_la", "in"))
        bare_month = c.kind(j) == "unit" and c.lexemes[j].value in ("month", "week")
        if c.kind(j) == "unit" and c.lexemes[j].value == "year" and where in ("early", "late"):
            stop = j + 1 + (c.kind(j + 1) in ("que_viene", "next"))
            first_month = where == "early" and c.today.month > 1
            low, high = month_stretch(c.today.year + first_month, 1 if where == "early" else 12)
            return (Days(readings=((max(low, c.today), high),), wide=True), stop) if low else None
        trailed = _trailed_period(c, j) if c.kind(j) == "unit" else None
        if bare_month and not trailed:
            unit = c.lexemes[j].name
            over = unit == "month" and not rest and c.today.day > {"early": 10, "mid": 20, "late": 31}[where]
            # On the 25th the beginning of the month is that of the next.
            named = (_next_unit(c.today, unit) if over else None) or _this(c.today, unit)
            found = Days(readings=(named,), wide=True), j + 1
        else:
            found = trailed or month_at(c, j, cued=True, whole=True) or period_at(c, j)
    if not found or not found[0].readings:
        return None
    first, last = found[0].readings[0]
    if not first or not last:
        return None
    if rest:
        return Days(readings=((first, last),), wide=True), found[1]
    return Days(readings=(cut(where, first, last, c.today),), wide=True), found[1]


def cut(where: str, first: date, last: date, today: date) -> Stretch:
    """The third of a period that is meant; of a week, its working days."""
    if (last - first).days > 62:  # a year
        month = {"early": 1, "mid": 6, "late": 12}[where]
        whole = month_stretch(last.year, month)
        return max(whole[0] or first, today), whole[1]
    if is_week(first, last):
        start = monday(last)
        low, high = {"early": (0, 1), "mid": (1, 3), "late": (3, 4)}[where]
        days = plus(start, low), plus(start, high)
    else:
        low, high = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}[where]
        days = last.replace(day=low), min(last, last.replace(day=min(high, last.day)))
    return (max(days[0], today), days[1]) if days[1] >= today else (max(first, today), last)

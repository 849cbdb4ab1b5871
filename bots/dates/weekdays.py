"""The grammar of weekdays: one by itself, and what says which one is meant."""

from bots.dates.counted import PAST, BaseAt, count_at
from bots.dates.lexeme import words
from bots.dates.numbered import bare_date, number_of_day, other_date
from bots.dates.periods import month_at, period_at
from bots.dates.pieces import Context, Days
from bots.dates.reckon import coming, monday, one, plus, week

Found = tuple[Days, int]
_WEAK_BEFORE = words(
    "on this next or and for by until before after from to between not dash coming early late no the_el around mer "
    "part clock oclock ish"
)
_SUITS = words("but works work is would please pls plz if could can only ok okay fine good best")
_LEADS = words("but any every come do anything something available open free prefer maybe appt appointment slot slots")
_WHO_SAT = words("i we he she they you it who just")
_WEAK_AFTER = words("clock num part at or ord month after before comma dash next noon dotted around slash mer")


def weekday_at(c: Context, i: int, base_at: BaseAt) -> Found | None:
    """A weekday and what says which one."""
    lexeme = c.lexemes[i]
    weekday = 1 if lexeme.kind == "mar" else lexeme.number
    if lexeme.kind == "mar" and "num" in (c.kind(i - 1), c.kind(i + 1)):
        if c.kind(i + 1) != "num" or (dated := bare_date(c, weekday, i + 1)) is None:
            return None if c.kind(i - 1) == "num" else month_at(c, i)
        return Days(readings=(one(dated),), dated=True), i + 2  # "mar 13", a Tuesday
    if lexeme.kind == "weekday?" and not (
        c.kind(i - 1) in _WEAK_BEFORE
        or (i and c.lexemes[i - 1].word in _LEADS)
        or _suits(c, i)
        or c.kind(i + 1) in _WEAK_AFTER
        or (len(c.lexemes) <= 3 and not (i and c.lexemes[i - 1].word in _WHO_SAT))
        or c.expecting == "date"
    ):
        return None
    after = c.kind(i + 1)
    soon = coming(c.today, weekday)
    if after == "que_viene" or (after == "next" and c.lexemes[i + 1].number == 1 and c.kind(i + 2) != "unit"):
        return _following(c, weekday), i + 2
    if after == "coming":
        return Days(readings=(one(soon),)), i + 2
    behind = after == "next" and c.lexemes[i + 1].word == "following"
    if (behind or after in ("after", "before")) and (counted := _weekday_beside(c, weekday, i + 1, base_at)):
        return counted
    if after == "last":
        return (PAST, i + 2 + (c.kind(i + 2) == "unit"))
    if after == "unit" and c.lexemes[i + 1].value == "week":
        return Days(readings=(one(plus(soon, 7)),)), i + 2
    if after == "in" and c.kind(i + 2) == "num" and c.lexemes[i + 2].number in (8, 15) and c.kind(i + 3) != "unit":
        return Days(readings=(one(plus(soon, c.lexemes[i + 2].number - 1)),)), i + 3
    if after == "in" and (found := count_at(c, i + 2)) and found[1] % 7 == 0 and found[1]:
        return Days(readings=(one(plus(soon, found[1])),)), found[2]
    if after == "after_that" or (after == "after" and c.kind(i + 2) in ("", "stop", "at")):
        return Days(readings=(one(soon), one(plus(soon, 7)))), i + 2
    dated = bare_date(c, weekday, i + 1)
    if dated is None and (asked := other_date(c, soon, i + 1)) is not None:
        return asked
    j = c.skip(i + 1, ("of", "the", "the_la", "comma", "in", "on"))
    if c.kind(j) in ("next", "this", "period", "week", "unit", "coming") and (found_period := period_at(c, j)):
        period, stop = found_period
        first, last = period.readings[0]
        if first and last and (last - first).days <= 6:
            day = plus(monday(last), weekday)
            return Days(readings=(one(day if day >= c.today else plus(day, 7)),), within=(first, last)), stop
    if c.kind(j) == "period_on" and c.kind(i + 1) == "of" and c.language == "es":  # "el jueves de la proxima"
        first, last = week(c.today, 1)
        there = plus(monday(last), weekday) if last else soon
        return Days(readings=(one(there),), within=(first, last)), j + 1
    of_month = c.kind(j) in ("month", "month?") and any(c.kind(k) in ("of", "in") for k in range(i + 1, j))
    if of_month and not number_of_day(c, j + 1) and (named := month_at(c, j, cued=True)):
        others = tuple(day for day in range(7) if day != weekday)
        return Days(readings=named[0].readings, wide=True, excluded_weekdays=others), named[1]
    if dated is not None:
        return Days(readings=(one(dated),), dated=True), i + 2
    if weekday == c.today.weekday():
        return Days(readings=(one(soon), one(c.today)), weekday=weekday), i + 1
    return Days(readings=(one(soon),), weekday=weekday), i + 1


def _suits(c: Context, i: int) -> bool:
    """Whether "sat" is told to suit, and is no verb: "sat works for me"; not "we sat would you believe"."""
    follows = i + 1 < len(c.lexemes) and c.lexemes[i + 1].word in _SUITS
    return follows and (i == 0 or c.lexemes[i - 1].word not in _WHO_SAT) and c.kind(i - 1) not in ("my", "title")


def _weekday_beside(c: Context, weekday: int, i: int, base_at: BaseAt) -> Found | None:
    """The weekday of "Monday after Thanksgiving", "Friday before the 20th", "Thursday after next"."""
    if c.kind(i) == "after" and c.kind(i + 1) == "next" and c.kind(i + 2) not in ("unit", "weekday", "month"):
        near = plus(coming(c.today, weekday), 7)
        return Days(readings=(one(near), one(plus(near, 7)))), i + 2
    j = c.skip(i + 1, ("the", "the_el"))
    if c.kind(j) == "weekday" and c.kind(k := c.skip(j + 1, ("the",))) == "ord":
        j = k  # "Monday after Friday the 19th"
    if c.kind(j) not in ("holiday", "ord", "month", "slash", "iso", "full"):
        return None
    found = base_at(c, j)
    if not found or not found[0].readings or not (base := found[0].readings[0][0]):
        return None
    day = plus(coming(base, weekday), -7) if c.kind(i) == "before" else coming(base, weekday)
    day = plus(day, -7) if c.kind(i) == "before" and day == base else day
    return (Days(readings=(one(day),)), found[1]) if day >= c.today else None


def _following(c: Context, weekday: int) -> Days:
    """Such as "El viernes que viene": the coming one, or next week's when the coming one is still this week."""
    soon, far = coming(c.today, weekday), plus(monday(c.today), 7 + weekday)
    return Days(readings=(one(soon),) if soon == far else (one(soon), one(far)))


def pointed_at(c: Context, i: int) -> Found | None:
    """Such as "Next Friday", "this Friday", "last Friday", "el próximo lunes"."""
    kind, lexeme = c.kind(i), c.lexemes[i]
    j = i + 1
    if kind == "this" and c.kind(j) in ("coming", "next"):
        kind, j = "coming", j + 1
    if kind == "last":
        if c.kind(j) in ("weekday", "weekday?", "unit", "month", "part", "weekend"):
            return PAST, j + 1
        if c.kind(j) == "num" and c.kind(j + 1) == "unit":
            return PAST, j + 2
        return None
    if c.kind(j) not in ("weekday", "weekday?"):
        return None
    weekday = c.lexemes[j].number
    soon, far = coming(c.today, weekday), plus(monday(c.today), 7 + weekday)
    if c.kind(j + 1) == "in" and c.kind(j + 2) == "num" and c.lexemes[j + 2].number in (8, 15):
        return Days(readings=(one(plus(soon, c.lexemes[j + 2].number - 1)),)), j + 3  # "de este viernes en ocho"
    if (dated := bare_date(c, weekday, j + 1)) is not None:
        return Days(readings=(one(dated),), dated=True), j + 2  # "este viernes 4"
    if kind == "next" and lexeme.number == 1:
        return _following(c, weekday), j + 1
    if kind == "next":
        return Days(readings=(one(soon),) if soon == far else (one(far), one(soon))), j + 1
    if kind == "this" and weekday == c.today.weekday() and c.kind(j + 1) != "que_viene":
        return Days(readings=(one(c.today),)), j + 1
    if kind == "this" and c.kind(j + 1) == "que_viene":
        j += 1
    return Days(readings=(one(soon),)), j + 1

"""From lexemes to pieces: at each word the grammars of days and hours are asked once, the longest find is kept."""

from collections.abc import Container
from datetime import date

from bots.dates.clocks import clock_at
from bots.dates.days import days_at
from bots.dates.lexeme import words
from bots.dates.named import LAST, nth_week
from bots.dates.numbered import number_of_day, runs_on
from bots.dates.periods import cut
from bots.dates.pieces import Clock, Context, Days, Hours, Piece, Relation, Wish
from bots.dates.reckon import (
    add_months,
    alike,
    coming,
    coming_day_of_month,
    made,
    monday,
    month_stretch,
    one,
    plus,
    week,
)
from bots.dates.same_es import week_again
from bots.dates.stretches import by_the_way, hours_at, part_at

_ARTICLES = ("the", "my", "a", "the_el", "to", "our")
_WISHES: dict[str, Wish] = {"earlier": "earlier", "later": "later", "soonest": "soonest"}
_EDGES = words("early mid late nth ord_word ord last")
_TO_EDGE = words("comma to in the the_la of")
_IDEALLY = words("preferably ideally sometime maybe preferencia preferiblemente idealmente quizas")
_WISHED = words("sea ser ir urge verme it something anything sometime anytime be appointment appt visit cita algo")
_NEEDING = words("tiene urge puede quisiera podria need needs has must want necesito ocupo quiero")
_SETTLED = words("ok okay works good fine then great so bien entonces asi que")
_TIMES = ("vez", "cita", "visita", "consulta", "ocasion")
_WITHIN = ("in", "en", "por")
_SHORT = 6
_NOON = 12
_SUITS = words("works work please pls ok okay is are would")
_COUNTED = 120
_MINUTES = (10, 15, 20, 30, 40, 45, 50)
_OPENINGS = words(
    "appointment appt slot opening spot time available open free cita espacio turno hora hueco disponible libre lugar"
)
_DAY_GAP = words("comma dash at around filler")
_TIME_GAP = words("or and comma fix no no_es around at")


def pieces_of(c: Context) -> list[Piece]:
    """Every piece of time in the text, in order, none overlapping."""
    found: list[Piece] = []
    i, total = 0, len(c.lexemes)
    while i < total:
        stop = _name_end(c, i)
        if stop:
            i = stop
            continue
        new = _at(c, i, found)
        if not new:
            i += 1
            continue
        found.extend(new)
        i = new[-1].stop
    return found


def _name_end(c: Context, i: int) -> int | None:
    """Where a name ends that begins with a title at `i` ("Dr. Sunday")."""
    if c.kind(i) != "title" or c.kind(i - 1) in _ARTICLES:
        return None
    j = i + 1 + (c.kind(i + 1) == "stop")
    return j + 1 if c.kind(j) in ("weekday", "weekday?", "month", "month?") else None


def _at(c: Context, i: int, found: list[Piece]) -> list[Piece]:
    """The pieces that begin at lexeme `i`."""
    kind, last = c.kind(i), found[-1] if found else None
    if c.lexemes[i].word == "btw" and (hours := by_the_way(c, i)):
        return [Piece(at=i, stop=hours[1], found=hours[0])]
    if kind in ("word", "stop", "greeting", "junk", "counted", "filler"):
        return []
    if kind == "after" and c.lexemes[i].word == "pasada" and c.lexemes[i - 1].word in _TIMES:
        return []  # "la vez pasada"
    if kind == "tonight" or kind == "part today" or (kind == "this" and c.kind(i + 1) == "part"):
        return _today_part(c, i)
    with_day = c.kind(i + 1) in ("day", "weekday", "on", "tonight", "this", "loosely") or _adjoins(c, last, i, Days)
    this_part = c.kind(i + 1) != "this" or c.kind(i + 2) in ("part", "weekday")
    if (
        kind in ("early", "late")
        and not (c.language == "es" and c.lexemes[i].word != kind)
        and with_day
        and this_part
        and c.kind(i + 1) not in ("next", "unit", "month", "of", "in")
    ):
        part = "early" if kind == "early" else "late afternoon"
        return [Piece(at=i, stop=i + 1, found=Hours(bound="between", part=part))]
    if kind == "relation":
        return [Piece(at=i, stop=i + 1, found=Relation(wish=_WISHES[c.lexemes[i].name]))]
    if kind in ("too_early", "too_late") and not found and len(c.lexemes) <= _SHORT:
        return [Piece(at=i, stop=i + 1, found=Relation(wish="later" if kind == "too_early" else "earlier"))]
    if kind in ("before", "after") and _is_that(c, i) and (day := _day_on_from(c, i, last)):
        return [Piece(at=i, stop=i + 1, found=day[0])]  # "we move on the 5th so I need it before"
    if kind in ("before_that", "after_that") and (hour := _hour_named(found, kind)) is not None:
        return [Piece(at=i, stop=i + 1, found=Hours(bound="before" if kind == "before_that" else "after", low=hour))]
    if _is_first_hour(c, i):
        return [Piece(at=i, stop=i + 1, found=Relation(wish="soonest"))]
    named = next((piece for piece in reversed(found[-3:]) if isinstance(piece.found, Days)), None)
    days = _day_on(c, i, named) or days_at(c, i) or _counted_again(c, i, found)
    after_day = _adjoins(c, last, i, Days)
    after_hours = _adjoins(c, last, i, Hours, _TIME_GAP)
    after_day = after_day or (kind == "num" and _closes(c, i) and any(isinstance(one.found, Days) for one in found))
    listed = last is not None and isinstance(last.found, Hours) and last.stop == i - 1 and c.kind(i - 1) == "stop"
    if listed and kind == "num" and c.kind(i + 1) in ("", "stop"):
        after_day = after_day or c.lexemes[i].start > c.lexemes[i - 1].end  # "8:30? 9?", not "4.0"
    hours = hours_at(c, i, after_day=after_day, after_hours=after_hours)
    if days and _is_beside_day(c, i, days[1]):
        hours = None
    if hours and (not days or hours[1] > days[1] or (hours[0].part == "morning" and c.kind(i) == "day")):
        return [Piece(at=i, stop=hours[1], found=hours[0])]
    return [Piece(at=i, stop=days[1], found=days[0])] if days else []


def _is_beside_day(c: Context, i: int, stop: int) -> bool:
    """Whether the number behind "or" is the day, and what follows its part: "March 3 or 4 in the morning"."""
    if c.kind(i) == "num" and c.kind(i + 1) in ("or", "and") and stop == i + 1 and c.language == "es":
        # "Los días 12, 13 y 14 por la tarde"
        return c.kind(i - 1) in ("comma", "num") and c.kind(i - 2) in ("num", "dia") and number_of_day(c, i + 2)
    if c.kind(i) == "num" and c.kind(i - 1) == "or" and c.lexemes[i].number > 12 and stop == i + 1:
        return c.language == "es" and c.kind(i - 2) == "num" and c.kind(i + 1) != "of"
    if c.kind(i) == "num" and c.kind(i - 1) == "and" and c.kind(i - 3) in ("comma", "dia") and c.language == "es":
        return c.kind(stop) in ("in", "for")
    return c.kind(i) == "num" and c.kind(i - 1) == "or" and c.kind(stop) == "in" and c.lexemes[stop].word in _WITHIN


def _closes(c: Context, i: int) -> bool:
    """Whether an hour with its minutes ends a sentence of which the day was said before: "the 13th works, 8 30"."""
    if c.kind(i - 1) not in ("comma", "stop") and c.lexemes[i - 1].word not in _SETTLED:
        return False
    ends = c.kind(i + 3) in ("", "stop") or c.lexemes[min(i + 3, len(c.lexemes) - 1)].word in _SUITS
    if (c.kind(i + 1), c.kind(i + 2)) == ("or", "num") and ends:
        return 0 < c.lexemes[i].number < c.lexemes[i + 2].number <= _NOON  # "Friday's free, 10 or 11"
    alone = c.kind(i - 1) == "comma" and c.kind(i + 1) in ("", "stop") and 1 <= c.lexemes[i].number <= _NOON
    if alone and c.lexemes[i - 2].word in _SETTLED:
        return True  # "Friday's good, 2?"
    hour, minute = divmod(c.lexemes[i].number, 100)
    stop = i + 1
    if c.lexemes[i].digits < 3:
        following = c.lexemes[stop] if c.kind(stop) == "num" else None
        figures = c.lexemes[i].digits != 0
        if following is None or following.digits != 2 * figures or (not figures and following.number not in _MINUTES):
            return False
        hour, minute, stop = c.lexemes[i].number, following.number, i + 2
    return 1 <= hour <= 20 and minute < 60 and not minute % 5 and c.kind(stop) in ("", "stop", "comma")


def _adjoins(c: Context, last: Piece | None, i: int, kind: type, between: Container[str] = _DAY_GAP) -> bool:
    """Whether the piece before is of that kind and next to nothing lies between."""
    if last is None or not isinstance(last.found, kind):
        return False
    return c.skip(last.stop, between) >= i


def _day_on(c: Context, i: int, last: Piece | None) -> tuple[Days, int] | None:
    """The day after the one just named: "tomorrow or the day after", "mañana o pasado"."""
    if c.kind(i) in _EDGES and (edge := _edge_of(c, i, last)):
        return edge
    if c.kind(i) in ("day_on", "period_on", "before_that", "after_that"):
        return _day_on_from(c, i, last)
    if last is not None and (
        beside := week_again(c, i, last) or _another_of_month(c, i, last) or _following_of(c, i, last)
    ):
        return beside
    j = i + (c.kind(i) == "the")
    spanish = c.lexemes[i].word == "pasado"
    english = c.kind(j) == "unit" and c.lexemes[j].value == "day" and c.kind(j + 1) == "after"
    if last is None or not isinstance(last.found, Days) or not (spanish or english):
        return None
    stop = i + 1 if spanish else j + 2
    if c.kind(stop) not in ("", "stop", "comma", "at", "at_la", "in", "for", "word", "clock", "same_hour"):
        return None
    first = last.found.readings[0][0] if last.found.readings else None
    if first is None or (spanish and first != plus(c.today, 1)):
        return None
    return _later(last.found, first, 1), stop


def _counted_again(c: Context, i: int, found: list[Piece]) -> tuple[Days, int] | None:
    """The second of "en una semana no puedo, mejor en dos", whose unit was said with the first."""
    if c.kind(i) != "in" or c.kind(i + 1) != "num" or c.kind(i + 2) not in ("", "stop", "comma"):
        return None
    units = (
        c.lexemes[k].name
        for piece in reversed(found)
        for k in range(piece.at, piece.stop)
        if c.kind(k) == "unit" and isinstance(piece.found, Days)
    )
    days = {"day": 1, "week": 7, "fortnight": 14}.get(next(units, ""), 0) * c.lexemes[i + 1].number
    return (Days(readings=(one(plus(c.today, days)),)), i + 2) if 0 < days <= _COUNTED else None


def _is_that(c: Context, i: int) -> bool:
    """Whether "before" or "after" ends a wish, so that it is that of the day named last."""
    ends = c.kind(i + 1) in ("", "stop", "comma") and c.lexemes[i - 1].word in _WISHED
    return ends and not _NEEDING.isdisjoint(c.said)


def _hour_named(found: list[Piece], side: str) -> Clock | None:
    """The hour named last, with or without the day it was named for behind it; of a stretch, its end or beginning."""
    for piece in reversed(found[-2:]):
        if isinstance(piece.found, Hours):
            return (piece.found.high if side == "after_that" else None) or piece.found.low
        if not isinstance(piece.found, Days) or piece.found.weekday is None:
            return None
    return None


def _is_first_hour(c: Context, i: int) -> bool:
    """Whether the first open time at an hour is asked for: "the first 3:00 PM you have", "la primera de las 3"."""
    if c.kind(i) not in ("ord_word", "nth") or c.lexemes[i].number != 1:
        return False
    j = i + 1
    while j < i + 4 and (c.lexemes[j].word if j < len(c.lexemes) else "") in _OPENINGS:
        j += 1
    # "The first at 3" may be the first of the month.
    led = c.kind(j) in ("at", "at_or_from") and (j > i + 1 or c.kind(i) == "nth")
    found = clock_at(c, j + led, led)
    return found is not None and (led or c.kind(j) == "clock" or found[0].half in ("am", "pm") or c.kind(j) == "noon")


def _edge_of(c: Context, i: int, last: Piece | None) -> tuple[Days, int] | None:
    """Such as "Next month, the beginning", "el mes que viene a principios": of the period just named."""
    counted = c.kind(i) in ("nth", "ord_word", "ord", "last")
    week = counted and c.kind(i + 1) == "unit" and c.lexemes[i + 1].value == "week"
    ends = c.kind(i + 1 + week) in ("", "stop", "comma", "or", "word")
    # What is counted without a week is a day: "next week, the 10th".
    if c.lexemes[i].word in ("early", "late") or not ends or (counted and not week):
        return None
    days = last.found if last is not None and isinstance(last.found, Days) else None
    first, end = days.readings[0] if days is not None and days.wide and days.readings else (None, None)
    if last is None or first is None or end is None:
        return None
    if any(c.kind(k) not in _TO_EDGE and c.lexemes[k].word not in _IDEALLY for k in range(last.stop, i)):
        return None
    if week:
        return nth_week(c, first, end, LAST if c.kind(i) == "last" else c.lexemes[i].number, i + 2)
    return Days(readings=(cut(c.kind(i), first, end, c.today),), wide=True), i + 1


def _day_on_from(c: Context, i: int, last: Piece | None) -> tuple[Days, int] | None:
    """Such as "the next day", "el otro": so many days after the one just named."""
    days = last.found if last is not None and isinstance(last.found, Days) else None
    first, end = days.readings[0] if days is not None and days.readings else (None, None)
    if days is not None and first and end and (c.kind(i) == "period_on" or (days.wide and c.lexemes[i].number == 7)):
        return _next_period(c, i, days.wide, first, end)  # "not this week, the following one"
    if c.kind(i) == "period_on" and c.language == "en" and days is None:
        here = week(c.today, 0) if c.lexemes[i].number == 7 else month_stretch(c.today.year, c.today.month)
        return Days(readings=(alike(c.today, here[1] or c.today),), wide=True), i + 1
    if days is not None and first is None and end and c.kind(i) in ("after_that", "after"):
        return Days(readings=((plus(end, 1), plus(end, 14)),), wide=True, instead=True), i + 1
    if days is None or first is None or end != first or c.kind(i) == "period_on":
        return None
    if c.kind(i) in ("before_that", "before"):
        before = c.today, max(c.today, plus(first, c.lexemes[i].number - 1))
        return Days(readings=(before,), wide=True, instead=True), i + 1
    if c.kind(i) in ("after_that", "after"):
        return Days(readings=((plus(first, 1), plus(first, 14)),), wide=True, instead=True), i + 1
    return _later(days, first, c.lexemes[i].number), i + 1


def _later(said: Days, first: date, days: int) -> Days:
    """The day so many days after the one said; after a bare weekday it is one, too."""
    day = plus(first, days)
    return Days(readings=(one(day),), weekday=day.weekday() if said.weekday is not None else None)


def _next_period(c: Context, i: int, wide: bool, first: date, end: date) -> tuple[Days, int] | None:
    """The week or month after the one just named, or after that of the day just named."""
    if c.language == "es" and not wide:
        return None  # "el martes, o la siguiente"
    if c.lexemes[i].number == 30:
        begin = add_months(end.replace(day=1), 1)
        return Days(readings=(month_stretch(begin.year, begin.month),), wide=True), i + 1
    return Days(readings=(alike(first, end) if wide else week(end, 1),), wide=True), i + 1


def _following_of(c: Context, i: int, last: Piece) -> tuple[Days, int] | None:
    """Such as "The 7th or the following Monday", "this week or next": counted from the day or period just named."""
    days = last.found
    end = days.readings[0][1] if isinstance(days, Days) and days.readings else None
    first = days.readings[0][0] if isinstance(days, Days) and days.readings else None
    j = c.skip(i, ("the", "the_el", "the_la"))
    other = first is not None and first == end and j < len(c.lexemes) and c.lexemes[j].word == "otro"
    if other and first and c.kind(j + 1) == "weekday" and c.lexemes[j + 1].number == first.weekday():
        return Days(readings=(one(plus(first, 7)),)), j + 2  # "este lunes no, el otro lunes"
    if end is None or first is None or not isinstance(days, Days):
        return None
    if c.kind(j) == "next" and c.kind(j + 1) in ("", "stop", "comma"):
        if days.wide:
            return Days(readings=(alike(first, end),), wide=True), j + 1
        return (Days(readings=(one(plus(first, 7)),)), j + 1) if c.kind(last.at) == "this" and first == end else None
    after = c.lexemes[j + 1].word if j + 1 < len(c.lexemes) else ""
    if c.kind(j) == "unit" and c.lexemes[j].name == "week" and after.startswith("siguiente"):
        return Days(readings=(week(end, 1),), wide=True), j + 2
    after_it = c.kind(j + 1) == "after" and c.kind(j + 2) in ("", "stop", "comma", "at") and j > i
    if c.kind(j) == "weekday" and (c.kind(j + 1) == "after_that" or after_it):
        return Days(readings=(one(coming(end, c.lexemes[j].number)),)), j + 2
    spanish = c.kind(j) == "weekday" and c.kind(j + 1) == "next" and c.lexemes[j + 1].word.startswith("siguiente")
    if spanish or (
        c.kind(j) == "next" and c.lexemes[j].word in ("following", "siguiente") and c.kind(j + 1) == "weekday"
    ):
        weekday = c.lexemes[j if spanish else j + 1].number
        return Days(readings=(one(coming(end, weekday)),)), j + 2
    return None


def _another_of_month(c: Context, i: int, last: Piece) -> tuple[Days, int] | None:
    """The second day of "January 4 or 5", "el 4 de enero o el 5"."""
    days = last.found
    first, end = days.readings[0] if isinstance(days, Days) and days.readings else (None, None)
    listed = c.kind(last.at) in ("num", "ord") and last.stop == last.at + 1  # the 4 of "December 3, 4, 5"
    week_of = c.kind(last.at) in ("unit", "the") and any(
        c.kind(k) == "unit" and c.kind(k + 1) == "of" for k in range(last.at, last.stop)
    )
    if (
        week_of
        and c.kind(i - 1) in ("or", "and")
        and (j := c.skip(i, ("the", "the_la", "the_el", "of"))) < len(c.lexemes)
    ):
        day = coming_day_of_month(c.today, c.lexemes[j].number) if number_of_day(c, j) else None
        return (Days(readings=((monday(day), plus(monday(day), 6)),), wide=True), j + 1) if day else None
    numbered = isinstance(days, Days) and (days.day_of_month or days.wide) and c.kind(last.stop - 1) in ("num", "ord")
    named = listed or numbered or any(c.kind(k) in ("month", "month?", "slash") for k in range(last.at, last.stop))
    link = c.kind(i - 1)
    if link == "comma":
        same_month = c.language == "es" and c.kind(i) == "the_el" and not listed  # "el 24 de junio es fiesta, el 25"
        link = (
            "or"
            if listed
            or (same_month and c.kind(last.stop - 1) == "month")
            or (c.kind(i + 1) in ("comma", "or", "and") and number_of_day(c, i + 2))
            else ""
        )
    j = c.skip(i, ("the", "the_el"))
    wide = isinstance(days, Days) and days.wide
    if first is not None and end is not None and wide and named and link in ("or", "and"):
        return _another_run(c, j, end)
    beside = i == last.stop and (c.kind(i) == "ord" or runs_on(c, i))  # "November 9th 10th", "el 9 10 u 11"
    linked = beside or (link in ("or", "and") and i - 1 == last.stop)
    if first is None or first != end or not named or not linked:
        return None
    # A bare number before these is an hour, "the 11th" is not.
    ends: tuple[str, ...] = ("month",) if c.kind(j) == "ord" else ("month", "y_media", "and", "clock", "part")
    if c.language == "es" and number_of_day(c, j) and c.lexemes[j].number > 12:
        ends = ends[:-1]  # "el 21 o 22 después de la escuela"
    goes_on = c.language == "es" and link == "or" and c.kind(j + 1) == "and" and number_of_day(c, j + 2)
    if not number_of_day(c, j) or (c.kind(c.skip(j + 1, ("of",))) in ends and not goes_on):
        return None
    day = made(first.year, first.month, c.lexemes[j].number)
    bare = isinstance(days, Days) and days.day_of_month
    return (Days(readings=(one(day),), day_of_month=bare), j + 1) if day is not None and day > first else None


def _another_run(c: Context, j: int, end: date) -> tuple[Days, int] | None:
    """The second run of "December 21-23 or 28-30"."""
    k = c.skip(j + 2, ("the", "the_el")) if c.kind(j + 1) in ("dash", "to", "until") else j
    if k == j or not number_of_day(c, j) or not number_of_day(c, k) or c.kind(k + 1) in ("month", "of"):
        return None
    low, high = made(end.year, end.month, c.lexemes[j].number), made(end.year, end.month, c.lexemes[k].number)
    if low is None or high is None or not end < low <= high:
        return None
    return Days(readings=((low, high),), wide=True), k + 1


def _today_part(c: Context, i: int) -> list[Piece]:
    """Such as "Tonight", "this morning", "esta tarde": today and a part of it."""
    kind = c.kind(i)
    at = i + 1 if kind == "this" else i
    part = "night" if kind == "tonight" else c.lexemes[at].name
    named = part_at(c, at, True) if kind == "this" else None
    if kind == "this" and not named:
        return []
    return [
        Piece(at=i, stop=at + 1, found=Days(readings=(one(c.today),))),
        Piece(at=i, stop=at + 1, found=Hours(bound="between", part=part)),
    ]

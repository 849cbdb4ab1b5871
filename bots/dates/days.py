"""The grammar of days: names of days, weekdays, dates, distances and periods, singly and with bounds."""

from dataclasses import replace

from bots.dates.counted import PAST, after_count_at, distance_at, within_at
from bots.dates.lexeme import AT_LATEST, BEGINS, words
from bots.dates.named import beside_at, eve_at, holiday_at, nth_at, until_end_at
from bots.dates.numbered import (
    ARTICLES,
    dashed_at,
    days_to,
    del_al,
    listed_at,
    numbered_at,
    range_of_numbers,
    written_at,
)
from bots.dates.periods import edge_at, month_at, period_at
from bots.dates.pieces import Context, Days, Stretch
from bots.dates.reckon import (
    coming,
    coming_day_of_month,
    made,
    monday,
    one,
    plus,
)
from bots.dates.weekdays import pointed_at, weekday_at

Found = tuple[Days, int]
_EVENT = words("word not my the the_la the_el for of in title")
_OF_THEN = words(
    "stitches labs results xray xrays scan scans mri bill cast surgery cut bite fall rash bruise burn shot bloodwork "
    "referral letter message text note bandage incision"
)
_OF_DAY = words("cita visita consulta limpieza turno lo mia mio")
_FREE = words("libre disponible vacaciones tiempo off free permiso descanso")
_LEAD_WORDS = words("works do come available free open good appt appointment maybe yes have ok it there")
WAIT = words("wait waiting esperar esperarme esperarnos espero esperamos aguanto aguantar")
_PUT = words("hold put push")
_FAR = 6


def days_at(c: Context, i: int) -> Found | None:
    """The days named from lexeme `i` on, with their bounds, and where they end."""
    kind = c.kind(i)
    if kind == "since":
        found = day_at(c, _skip(c, i + 1))
        return (PAST, found[1]) if found else None
    if kind in ("after", "before", "by", "until", "from", "between"):
        if kind == "from" and _is_since(c, i):
            found = day_at(c, _skip(c, i + 1))
            return (PAST, found[1]) if found else None
        start = _skip(c, i + 1)
        if kind == "from" and i and c.lexemes[i - 1].word in _OF_THEN and (found := day_at(c, start)):
            return PAST, found[1]  # "the stitches from the 6th"
        if kind == "until" and c.kind(i + 1) == "after" and (later := days_at(c, i + 1)) and later[0].readings:
            denied = not {"not", "no_es", "no"}.isdisjoint(c.kinds.values())
            # "Hasta después del 25 no puedo" is denied, and begins there; "put it off till after the 25th" says so.
            return (Days(readings=((None, later[0].readings[0][0]),)), later[1]) if denied else later
        if kind == "from" and i and c.lexemes[i - 1].word == "away":
            return day_at(c, start)  # "keep me away from Mondays"
        if kind in ("between", "from") and (until := _until_day(c, i + 1)):
            return until
        if kind == "after" and (later := after_count_at(c, start)):
            return later
        found = day_at(c, start) or day_at(c, i + 1) or range_of_numbers(c, start) or _event_at(c, i)
        if not found:
            return None
        if kind == "from" and _ails(c, found[1]):
            return PAST, found[1]
        if kind == "before" and c.kind(start) == "late" and found[0].wide:
            kind = "by"  # "before the end of the month"
        if kind == "until" and (_waits(c, i) or _begins_then(c, found[1])):
            kind = "from"
        return _bounded(c, kind, found, inclusive=kind == "after" and c.lexemes[i].value == 1)
    if kind == "of" and c.lexemes[i].value == 1 and (numbers := range_of_numbers(c, i + 1) or del_al(c, i)):
        return numbers
    if kind == "of" and c.lexemes[i].value == 1 and c.kind(i + 1) == "num" and c.kind(i + 2) == "onward":
        day = coming_day_of_month(c.today, min(c.lexemes[i + 1].number, 31))
        return (Days(readings=((day, None),)), i + 3) if day else None
    al, of_it = c.lexemes[i].word == "al", kind == "of" and c.lexemes[i].value == 1 and _may_be_of_day(c, i - 1)
    if (al or of_it) and c.kind(i + 1) == "num" and (numbered := numbered_at(c, i + 1, article=True, bare=True)):
        return numbered
    if kind == "of" and (numbers := range_of_numbers(c, i + 1) or del_al(c, i)):
        return numbers
    found = day_at(c, i)
    if found and c.kind(found[1]) in ("to", "until", "dash") and not found[0].past:
        return _ranged(c, found) or found
    at_latest = found is not None and c.lexemes[min(found[1], len(c.lexemes) - 1)].word in AT_LATEST
    if found and (c.kind(found[1]) == "or_before" or at_latest) and not found[0].past:
        return Days(readings=tuple((None, last) for _, last in found[0].readings)), found[1] + 1
    if found and c.kind(found[1]) == "onward":
        return Days(readings=tuple((first, None) for first, _ in found[0].readings)), found[1] + 1
    return found


def _until_day(c: Context, i: int) -> Found | None:
    """Such as "(between) now and the 10th", "(from) now until Friday": from today on."""
    if (
        i >= len(c.lexemes)
        or c.lexemes[i].word not in ("now", "ahora", "hoy")
        or c.kind(i + 1) not in ("and", "to", "until")
    ):
        return None
    end = day_at(c, i + 2) or day_at(c, _skip(c, i + 2))
    last = end[0].readings[0][1] if end and end[0].readings and not end[0].past and not end[0].at else None
    return (Days(readings=((c.today, last),), wide=True), end[1]) if end and last else None


def _waits(c: Context, i: int) -> bool:
    """Whether the person will wait until then: "I'd rather wait until July", "mejor me espero hasta el lunes"."""
    put_off = i > 1 and c.lexemes[i - 1].word == "off" and any(one.word in _PUT for one in c.lexemes[max(0, i - 3) : i])
    if i < 1 or not (put_off or c.lexemes[i - 1].word in WAIT):
        return False
    return all(c.kind(k) not in ("not", "no_es", "no") for k in range(max(0, i - _FAR), i))


def _begins_then(c: Context, stop: int) -> bool:
    """Whether what ends at `stop` is a beginning: "hasta el 26 en adelante", "hasta junio, antes no puedo"."""
    antes = c.skip(stop, ("comma", "stop", "word"))
    never = c.kind(antes) == "before" and antes - stop <= 2 and c.kind(antes + 1) in ("not", "no_es")
    return c.kind(stop) == "onward" or never


def _may_be_of_day(c: Context, k: int) -> bool:
    """Whether what stands at `k` may be that of a day: "la tarde del 9", "la del 9", "mi cita del 9"."""
    return c.kind(k) in ("part", "the_la", "the_el") or (k >= 0 and c.lexemes[k].word in _OF_DAY)


def _skip(c: Context, i: int) -> int:
    return c.skip(i, ARTICLES)


def _is_since(c: Context, i: int) -> bool:
    """Whether an illness is told to go on since then: "tengo fiebre desde el lunes"."""
    if c.language == "es" and not c.lexemes[i].word.startswith("desde"):
        return False
    ails = False
    for k in range(i - 1, max(-1, i - 7), -1):
        if c.kind(k) in ("comma", "stop"):
            break
        if c.lexemes[k].word in _FREE:
            return False
        ails = ails or c.kind(k) == "ailing"
    return ails


def _ails(c: Context, stop: int) -> bool:
    """Whether what began then is an illness: "desde el lunes tengo fiebre"."""
    at = c.skip(stop, ("comma", "word"))
    free = at + 1 < len(c.lexemes) and c.lexemes[at + 1].word in _FREE
    return c.kind(at) == "ailing" and at - stop <= 2 and not free


def _event_at(c: Context, i: int) -> Found | None:
    """The day of an event that is named with it: "after my MRI on the 18th", "before school starts on the 24th"."""
    if c.kind(i) not in ("after", "before", "from") or c.kind(i + 1) in ("num", "clock", "noon"):
        return None  # "before 4 please on Tuesday"
    for j in range(i + 2, i + 7):
        if c.kind(j) in ("on", "the_el") and c.kind(j - 1) in ("word", "not"):
            # "Back from vacation on the 27th", but not "strike it from my calendar on the 27th".
            back = any(
                c.lexemes[k].word.rpartition(" ")[2] in ("vacation", "trip", "town", "viaje", "vacaciones", "fuera")
                for k in range(i, j)
            )
            return day_at(c, j) if back or c.kind(i) != "from" else None
        if c.kind(j) not in _EVENT:
            return None
    return None


def _bounded(c: Context, kind: str, found: Found, inclusive: bool) -> Found | None:
    """Days after, before or up to those found; after and `inclusive`, from the day itself on."""
    days, stop = found
    if days.past or days.at:
        return found
    kind = "from" if inclusive else kind
    if kind in ("from", "between") and (ranged := _ranged(c, found, joins=("to", "until", "dash", "and"))):
        return ranged
    stop += c.kind(stop) == "onward"
    made_readings: list[Stretch] = []
    for first, last in days.readings:
        if kind == "after" and last:
            made_readings.append((plus(last, 1), plus(last, 14)))
        elif kind == "before" and first:
            made_readings.append((c.today, max(c.today, plus(first, -1))))
        elif kind in ("by", "until"):
            made_readings.append((None, last))
        else:
            # "From the 8th to the 12th" ends there; "from January on", "starting next week" does not.
            ends = days.wide and (kind == "between" or c.kind(found[1] - 1) in ("num", "ord", "ord_word"))
            made_readings.append((first, last if ends else None))
    return Days(readings=tuple(made_readings)), stop


def _ranged(c: Context, found: Found, joins: tuple[str, ...] = ("to", "until", "dash")) -> Found | None:
    """From the day found to the one that follows, or that one alone where a visit is moved to it."""
    days, stop = found
    if c.kind(stop) not in joins:
        return None
    end = day_at(c, stop + 1) or day_at(c, _skip(c, stop + 1))
    if not end or end[0].past or end[0].at:
        return None
    if c.kind(stop) != "dash" and c.moves(stop):
        return replace(end[0], moved=True, left=days.readings[0] if days.readings else None), end[1]
    first, last = days.readings[0][0], end[0].readings[0][1]
    if not first or not last:
        return None
    if end[0].weekday is not None and days.weekday is None and (dated := day_at(c, end[1])) and dated[0].readings:
        day = dated[0].readings[0][0]  # "July 6 through Friday July 9"
        if day is not None and day >= first and day.weekday() == end[0].weekday:
            return Days(readings=((first, day),), wide=True), dated[1]
    if days.weekday is not None and end[0].weekday is not None:
        length = (end[0].weekday - days.weekday) % 7
        others = tuple(day for day in range(7) if (day - days.weekday) % 7 > length)
        return Days(readings=((None, None),), wide=True, excluded_weekdays=others), end[1]
    if last < first and days.weekday is None and (begun := made(last.year, first.month, first.day)):
        first = max(begun, c.today)
    if end[0].weekday is not None and last < first:
        last = coming(first, end[0].weekday)
    if end[0].weekday is not None and (last - first).days > 7:
        last = plus(last, -7)
    return (Days(readings=((first, last),), wide=True), end[1]) if last >= first else None


def day_at(c: Context, i: int) -> Found | None:
    """The days named from lexeme `i` on, without bounds."""
    kind = c.kind(i)
    if kind == "day":
        if c.kind(i + 1) == "unit" and c.lexemes[i + 1].value == "week":
            return Days(readings=(one(plus(c.today, c.lexemes[i].number + 7)),)), i + 2
        return Days(readings=(one(plus(c.today, c.lexemes[i].number)),)), i + 1
    if kind == "day?":
        named = c.kind(i - 1) in ("word", "title") and c.lexemes[i - 1].word not in _LEAD_WORDS
        return None if named else (Days(readings=(one(plus(c.today, c.lexemes[i].number)),)), i + 1)
    if kind == "eve_of":
        return eve_at(c, i, day_at)
    if kind == "until_end":
        return until_end_at(c, i, day_at)
    if kind == "past":
        return PAST, i + 1
    if kind == "last" and c.lexemes[i].word == "pasado" and _is_after_tomorrow(c, i):
        return Days(readings=(one(plus(c.today, 2)),)), i + 1
    if kind in ("weekday", "weekday?", "mar"):
        return weekday_at(c, i, _base_at)
    if kind in ("iso", "full", "slash"):
        return written_at(c, i)
    if kind in ("the", "the_el", "on", "dia"):
        return _articled(c, i)
    if kind in ("a", "span days"):
        return distance_at(c, i, _from_at)
    if kind == "holiday":
        return holiday_at(c, i)
    if kind in ("nth", "last", "ord", "ord_word") and (nth := nth_at(c, i)):
        return nth
    if kind in ("num", "ord", "ord_word"):
        if i and c.lexemes[i - 1].word.endswith(" del") and (run := days_to(c, i)):
            return run  # "fuera del 12 al 16"
        found = range_of_numbers(c, i) or dashed_at(c, i) or distance_at(c, i, _from_at) or numbered_at(c, i)
        return found or listed_at(c, i)
    if kind in ("in", "within"):
        return within_at(c, i, _from_at) or month_at(c, i + 1, cued=True)
    if kind == "hace":
        found = distance_at(c, i + 1, _from_at, plain=True)
        return (PAST, found[1]) if found else None
    if kind in ("month", "month?"):
        return _week_named(c, month_at(c, i))
    if kind in ("next", "this", "coming", "last"):
        return pointed_at(c, i) or period_at(c, i)
    if kind in ("early", "mid", "late", "early next"):
        return edge_at(c, i)
    if (kind == "unit" and c.lexemes[i].value == "month") or (kind == "period" and c.lexemes[i].word == "the month"):
        month = month_at(c, i + 2, cued=True, whole=True) if c.kind(i + 1) == "of" else None
        if month:
            return month  # "el mes de enero, el 12"
    if kind == "unit" and c.lexemes[i].value == "week" and c.kind(i + 1) in ("of", "around"):
        if (ranged := range_of_numbers(c, i + 1) or del_al(c, i + 1)) is not None:
            return ranged  # "la semana del 7 al 11"
        return _week_of(c, i)
    begins = kind == "unit" and c.lexemes[i].value == "week" and c.lexemes[min(i + 1, len(c.lexemes) - 1)].word == "que"
    if begins and i + 2 < len(c.lexemes) and c.lexemes[i + 2].word in BEGINS:
        return _week_of(c, i + 1)  # "la semana que empieza el 24"
    if kind == "weekend" and c.kind(i + 1) == "of" and (week := _week_of(c, i)):
        last = week[0].readings[0][1]
        return (Days(readings=((plus(last, -1), last),), wide=True), week[1]) if last else None
    if kind in ("unit", "weekend") and (beside := beside_at(c, i, day_at)):
        return beside
    return period_at(c, i)


def _week_named(c: Context, found: Found | None) -> Found | None:
    """The day found, or its week where that follows: "July 4th week"."""
    first = found[0].readings[0][0] if found and found[0].readings else None
    if (
        found is None
        or first is None
        or found[0].wide
        or c.kind(found[1]) != "unit"
        or c.lexemes[found[1]].word != "week"
    ):
        return found
    return Days(readings=((max(monday(first), c.today), plus(monday(first), 6)),), wide=True), found[1] + 1


def _is_after_tomorrow(c: Context, i: int) -> bool:
    """Whether "pasado" is short for "pasado mañana" here, and no past."""
    before, following = c.kind(i - 1), c.kind(i + 1)
    if before in ("unit", "weekday", "month", "month?", "dia", "period", "holiday", "ord"):
        return False
    if following in ("weekday", "month", "month?", "unit", "num", "dia", "weekend", "mar"):
        return False
    if before == "num":
        return following in ("", "stop", "comma") and c.kind(i - 2) in ("at", "at_la", "around", "after", "before")
    return following != "word" or before in ("for", "day")


def _base_at(c: Context, i: int) -> Found | None:
    """A day that others are counted from: anything but a count itself."""
    kind = c.kind(i)
    if kind in ("num", "ord", "ord_word"):
        return numbered_at(c, i, article=True)
    return day_at(c, i) if kind not in ("unit", "a", "span days", "in", "within") else None


def _from_at(c: Context, i: int) -> Found | None:
    """The day that a count goes from, its article skipped."""
    return _base_at(c, _skip(c, i))


def _week_of(c: Context, i: int) -> Found | None:
    """The week named by one of its days ("the week of March 3")."""
    j = _skip(c, i + 2)
    found = numbered_at(c, j, article=True, bare=True) if c.kind(j) == "num" else _base_at(c, j)
    if not found or not found[0].readings or not (day := found[0].readings[0][0]):
        return None
    return Days(readings=((max(monday(day), c.today), plus(monday(day), 6)),), wide=True), found[1]


def _articled(c: Context, i: int) -> Found | None:
    """Such as "The 5th", "on the 5th", "el 5", "el día 5", "el lunes", "the next two weeks"."""
    j = c.skip(i, ("the", "the_el", "on"))
    if c.kind(j) == "dia" and (beside := beside_at(c, j, day_at)):
        return beside
    j = c.skip(i, ("the", "the_el", "on", "dia"))
    kind = c.kind(j)
    if kind in ("ord", "ord_word", "num"):
        spanish = c.kind(j - 1) == "dia" or (c.kind(j - 1) == "the_el" and c.lexemes[j - 1].value == 0)
        return range_of_numbers(c, j) or numbered_at(c, j, article=True, bare=spanish)
    return day_at(c, j) if kind not in ("", "word", "part", "the", "the_el", "on", "dia") else None

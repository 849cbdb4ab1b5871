"""The grammar of stretches of hours: an hour with "after" or "before", two hours with "to", parts of the day."""

from dataclasses import replace

from bots.dates.bare import is_contrasted, is_spurned, leads_to_day
from bots.dates.bound import can_arrive, event_side, is_beginning, is_leaving, until_from_now
from bots.dates.clocks import clock_at
from bots.dates.lexeme import AT_LATEST, words
from bots.dates.pieces import Bound, Clock, Context, Hours

Found = tuple[Hours, int]
_BOUNDS: dict[str, Bound] = {
    "at": "at",
    "at_la": "at",
    "at_one": "at",
    "at_or_from": "at",
    "around": "around",
    "after": "after",
    "past_hour": "after",
    "from": "after",
    "before": "before",
    "by": "by",
    "until": "until",
    "between": "between",
}
_JOINS = ("to", "until", "dash")
_PART_CUES = words("the_la for in this day weekday at_la to noon")
_PART_WORDS = words("cualquier alguna una toda todas cada otra misma")
_SCHEDULES = words("horario horarios turno franja jornada horas")
_WORKS = words("trabajo estudio laburo curro chambeo clases escuela trabaja estudia")
_DAYS = ("weekday", "day")
_ONLY = words("only please pls plz best better preferred solo nomas")
_GREETINGS = ("morning", "afternoon", "evening")
_NARROWING = words("only like maybe so just anytime say between preferably ideally")
_LIKING = ("would", "i'd", "id", "we'd", "also", "really", "i", "to", "d")
_WEEK = ("unit", "weekdays", "que_viene", "period", "week", "next", "period_on")
_STRETCHES = words("works work window range free")
_TILL = ("till", "til")
_ENDS = ("", "stop", "comma")
_LOOSE_ENDS = words("or mer y_media the_el the_la weekday day of stop comma next this in") | {""}


def hours_at(c: Context, i: int, *, after_day: bool, after_hours: bool) -> Found | None:
    """The hours named from lexeme `i` on. `after_day`, `after_hours`: such a piece ended right before."""
    kind = c.kind(i)
    if kind == "past_hour" and c.kind(i - 1) in ("the", "num", "half", "quarter") and not after_day:
        return None
    if kind in _BOUNDS:
        return _bounded_at(c, i)
    if c.lexemes[i].word == "manana" and c.kind(i - 1) == "weekday" and c.language == "es" and after_day:
        tomorrow = (c.lexemes[i - 1].number - c.today.weekday()) % 7 == 1
        return None if tomorrow else (Hours(bound="between", part="morning"), i + 1)  # "lunes mañana, martes tarde"
    if c.lexemes[i].word == "manana" and i and _is_morning(c, i):
        return Hours(bound="between", part="morning"), i + 1  # "la proxima semana de mañana"
    if c.lexemes[i].word == "aft" and c.kind(i + 1) in ("num", "clock") and (low := clock_at(c, i + 1, True)):
        return Hours(bound="after", low=low[0]), low[1]  # "fri aft 2"
    if kind in ("part", "part?", "part today"):
        return part_at(c, i, after_day)
    if kind == "same_hour":
        return Hours(bound="same"), i + 1
    if kind == "loosely":
        # "Early like 730"; "like 3 days" counts.
        written = c.kind(i + 1) == "clock" or (c.kind(i + 1) == "num" and c.lexemes[i + 1].digits > 2)
        led = after_day or written or c.kind(i - 1) in ("part", "early", "late", "comma", "stop")
        led = led or c.lexemes[i - 1].word in ("so", "maybe")
        loose = clock_at(c, i + 1, True) if led and c.lexemes[i - 1].word not in _LIKING else None
        return _joined(c, loose[0], loose[1], "around") if loose else None
    alone = c.expecting == "time" and len(c.lexemes) <= 3
    alone = alone or (i == 0 and len(c.lexemes) <= 3 and c.lexemes[-1].word in _ONLY)
    in_the = c.kind(i - 1) == "the" and c.kind(i - 2) == "in"
    if kind == "mer" and (after_day or ((alone or in_the) and c.kind(i - 1) != "num")):
        return Hours(bound="between", part="morning" if c.lexemes[i].value == "am" else "pm"), i + 1
    if kind in ("of", "for", "the_la", "to", "make", "in", "with", "this"):
        return _led_at(c, i, after_day)
    of_them = c.kind(i - 1) in ("the", "the_el") and (c.kind(i - 2) == "of" or c.lexemes[i - 1].word == "los")
    if of_them and kind == "num" and c.kind(i + 1) not in ("mer", "oclock"):
        return None  # "either of the two", "cualquiera de los dos"
    listed = c.kind(i - 1) == "num" and after_hours
    cued = (
        after_day
        or listed
        or c.kind(i - 1) == "same_hour"
        or c.expecting == "time"
        or (after_hours and c.kind(i - 1) in ("or", "and", "comma", "fix", "no", "no_es"))
    )
    cued = cued or (kind == "num" and _is_mended(c, i))
    before = kind == "num" and leads_to_day(c, i)
    if c.kind(i) == "num" and (c.kind(i - 1) == "part" or is_contrasted(c, i) or is_spurned(c, i)):
        cued = True
    cued = cued or (kind == "num" and c.kind(i + 1) in ("onward", "or_before") and c.lexemes[i].number <= 12)
    if (twofold := _minutes_or_range(c, i)) is not None:
        return twofold
    found = clock_at(c, i, cued or before)
    if found and c.lexemes[i - 1].word in ("out", "off") and c.kind(i - 2) in ("word", "oclock") and is_leaving(c, i):
        return Hours(bound="after", low=found[0], leaving=True), found[1]  # "I clock out 11:30"
    if found and c.kind(i - 1) == "my" and c.kind(i - 2) in ("after", "before"):
        return Hours(bound=_BOUNDS[c.kind(i - 2)], low=found[0]), found[1]  # "after my 2 o'clock meeting"
    if found:
        return _joined(c, found[0], found[1], "at")
    return _bare_range(c, i, cued)


def _is_mended(c: Context, i: int) -> bool:
    """Whether the number takes the place of an hour that was said before: "Tuesday at 3. Scratch that, 4"."""
    k = i - 1 - (c.kind(i - 1) == "comma")
    hours = any(c.kind(n) in ("at", "clock", "mer", "oclock") for n in range(k))
    return k > 0 and c.kind(k) == "fix" and hours and 1 <= c.lexemes[i].number <= 12


def _is_morning(c: Context, i: int) -> bool:
    """Whether "mañana" is a morning here: "la próxima semana de mañana", "esa mañana", "de mañana nada"."""
    before = c.lexemes[i - 1].word
    if before == "de" and i > 1 and c.lexemes[i - 2].word in _SCHEDULES | _WORKS:
        return True
    if before == "de" and c.kind(i - 2) == "weekday":
        return (c.lexemes[i - 2].number - c.today.weekday()) % 7 != 1  # "el jueves de mañana"
    denied = c.kind(i + 1) in ("not", "no", "no_es") and c.kind(i - 2) in ("", "stop", "comma")
    return before == "esa" or (before == "de" and (c.kind(i - 2) in _WEEK or denied))


def _bare_range(c: Context, i: int, cued: bool) -> Found | None:
    """Such as "2-4pm", "2 to 4 pm", "2-4": a stretch whose first hour has no cue of its own."""
    if c.kind(i) != "num" or c.kind(i + 1) not in (*_JOINS, "and") or c.kind(i - 1) in ("dash", "money"):
        return None
    low = clock_at(c, i, True)
    if not low or low[1] != i + 1:
        return None
    end = clock_at(c, i + 2 + (c.kind(i + 2) in ("at", "the_la")), True)
    if not end:
        return None
    strong = end[0].half in ("am", "pm") or end[0].part or cued or len(c.lexemes) <= 4
    strong = strong or c.kind(end[1]) in ("day", "weekday", "on") or c.kind(i - 1) == "not"
    strong = strong or c.lexemes[i - 1].word == "btw"
    strong = strong or (end[1] < len(c.lexemes) and c.lexemes[end[1]].word in _STRETCHES)
    begun = c.kind(i - 1) in ("", "comma", "stop") or c.lexemes[i - 1].word in _NARROWING
    strong = strong or (c.kind(i + 1) == "to" and (c.kind(end[1]) in ("", "stop", "comma") or begun))
    return _range(low[0], end[0], end[1]) if strong and c.kind(i + 1) != "and" else None


def _minutes_or_range(c: Context, i: int) -> Found | None:
    """Such as "10 to 4", which is ten minutes before four or from ten until four; in words the former is likelier."""
    minutes = c.lexemes[i]
    to = c.lexemes[i + 1] if i + 1 < len(c.lexemes) else None
    if to is None or not (to.kind == "to" or to.word in _TILL):
        return None
    if c.language != "en" or minutes.kind != "num" or minutes.number not in (5, 10):
        return None
    hour = c.lexemes[i + 2] if c.kind(i + 2) in ("num", "noon") else None
    if hour is None or hour.digits > 2 or not 1 <= hour.number <= 12 or c.kind(i - 1) == "money":
        return None
    range_end, before_hour = clock_at(c, i + 2, True), clock_at(c, i, True)
    if not range_end or not before_hour:
        return None
    exact = Hours(bound="at", low=before_hour[0])
    stretch = Hours(bound="between", low=Clock(hour=minutes.number), high=range_end[0])
    if minutes.number == 5 or not minutes.digits or range_end[0].part:
        return replace(exact, other=stretch), before_hour[1]
    return replace(stretch, other=exact), range_end[1]


def _range(low: Clock, high: Clock, stop: int) -> Found:
    return Hours(bound="between", low=low, high=high), stop


def _bounded_at(c: Context, i: int) -> Found | None:
    """Such as "At 3", "around noon", "after about 3", "between 2 and 4", "from 2 to 4"."""
    bound = _BOUNDS[c.kind(i)]
    of_day = c.kind(i - 1) == "unit" and c.lexemes[i - 1].name in ("day", "week")
    if of_day and bound in ("before", "after") and c.kind(i + 1) in ("at", "at_la"):
        return None  # "the day before at 3"
    if c.kind(i) == "at_one":
        return _joined(c, Clock(hour=1), i + 1, "at")
    j = c.skip(i + 1, ("around", "at", "at_la", "the_la", "the", "part", "by", "loosely"))
    between = [c.kind(k) for k in range(i + 1, j)]
    parts = [c.lexemes[k].name for k in range(i + 1, j) if c.kind(k) == "part"]
    if c.kind(i) in ("between", "from") and (until := until_from_now(c, i + 1)):
        return until
    if bound == "between" and (pair := _hour_and_hour(c, i + 1)):
        return pair
    if parts and (c.kind(j - 1) != "part" or c.kind(j) not in ("num", "clock")):
        return None
    part = parts[0] if parts else None
    one_only = c.kind(i) == "at_la" or "at_la" in between or "the_la" in between
    if {"around", "loosely"} & set(between) and bound == "at":
        bound = "around"
    # "Como" and "tipo" before a bare number count things as often as hours.
    spanish_loose = c.kind(i) == "around" and c.lexemes[i].value == 1 and not {"at", "at_la", "the_la"} & set(between)
    if spanish_loose and c.kind(j) == "num" and c.kind(j + 1) not in _LOOSE_ENDS:
        return None
    lone = c.kind(i) == "at_la" and j == i + 1 and c.language == "es" and c.lexemes[i].word == "a la"
    if one_only and c.kind(j) == "num" and c.lexemes[j].number != 1 and not (lone and c.lexemes[j].number <= 12):
        return None  # "a la 2" is said for "a las 2"
    if c.lexemes[i].word.endswith((" del", " el")) and c.kind(j) == "num" and c.lexemes[j].digits in (1, 2):
        return None  # "despues del 20" is a day
    found = clock_at(c, j, True)
    if bound == "between" and (pair := _hour_and_hour(c, j)):
        return pair
    if not found:
        return None
    found = replace(found[0], part=found[0].part or part), found[1]
    if bound in ("between", "after", "at") and c.kind(i) in ("between", "from", "at_or_from", "at", "after"):
        joins = (*_JOINS, "and") if bound == "between" else _JOINS
        if c.kind(i) == "at_or_from" and c.kind(found[1]) == "at" and " las" in c.lexemes[found[1]].word:
            joins = (*_JOINS, "at")  # "de las 3 a las 5"
        joined = _joined(c, found[0], found[1], "at", joins=joins)
        moving = c.moves(found[1], hours=True)
        if joined and joined[0].high is not None and not (moving and c.kind(i) == "from"):
            return joined
        if joined and moving and c.kind(i) == "at_or_from" and joined[1] > found[1]:
            return joined  # moved from the one to the other
        if moving and c.kind(i) == "from" and c.kind(found[1]) == "to":
            return _led_at(c, found[1], True)
    if bound == "between":
        bound = "after"
    if c.kind(i) == "past_hour" and not _ends_hour(c, found[1]):
        return None
    low, stop = found
    if bound == "at" and (side := event_side(c, i)):
        return _suffixed(c, Hours(bound=side, low=low), stop)
    if bound in ("at", "by") and is_beginning(c, i):
        return Hours(bound="before", low=low, leaving=True), stop
    if bound == "by" and can_arrive(c, i):
        bound = "after"
    if bound == "at" and is_leaving(c, i):
        return _suffixed(c, Hours(bound="after", low=low, leaving=True), stop)
    return _suffixed(c, Hours(bound=bound, low=low), stop)


def _ends_hour(c: Context, stop: int) -> bool:
    """Whether what "past 3" ends with is no count of something."""
    return c.kind(stop) not in ("unit", "counted")


def _led_at(c: Context, i: int, after_day: bool) -> Found | None:
    """An hour behind a weaker word: "for 3pm", "to 3", "la una", "de 2 a 4", "make it 3"."""
    kind, j = c.kind(i), i + 1
    if kind == "this" and c.kind(j) == "part":
        return part_at(c, j, True)
    if kind == "in" and c.lexemes[i].word.startswith("de "):
        return None  # "de hoy en ocho"
    if c.lexemes[i].word == "al" and c.kind(j) == "num":
        return None  # "al 23" is a day
    if kind == "of" and c.lexemes[i].value == 1 and c.lexemes[i].word == "del":
        return None  # "del 1 al 4" is days
    if kind == "of" and (until := until_from_now(c, j)):
        return until
    if kind == "of":
        low = clock_at(c, j, True) if c.kind(j) in ("num", "clock") else None
        if low and c.kind(low[1]) == "onward":
            return Hours(bound="after", low=low[0]), low[1] + 1  # "de 10 para arriba"
        if low and c.kind(low[1]) in ("to", "until"):
            k = low[1] + 1
            k += c.kind(k) in ("at", "the_la")
            high = clock_at(c, k, True)
            if high and c.moves(low[1], hours=True):
                return _suffixed(c, Hours(bound="at", low=high[0]), high[1])  # "cambiar de 3pm a 4pm"
            if high:
                return _range(low[0], high[0], high[1])
        return None
    j = c.skip(j, ("the", "at", "around", "the_la"))
    if kind == "the_la":
        if c.kind(j) != "num" or c.lexemes[j].number != 1:
            return None
        cued = True
    else:
        follows_day = c.kind(j + 1) in ("day", "weekday", "tonight", "on")
        asked = c.expecting == "time" or after_day or follows_day
        cued = (kind == "to" and c.moving) or kind == "make" or (kind == "for" and asked)
    found = clock_at(c, j, cued)
    return _joined(c, found[0], found[1], "at") if found else None


def _joined(c: Context, low: Clock, stop: int, bound: Bound, joins: tuple[str, ...] = _JOINS) -> Found | None:
    """The hour alone, or up to the hour that follows "to", "-" or, after "between", "and"."""
    if c.kind(stop) in joins:
        j = stop + 1
        j = c.skip(j, ("around", "at", "the_la", "at_la", "the", "the_el"))
        high = clock_at(c, j, True)
        if high and not (c.kind(stop) in ("to", "at") and c.moves(stop, hours=True)):
            return _range(low, high[0], high[1])
        if high:
            return _suffixed(c, Hours(bound="at", low=high[0]), high[1])
    return _suffixed(c, Hours(bound=bound, low=low), stop)


def _suffixed(c: Context, hours: Hours, stop: int) -> Found:
    """The hour with "or later", "onwards", "or earlier" behind it."""
    if (then := _after_that(c, stop)) and hours.bound in ("at", "around", "after") and hours.low:
        return Hours(bound="after", low=hours.low), then
    if c.lexemes[min(stop, len(c.lexemes) - 1)].word == "forward" and c.kind(stop + 1) == "to":
        return hours, stop  # "bring my Friday 2:00 forward to Wednesday"
    if c.kind(stop) == "onward" and hours.bound in ("at", "around", "after", "from", "by"):
        return Hours(bound="after", low=hours.low), stop + 1
    if c.kind(stop) == "on" and hours.bound in ("after", "around", "at") and c.kind(stop + 1) in _ENDS:
        return Hours(bound="after", low=hours.low), stop + 1
    if c.kind(stop) == "or_before" or (
        c.lexemes[min(stop, len(c.lexemes) - 1)].word in AT_LATEST and c.kind(stop + 1) in _ENDS
    ):
        return Hours(bound="until", low=hours.low), stop + 1
    return hours, stop


def _hour_and_hour(c: Context, j: int) -> Found | None:
    """Such as "Entre diez y once": two hours, and no minutes; "between lunch and 3"."""
    if c.kind(j) == "part?" or (c.kind(j) == "part" and c.lexemes[j].name == "lunch"):
        low = Clock(hour=12, half="24")
    elif [c.kind(j), c.kind(j + 1), c.kind(j + 2)] == ["num", "and", "num"] and c.lexemes[j].number <= 24:
        low = Clock(hour=c.lexemes[j].number)
    else:
        return None
    if c.kind(j + 1) != "and":
        return None
    high = clock_at(c, c.skip(j + 2, ("at", "the_la", "at_la")), True)
    return _range(low, high[0], high[1]) if high and c.kind(high[1]) not in ("and", "to") else None


def by_the_way(c: Context, i: int) -> Found | None:
    """The hours of "btw 9 and 11", where it stands for "between"; None where it does not."""
    low = clock_at(c, i + 1, True)
    if not low or c.kind(low[1]) != "and":
        return None
    high = clock_at(c, low[1] + 1, True)
    return _range(low[0], high[0], high[1]) if high else None


def _after_that(c: Context, stop: int) -> int | None:
    """Where it ends when what follows an hour is "…, so after that"."""
    for k in range(stop, min(stop + 4, len(c.lexemes))):
        if c.kind(k) == "after_that":
            return k + 1
        if c.kind(k) not in ("word", "comma", "stop"):
            return None
    return None


def part_at(c: Context, i: int, after_day: bool) -> Found | None:
    """A part of the day by itself: "in the morning", "por la tarde", "afternoons"."""
    lexeme = c.lexemes[i]
    cues = ("not",) if lexeme.name == "lunch" else _PART_CUES
    cued = after_day or c.kind(i - 1) in cues or c.expecting == "time"
    cued = cued or (lexeme.word == "tardes" and c.kind(i - 1) not in ("no", "no_es"))  # "puras tardes"
    of_hours = c.kind(i - 1) == "of" and i > 1 and (c.lexemes[i - 2].word in _SCHEDULES or c.kind(i - 2) in _DAYS)
    if lexeme.kind == "part?" and not (cued or of_hours or (i and c.lexemes[i - 1].word in _PART_WORDS)):
        return None
    greeting = i == 0 and lexeme.word in _GREETINGS and c.kind(1) in ("stop", "comma") and len(c.lexemes) > 3
    counted = lexeme.word in ("noches", "mananas", "tardes") and c.kind(i - 1) == "num"  # "3 noches sin dormir"
    if greeting or counted or lexeme.word == "nights":
        return None
    return Hours(bound="between", part=lexeme.name), i + 1

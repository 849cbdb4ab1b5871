"""The grammar of hours: a single hour as it is said or typed, in figures or in words."""

import re

from bots.dates.lexeme import Lexeme, words
from bots.dates.numbered import number_of_day
from bots.dates.pieces import Clock, Context, Half

ClockFound = tuple[Clock, int]
_HOURS = ("horas", "hrs", "hours", "hs", "h", "hr")
_MINUTES_TO = (5, 10, 15, 20, 25)
_NOON = 12
_FIRM = ("after", "before", "until", "between", "by")
_MORE = words(
    "thousand hundred million mil cientos more other extra full long mas otra otro "
    "hour session test exam surgery treatment operacion"
)
_COUNTED_PARTS = ("nights", "noches", "mananas", "tardes")
_NEVER_COUNTED = words(
    "pues mas es nos les los las mis sus tus entonces ademas antes despues gracias tienes puedes quieres das vas eres "
    "estas menos nomas ellos ellas ustedes apenas lleves llegues salgas dices jamas quizas tras"
)
_FREE_WORDS = words(
    "are is were was es son please pls plz thanks thank thx if would is ok okay works work good great fine with w "
    "will sounds i you we can do could best preferably maybe available free possible cool then works? perfect should "
    "por favor gracias si esta me porfa pf porfavor porfis puede puedo se podria seria bien que tiene tienen hay but "
    "just too also b be ideally either when today does she he they dr appt appointment slot time instead works. con "
    "para pero mejor cita most usually only unless since cuz because so almost casi porque solo aunque asi entonces "
    "normalmente any anytime sometime whatever my that dont im i'm ill though tho lol haha k yes yeah no bc because "
    "u ur her him them they're it's really right up nomas ya va vale verdad quiza quizas tal igual siempre ok claro "
    "justo todavia aun cuando cualquiera nada estaria quedaria queda funciona sirve conviene acomoda gusta parece "
    "estara encanta perfecto perfecta genial ideal still tambien libre libres disponible desocupado desocupada "
    "verdad entonces gracia porfis plis mija than open left abierto abierta while tho same cause since he's she's "
    "hes shes theyre they're i've ive we're it its anyone anybody whoever whichever whenever otherwise maam sir hun "
    "see window range cualquier without"
)
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def clock_at(c: Context, i: int, cued: bool) -> ClockFound | None:
    """The hour from lexeme `i` on. `cued`: something before says that a bare number is an hour."""
    found = _core_at(c, i, cued)
    return _finished(c, *found) if found else None


def part_after(c: Context, j: int) -> int | None:
    """Where the part of day is that belongs to an hour ending at `j` ("in the morning", "de la tarde")."""
    if c.kind(j) in ("in", "of", "for", "on", "at") and c.kind(j + 1) == "the":
        j += 2
    elif c.kind(j) in ("in", "of", "for", "the", "to", "at"):
        j += 1
    return j if c.kind(j) == "part" and c.kind(j + 1) not in ("num", "clock") else None


def _hour(lexeme: Lexeme | None, top: int = 24) -> int | None:
    if lexeme is None or lexeme.kind != "num" or lexeme.digits > 2 or not 0 <= lexeme.number <= top:
        return None
    return lexeme.number


def _at(c: Context, i: int) -> Lexeme | None:
    return c.lexemes[i] if 0 <= i < len(c.lexemes) else None


def _before(hour: int, minutes: int, zero: bool = False) -> Clock:
    """So many minutes before the hour."""
    earlier = (hour - 1) % 24 if hour > 12 else (hour - 2) % 12 + 1 if hour else 23
    return Clock(hour=earlier, minute=60 - minutes, half="24" if hour > 12 or not hour else None)


def _after(hour: int, minutes: int) -> Clock:
    return Clock(hour=hour, minute=minutes, half="24" if hour > 12 or hour == 0 else None)


def _core_at(c: Context, i: int, cued: bool) -> ClockFound | None:
    """The hour itself, before what may follow it."""
    kind = c.kind(i)
    if kind == "num":
        return _number_at(c, i, cued)
    lexeme = _at(c, i)
    if lexeme is None:
        return None
    if kind == "clock":
        hour, minute = lexeme.parts
        return Clock(hour=hour % 24, minute=minute, half="24" if lexeme.zero or hour == 0 else None), i + 1
    if kind == "dotted":
        hour, minute = lexeme.parts
        strong = cued or c.kind(i + 1) in ("mer", "h_suffix") or part_after(c, i + 1) is not None
        if not strong and (minute % 5 or c.kind(i + 1) in ("word", "counted", "unit") or len(c.lexemes) > 3):
            return None
        return (Clock(hour=hour % 24, minute=minute, half="24" if lexeme.zero else None), i + 1) if hour < 25 else None
    if kind in ("noon", "noonish"):
        return Clock(hour=lexeme.number, half="24", about=kind == "noonish"), i + 1
    if kind in ("half", "quarter", "to_hour", "a"):
        return _fraction_at(c, i, cued)
    return None


def _fraction_at(c: Context, i: int, cued: bool) -> ClockFound | None:
    """Such as "Half past two", "quarter to one", "cuarto para las tres"."""
    if c.kind(i) == "a":
        return _fraction_at(c, i + 1, cued) if c.kind(i + 1) == "quarter" else None
    kind, j = c.kind(i), i + 1
    if kind == "to_hour":
        j += c.kind(j) in ("at", "the_la")
        hour = _hour(_at(c, j))
        if hour is None and cued and c.lexemes[i].number <= _NOON:
            return Clock(hour=c.lexemes[i].number), i + 1  # "a las 10 pa las vacunas"
        return (_before(hour, c.lexemes[i].number), j + 1) if hour is not None else None
    if c.kind(j) == "dash":
        j += 1
    step, hour = c.kind(j), _hour(_at(c, j + 1))
    noon = _at(c, j + 1)
    if hour is None and noon and noon.kind == "noon":
        hour = noon.number
    if hour is None:
        hour = _hour(_at(c, j), 12) if kind == "half" and c.kind(i - 1) not in ("a", "the", "num") else None
        # "Half 3" is half past three; "half 20 mg" is not.
        return (_after(hour, 30), j + 1) if hour and (cued or _ends_well(c, j + 1)) else None
    minutes = 30 if kind == "half" else 15
    if step in ("past_hour", "after"):
        return _after(hour, minutes), j + 2
    if step in ("to", "until", "before", "of") and kind == "quarter":
        return _before(hour, minutes), j + 2
    return None


def _number_at(c: Context, i: int, cued: bool) -> ClockFound | None:
    """An hour that begins with a number."""
    lexeme, value = c.lexemes[i], c.lexemes[i].number
    after, second = c.kind(i + 1), _at(c, i + 1)
    if lexeme.word == "one" and (after == "at" or _is_pronoun(c, i)):
        return None  # "one at 3 and one at 3:30"
    if c.kind(i - 1) == "money" or (c.kind(i - 1) == "a" and after == "part"):
        return None  # "a 3 night stay"
    if lexeme.digits >= 3:
        return _compact_at(c, i, cued)
    if value > 59:
        return None
    if (found := _past_or_to(c, i)) is not None:
        return found
    if value > 23 and after not in ("h_suffix", "unit"):
        return None
    half: Half | None = "24" if lexeme.zero or value > 12 or (value == 0 and cued) else None
    if after == "y_media" and second:
        minutes = second.number
        return (_after(value, minutes) if minutes > 0 else _before(value, -minutes)), i + 2
    if after == "minus" and (late := _at(c, i + 2)) and late.kind in ("num", "quarter_es"):
        return _before(value, min(late.number, 59) or 1), i + 3
    named = c.kind(i - 1) in ("at", "at_la", "the_la", "at_or_from") and c.lexemes[i - 1].word != "at"
    in_part = c.language == "es" and part_after(c, i + 3) is not None
    spanish = (cued or in_part) and after == "and" and (named or c.language == "es")
    least = 1 if named or in_part else 10
    if c.language == "es" and second and second.word == "con" and (named or cued):
        after, least, spanish = "and", 10, True  # "a las 10 con 30"
    if spanish and (late := _at(c, i + 2)) and late.kind == "num" and least <= late.number <= 59 and late.digits != 1:
        return _after(value, late.number), i + 3
    minute, stop = (None, i) if _is_list(c, i) else _minutes_at(c, i + 1)
    if minute is not None and (
        ((cued or len(c.lexemes) <= 2) and _ends_well(c, stop))
        or c.kind(stop) == "mer"
        or part_after(c, stop) is not None
    ):
        return Clock(hour=value, minute=minute, half=half), stop
    if after in ("mer", "oclock", "h_suffix"):
        if after == "h_suffix" and not (cued or value > 12 or len(c.lexemes) <= 4):
            return None
        return Clock(hour=value, half=half), i + 1
    if after == "ish" and (cued or not c.lexemes[i + 1].word or part_after(c, i + 2) or c.lexemes[i + 1].word == "ish"):
        return Clock(hour=value, half=half), i + 1
    if part_after(c, i + 1) is not None and not (after == "part" and c.lexemes[i + 1].word in _COUNTED_PARTS):
        return Clock(hour=value, half=half), i + 1
    if cued and after == "unit" and c.lexemes[i + 1].word in _HOURS and c.kind(i - 1) == "at":
        return Clock(hour=value, half=half), i + 2
    return (Clock(hour=value, half=half), i + 1) if cued and value < 24 and _ends_well(c, i + 1) else None


def _is_pronoun(c: Context, i: int) -> bool:
    """Whether "one" stands for something named before: "either one is ok"."""
    if c.kind(i + 1) not in ("word", "", "stop", "comma", "on"):
        return False
    if c.lexemes[i - 1].word in ("add", "another", "book") and i:
        return True  # "add one on Thursday"
    if c.kind(i - 1) in ("part", "weekday", "day") and c.kind(i - 2) in ("the", "my"):
        return True  # "the morning one"
    if c.kind(i - 1) not in ("word", "filler"):
        return False
    return c.lexemes[i - 1].word not in ("is", "does", "do", "maybe", "say")


def _ends_well(c: Context, j: int) -> bool:
    """Whether what follows a bare number leaves it an hour: nothing that it could count or belong to."""
    kind, following = c.kind(j), _at(c, j)
    if kind == "month" and number_of_day(c, j + 1):
        return True  # "at 3 december 5th"
    if kind == "nth" and c.kind(j + 1) == "unit":
        return False  # "las dos primeras semanas"
    if kind in ("counted", "unit", "junk", "money", "month", "half_hour"):
        return False
    word = c.lexemes[j - 1].word
    one_of = kind == "of" and (word == "one" or (word == "uno" and _is_those(c, j + 1)))
    if following and (following.word == "nights" or one_of):
        return False
    if kind == "num" and following and _is_list(c, j - 1):
        return True
    if kind == "num" and following and following.digits != 4:
        return c.kind(j - 1) != "num" or bool(following.digits)
    if kind != "word" or following is None:
        return True
    if c.language == "es" and c.lexemes[j - 2].word.endswith("las") and c.kind(j - 2) in (*_FIRM, "at"):
        word = following.word
        return not word.endswith("s") or word.endswith("mos") or word in _NEVER_COUNTED or _is_free(word)
    return _is_free(following.word) or (c.kind(j - 2) in _FIRM and not _may_be_counted(following.word))


def _is_those(c: Context, j: int) -> bool:
    """Whether some of what was named are meant: "uno de esos días"."""
    return j < len(c.lexemes) and c.lexemes[j].word in ("esos", "estos", "los")


def _may_be_counted(word: str) -> bool:
    """Whether the word may be of things that were counted: "after 2 surgeries", "after 1 more"."""
    return word.endswith("s") or word in _MORE


def _is_free(word: str) -> bool:
    """Whether no such word is counted: small words and adverbs."""
    calm = _DRAWN_OUT.sub(r"\1", word)  # "plsss", "pleeease"
    return calm in _FREE_WORDS or (word.endswith(("ly", "mente")) and word not in ("family", "daily", "weekly"))


def _minutes_at(c: Context, j: int) -> tuple[int | None, int]:
    """The minutes said or typed right after an hour ("two thirty", "3 30", "three oh five")."""
    if c.kind(j) == "oh" and (ones := _at(c, j + 1)) and ones.kind == "num" and ones.number < 10:
        return ones.number, j + 2
    late = _at(c, j)
    if c.kind(j) == "dash" and not c.lexemes[j - 1].digits and (said := _at(c, j + 1)) and not said.digits:
        late, j = said, j + 1  # "nine-thirty"
    if (
        late
        and late.kind == "num"
        and late.number <= 59
        and (late.digits == 2 or (not late.digits and late.number >= 10))
    ):
        return late.number, j + 1
    return None, j


def _is_list(c: Context, i: int) -> bool:
    """Whether the number begins a list of hours: "10 11 or 12", "9 10"."""
    first, second = c.lexemes[i].number, c.lexemes[i + 1].number if c.kind(i + 1) == "num" else 0
    follows = c.lexemes[i + 1].digits < 3 and second == first + 1 if second else False
    if second == first and c.kind(i + 2) == "y_media":
        return True  # "diez diez y media"
    on = c.kind(i + 2) in ("or", "and") and c.kind(i + 3) == "num"
    if second == first and c.kind(i + 2) == "num" and not c.lexemes[i].digits:
        return c.lexemes[i + 2].number in (15, 30, 45)  # "ten ten thirty"
    on = on or (c.kind(i + 2) == "num" and c.lexemes[i + 2].number == second + 1)
    if first > _NOON and second > first and second % 5 and not c.lexemes[i].zero and c.language == "en":
        return True  # "18 19 or 22" are days
    return follows and (on or bool(second % 5))


def _past_or_to(c: Context, i: int) -> ClockFound | None:
    """Such as "20 past 4", "ten minutes to five", "veinte para las cuatro"."""
    value, j = c.lexemes[i].number, i + 1
    counted = c.kind(j) == "unit" and c.lexemes[j].value == "minute"
    j += counted
    step = c.kind(j)
    if step == "at" and c.lexemes[j].value == 2 and value in _MINUTES_TO:
        hour = _hour(_at(c, j + 1))
        return (_before(hour, value), j + 2) if hour is not None else None
    named = _at(c, j + 1)
    hour = named.number if named and named.kind == "noon" else _hour(named)
    if hour is None or not 1 <= value <= 59 or c.language == "es":
        return None
    said_so = counted or value in _MINUTES_TO
    if step == "past_hour" or (step == "after" and said_so and c.lexemes[j].word == "after"):
        return _after(hour, value), j + 2
    if step in ("before", "until", "of") and counted:
        return _before(hour, value), j + 2
    if (
        step == "of"
        and said_so
        and not c.lexemes[i].digits
        and value <= 20
        and hour <= 12
        and not c.lexemes[i - 1].number
    ):
        return (_before(hour, value), j + 2) if _ends_well(c, j + 2) else None  # "ten of three"
    till = step == "until" and c.lexemes[j].word in ("till", "til")
    if (step == "to" or till) and said_so and c.kind(i - 1) not in ("from", "between"):
        return _before(hour, value), j + 2
    return None


def _compact_at(c: Context, i: int, cued: bool) -> ClockFound | None:
    """Such as "330", "1030", "0930", "1815"."""
    lexeme = c.lexemes[i]
    hour, minute = divmod(lexeme.number, 100)
    marked = c.kind(i + 1) in ("mer", "oclock", "ish", "h_suffix") or part_after(c, i + 1) is not None
    if lexeme.digits == 4 and c.kind(i + 1) == "unit" and c.lexemes[i + 1].name == "hour" and minute < 60 and hour < 25:
        return Clock(hour=hour % 24, minute=minute, half="24"), i + 2
    if hour > 24 or minute > 59 or not (cued or marked):
        return None
    if not marked and (minute % 5 or not _ends_well(c, i + 1)):
        return None  # "1234" is a code
    if hour == 0 and lexeme.digits == 3:
        return None
    half: Half | None = "24" if lexeme.zero or hour > 12 or hour == 0 else None
    return Clock(hour=hour % 24, minute=minute, half=half), i + 1


def _finished(c: Context, clock: Clock, stop: int) -> ClockFound:
    """The hour with what follows it: am or pm, "o'clock", "ish", a part of the day."""
    about, half, part = clock.about, clock.half, clock.part
    stop += c.kind(stop) == "dash" and c.kind(stop + 1) == "ish"  # "2-ish"
    while c.kind(stop) in ("oclock", "ish", "h_suffix", "mer"):
        about = about or c.kind(stop) == "ish"
        if c.kind(stop) == "mer" and clock.hour <= 12:
            half = "am" if c.lexemes[stop].value == "am" else "pm"
        stop += 1
    if (at := part_after(c, stop)) is not None and c.lexemes[at].name not in ("lunch", "after work", "day end"):
        part, stop = c.lexemes[at].name, at + 1
    return Clock(hour=clock.hour, minute=clock.minute, half=half, about=about, part=part), stop

"""Which bare numbers are hours, by what stands around them: "3 or 4 on Friday", "11 instead of 10", "let's do 7"."""

from bots.dates.clocks import part_after
from bots.dates.lexeme import words
from bots.dates.pieces import Context

_SAID = words("said put typed wrote dije puse escribi")
_NAMED_DAYS = words("day weekday slash iso full the the_el ord month holiday")
_PROPOSED = ("do", "how about", "what about", "tal")
_SUITING = ("ok", "okay", "good", "fine", "open", "available", "possible")
_PERFECT = words("ok okay good fine perfect great best better ideal easier easiest")
_DAY_KINDS = words("day weekday tonight part")


def leads_to_day(c: Context, i: int) -> bool:
    """Whether a day follows the number at `i`, or the number after its "or" ("3 or 4 on Friday")."""
    if c.kind(i - 1) == "next":
        return False  # "the next two Tuesdays"
    if _is_spaced(c, i) and c.kind(i - 1) not in ("month", "month?", "num"):
        return c.kind(i + 2 + (c.kind(i + 2) == "on")) in _NAMED_DAYS  # "4 30 on Tuesday"
    if c.kind(i + 1) == "num" and not c.lexemes[i].digits:
        return c.kind(i + 2) in _DAY_KINDS or (c.kind(i + 2) == "on" and c.kind(i + 3) in _NAMED_DAYS)
    if c.language == "es" and c.kind(i + 1) == "and" and c.kind(i + 2) == "num" and c.lexemes[i + 2].number >= 10:
        return c.kind(i + 3) in _NAMED_DAYS
    if c.kind(i + 1) == "dash" and not c.lexemes[i].digits and c.kind(i + 3) in _DAY_KINDS:
        return True  # "nine-thirty Tuesday"
    if c.kind(i + 1) == "clock" and 1 <= c.lexemes[i].number <= 12:
        return c.lexemes[i + 1].parts[0] - c.lexemes[i].number in (0, 1)  # "8 8:30 or 9"
    bounded = c.kind(i + 1) == "or" and c.kind(i + 2) in ("after", "before") and c.kind(i + 3) in ("num", "clock")
    if bounded and c.lexemes[i].digits and 1 <= c.lexemes[i].number <= 12:
        return c.kind(i - 1) != "money"  # "9 or after 11"
    if c.kind(i + 1) == "or" and c.kind(i + 2) == "clock" and 1 <= c.lexemes[i].number <= 12:
        return c.kind(i - 1) != "money" and c.lexemes[i + 2].parts[0] - c.lexemes[i].number in (0, 1)  # "9 or 9:30"
    if c.kind(i + 1) == "on" and (c.lexemes[i].digits > 2 or 1 <= c.lexemes[i].number <= 12):
        return c.kind(i + 2) in _NAMED_DAYS
    marked = c.kind(i + 3) in ("mer", "ish", "oclock") or (c.language == "es" and part_after(c, i + 3) is not None)
    if c.kind(i + 1) == "or" and c.kind(i + 2) == "num" and 1 <= c.lexemes[i].number <= 12 and marked:
        return c.kind(i - 1) != "money"  # "10 or 11 am"
    j = i + 2 + (c.kind(i + 3) == "on") if c.kind(i + 1) == "or" and c.kind(i + 2) == "num" else i
    return c.kind(j + 1) in ("day", "weekday", "tonight") and (j == i or c.lexemes[i].number <= 24)


def _is_spaced(c: Context, i: int) -> bool:
    """Whether an hour and its minutes in figures stand apart: "4 30"."""
    if c.kind(i + 1) != "num" or c.lexemes[i].digits not in (1, 2) or not 1 <= c.lexemes[i].number <= 12:
        return False
    minutes = c.lexemes[i + 1]
    return minutes.digits == 2 and minutes.number % 5 == 0 and minutes.number < 60


def is_contrasted(c: Context, i: int) -> bool:
    """Whether the number at `i` is set against another ("11 instead of 10", "1 instead")."""
    if c.kind(i + 1) == "instead" or _is_meant(c, i):
        return True
    if "too_early" in (c.kind(i + 1), c.kind(i + 2)) or "too_late" in (c.kind(i + 1), c.kind(i + 2)):
        return 1 <= c.lexemes[i].number <= 12 and c.kind(i + 1) != "num"  # "9 is too early"
    if (
        i
        and (_is_proposed(c, i - 1) or (c.lexemes[i - 1].word == "maybe" and c.lexemes[i].digits))
        and (1 <= c.lexemes[i].number <= 12 or (c.lexemes[i].digits > 2 and not c.lexemes[i].number % 5))
        and (
            c.kind(i + 1) in ("", "stop", "comma", "filler", "same_hour", "else")
            or c.lexemes[i + 1].word in ("that", "same")
        )
    ):
        return True  # "let's do 7"
    if (
        c.lexemes[i].digits
        and i
        and c.lexemes[i - 1].word == "is"
        and i + 1 < len(c.lexemes)
        and c.lexemes[i + 1].word in _SUITING
    ):
        return 1 <= c.lexemes[i].number <= 12  # "is 1 ok"
    led = c.kind(i - 1) in ("", "comma", "stop") or c.lexemes[i - 1].word in ("so", "think", "maybe")
    if led and c.lexemes[i].digits in (1, 2) and i + 2 < len(c.lexemes) and c.lexemes[i + 1].word == "is":
        return 1 <= c.lexemes[i].number <= 12 and c.lexemes[i + 2].word in _PERFECT  # "so 8 is perfect"
    if c.lexemes[i - 1].word in ("said", "meant", "dije") and i and c.kind(i + 1) in ("not", "no", "no_es"):
        return c.kind(i + 2) in ("num", "clock") and 1 <= c.lexemes[i].number <= 12  # "I said 3 not 2"
    j = i + 1 + (c.kind(i + 1) == "comma")
    if (
        c.kind(j) in ("no", "no_es")
        and 1 <= c.lexemes[i].number <= 12
        and c.kind(j + 1) in ("num", "clock", "at", "at_la")
    ):
        return c.kind(i - 1) in ("", "comma", "weekday") and c.lexemes[j + 1].number <= 12  # "10, no 11 on Tuesday"
    return c.kind(i + 1) == "not" and c.lexemes[i + 1].value == 1 and c.kind(i + 2) in ("num", "clock")


def _is_meant(c: Context, i: int) -> bool:
    """Whether the number at `i` takes the place of one that was said: "I said 3 but I meant 4"."""
    if c.kind(i - 1) != "fix" or c.kind(i + 1) not in ("", "stop", "comma", "on", "weekday", "day", "the_el"):
        return False
    if not 1 <= c.lexemes[i].number <= 12 or c.lexemes[i].digits > 2:
        return False
    for k in range(max(0, i - 6), i - 2):
        n = k + 1 + (c.kind(k + 1) in ("at", "at_la"))
        if c.lexemes[k].word in _SAID and c.kind(n) in ("num", "clock"):
            return c.kind(n + 1) in ("fix", "comma", "stop", "mer") or c.lexemes[n + 1].word in ("but", "pero")
    return False


def _is_proposed(c: Context, k: int) -> bool:
    """Whether the word at `k` proposes what follows: "let's do 7", "can it be 11"."""
    return c.lexemes[k].word in _PROPOSED or (c.lexemes[k].word == "be" and c.lexemes[k - 1].word == "it")


def is_spurned(c: Context, i: int) -> bool:
    """Whether a number at the end is an hour ruled out of a part of the day: "Thursday pm, just not 2"."""
    named = "part" in c.kinds.values() or "mer" in c.kinds.values()
    ends = c.kind(i + 1) in ("", "stop") and 1 <= c.lexemes[i].number <= 12
    return c.kind(i - 1) == "not" and c.lexemes[i - 1].value == 0 and named and ends

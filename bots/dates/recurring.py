"""Weekdays that come again: of "Saturdays only", "any tuesday", "solo lunes" each suits, from the coming one on."""

from dataclasses import replace

from bots.dates.lexeme import Lexeme, words
from bots.dates.model import When
from bots.dates.pieces import Context

_LEADS = words("any cualquier cualquiera puro puros los solo solos nomas nada solamente unicamente todos mis")
_FOLLOWS = words("only nomas solamente unicamente")
_PLURAL = ("days", "sabados", "domingos")  # the other Spanish ones have no plural of their own: "los lunes"
_DATED = words(
    "month ord holiday full iso slash period period_on next que_viene coming this day dia weekend weekdays until move "
    "last after_that"
)


def recurring(c: Context, when: When) -> When:
    """`when` on each of its weekdays, from the first of them on and on no other day; as it is, where one is meant once.

    All its windows must be weekdays of the same hours, and no stretch of days may be named beside them.
    """
    firsts = [one.first for one in when.windows if one.bare == "weekday" and one.first is not None]
    hours = {replace(one, first=None, last=None) for one in when.windows}
    if len(firsts) < len(when.windows) or len(hours) != 1 or when.moved_from or any(map(_is_dated, c.lexemes)):
        return when
    weekdays = {first.weekday() for first in firsts}
    if not weekdays <= _again(c):
        return when
    onward = replace(when.windows[0], first=min(firsts), last=None, bare=None)
    others = tuple(day for day in range(7) if day not in weekdays)
    return replace(when, windows=(onward,), excluded_weekdays=others, ambiguous=())


def _is_dated(lexeme: Lexeme) -> bool:
    """Whether the word names a stretch of days, so that a weekday beside it may lie within."""
    return lexeme.kind in _DATED or (lexeme.kind == "unit" and lexeme.value != "day")


def _again(c: Context) -> set[int]:
    """The weekdays that are named as coming again, and never as one day."""
    again: set[int] = set()
    once: set[int] = set()
    led = False
    for at, lexeme in enumerate(c.lexemes):
        if lexeme.kind not in ("weekday", "weekday?"):
            led = led and lexeme.kind in ("and", "or", "comma", "slash", "mer")
            continue
        before = c.lexemes[at - 1].word if at else ""
        after = c.lexemes[at + 1].word if at + 1 < len(c.lexemes) else ""
        led = led or before in _LEADS
        each = led or lexeme.word.endswith(_PLURAL) or after in _FOLLOWS
        (again if each else once).add(lexeme.number)
    return again - once

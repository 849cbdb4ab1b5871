"""Weekdays that come again: of "Saturdays only", "any tuesday", "solo lunes" each suits, from the coming one on."""

from collections.abc import Sequence
from dataclasses import replace

from bots.dates.lexeme import Lexeme, words
from bots.dates.model import Window
from bots.dates.pieces import Context

_ANY = words("any cualquier cualquiera puro puros solo nomas nada solamente unicamente")
_MANY = words("los solos todos mis")
_THEN = words("only nomas solamente unicamente")
_NAMED = frozenset(
    (
        "month",
        "ord",
        "holiday",
        "full",
        "iso",
        "slash",
        "period",
        "period_on",
        "next",
        "que_viene",
        "coming",
        "this",
        "day",
        "dia",
        "weekend",
        "weekdays",
        "until",
        "moved",
        "move",
        "last",
        "after_that",
    )
)
_ALL = range(7)


def recurring(c: Context, windows: Sequence[Window]) -> tuple[list[Window], tuple[int, ...]] | None:
    """One window from the first of `windows` on, and the weekdays that it leaves out; None where a day is meant once.

    All of them must be weekdays of the same hours, and no stretch of days may be named beside them.
    """
    if not windows or any(_dates(one) for one in c.lexemes):
        return None
    if any(one.bare != "weekday" or one.first is None for one in windows):
        return None
    again = _again(c)
    days = {one.first.weekday() for one in windows if one.first}
    hours = {replace(one, first=None, last=None) for one in windows}
    if not days <= again or len(hours) > 1:
        return None
    first = min(one.first for one in windows if one.first)
    return [replace(windows[0], first=first, last=None, bare=None)], tuple(day for day in _ALL if day not in days)


def _dates(lexeme: Lexeme) -> bool:
    """Whether the word names a stretch of days, so that a weekday beside it may lie within."""
    return lexeme.kind in _NAMED or (lexeme.kind == "unit" and lexeme.value != "day")


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
        plural = lexeme.word.endswith(("days", "sabados", "domingos", "sábados"))
        led = before in _ANY or before in _MANY or (led and before not in ("el", "este"))
        (again if led or plural or after in _THEN else once).add(lexeme.number)
    return again - once

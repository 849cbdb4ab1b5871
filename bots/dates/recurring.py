"""Weekdays that come again: of "Saturdays only", "any tuesday", "solo lunes" each suits, from the coming one on, or
within the month that is named beside them.
"""

from dataclasses import replace
from datetime import date

from bots.dates.lexeme import Lexeme, words
from bots.dates.model import When
from bots.dates.pieces import Context
from bots.dates.reckon import month_stretch

_LEADS = words("any cualquier cualquiera puro puros los solo solos nomas nada solamente unicamente todos mis")
_ONE = words("a an un una")
_FOLLOWS = words("only nomas solamente unicamente")
_PLURAL = ("days", "sabados", "domingos")  # the other Spanish ones have no plural of their own: "los lunes"
_DATED = words(
    "month ord holiday full iso slash period period_on next que_viene coming this day dia weekend weekdays until move "
    "last after_that"
)


def recurring(c: Context, when: When) -> When:
    """`when` on each of its weekdays, from the first of them on and on no other day; within a month, where one is named
    beside them; as it is, where one day is meant.

    All its windows must be weekdays of the same hours, and no other stretch of days may be named beside them.
    """
    dated = {lexeme.kind for lexeme in c.lexemes if _is_dated(lexeme)}
    hours = {replace(one, first=None, last=None) for one in when.windows}
    if len(hours) != 1 or when.moved_from:
        return when
    if dated == {"weekend"}:
        return _each_weekend(c, when)
    if dated == {"month"}:
        return _each_of_month(c, when)
    firsts = [one.first for one in when.windows if one.bare == "weekday" and one.first is not None]
    if len(firsts) < len(when.windows) or dated:
        return when
    weekdays = {first.weekday() for first in firsts}
    return _each(when, weekdays, min(firsts)) if weekdays <= _again(c, _LEADS) else when


def _each(when: When, weekdays: set[int], first: date, last: date | None = None) -> When:
    """`when` on each of the weekdays from `first` to `last`."""
    span = replace(when.windows[0], first=first, last=last, bare=None)
    others = tuple(day for day in range(7) if day not in weekdays)
    return replace(when, windows=(span,), excluded_weekdays=others, ambiguous=())


def _each_weekend(c: Context, when: When) -> When:
    """Such as "weekends only"."""
    window = when.windows[0]
    if len(when.windows) > 1 or window.first is None or window.last is None or window.first == window.last:
        return when
    for at, lexeme in enumerate(c.lexemes):
        if lexeme.kind != "weekend":
            continue
        before, after = _beside(c, at)
        if lexeme.word.startswith("fines") or lexeme.word.endswith("s") or before in _LEADS or after in _FOLLOWS:
            return _each(when, {5, 6}, window.first)
    return when


def _each_of_month(c: Context, when: When) -> When:
    """Such as "any Tuesday in December", "un lunes de abril"."""
    months = [at for at, lexeme in enumerate(c.lexemes) if lexeme.kind == "month"]
    first = when.windows[0].first
    if len(when.windows) > 1 or len(months) > 1 or first is None or first != when.windows[0].last:
        return when
    # "Puros martes, el 2 de marzo" names the day.
    dated = "num" in (c.kind(months[0] - 1 - (c.kind(months[0] - 1) == "of")), c.kind(months[0] + 1))
    if dated or first.month != c.lexemes[months[0]].number or first.weekday() not in _again(c, _LEADS | _ONE):
        return when
    return _each(when, {first.weekday()}, first, month_stretch(first.year, first.month)[1])


def _is_dated(lexeme: Lexeme) -> bool:
    """Whether the word names a stretch of days, so that a weekday beside it may lie within."""
    return lexeme.kind in _DATED or (lexeme.kind == "unit" and lexeme.value != "day")


def _again(c: Context, leads: frozenset[str]) -> set[int]:
    """The weekdays that are named as coming again, and never as one day."""
    again: set[int] = set()
    once: set[int] = set()
    led = False
    for at, lexeme in enumerate(c.lexemes):
        if lexeme.kind not in ("weekday", "weekday?"):
            led = led and lexeme.kind in ("and", "or", "comma", "slash", "mer")
            continue
        before, after = _beside(c, at)
        led = led or before in leads
        each = led or lexeme.word.endswith(_PLURAL) or after in _FOLLOWS
        (again if each else once).add(lexeme.number)
    return again - once


def _beside(c: Context, at: int) -> tuple[str, str]:
    """The words before and behind that at `at`, "" where there is none."""
    return c.lexemes[at - 1].word if at else "", c.lexemes[at + 1].word if at + 1 < len(c.lexemes) else ""

"""Weekdays that come again: of "Saturdays only", "any tuesday", "solo lunes" each suits, from the coming one on, or
within the month that is named beside them.
"""

from dataclasses import replace
from datetime import date
from itertools import pairwise

from bots.dates.lexeme import Lexeme, words
from bots.dates.model import When
from bots.dates.pieces import Context, Days, Piece
from bots.dates.reckon import month_stretch, plus

_LEADS = words("any cualquier cualquiera puro puros los solo solos nomas nada solamente unicamente todos mis")
_ONE = words("a an un una en")
_FOLLOWS = words("only nomas solamente unicamente")
_PLURAL = ("days", "sabados", "domingos")  # the other Spanish ones have no plural of their own: "los lunes"
_WEEK = 6
_PARTS = words("mornings afternoons evenings nights")
_DATED = words(
    "month ord holiday full iso slash period period_on next que_viene coming this day dia weekend weekdays until move "
    "last after_that"
)


def recurring(c: Context, when: When, pieces: list[Piece]) -> When:
    """`when` on each of its weekdays, from the first of them on and on no other day; within a month or a longer
    stretch, where one is named beside them; as it is, where one day is meant. pieces: those that `when` was made of.

    All its windows must be weekdays of the same hours, and no other stretch of days may be named beside them.
    """
    dated = {lexeme.kind for at, lexeme in enumerate(c.lexemes) if _is_dated(lexeme) and not _is_of_mine(c, at)}
    if when.excluded_weekdays:
        dated.discard("weekdays")  # "entre semana no puedo, solo los sábados"
    hours = {replace(one, first=None, last=None) for one in when.windows}
    if len(hours) != 1 or when.moved_from:
        return when
    when = _in_order(when)
    if dated == {"weekend"}:
        return _each_weekend(c, when)
    if dated == {"month"}:
        return _each_of_month(c, when)
    if dated and (run := _run_of(pieces)) is not None:
        return _each_within(c, when, *run)
    firsts = [one.first for one in when.windows if one.bare == "weekday" and one.first is not None]
    if len(firsts) < len(when.windows) or dated:
        return when
    weekdays = {first.weekday() for first in firsts}
    return _each(when, weekdays, min(firsts)) if weekdays <= _again(c, _LEADS | _ONE) else when


def _in_order(when: When) -> When:
    """`when` with the Saturday behind the Thursday, too, of "Thurs or Sat" that is said on a Friday."""
    days = [one.first for one in when.windows if one.bare == "weekday" and one.first is not None]
    if len(days) < len(when.windows) or len(days) < 2 or len({day.weekday() for day in days}) < len(days):
        return when
    windows = list(when.windows)
    for before, one in zip(days, when.windows[1:], strict=False):
        day = one.first
        if day is not None and day < before and day.weekday() > before.weekday():
            windows.append(replace(one, first=plus(day, 7), last=plus(day, 7)))
    return replace(when, windows=tuple(windows))


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


def _run_of(pieces: list[Piece]) -> tuple[date, date] | None:
    """The one stretch of more than a week that is named; None where there is none or another."""
    found = [piece.found for piece in pieces if isinstance(piece.found, Days) and piece.found.weekday is None]
    first, last = found[0].readings[0] if len(found) == 1 and len(found[0].readings) == 1 else (None, None)
    return (first, last) if first is not None and last is not None and (last - first).days > _WEEK else None


def _each_within(c: Context, when: When, first: date, last: date) -> When:
    """Such as "sometime before Christmas, Tuesdays only", "antes de navidad, un lunes o un miércoles"."""
    days = [one.first for one in when.windows if one.first is not None and one.first == one.last]
    weekdays = {day.weekday() for day in days}
    if len(days) < len(when.windows) or not all(first <= day <= last for day in days):
        return when
    return _each(when, weekdays, min(days), last) if weekdays <= _again(c, _LEADS | _ONE) else when


def _is_of_mine(c: Context, at: int) -> bool:
    """Whether it is a day as such, or every week: "es mi día off", "ese día lo llevo yo", "trabaja toda la semana"."""
    if c.kind(at) == "unit" and at > 1 and c.lexemes[at - 2].word in ("toda", "all", "during"):
        return True
    mine = c.kind(at - 1) in ("my", "a") or (at > 0 and c.lexemes[at - 1].word == "ese")
    return c.kind(at) == "dia" and mine and c.kind(at + 1) != "num"


def _is_dated(lexeme: Lexeme) -> bool:
    """Whether the word names a stretch of days, so that a weekday beside it may lie within."""
    return lexeme.kind in _DATED or (lexeme.kind == "unit" and lexeme.value != "day")


def _again(c: Context, leads: frozenset[str]) -> set[int]:
    """The weekdays that are named as coming again, and never as one day."""
    again: set[int] = set()
    once: set[int] = set()
    led = False
    only = _ends_with_only(c)
    for at, lexeme in enumerate(c.lexemes):
        if lexeme.kind not in ("weekday", "weekday?"):
            led = led and lexeme.kind in ("and", "or", "comma", "slash", "mer")
            continue
        before, after = _beside(c, at)
        led = led or before in leads or (before in ("puedo", "puede") and _beside(c, at - 1)[0] in _FOLLOWS | {"solo"})
        each = led or only or lexeme.word.endswith(_PLURAL) or after in _FOLLOWS or after in _PARTS
        (again if each else once).add(lexeme.number)
    return again - once


def _ends_with_only(c: Context) -> bool:
    """Whether all the weekdays are one list, and the only ones that will do: "Tues or Thurs only"."""
    days = [at for at, lexeme in enumerate(c.lexemes) if lexeme.kind == "weekday"]
    between = {c.kind(k) for first, then in pairwise(days) for k in range(first + 1, then)}
    return len(days) > 1 and between <= {"or", "and", "comma", "slash"} and _beside(c, days[-1])[1] in _FOLLOWS


def _beside(c: Context, at: int) -> tuple[str, str]:
    """The words before and behind that at `at`, "" where there is none."""
    return c.lexemes[at - 1].word if at else "", c.lexemes[at + 1].word if at + 1 < len(c.lexemes) else ""

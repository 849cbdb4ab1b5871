"""Which Monday, or which 5th, is meant where a text names no more: that of the weeks spoken of."""

from dataclasses import replace
from datetime import date, timedelta

from bots.dates.model import Window
from bots.dialogue import answers, hints
from bots.dialogue.state import RESTING, Phase, State
from bots.dialogue.turns import Heard
from bots.dialogue.wishes import heard_as

_WEEK = timedelta(days=7)


def placed(state: State, event: Heard) -> Heard:
    """`event` with its bare days in the period wished for; in doubt between two, both are to be asked about."""
    when = event.meaning.entities.when
    bare = any(window.bare for window in (*when.windows, *when.ambiguous)) or hints.following_day(event.text)
    again = hints.that_visit(event.text) or answers.hesitates(event.text)
    about = state.last if state.phase is Phase.DONE and again else None  # "no wait, Monday is better"
    if not bare or (state.phase in RESTING and about is None):
        return event
    wished = state.wish.when.windows if state.wish.when is not None else ()
    spoken = about.start if about is not None else state.offered[0].start if state.offered else None
    shown = spoken.date() if spoken is not None else None
    if shown is not None and hints.following_day(event.text):
        when = replace(when, windows=tuple(_beyond(window, shown) for window in when.windows), ambiguous=())
    readings = [_readings(window, wished, shown) for window in when.windows]
    # What the period wished for settles is asked no more.
    asked = [window for window in when.ambiguous if not _is_settled(window, wished)]
    asked += [one for both in readings if len(both) > 1 for one in both]
    windows = tuple(dict.fromkeys(both[0] for both in readings))
    ambiguous = tuple(dict.fromkeys(asked))
    return heard_as(event, replace(when, windows=windows, ambiguous=ambiguous if len(ambiguous) > 1 else ()))


def _readings(window: Window, wished: tuple[Window, ...], shown: date | None) -> tuple[Window, ...]:
    """The window on the day that is meant, or on each of the two that may be, the likelier first."""
    day = window.first
    if day is None or window.bare is None or day != window.last:
        return (window,)
    for old in sorted(wished, key=lambda one: one.first != one.last):
        there = _within(window, old)
        if there is not None:
            return (_on(window, there),)
    other = _beside(window, day, shown) if shown is not None else None
    return (window,) if other is None or other == day else (_on(window, other), window)


def _is_settled(window: Window, wished: tuple[Window, ...]) -> bool:
    return window.bare is not None and any(_within(window, old) is not None for old in wished)


def _within(window: Window, old: Window) -> date | None:
    """The day of the old window that bears the weekday or the number."""
    if old.first is None or old.last is None or window.first is None:
        return None
    if window.bare == "number":
        there = _numbered(old.first, window.first.day)
        return there if there is not None and old.first <= there <= old.last else None
    if old.first == old.last:
        return old.first if old.first.weekday() == window.first.weekday() else None
    if old.first <= window.first <= old.last:
        return window.first
    there = old.first + timedelta(days=(window.first.weekday() - old.first.weekday()) % 7)
    return there if there <= old.last else None


def _beside(window: Window, day: date, shown: date) -> date | None:
    """The weekday in the week of the times on the table, the number in their month, where that is further ahead."""
    if window.bare == "number":
        there = _numbered(shown, day.day)
        return there if there is not None and there > day else None
    if shown - day < _WEEK:
        return None
    return shown + timedelta(days=(day.weekday() - shown.weekday()) % 7)


def _beyond(window: Window, shown: date) -> Window:
    """The first such weekday after the day on the table."""
    if window.first is None or window.first != window.last:
        return window
    return replace(
        _on(window, shown + timedelta(days=(window.first.weekday() - shown.weekday() - 1) % 7 + 1)), bare=None
    )


def _numbered(month: date, number: int) -> date | None:
    try:
        return month.replace(day=number)
    except ValueError:
        return None


def _on(window: Window, day: date) -> Window:
    return replace(window, first=day, last=day)

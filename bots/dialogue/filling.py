"""Answers that fill in a wish: a kind of visit, a provider, a day, a time, or leave to ask staff."""

from datetime import date, time

from msgspec.structs import replace

from bots.dates.model import When, Window
from bots.dialogue import answers, hints, wishes
from bots.dialogue.flow import advance, finish, put, wait
from bots.dialogue.state import Phase, State
from bots.dialogue.turns import Context, Heard, Say, Turn


def filled(state: State, event: Heard, context: Context) -> Turn | None:
    """A kind of visit, a provider or a time, whichever the text holds and whichever was asked."""
    said = event.meaning.entities
    new = wishes.with_said(state, event)
    numbered = (
        hints.nth(state.types, said.choice) if said.choice is not None and state.phase is Phase.VISIT_TYPE else None
    )
    if numbered and said.visit_type is None:
        new = replace(new, wish=replace(new.wish, visit_type=numbered))
    if state.phase is Phase.WHEN:
        if event.meaning.intent == "decline" and new.wish == state.wish:
            return finish(state, context, Say("bot.left_as_is"))
        open_to_all = hints.any_time(event.text) or event.meaning.intent == "alternatives"
        if open_to_all and not wishes.speaks(said.when):
            new = replace(new, wish=replace(new.wish, when=wishes.SOONEST))
        elif said.when.windows:
            new = replace(new, declined=(), rounds=0)
    names = said.visit_type or said.specialty or said.provider or numbered
    if state.phase is Phase.VISIT_TYPE and state.wish.when is not None and not names:
        # When is known; what for is not. Another day is kept, and is no failure to answer.
        return put(new, context, Phase.VISIT_TYPE) if new.wish != state.wish else None
    if state.phase is Phase.PROVIDER and event.meaning.intent == "decline":
        new = replace(new, wish=replace(new.wish, any_provider=True))
    if new.wish == state.wish and not wishes.speaks(said.when):
        return None
    return advance(new, context)


def which(state: State, event: Heard, context: Context) -> Turn | None:
    """One of the readings of an ambiguous day or time, or a new wish in its place."""
    said = event.meaning.entities
    when = state.wish.when or When()
    picked = state.readings
    if said.choice is not None:
        reading = hints.nth(state.readings, said.choice)
        picked = (reading,) if reading else ()
    elif named := hints.pointing(said.when.windows, event.text):
        picked = tuple(reading for reading in state.readings if _means(named[0], reading))
    elif said.when.relation:
        ordered = sorted(state.readings, key=lambda one: (one.first or date.min, one.earliest or time.min))
        picked = (ordered[-1 if said.when.relation == "later" else 0],)
    if len(picked) == 1:
        sure = When(windows=picked, excluded=when.excluded, excluded_weekdays=when.excluded_weekdays)
        return advance(replace(state, wish=replace(state.wish, when=sure)), context)
    return filled(state, event, context) if said.choice is None else None


def _means(named: Window, reading: Window) -> bool:
    """Whether what was said now picks that reading: by its day, by its hour, or by a part of the day it lies in."""
    if named.first not in (None, reading.first):
        return False
    if named.part_of_day is not None and not named.exact and reading.earliest is not None:
        return (named.earliest or time.min) <= reading.earliest <= (named.latest or time.max)
    return named.earliest in (None, reading.earliest)


def staff_offered(state: State, event: Heard, context: Context) -> Turn | None:
    """Leave the search to staff on a yes; look again when the answer names another time or provider.

    The rounds turned down before still count: what is found must be what was named.
    """
    said = event.meaning.entities
    if wishes.speaks(said.when) or said.provider or hints.another_provider(event.text):
        return advance(replace(wishes.with_said(state, event), declined=()), context)
    if answers.agrees(event):
        return wait(state, context)
    return finish(state, context, Say("bot.left_as_is")) if event.meaning.intent == "decline" else None

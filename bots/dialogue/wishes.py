"""What a person would like, as it grows and changes from text to text, and the search it becomes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace as restruct

from bots.dates.model import When, Window
from bots.dialogue import hints
from bots.dialogue.prompts import CHOICES
from bots.dialogue.state import State, Wish
from bots.dialogue.turns import Context, Heard
from bots.nlu.model import Entities
from bots.scheduling.base import Query, Slot

SOONEST = When(relation="soonest")
WIDE = 24  # searched when some are sorted out afterwards


def speaks(when: When) -> bool:
    """Whether anything was said about time."""
    return bool(when.windows or when.ambiguous or when.relation or when.excluded or when.excluded_weekdays)


def heard_as(heard: Heard, when: When) -> Heard:
    """`heard` with `when` for what it says of time."""
    entities = replace(heard.meaning.entities, when=when)
    return replace(heard, meaning=replace(heard.meaning, entities=entities))


def with_said(state: State, heard: Heard) -> State:
    """`state` with what this text adds to, or changes in, the wish."""
    said = heard.meaning.entities
    wish = _with_names(state, said, heard.text)
    when = _merged(state, _named(state, said.when, heard.text))
    if when is not state.wish.when:
        wish = restruct(wish, when=when)
    return restruct(state, wish=wish)


def _named(state: State, when: When, text: str) -> When:
    """The time said; of "the same day", that of the visit spoken of last."""
    span, about = hints.same(text), state.visit or state.last
    spoken = (about.start if about is not None else None) or (
        state.offered[0].start if len(state.offered) == 1 else None
    )
    by = hints.shift(text)
    if by is not None and spoken is not None:
        at = spoken + by
        hour = at.timetz().replace(tzinfo=None)
        return When(windows=(Window(first=at.date(), last=at.date(), earliest=hour, latest=hour, exact=True),))
    names_day = any(window.first is not None for window in (*when.windows, *when.ambiguous))
    step = hints.after(text)
    counted = bool(when.excluded) or len(when.windows) > 1  # "not next week, the week after" counts from its own words
    if step is not None and state.offered and (not names_day or (step == "week" and not counted)):
        return _after_those(state, when, step)
    if hints.another_day(text) and state.offered and not names_day:
        shown = {slot.start.date() for slot in state.offered}
        hours = [one for one in when.windows if one.earliest or one.latest] or [Window()]
        later = tuple(replace(one, first=min(shown)) for one in hours)
        return replace(when, windows=later, excluded=tuple(sorted({*when.excluded, *shown})), relation=None)
    if hints.not_that_day(text) and state.offered and not names_day:
        shown = {slot.start.date() for slot in state.offered}
        return replace(when, excluded=tuple(sorted({*when.excluded, *shown}))) if len(shown) == 1 else when
    if span == "day" and about is None and state.offered:
        return _on_that_day(state, when)
    if span is None or about is None or names_day:
        return when
    (day,) = on_the_same(about.start, span).windows
    windows = tuple(replace(one, first=day.first, last=day.last) for one in when.windows)
    return replace(when, windows=windows or (day,))


def _after_those(state: State, when: When, step: Literal["day", "week"]) -> When:
    """The day after the first of the times on the table, or the week after theirs, at the hours said."""
    day = state.offered[0].start.date()
    first = day + timedelta(days=1 if step == "day" else 7 - day.weekday())
    last = first + timedelta(days=0 if step == "day" else 6)
    hours = [one for one in when.windows if one.earliest or one.latest] or [Window()]
    windows = tuple(replace(one, first=first, last=last) for one in hours)
    return replace(when, windows=windows, ambiguous=(), relation=None)


def _on_that_day(state: State, when: When) -> When:
    """The day of the first time on the table; "later that day" is after those that were shown of it."""
    day = state.offered[0].start.date()
    times = sorted(slot.start.timetz().replace(tzinfo=None) for slot in state.offered if slot.start.date() == day)
    window = Window(first=day, last=day)
    if when.relation == "later":
        window = replace(window, earliest=times[-1])
    elif when.relation == "earlier":
        window = replace(window, latest=times[0])
    hours = tuple(replace(one, first=day, last=day) for one in when.windows if one.first is None)
    return replace(when, windows=hours or (window,), relation=None)


def _with_names(state: State, said: Entities, text: str) -> Wish:
    wish = state.wish
    if said.visit_type:
        wish = restruct(wish, visit_type=said.visit_type)
    if said.specialty and said.specialty != wish.specialty:
        wish = restruct(wish, specialty=said.specialty, provider=None)
    if hints.another_provider(text):
        seen = {slot.provider for slot in state.offered} | ({wish.provider} if wish.provider else set())
        if not seen and state.visit is not None:
            seen.add(state.visit.provider)
        avoid = tuple(sorted({*wish.avoid, *seen}))
        wanted = said.provider if said.provider not in avoid else None
        return restruct(wish, provider=wanted, avoid=avoid, any_provider=wanted is None)
    if said.provider:
        avoid = tuple(name for name in wish.avoid if name != said.provider)
        return restruct(wish, provider=said.provider, avoid=avoid, any_provider=False)
    if hints.anyone(text):
        return restruct(wish, provider=None, any_provider=True)
    return wish


def _merged(state: State, new: When) -> When | None:
    """The time wished for after `new`: what it leaves open is taken from what was said before."""
    old = state.wish.when
    if not speaks(new):
        return old
    if old is None:
        old = When()
    names_day = any(window.first is not None for window in (*new.windows, *new.ambiguous))
    if not names_day:
        days = (*old.excluded, *new.excluded)
        weekdays = (*old.excluded_weekdays, *new.excluded_weekdays)
        new = replace(new, excluded=tuple(dict.fromkeys(days)), excluded_weekdays=tuple(dict.fromkeys(weekdays)))
    if not new.windows and not new.relation and not new.ambiguous:
        return replace(new, windows=old.windows)
    if new.ambiguous and names_day:
        return new
    if len(new.windows) == 1 or not names_day:
        completed = (one for window in new.windows for one in _completed(window, old, state))
        readings = tuple(_completed(window, old, state)[0] for window in new.ambiguous)
        return replace(new, windows=tuple(completed), ambiguous=readings)
    return new


def _completed(new: Window, old: When, state: State) -> tuple[Window, ...]:
    before = old.windows[0] if old.windows else Window()
    if new.first is None:
        if before.first is not None:
            return (replace(new, first=before.first, last=before.last),)
        days = {slot.start.date() for slot in state.offered}
        return (replace(new, first=min(days), last=min(days)),) if len(days) == 1 else (new,)
    if new.earliest is None and new.latest is None and (before.earliest or before.latest):
        hours = replace(
            new,
            earliest=before.earliest,
            latest=before.latest,
            exact=before.exact,
            about=before.about,
            part_of_day=before.part_of_day,
        )
        return (hours, new)
    return (new,)


def on_the_same(start: datetime, span: Literal["day", "week", "time"]) -> When:
    """The day, the week from Monday on, or about the time, at which a visit starts."""
    day = start.date()
    if span == "week":
        first = day - timedelta(days=start.weekday())
        return When(windows=(Window(first=first, last=first + timedelta(days=6)),))
    hour = start.timetz().replace(tzinfo=None) if span == "time" else None
    return When(windows=(Window(first=day, last=day, earliest=hour, about=hour is not None),))


def searchable(state: State) -> bool:
    """Whether enough was said about time to search by."""
    when = state.wish.when
    if when is None or not speaks(when):
        return False
    relative = when.relation in ("earlier", "later") and not when.windows
    return not relative or bool(state.offered or state.visit)


def query(state: State, person_id: str, context: Context) -> Query:
    """The search for what `state` wishes."""
    wish = state.wish
    when, not_before = _resolved(state, context.now)
    visit_type, whom = wish.visit_type, state.whom
    exclude = state.declined
    if state.job == "reschedule" and state.visit is not None:
        visit_type = visit_type or state.visit.visit_type
        exclude += (state.visit.slot_id,) if state.visit.slot_id else ()
    return Query(
        person_id=person_id,
        when=when,
        not_before=not_before,
        visit_type=visit_type,
        provider=whom,
        specialty=None if whom else wish.specialty,
        exclude=exclude,
        # Some are sorted out afterwards: of providers to be avoided, or at the time of a visit just booked.
        limit=WIDE if wish.avoid else CHOICES + 2 * (state.last is not None and state.job == "book"),
    )


def at_that_minute(state: State, shown: tuple[Slot, ...], person_id: str, context: Context) -> Query | None:
    """The search for somebody else at the very time wished, when those `shown` are another time's.

    None when no very time was wished, or no provider, or one of `shown` is at that time already.
    """
    asked = query(state, person_id, context)
    very = tuple(window for window in asked.when.windows if window.exact and window.first is not None)
    if asked.provider is None or not very or any(one.suits(slot.start) for one in very for slot in shown):
        return None
    fields = {slot.specialty for slot in shown if slot.provider == asked.provider}
    return Query(
        person_id=person_id,
        when=When(windows=very),
        not_before=asked.not_before,
        visit_type=asked.visit_type,
        specialty=fields.pop() if len(fields) == 1 else state.wish.specialty,
        exclude=asked.exclude,
        limit=WIDE if state.wish.avoid else CHOICES,
    )


def effective(state: State) -> When:
    """The time wished for; for a visit to be moved, what was left open is taken from that visit.

    A time alone is meant for the visit's own day, a day alone for the visit's own time; else any other time or day.
    """
    when = state.wish.when or When()
    if state.job != "reschedule" or state.visit is None or len(when.windows) != 1 or when.ambiguous:
        return when
    (window,) = when.windows
    start = state.visit.start
    if window.first is None and window.exact:
        return replace(when, windows=(replace(window, first=start.date(), last=start.date()), window))
    bare = window == Window(first=window.first, last=window.last)
    if bare and window.first is not None and window.first == window.last != start.date():
        at = start.time()
        return replace(when, windows=(replace(window, earliest=at, latest=at, exact=True), window))
    return when


def _resolved(state: State, now: datetime) -> tuple[When, datetime]:
    """The time to search by: "later" and "earlier" are bounds against the slots shown, or the visit to be moved."""
    when = effective(state)
    relative = when.relation in ("earlier", "later") and not when.windows
    starts = sorted(slot.start for slot in state.offered) or ([state.visit.start] if state.visit else [])
    if not relative or not starts:
        return when, now
    if when.relation == "later":
        return replace(when, relation="soonest"), max(now, starts[-1] + timedelta(minutes=1))
    first = starts[0].astimezone(now.tzinfo)
    same_day = Window(first=first.date(), last=first.date(), latest=first.time())
    before = Window(first=now.date(), last=first.date() - timedelta(days=1))
    windows = (same_day, before) if first.date() > now.date() else (same_day,)
    return replace(when, relation=None, windows=windows), now

"""Offering open times, understanding what is said to them, and booking what was picked."""

from dataclasses import replace as rewrite
from datetime import timedelta

from msgspec.structs import replace

from bots.dates.model import When
from bots.dialogue import answers, asides, hints, wishes
from bots.dialogue.flow import advance, call, finish, hand, person_of, put, tried
from bots.dialogue.prompts import CHOICES, visit_facts
from bots.dialogue.state import Phase, State
from bots.dialogue.turns import Book, Context, Find, Heard, Hold, Move, Say, Turn
from bots.nlu.model import Entities
from bots.scheduling.base import Appointment, Gone, Held, Offer, Slot, Taken

ROUNDS = 3
"""So many searches turned down in a row, then a person is offered, and near misses are shown no more."""
ELSEWHERE = "elsewhere"
"""Marks the search for somebody else at the very time wished, beside what was found of the one wished for."""

# --- what scheduling answered


def offered(state: State, offer: Offer, context: Context) -> Turn:
    """Put what was found to the person: one time as yes or no, several as numbered choices."""
    slots = _wanted(state, offer, context)
    if not slots or (state.rounds >= ROUNDS and not offer.exact):
        return _nothing(state, context)
    if not offer.exact and state.phase is Phase.CHOOSE_SLOT and slots == state.offered:
        shown = (*state.declined, *(slot.id for slot in slots))
        return put(state, context, Phase.OFFER_STAFF, declined=shown)  # the same again will not do
    if not offer.exact:
        person = person_of(state, context) or ""
        asked = wishes.at_that_minute(state, slots, person, context)
        if asked is not None:
            return call(state, Find(asked), awaiting=ELSEWHERE, offered=slots)
    return _shown(state, slots, context, exact=offer.exact)


def elsewhere(state: State, offer: Offer, context: Context) -> Turn:
    """Put the nearest times of the provider wished for, and one with somebody else at the very time wished."""
    instead = _wanted(state, offer, context)[:1] if offer.exact else ()
    return _shown(state, (*state.offered[: CHOICES - len(instead)], *instead), context, exact=False)


def _wanted(state: State, offer: Offer, context: Context) -> tuple[Slot, ...]:
    own = state.visit.slot_id if state.job == "reschedule" and state.visit else None
    last = state.last if state.job == "book" else None
    busy = last if last is not None and last.person_id == person_of(state, context) else None
    fit = (
        s
        for s in offer.slots
        if s.provider not in state.wish.avoid
        and s.id not in (own, *state.declined)
        and not (busy is not None and _overlaps(s, busy))
    )
    return tuple(fit)[:CHOICES]


def _overlaps(slot: Slot, visit: Appointment) -> bool:
    """Whether one person could not be at both."""
    ends = (slot.start + timedelta(minutes=slot.minutes), visit.start + timedelta(minutes=visit.minutes))
    return slot.start < ends[1] and visit.start < ends[0]


def _shown(state: State, slots: tuple[Slot, ...], context: Context, *, exact: bool) -> Turn:
    state = tried(state, "offered times" if exact else "offered nearest times")
    if state.rounds >= ROUNDS:
        state = replace(state, rounds=0)
    meant = _meant(slots, wishes.effective(state)) if exact else ()
    if len(meant) == 1 or len(slots) == 1:
        return _propose(state, (meant or slots)[0], context, exact=exact)
    return put(state, context, Phase.CHOOSE_SLOT, offered=slots, exact=exact, held=None)


def _meant(slots: tuple[Slot, ...], when: When) -> tuple[Slot, ...]:
    """The slots at the very time that was asked for."""
    exact = [window for window in when.windows if window.exact and window.first is not None]
    return tuple(slot for slot in slots if any(window.suits(slot.start) for window in exact))


def _nothing(state: State, context: Context) -> Turn:
    state = tried(state, "found no open time")
    if state.declined and state.offered and not state.exact:
        return put(state, context, Phase.OFFER_STAFF)  # what is nearest was shown and will not do
    provider = state.whom
    if provider is not None and state.rounds < ROUNDS:
        wish = replace(state.wish, provider=None, any_provider=True)
        visit_type = wish.visit_type or (state.visit.visit_type if state.visit else None)
        state = replace(state, wish=replace(wish, visit_type=visit_type))
        return advance(state, context, Say("slots.provider_full", {"provider": provider}))
    if state.declined:
        state = replace(state, phase=Phase.WHEN, awaiting=None)
        return Turn(state=state, says=(Say("slots.no_more"),))
    return put(state, context, Phase.OFFER_STAFF)


def _propose(state: State, slot: Slot, context: Context, *, exact: bool) -> Turn:
    person = person_of(state, context) or ""
    return call(state, Hold(slot.id, person), offered=(slot,), exact=exact, phase=Phase.CONFIRM_SLOT)


def held(state: State, answer: Held | Taken, context: Context) -> Turn:
    """Ask for a yes to the slot that is kept; look for others when it was taken."""
    if isinstance(answer, Taken) or not state.offered or answer.slot.id != state.offered[0].id:
        return _taken(state, context)
    return put(state, context, Phase.CONFIRM_SLOT, held=answer.slot)


def _taken(state: State, context: Context) -> Turn:
    gone = state.held or (state.offered[0] if state.offered else None)
    declined = (*state.declined, gone.id) if gone else state.declined
    state = replace(tried(state, "time was taken meanwhile"), declined=declined, held=None)
    return advance(state, context, Say("slots.taken"))


def booked(state: State, answer: Appointment | Taken, context: Context) -> Turn:
    """Say "booked" only for a visit that reads back as the slot that was picked."""
    if isinstance(answer, Taken):
        return _taken(state, context)
    if not _agrees(answer, state.held, person_of(state, context)):
        return hand(tried(state, "booking did not read back as asked"), "not_confirmed")
    done = Say("book.booked", visit_facts(answer))
    needs = asides.needs(answer, state, context)
    any_visit = needs.template == "book.bring"
    if any_visit and (state.prepared or state.more):
        return finish(replace(state, last=answer), context, done)  # once a conversation is enough
    return finish(replace(state, last=answer, prepared=state.prepared or any_visit), context, done, needs)


def moved(state: State, answer: Appointment | Taken | Gone, context: Context) -> Turn:
    """Say "moved" only for a visit that reads back as the slot that was picked."""
    if isinstance(answer, Taken):
        return _taken(state, context)
    if isinstance(answer, Gone):
        return hand(tried(state, "visit had changed meanwhile"), "visit_changed")
    if not _agrees(answer, state.held, person_of(state, context)):
        return hand(tried(state, "move did not read back as asked"), "not_confirmed")
    return finish(replace(state, last=answer), context, Say("move.moved", visit_facts(answer)))


def _agrees(visit: Appointment, slot: Slot | None, person: str | None) -> bool:
    return (
        slot is not None
        and visit.status == "booked"
        and visit.person_id == person
        and (visit.start, visit.provider, visit.location) == (slot.start, slot.provider, slot.location)
    )


# --- what the person said


def chosen(state: State, event: Heard, context: Context) -> Turn | None:
    """Understand an answer to numbered choices; None when it is none.

    Only a clear pick is taken at once; what may be a pick is proposed, and waits for a yes.
    """
    said, intent = event.meaning.entities, event.meaning.intent
    refused = intent in ("alternatives", "decline") or hints.another_provider(event.text)
    fits = _fitting(state.offered, said)
    if not refused or (said.choice is not None and hints.bare_number(event.text)):
        slot = _pointed_at(state.offered, fits, event)
        if slot is not None:
            clear = answers.only_picks(event.text, (one.provider for one in state.offered))
            return _take(state, slot, context) if clear else _propose(state, slot, context, exact=True)
        if said.choice is not None:
            return None
        if 1 < len(fits) < len(state.offered) and (intent == "select" or hints.one_of_them(event.text)):
            return put(state, context, Phase.CHOOSE_SLOT, offered=fits)
    changed = _changed(state, event, context, refused=refused)
    if changed is not None:
        return changed
    return _others(state, context, declined=intent == "decline") if refused else None


def confirmed(state: State, event: Heard, context: Context) -> Turn | None:
    """Understand an answer to one proposed time; None when it is none."""
    said, intent = event.meaning.entities, event.meaning.intent
    slot = state.offered[0]
    if said.choice not in (None, 1, -1):
        return None
    agrees = not _names_slot(said) or bool(_fitting((slot,), said))
    refused = intent in ("alternatives", "decline") or hints.another_provider(event.text)
    other_type = said.visit_type not in (None, slot.visit_type)
    if refused or other_type or not agrees or said.when.relation:
        changed = _changed(state, event, context, refused=refused)
        if changed is not None:
            return changed
    elif answers.agrees(event) or answers.says_book(event) or _names_again(event, slot):
        return _take(state, slot, context)
    if answers.hesitates(event.text):
        return None
    if intent == "alternatives":
        return _others(state, context)
    if intent != "decline":
        return None
    declined = (*state.declined, slot.id)
    if state.rounds + 1 >= ROUNDS:
        return put(state, context, Phase.OFFER_STAFF, declined=declined, rounds=ROUNDS)
    return put(state, context, Phase.WHEN, declined=declined, rounds=state.rounds + 1, held=None)


def _names_again(event: Heard, slot: Slot) -> bool:
    """Whether the answer is nothing but a pick of the proposed time, such as "1" or "the 2:30"."""
    said = event.meaning.entities
    if hints.bare_number(event.text) and not hints.only_one(event.text):
        return False  # of a list shown before
    picks = event.meaning.intent == "select" or _to_the_minute(said)
    return picks and answers.only_picks(event.text, (slot.provider,))


def settled(state: State, event: Heard) -> Heard:
    """`event` with an ambiguous day or hour settled by the times on the table, where only one reading is among them."""
    when = event.meaning.entities.when
    shown = tuple(one for one in when.ambiguous if any(one.suits(slot.start) for slot in state.offered))
    if len(shown) != 1:
        return event
    return wishes.heard_as(event, rewrite(when, windows=shown, ambiguous=()))


def _take(state: State, slot: Slot, context: Context) -> Turn:
    person = person_of(state, context)
    if person is None:
        return advance(state, context)
    state = replace(state, held=slot)
    if state.job == "reschedule" and state.visit is not None:
        return call(state, Move(state.visit.id, slot.id, person))
    return call(state, Book(slot.id, person))


def _others(state: State, context: Context, *, declined: bool = False) -> Turn:
    """Look for times beside those on the table; after some rounds, or a plain no to the nearest, offer the waitlist."""
    state = replace(
        tried(state, "times were turned down"),
        declined=tuple(dict.fromkeys((*state.declined, *(slot.id for slot in state.offered)))),
        rounds=state.rounds + 1,
    )
    if state.rounds >= ROUNDS or (declined and not state.exact):
        # What is nearest was shown and will not do.
        return put(state, context, Phase.OFFER_STAFF)
    return advance(state, context)


def _changed(state: State, event: Heard, context: Context, *, refused: bool) -> Turn | None:
    """Search anew when the text changes the wish; None when it does not.

    What is on the table is shown no more when it was refused or something earlier or later is wished.
    """
    said = event.meaning.entities
    new = wishes.with_said(state, event)
    if new.wish == state.wish and not said.when.relation:
        return None
    fits = _fitting(state.offered, said)
    narrows = event.meaning.intent == "alternatives" and 0 < len(fits) < len(state.offered)
    elsewhen = said.when.windows and (narrows or not (refused and fits))
    if elsewhen and not said.when.relation:
        return advance(replace(new, declined=(), rounds=0), context)
    if not refused and not said.when.relation:
        return advance(new, context)
    declined = tuple(dict.fromkeys((*state.declined, *(slot.id for slot in state.offered))))
    return advance(replace(new, declined=declined), context)


def _names_slot(said: Entities) -> bool:
    return bool(said.provider or said.when.windows or said.when.ambiguous)


def _fitting(slots: tuple[Slot, ...], said: Entities) -> tuple[Slot, ...]:
    """Those of `slots` that the provider and the times named could mean."""
    windows = (*said.when.windows, *said.when.ambiguous)
    return tuple(
        slot
        for slot in slots
        if (said.provider in (None, slot.provider))
        and (not windows or any(window.suits(slot.start) for window in windows))
    )


def _to_the_minute(said: Entities) -> bool:
    return any(window.exact for window in said.when.windows)


def _pointed_at(slots: tuple[Slot, ...], fits: tuple[Slot, ...], event: Heard) -> Slot | None:
    """The row that a number, "the earliest of those", a time to the minute or "the Thursday one" points at.

    Two times named point at nothing, nor does a day or a provider alone: that may be a wish for other times of theirs.
    """
    said, text = event.meaning.entities, event.text
    if said.choice is not None:
        return hints.nth(slots if hints.bare_number(text) else fits or slots, said.choice)
    if event.meaning.intent == "select" and said.when.relation and not said.when.windows:
        ordered = sorted(fits or slots, key=lambda slot: slot.start)
        return ordered[-1] if said.when.relation == "later" else ordered[0]
    named = _names_slot(said) and (_to_the_minute(said) or hints.one_of_them(text))
    return fits[0] if named and len(fits) == 1 and len(said.when.windows) < 2 else None

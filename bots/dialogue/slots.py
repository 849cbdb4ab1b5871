"""Offering open times, understanding what is said to them, and booking what was picked."""

from msgspec.structs import replace

from bots.dates.model import When
from bots.dialogue import hints, wishes
from bots.dialogue.flow import advance, call, finish, hand, person_of, put, tried
from bots.dialogue.prompts import CHOICES, visit_facts
from bots.dialogue.state import Phase, State
from bots.dialogue.turns import Book, Context, Heard, Hold, Move, Say, Turn
from bots.nlu.model import Entities
from bots.scheduling.base import Appointment, Gone, Held, Offer, Slot, Taken

ROUNDS = 3
"""So many searches turned down in a row, then a person is offered."""

# --- what scheduling answered


def offered(state: State, offer: Offer, context: Context) -> Turn:
    """Put what was found to the person: one time as yes or no, several as numbered choices."""
    own = state.visit.slot_id if state.job == "reschedule" and state.visit else None
    fit = [
        slot for slot in offer.slots if slot.provider not in state.wish.avoid and slot.id not in (own, *state.declined)
    ]
    slots = tuple(fit[:CHOICES])
    if not slots:
        return _nothing(state, context)
    state = tried(state, "offered times" if offer.exact else "offered nearest times")
    meant = _meant(slots, state.wish.when) if offer.exact else ()
    if len(meant) == 1 or len(slots) == 1:
        return _propose(state, (meant or slots)[0], context, exact=offer.exact)
    return put(state, context, Phase.CHOOSE_SLOT, offered=slots, exact=offer.exact, held=None)


def _meant(slots: tuple[Slot, ...], when: When | None) -> tuple[Slot, ...]:
    """The slots at the very time that was asked for."""
    exact = [window for window in (when.windows if when else ()) if window.exact and window.first is not None]
    return tuple(slot for slot in slots if any(window.suits(slot.start) for window in exact))


def _nothing(state: State, context: Context) -> Turn:
    state = tried(state, "found no open time")
    provider = state.wish.provider or (state.visit.provider if state.visit else None)
    if provider is not None and not state.wish.any_provider:
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
    return finish(replace(state, last=answer), context, Say("book.booked", visit_facts(answer)))


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
    """Understand an answer to numbered choices; None when it is none."""
    said, intent = event.meaning.entities, event.meaning.intent
    if said.choice is not None and hints.bare_number(event.text):
        slot = hints.nth(state.offered, said.choice)
        return _take(state, slot, context) if slot else None
    fits = _fitting(state.offered, said)
    refused = intent in ("alternatives", "decline") or hints.another_provider(event.text)
    if not refused:
        slot = _pointed_at(fits or state.offered, said, select=intent == "select")
        if slot is not None:
            return _take(state, slot, context)
        if _names_slot(said) and 0 < len(fits) < len(state.offered):
            if len(fits) > 1:
                return put(state, context, Phase.CHOOSE_SLOT, offered=fits)
            sure = said.provider or intent in ("select", "confirm") or _to_the_minute(said)
            return _take(state, fits[0], context) if sure else _propose(state, fits[0], context, exact=True)
    changed = _changed(state, event, context)
    if changed is not None:
        return changed
    return _others(state, context) if refused else None


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
        changed = _changed(state, event, context)
        if changed is not None:
            return changed
    elif _agreed(event):
        return _take(state, slot, context)
    if intent == "alternatives":
        return _others(state, context)
    if intent != "decline":
        return None
    declined = (*state.declined, slot.id)
    if state.rounds + 1 >= ROUNDS:
        return put(state, context, Phase.OFFER_STAFF, declined=declined, rounds=0)
    return put(state, context, Phase.WHEN, declined=declined, rounds=state.rounds + 1, held=None)


def _take(state: State, slot: Slot, context: Context) -> Turn:
    person = person_of(state, context)
    if person is None:
        return advance(state, context)
    state = replace(state, held=slot)
    if state.job == "reschedule" and state.visit is not None:
        return call(state, Move(state.visit.id, slot.id, person))
    return call(state, Book(slot.id, person))


def _others(state: State, context: Context) -> Turn:
    """Look for times beside those on the table; after some rounds offer a person instead."""
    state = replace(
        tried(state, "times were turned down"),
        declined=tuple(dict.fromkeys((*state.declined, *(slot.id for slot in state.offered)))),
        rounds=state.rounds + 1,
    )
    if state.rounds >= ROUNDS:
        return put(state, context, Phase.OFFER_STAFF, rounds=0)
    return advance(state, context)


def _changed(state: State, event: Heard, context: Context) -> Turn | None:
    """Search anew when the text changes the wish; None when it does not."""
    new = wishes.with_said(state, event)
    if new.wish == state.wish and not event.meaning.entities.when.relation:
        return None
    said = event.meaning.entities
    if said.when.windows and not _fitting(state.offered, said):
        return advance(replace(new, declined=(), rounds=0), context)
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


def _agreed(event: Heard) -> bool:
    """Whether a text that fits the proposed time says yes to it: naming the very time again does."""
    intent = event.meaning.intent
    if intent == "confirm" or hints.go_ahead(event.text):
        return True
    return (intent == "select" or _to_the_minute(event.meaning.entities)) and not hints.negated(event.text)


def _to_the_minute(said: Entities) -> bool:
    return any(window.exact for window in said.when.windows)


def _pointed_at(slots: tuple[Slot, ...], said: Entities, *, select: bool) -> Slot | None:
    """The slot that "the second", or "the earliest" of those offered, points at."""
    if said.choice is not None:
        return hints.nth(slots, said.choice)
    if select and said.when.relation and not said.when.windows:
        ordered = sorted(slots, key=lambda slot: slot.start)
        return ordered[-1] if said.when.relation == "later" else ordered[0]
    return None

"""One step of the conversation: a state and an event in, words and one call or hand-off out. Pure."""

from collections.abc import Iterable
from dataclasses import replace as rewrite

from msgspec.structs import replace

from bots.dialogue import asides, filling, hints, identity, slots, visits, wishes
from bots.dialogue.flow import FOR_STAFF, JOBS, begin, call, finish, hand, person_of, put, rest
from bots.dialogue.prompts import question
from bots.dialogue.state import RESTING, Phase, State
from bots.dialogue.turns import (
    AppointmentsListed,
    BookAnswered,
    CallFailed,
    CancelAnswered,
    ConfirmAnswered,
    Context,
    Event,
    Heard,
    HoldAnswered,
    IdentityAnswered,
    List,
    MoveAnswered,
    Offered,
    Result,
    Say,
    Turn,
)
from bots.nlu.model import Meaning
from hub.types import Language

UNSURE = 0.4
"""Below this confidence an intent is not acted on; what the text names still is."""
SURE = 0.6
"""From here on a wish of another kind interrupts the question that was asked."""
FAILURES = 2
"""So many texts in a row not understood, then a person takes over."""

_ANSWERS: dict[type[object], frozenset[str]] = {
    Offered: frozenset({"Find"}),
    HoldAnswered: frozenset({"Hold"}),
    BookAnswered: frozenset({"Book"}),
    MoveAnswered: frozenset({"Move"}),
    CancelAnswered: frozenset({"Cancel"}),
    ConfirmAnswered: frozenset({"Confirm"}),
    AppointmentsListed: frozenset({"List", visits.ASIDE}),
    IdentityAnswered: frozenset({"Identify"}),
}
_PICKS = frozenset({"confirm", "select"})
_SLOT_PHASES = frozenset({Phase.WHEN, Phase.WHICH_WHEN, Phase.CHOOSE_SLOT, Phase.CONFIRM_SLOT})


def step(state: State, event: Event, context: Context) -> Turn:
    """What follows from `event`. An answer to a call that is not due changes nothing.

    The first words of a conversation are preceded by who speaks and that the line is not for emergencies.
    """
    turn = _heard(state, event, context) if isinstance(event, Heard) else _answered(state, event, context)
    if turn.says and not turn.state.introduced:
        intro = Say("bot.intro", {"clinic": context.clinic.name})
        return Turn(
            state=replace(turn.state, introduced=True),
            says=(intro, *turn.says),
            call=turn.call,
            handoff=turn.handoff,
        )
    return turn


# --- answers to calls


def _answered(state: State, event: Result, context: Context) -> Turn:
    if isinstance(event, CallFailed):
        return hand(state, "calendar") if state.awaiting else Turn(state=state)
    if state.awaiting not in _ANSWERS[type(event)]:
        return Turn(state=state)
    match event:
        case Offered(offer):
            return slots.offered(state, offer, context)
        case HoldAnswered(answer):
            return slots.held(state, answer, context)
        case BookAnswered(answer):
            return slots.booked(state, answer, context)
        case MoveAnswered(moved):
            return slots.moved(state, moved, context)
        case CancelAnswered(cancelled):
            return visits.cancelled(state, cancelled, context)
        case ConfirmAnswered(confirmed):
            return visits.confirmed(state, confirmed, context)
        case AppointmentsListed(found):
            return visits.listed(state, found, context)
        case IdentityAnswered():
            return identity.answered(state, event, context)


# --- what the person wrote


def _heard(state: State, event: Heard, context: Context) -> Turn:
    meaning = event.meaning
    if meaning.confidence < UNSURE:
        event = rewrite(event, meaning=rewrite(meaning, intent="inform", intents=("inform",)))
    state = replace(state, awaiting=None, updated_at=event.at, language=_language(state, event, context))
    understood = replace(state, failures=0)
    turn = (
        _at_once(understood, event)
        or _interrupting(understood, event, context)
        or _pending(understood, event, context)
        or _aside(understood, event, context)
        or _wish(understood, event, context)
    )
    return turn or _not_understood(state, context)


def _language(state: State, event: Heard, context: Context) -> Language:
    current = state.language or context.language
    words = [word for word in event.text.split() if len(word) > 1 and any(letter.isalpha() for letter in word)]
    return event.meaning.language if len(words) > (1 if state.language else 0) else current


def _intents(meaning: Meaning) -> tuple[str, ...]:
    """Every wish in the text, the strongest first; asking for a provider is a wish to book."""
    found = ["book" if i == "find_provider" else i for i in dict.fromkeys((meaning.intent, *meaning.intents))]
    if "reschedule" in found and "cancel" in found:  # "cancel it and find me another day" is a move
        found.remove("cancel")
    return tuple(dict.fromkeys(found))


def _wishes(intents: Iterable[str]) -> tuple[str, ...]:
    return tuple(intent for intent in intents if intent in JOBS | FOR_STAFF)


def _at_once(state: State, event: Heard) -> Turn | None:
    """What ends the assistant's part whatever was asked."""
    intents = _intents(event.meaning)
    if intents[0] in ("opt_out", "wrong_number"):
        return hand(state, intents[0])
    return hand(state, "asked") if "human" in intents else None


def _interrupting(state: State, event: Heard, context: Context) -> Turn | None:
    """What goes before the answer to a pending question: dropping it, another job, a matter for staff."""
    if state.phase in RESTING:
        return None
    intents = _intents(event.meaning)
    intent = intents[0]
    leaves = intent == "goodbye" and not wishes.speaks(event.meaning.entities.when)  # "later" may be a wish
    if leaves or hints.never_mind(event.text):
        return finish(replace(state, later=()), context, Say("bot.left_as_is"))
    if event.meaning.confidence < SURE:
        return None
    if intent in ("hours_location", "bot_challenge", "repeat") and not _wishes(intents):
        return _aside(state, event, context)
    if intent in FOR_STAFF and state.phase is not Phase.VISIT_TYPE:
        return hand(state, intent)
    if intent == "appointment_status" and state.phase in _SLOT_PHASES:
        person = person_of(state, context)
        return call(state, List(person, context.now), awaiting=visits.ASIDE) if person else None
    return _switched(state, event, context) if _switches(state, intent, event) else None


def _switches(state: State, intent: str, event: Heard) -> bool:
    match state.job, intent:
        case (("book" | "reschedule"), "cancel"):
            return True
        case "cancel", ("reschedule" | "book"):
            return True
        case "book", "reschedule":
            return state.phase not in _SLOT_PHASES or not wishes.speaks(event.meaning.entities.when)
    return False


def _switched(state: State, event: Heard, context: Context) -> Turn:
    """Leave the present job for another; between moving and cancelling the visit stays the same."""
    dropped = state.job == "book" and state.phase in (Phase.CHOOSE_SLOT, Phase.CONFIRM_SLOT)
    before = (Say("book.not_booked"),) if dropped else ()
    new, *waiting = _wishes(_intents(event.meaning))
    visit = state.visit if new in ("cancel", "reschedule") else None
    later = tuple(dict.fromkeys((*state.later, *waiting)))
    clean = rest(state, Phase.IDLE, visit=visit, later=later, name=state.name, birth_date=state.birth_date)
    return begin(wishes.with_said(clean, event), new, context, *before)


def _pending(state: State, event: Heard, context: Context) -> Turn | None:
    """The text as an answer to the question that was asked; a further wish in it waits its turn."""
    if state.phase in RESTING:
        return None
    extra = _extra(state, event)
    if extra and event.meaning.intent in _PICKS:
        event = _without_names(event)
    if state.phase in (Phase.CHOOSE_SLOT, Phase.CHOOSE_VISIT):
        event = _pointing(event)
    state = replace(state, later=tuple(dict.fromkeys((*state.later, *extra))))
    match state.phase:
        case Phase.NAME | Phase.BIRTH_DATE:
            return identity.heard(state, event, context)
        case Phase.VISIT_TYPE | Phase.PROVIDER | Phase.WHEN:
            return filling.filled(state, event, context)
        case Phase.WHICH_WHEN:
            return filling.which(state, event, context)
        case Phase.CHOOSE_SLOT:
            return slots.chosen(state, event, context)
        case Phase.CONFIRM_SLOT:
            return slots.confirmed(state, event, context)
        case Phase.CHOOSE_VISIT:
            return visits.chosen(state, event, context)
        case Phase.CONFIRM_CANCEL:
            return visits.answered_cancel(state, event, context)
        case Phase.OFFER_REBOOK | Phase.OFFER_BOOK:
            return visits.answered_offer(wishes.with_said(state, event), event, context)
        case Phase.OFFER_STAFF:
            return filling.staff_offered(state, event, context)
    return None


def _pointing(event: Heard) -> Heard:
    entities = event.meaning.entities
    when = rewrite(
        entities.when,
        windows=hints.pointing(entities.when.windows, event.text),
        ambiguous=hints.pointing(entities.when.ambiguous, event.text),
    )
    return rewrite(event, meaning=rewrite(event.meaning, entities=rewrite(entities, when=when)))


def _without_names(event: Heard) -> Heard:
    """`event` without the names in it: in "yes, and my son needs a vaccination" they belong to the second wish.

    Times stay: where one contradicts what was proposed, asking again is safer than booking.
    """
    entities = rewrite(event.meaning.entities, provider=None, specialty=None, visit_type=None)
    return rewrite(event, meaning=rewrite(event.meaning, entities=entities))


def _extra(state: State, event: Heard) -> tuple[str, ...]:
    """Wishes beside the answer; one of the same kind counts only when it is said to come on top."""
    also = hints.also(event.text)
    return tuple(
        wish
        for wish in _wishes(_intents(event.meaning)[1:])
        if wish != "confirm" and (also or wish in FOR_STAFF or (wish != "book" and wish != state.job))
    )


def _aside(state: State, event: Heard, context: Context) -> Turn | None:
    """A question or courtesy that is answered in passing; then what was asked is asked again."""
    said = asides.said(event.meaning.intent, state, context)
    if said is None or (_wishes(_intents(event.meaning)) and state.phase in RESTING):
        return None
    if state.phase in RESTING:
        return Turn(state=state, says=said)
    return Turn(state=state, says=(*said, *question(state, context)))


def _wish(state: State, event: Heard, context: Context) -> Turn | None:
    """A new wish, or a word to what was just done."""
    if state.phase not in RESTING:
        return None
    meaning = event.meaning
    said = wishes.with_said(rest(state, Phase.IDLE), event)
    letter = hints.key(event.text)
    if letter in ("c", "r"):  # what reminders ask for
        return begin(said, "confirm" if letter == "c" else "reschedule", context)
    before = (asides.facts(state, context),) if "hours_location" in meaning.intents else ()
    wanted = _wishes(_intents(meaning))
    if meaning.intent == "find_provider" and said.wish.when is None:
        return _who(said, context, before)
    idle_yes = wanted[:1] == ("confirm",) and (state.phase is Phase.DONE or meaning.confidence < SURE)
    if wanted and not idle_yes:
        return _begun(said, wanted, context, before)
    entities = meaning.entities
    named = bool(entities.visit_type or entities.provider) or wishes.speaks(entities.when)
    names_visit = named or (state.last is not None and hints.another_provider(event.text))
    match meaning.intent:
        case "inform" | "alternatives" | "select" | "decline" if names_visit:
            return _resumed(state, said, context)
        case "confirm" if state.phase is Phase.DONE:
            return Turn(state=state, says=(Say("bot.welcome"),))
        case "decline":
            return Turn(state=state, says=(Say("bot.goodbye" if state.phase is Phase.DONE else "bot.offer_help"),))
    return None


def _begun(said: State, wanted: tuple[str, ...], context: Context, before: tuple[Say, ...]) -> Turn:
    jobs = [wish for wish in wanted if wish in JOBS]
    if not jobs:
        return hand(said, wanted[0], *before)
    first = jobs[0]
    said = replace(said, later=tuple(wish for wish in wanted if wish != first))
    return begin(said, first, context, *before)


def _who(said: State, context: Context, before: tuple[Say, ...]) -> Turn:
    """Name the providers, or show when the one asked for is free soonest."""
    wish = said.wish
    if person_of(said, context) and not (wish.provider or wish.specialty or wish.visit_type):
        return put(replace(said, job="book"), context, Phase.PROVIDER, *before)
    return begin(replace(said, wish=replace(wish, when=wishes.SOONEST)), "book", context, *before)


def _resumed(state: State, said: State, context: Context) -> Turn:
    """A time or name without a verb: a change to what was just booked, else a wish to book."""
    if state.phase is Phase.DONE and state.last is not None:
        wish = replace(said.wish, avoid=(state.last.provider,)) if said.wish.any_provider else said.wish
        when = wish.when or wishes.SOONEST
        return begin(replace(said, visit=state.last, wish=replace(wish, when=when)), "reschedule", context)
    return begin(said, "book", context)


def _not_understood(state: State, context: Context) -> Turn:
    failures = state.failures + 1
    if failures >= FAILURES:
        return hand(state, "not_understood")
    state = replace(state, failures=failures)
    if state.phase in RESTING:
        return Turn(state=state, says=(Say("bot.what_i_do"),))
    return put(state, context, state.phase, Say("bot.again"))

"""One step of the conversation: a state and an event in, words and one call or hand-off out. Pure."""

from dataclasses import replace as rewrite

from msgspec.structs import replace

from bots.dates.model import When
from bots.dialogue import (
    answers,
    asides,
    filling,
    hints,
    identity,
    last,
    near,
    opening,
    several,
    slots,
    visits,
    whom,
    wishes,
)
from bots.dialogue.answers import SURE
from bots.dialogue.flow import (
    FOR_STAFF,
    IN_PASSING,
    advance,
    begin,
    call,
    finish,
    for_whom,
    hand,
    intents_in,
    person_of,
    put,
    rest,
    wait,
    waits,
    wants_in,
)
from bots.dialogue.prompts import question
from bots.dialogue.state import RESTING, YES_NO, Phase, State
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
from hub.types import Language

UNSURE = 0.4
"""Below this confidence an intent is not acted on; what the text names still is."""
FAILURES = 2
"""So many texts in a row not understood, then a person takes over."""

_ANSWERS: dict[type[object], frozenset[str]] = {
    Offered: frozenset({"Find", slots.ELSEWHERE}),
    HoldAnswered: frozenset({"Hold"}),
    BookAnswered: frozenset({"Book"}),
    MoveAnswered: frozenset({"Move"}),
    CancelAnswered: frozenset({"Cancel"}),
    ConfirmAnswered: frozenset({"Confirm"}),
    AppointmentsListed: frozenset({"List", visits.ASIDE, visits.NEEDS}),
    IdentityAnswered: frozenset({"Identify"}),
}
_PICKS = frozenset({"confirm", "select"})
_UNFITTING = frozenset({Phase.CHOOSE_SLOT, Phase.CONFIRM_SLOT, Phase.WHEN, Phase.OFFER_STAFF})
_MOST = 3
"""So many further visits wait at most."""
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
        case Offered(offer) if state.awaiting == slots.ELSEWHERE:
            return slots.elsewhere(state, offer, context)
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
    event = near.placed(state, visits.as_move(state, _named_only(event)))
    state = replace(state, awaiting=None, updated_at=event.at, language=_language(state, event, context))
    understood = replace(state, failures=0)
    turn = (
        _waitlisted(understood, event, context)
        or _at_once(understood, event)
        or _interrupting(understood, event, context)
        or _readdressed(understood, event, context)
        or several.besides(understood, event, context)
        or _asked_back(understood, event, context)
        or _pending(understood, event, context)
        or _hesitating(understood, event, context)
        or _aside(understood, event, context)
        or opening.wish(understood, event, context)
    )
    return turn or _not_understood(state, event, context)


def _named_only(event: Heard) -> Heard:
    """`event` without the days that are but part of a clinician's name ("Dr. May", "August")."""
    said = event.meaning.entities
    spans = said.when.spans
    if said.provider is None or not spans:
        return event
    name = said.provider.casefold()
    inside = all(event.text[start:end].casefold() in name for start, end in spans)
    return wishes.heard_as(event, When()) if inside else event


def _language(state: State, event: Heard, context: Context) -> Language:
    current = state.language or context.language
    words = [word for word in event.text.split() if len(word) > 1 and any(letter.isalpha() for letter in word)]
    return event.meaning.language if len(words) > (1 if state.language else 0) else current


def _waitlisted(state: State, event: Heard, context: Context) -> Turn | None:
    """Rather wait for a time than take one of those there are."""
    looking = state.job in ("book", "reschedule") and state.phase in _UNFITTING
    return wait(wishes.with_said(state, event), context) if looking and hints.waitlist(event.text) else None


def _at_once(state: State, event: Heard) -> Turn | None:
    """What ends the assistant's part whatever was asked."""
    intents = intents_in(event.meaning)
    if intents[0] in ("opt_out", "wrong_number"):
        return hand(state, intents[0])
    if state.phase in RESTING and hints.running_late(event.text):
        return hand(state, "late")
    if "human" not in intents:
        return None
    # Beside a wish to book it takes the words themselves: "please find someone" asks for a doctor.
    wishing = bool(wants_in(intents)) or wishes.speaks(event.meaning.entities.when)
    asked = intents[0] == "human" or not wishing or hints.for_a_person(event.text)
    return hand(state, "asked") if asked else None


def _interrupting(state: State, event: Heard, context: Context) -> Turn | None:
    """What goes before the answer to a pending question: dropping it, another job, a matter for staff."""
    if state.phase in RESTING:
        return None
    letter = hints.key(event.text)
    if letter in ("c", "r") and context.reminded:
        # A reminder came in between, and is what this answers: no question of ours is answered by a letter.
        return begin(rest(state, Phase.IDLE), "confirm" if letter == "c" else "reschedule", context)
    intents = intents_in(event.meaning)
    intent = intents[0]
    if intent == "decline" and "cancel" in intents and state.phase is not Phase.CONFIRM_CANCEL:
        intent = "cancel"  # "no, rather cancel it"
    leaves = intent == "goodbye" and not wishes.speaks(event.meaning.entities.when)  # "later" may be a wish
    if leaves or (hints.never_mind(event.text) and not _goes_on(state, event)):
        return finish(replace(state, later=(), more=()), context, Say("bot.left_as_is"))
    if event.meaning.confidence < SURE:
        return None
    if intent == "repeat" and state.phase in _SLOT_PHASES and wishes.speaks(event.meaning.entities.when):
        return None  # "sorry again, could you change that to the 5th?"
    if intent in (IN_PASSING, "bot_challenge", "repeat", *FOR_STAFF):
        if state.phase in YES_NO and answers.says_yes(event.text):
            return None  # "yes, and where are you?" is a yes first
        if intent not in FOR_STAFF:
            return None if wants_in(intents) else _aside(state, event, context)
    if intent in FOR_STAFF and state.phase in _UNFITTING and state.job in ("book", "reschedule"):
        # Staff are told now, and the visit is seen to meanwhile.
        return Turn(state=waits(state, intent), says=(Say("bot.noted"), *question(state, context)))
    if intent in FOR_STAFF and state.phase is not Phase.VISIT_TYPE:
        return hand(state, intent)
    if (asked := hints.asks_needs(event.text)) is not None:
        if asked == "prepare":
            return Turn(state=waits(state, asked), says=(Say("bot.noted"), *question(state, context)))
        return Turn(state=state, says=(*asides.to_bring(state, context), *question(state, context)))
    if intent == "appointment_status" and state.phase in _SLOT_PHASES:
        person = person_of(state, context)
        return call(state, List(person, context.now), awaiting=visits.ASIDE) if person else None
    return _switched(state, intent, event, context) if _switches(state, intent, event) else None


def _goes_on(state: State, event: Heard) -> bool:
    """Whether a new time or another job comes after the "never mind"."""
    other = set(wants_in(intents_in(event.meaning))) - {"confirm", state.job}
    return wishes.speaks(event.meaning.entities.when) or bool(other)


def _switches(state: State, intent: str, event: Heard) -> bool:
    match state.job, intent:
        case (("book" | "reschedule"), "cancel"):
            return True
        case "cancel", ("reschedule" | "book"):
            return True
        case "book", "reschedule":
            return state.phase not in _SLOT_PHASES or not wishes.speaks(event.meaning.entities.when)
    return False


def _switched(state: State, new: str, event: Heard, context: Context) -> Turn:
    """Leave the present job for `new`; between moving and cancelling the visit stays the same."""
    dropped = state.job == "book" and state.phase in (Phase.CHOOSE_SLOT, Phase.CONFIRM_SLOT)
    before = (Say("book.not_booked"),) if dropped else ()
    waiting = (one for one in wants_in(intents_in(event.meaning)) if one != new)
    visit = state.visit if new in ("cancel", "reschedule") else None
    clean = rest(state, Phase.IDLE, visit=visit, name=state.name, birth_date=state.birth_date)
    clean = waits(clean, *waiting)
    return begin(visits.wished(clean, event, context), new, context, *before)


def _readdressed(state: State, event: Heard, context: Context) -> Turn | None:
    """The visit is for somebody else of those whom the writer acts for: "no, it's for Ella"."""
    named = whom.by_name(event.text, context)
    if state.job != "book" or named is None or state.person_id in (None, named) or hints.also(event.text):
        return None
    state = replace(state, person_id=named, held=None)
    said = event.meaning.entities
    if said.choice is not None or said.provider or said.visit_type or wishes.speaks(said.when):
        return _pending(state, event, context)
    return advance(state, context, *for_whom(state, context))


def _asked_back(state: State, event: Heard, context: Context) -> Turn | None:
    """Which day or hour was proposed, once more: "On what day?"."""
    asked = state.phase is Phase.CONFIRM_SLOT and hints.asks_which(event.text)
    return put(state, context, state.phase) if asked and not event.meaning.entities.when.windows else None


def _pending(state: State, event: Heard, context: Context) -> Turn | None:
    """The text as an answer to the question that was asked; a further wish in it waits its turn."""
    if state.phase in RESTING:
        return None
    extra, whole = _extra(state, event), event
    if extra and event.meaning.intent in _PICKS:
        event = _without_names(event)
    if state.phase in (Phase.CHOOSE_SLOT, Phase.CHOOSE_VISIT):
        event = slots.settled(state, _pointing(event))
    if "book" in extra:
        state, extra = replace(state, more=(*state.more, several.one_more(whole, context))[-_MOST:]), _but_book(extra)
    state = waits(state, *extra)
    match state.phase:
        case Phase.NAME | Phase.BIRTH_DATE:
            return identity.heard(state, event, context)
        case Phase.WHOM:
            return whom.heard(state, event, context)
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
        case Phase.MOVE_OR_MORE:
            return last.answered(state, event, context)
    return None


def _but_book(wants: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in wants if one != "book")


def _hesitating(state: State, event: Heard, context: Context) -> Turn | None:
    if state.phase in RESTING or not answers.hesitates(event.text):
        return None
    return put(state, context, state.phase, Say("bot.no_hurry"))


def _pointing(event: Heard) -> Heard:
    when, text = event.meaning.entities.when, event.text
    windows, ambiguous = (hints.pointing(found, text) for found in (when.windows, when.ambiguous))
    return wishes.heard_as(event, rewrite(when, windows=windows, ambiguous=ambiguous))


def _without_names(event: Heard) -> Heard:
    """`event` without the names in it: in "yes, and my son needs a vaccination" they belong to the second wish.

    Times stay: where one contradicts what was proposed, asking again is safer than booking.
    """
    entities = rewrite(event.meaning.entities, provider=None, specialty=None, visit_type=None)
    return rewrite(event, meaning=rewrite(event.meaning, entities=entities))


def _extra(state: State, event: Heard) -> tuple[str, ...]:
    """Wishes beside the answer; one of the same kind counts only when it is said to come on top."""
    also = hints.also(event.text)
    first, *others = intents_in(event.meaning)
    beside = {first} & {IN_PASSING, *FOR_STAFF} if event.meaning.confidence >= SURE else set()
    same = {"book", state.job}
    if state.job == "book" and state.phase in _SLOT_PHASES and wishes.speaks(event.meaning.entities.when):
        same.add("reschedule")  # "no, it has to be a Monday" is about the times on the table
    jobs = (one for one in wants_in(others) if also or one in FOR_STAFF or one not in same)
    return (*jobs, *beside, *({IN_PASSING} & set(others)))


_COURTEOUS = frozenset({"thanks", "greeting", "goodbye"})


def _aside(state: State, event: Heard, context: Context) -> Turn | None:
    """A question or courtesy that is answered in passing; then what was asked is asked again."""
    meaning = event.meaning
    courteous = meaning.intent in _COURTEOUS and IN_PASSING in meaning.intents  # "thanks, and do you have parking?"
    said = asides.said(IN_PASSING if courteous else meaning.intent, state, context)
    if said is None or (wants_in(intents_in(meaning)) and state.phase in RESTING):
        return None
    if state.phase in RESTING:
        # "Is there one for tomorrow?" only looks like a question about opening hours.
        doubtful = meaning.confidence < SURE and wishes.speaks(meaning.entities.when)
        return None if doubtful else Turn(state=state, says=said)
    return Turn(state=state, says=(*said, *question(state, context)))


def _not_understood(state: State, event: Heard, context: Context) -> Turn:
    """Ask again; a second time in a row a person takes over. What was understood but settles nothing is no "sorry"."""
    failures = state.failures + 1
    if failures >= FAILURES:
        return hand(state, "not_understood")
    state = replace(state, failures=failures)
    if state.phase is Phase.WHOM:
        state = wishes.with_said(state, event)  # "Monday": kept, while it is asked for whom
    if state.phase in RESTING:
        return Turn(state=state, says=(Say("bot.what_i_do"),))
    if state.phase in (Phase.CHOOSE_SLOT, Phase.CHOOSE_VISIT) and event.meaning.intent == "confirm":
        return put(state, context, state.phase, Say("bot.which_one"))
    repeats = _repeats(state, event)
    if repeats and state.phase is Phase.CHOOSE_SLOT and not state.exact:
        shown = (*state.declined, *(slot.id for slot in state.offered))
        return put(state, context, Phase.OFFER_STAFF, declined=shown)  # the nearest will not do
    known = repeats or (state.phase is Phase.OFFER_STAFF and event.meaning.intent == "alternatives")
    return put(state, context, state.phase, *(() if known else (Say("bot.again"),)))


def _repeats(state: State, event: Heard) -> bool:
    """Whether the text says what is known already: the same wish, the same day, whom was asked for."""
    entities = event.meaning.entities
    names = bool(entities.provider or entities.visit_type) or wishes.speaks(entities.when)
    return names or state.job in intents_in(event.meaning)

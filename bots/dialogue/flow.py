"""How a job goes on: what it needs next, how it ends, and how it passes to staff."""

from collections.abc import Iterable
from datetime import date, time
from typing import Any, cast, get_args

from msgspec.structs import replace

from bots.dates.model import When, Window
from bots.dialogue import asides, wishes
from bots.dialogue.prompts import CHOICES, question, visit_facts
from bots.dialogue.state import Job, Phase, State, Wish
from bots.dialogue.turns import Call, Context, Find, Handoff, Identify, Known, List, Say, Shared, Turn, Unknown, Waits
from bots.nlu.model import Meaning

JOBS: frozenset[str] = frozenset(get_args(Job))
OWN: frozenset[str] = JOBS - {"book"}
"""Jobs that show or change visits a person already has."""
FOR_STAFF = frozenset({"cost_insurance", "refill", "results", "forms", "prepare", "other_visit"})
IN_PASSING = "hours_location"
"""A question that waits like a wish where the answer beside it comes first."""
_SILENT = frozenset({"opt_out", "wrong_number"})
"""Reasons that others answer: here any word would be one too many."""
_TRIED = 8


def intents_in(meaning: Meaning) -> tuple[str, ...]:
    """Every wish in the text, the strongest first; asking for a provider is a wish to book."""
    found = ["book" if i == "find_provider" else i for i in dict.fromkeys((meaning.intent, *meaning.intents))]
    if "reschedule" in found and "cancel" in found:  # "cancel it and find me another day" is a move
        found.remove("cancel")
    return tuple(dict.fromkeys(found))


def wants_in(intents: Iterable[str]) -> tuple[str, ...]:
    """The jobs, and the matters for staff, among intents."""
    return tuple(intent for intent in intents if intent in JOBS | FOR_STAFF)


def person_of(state: State, context: Context) -> str | None:
    """Whom it is for, or None while that is not known."""
    match context.standing:
        case Known() if state.other:
            return state.person_id if state.identity == "identified" else None
        case Known():
            ids = [one.person_id for one in context.subjects]
            if len(ids) == 1:
                return ids[0]
            return state.person_id if state.person_id in ids else None
        case Shared(candidates=candidates):
            return state.person_id if state.person_id in candidates else None
        case Unknown():
            return state.person_id


def put(state: State, context: Context, phase: Phase, *before: Say, **changes: Any) -> Turn:
    """Wait in `phase`, and ask for what it needs."""
    state = replace(state, phase=phase, awaiting=None, **changes)
    return Turn(state=state, says=(*before, *question(state, context)))


def call(state: State, call: Call, *before: Say, awaiting: str = "", **changes: Any) -> Turn:
    """Make `call`, and remember that its answer is due."""
    return Turn(state=replace(state, awaiting=awaiting or type(call).__name__, **changes), says=before, call=call)


def waits(state: State, *wants: str) -> State:
    """`state` with further wishes that wait for the present job's end. To confirm a visit never waits.

    By then another visit might be the next one, and nobody asked about that.
    """
    return replace(state, later=tuple(dict.fromkeys((*state.later, *(one for one in wants if one != "confirm")))))


def tried(state: State, what: str) -> State:
    """`state` that remembers for staff what was tried."""
    return replace(state, tried=(*state.tried, what)[-_TRIED:])


def rest(state: State, phase: Phase, **changes: Any) -> State:
    """`state` without its job: who writes, the language and what waits are kept."""
    kept = {
        "introduced": state.introduced,
        "prepared": state.prepared,
        "identity": state.identity,
        "person_id": state.person_id,
        "language": state.language,
        "updated_at": state.updated_at,
        "last": state.last,
        "later": state.later,
        "more": state.more,
        "elsewhere": state.elsewhere,
    }
    if state.other:
        kept |= {"person_id": None, "identity": "unknown"}  # the next wish is the writer's own
    return State(phase=phase, **(kept | changes))


def wait(state: State, context: Context, *before: Say) -> Turn:
    """Put the person on the waitlist and tell staff; where it is not known for what, staff look for a time."""
    person = person_of(state, context)
    kinds = {slot.visit_type for slot in state.offered} or set(context.catalogue.visit_types)
    moving = state.visit if state.job == "reschedule" else None
    only = next(iter(kinds)) if len(kinds) == 1 else None
    visit_type = state.wish.visit_type or (moving.visit_type if moving is not None else only)
    if person is None or visit_type is None:
        return hand(state, "no_time", *before)
    waits_for = Waits(
        person_id=person,
        visit_type=visit_type,
        provider=state.wish.provider,
        when=state.wish.when or When(),
        appointment_id=moving.id if moving is not None else None,
    )
    return hand(state, "waitlist", *before, waits=waits_for)


def hand(state: State, reason: str, *before: Say, waits: Waits | None = None) -> Turn:
    """Pass the conversation to staff, and end the job."""
    says = before if reason in _SILENT else (*before, Say(f"handoff.{reason}"))
    ended = rest(state, Phase.IDLE, later=(), more=(), elsewhere=(), last=None)
    return Turn(state=ended, says=says, handoff=Handoff(reason, facts(state), waits))


def finish(state: State, context: Context, *says: Say) -> Turn:
    """End the job with `says`, then turn to the next wish that waits."""
    if state.more:
        return _another(state, context, *says)
    if not state.later:
        return Turn(state=rest(state, Phase.DONE), says=says)
    following, *waiting = state.later
    if following == IN_PASSING:
        return finish(replace(state, later=tuple(waiting)), context, *says, asides.facts(state, context))
    state = rest(state, Phase.DONE, later=tuple(waiting))
    if len(context.subjects) > 1:
        state = replace(state, person_id=None)  # the next wish may be for somebody else
    if following in FOR_STAFF:
        return hand(state, following, *says)
    return begin(state, following, context, *says, Say("bot.next_wish"))


def _another(state: State, context: Context, *says: Say) -> Turn:
    """Take up the next visit of several that were asked for at once."""
    following, *more = state.more
    state = rest(state, Phase.IDLE, more=tuple(more), person_id=following.person_id or state.person_id)
    if len(context.subjects) > 1 and following.person_id is None:
        state = replace(state, person_id=None)  # it may be for somebody else
    if following.other:
        state = replace(state, other=True, person_id=None, identity="unknown")
    wish = following.wish
    if following.same is not None and state.last is not None:
        wish = replace(wish, when=wishes.on_the_same(state.last.start, following.same))
    return begin(
        replace(state, wish=wish), "book", context, *says, *for_whom(state, context) or (Say("book.next_visit"),)
    )


def for_whom(state: State, context: Context) -> tuple[Say, ...]:
    """The line that says for whom it is, where the writer may act for several."""
    names = [one.given_name for one in context.subjects if one.person_id == state.person_id]
    return (Say("identity.for_whom", {"name": names[0]}),) if len(context.subjects) > 1 and names else ()


def begin(state: State, job: str, context: Context, *before: Say) -> Turn:
    """Take up `job`."""
    return advance(replace(state, job=cast(Job, job)), context, *before)


def of_which(state: State) -> tuple[Say, ...]:
    """The line that says which visit is moved, unless the next question says it."""
    return (Say("move.of", visit_facts(state.visit)),) if state.visit is not None and wishes.searchable(state) else ()


def advance(state: State, context: Context, *before: Say) -> Turn:
    """Ask for what the job still needs, or make the call that it is ready for."""
    person = person_of(state, context)
    if person is None and isinstance(context.standing, Known) and not state.other:
        few = context.subjects if len(context.subjects) <= CHOICES else ()
        return put(state, context, Phase.WHOM, *before, persons=tuple(one.person_id for one in few))
    if person is None and state.guessed and state.name is not None and isinstance(context.standing, Shared):
        return call(state, Identify(state.name, None, context.standing.candidates), *before)
    if person is None:
        return put(state, context, Phase.NAME, *before, identity="asked")
    stranger = state.other or isinstance(context.standing, Unknown)
    if state.job in OWN and state.visit is None and stranger:
        return hand(state, "unverified", *before)
    if state.job == "cancel" and state.visit is not None:
        return put(state, context, Phase.CONFIRM_CANCEL, *before)
    if state.job in OWN and state.visit is None:
        return call(state, List(person, context.now), *before)
    return _search(state, person, context, before)


def _search(state: State, person: str, context: Context, before: tuple[Say, ...]) -> Turn:
    wish = state.wish
    types = context.catalogue.visit_types
    if state.job == "book" and len(types) > 1 and not (wish.visit_type or wish.provider or wish.specialty):
        return put(state, context, Phase.VISIT_TYPE, *before, types=types if len(types) <= CHOICES else ())
    if wish.when is not None and len(wish.when.ambiguous) > 1:
        return put(state, context, Phase.WHICH_WHEN, *before, readings=_in_order(wish.when))
    if not wishes.searchable(state):
        return put(state, context, Phase.WHEN, *before)
    return call(state, Find(wishes.query(state, person, context)), *before)


def _in_order(when: When) -> tuple[Window, ...]:
    """The readings to choose from: the likeliest first, the others by day and hour."""

    def place(window: Window) -> tuple[bool, date, time]:
        return window not in when.windows, window.first or date.max, window.earliest or time.min

    return tuple(sorted(when.ambiguous[:CHOICES], key=place))


def facts(state: State) -> tuple[tuple[str, str], ...]:
    """What staff should know to go on: what was wished, what was offered, what was tried."""
    wish = state.wish
    slots = "; ".join(f"{slot.start:%Y-%m-%d %H:%M} {slot.provider}" for slot in state.offered)
    visit, last = (f"{one.start:%Y-%m-%d %H:%M} {one.provider}" if one else "" for one in (state.visit, state.last))
    every = (
        ("wants", state.job or ""),
        ("visit type", wish.visit_type or ""),
        ("provider", wish.provider or ""),
        ("specialty", wish.specialty or ""),
        ("when", _when(wish)),
        ("visit", visit),
        ("visit spoken of last", last),
        ("offered", slots),
        ("tried", ", ".join(state.tried)),
        ("also wants", ", ".join((*state.later, *(_other(one.wish) for one in state.more)))),
        ("not in the calendar", ", ".join(_other(one) for one in state.elsewhere)),
        ("name given", state.name or ""),
        ("birth date given", state.birth_date or ""),
    )
    return tuple((what, value) for what, value in every if value)


def _other(wish: Wish) -> str:
    """A further visit, in the words of staff."""
    kind = wish.visit_type or wish.specialty or wish.provider or "a visit"
    return " ".join(part for part in (kind, _when(wish)) if part)


def _when(wish: Wish) -> str:
    if wish.when is None:
        return ""
    said = [_window(window) for window in (wish.when.windows or wish.when.ambiguous)]
    said += [f"not {day:%Y-%m-%d}" for day in wish.when.excluded]
    said += [wish.when.relation] if wish.when.relation else []
    return "; ".join(part for part in said if part)


def _window(window: Window) -> str:
    days = "/".join(dict.fromkeys(f"{day:%Y-%m-%d}" for day in (window.first, window.last) if day))
    hours = "-".join(dict.fromkeys(f"{at:%H:%M}" for at in (window.earliest, window.latest) if at))
    return " ".join(part for part in (days, hours) if part)

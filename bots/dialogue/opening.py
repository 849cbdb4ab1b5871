"""What is said when nothing is pending: a new wish, several, or a word to what was just done."""

from dataclasses import replace as rewrite
from typing import Literal

from msgspec.structs import replace

from bots.dates import parse
from bots.dialogue import answers, asides, hints, last, several, visits, whom, wishes
from bots.dialogue.answers import SURE
from bots.dialogue.flow import (
    FOR_STAFF,
    IN_PASSING,
    JOBS,
    begin,
    call,
    for_whom,
    hand,
    intents_in,
    person_of,
    put,
    rest,
    waits,
    wants_in,
)
from bots.dialogue.state import RESTING, Phase, State
from bots.dialogue.turns import Context, Heard, Known, List, Say, Shared, Turn
from bots.nlu.model import Meaning

_VERBLESS = frozenset({"inform", "alternatives", "select", "decline", "confirm", IN_PASSING})


def wish(state: State, event: Heard, context: Context) -> Turn | None:
    """A new wish, or a word to what was just done."""
    if state.phase not in RESTING:
        return None
    meaning = event.meaning
    said = whom.addressed(visits.wished(rest(state, Phase.IDLE), event, context), event, context)
    name = hints.whose(event.text) if isinstance(context.standing, Shared) else None
    if name is not None and not wishes.speaks(parse(name, now=context.now)):  # "for Monday" names nobody
        said = replace(said, name=name, guessed=True, person_id=None, identity="unknown")
    letter = hints.key(event.text)
    if letter in ("c", "r"):  # what reminders ask for
        return begin(said, "confirm" if letter == "c" else "reschedule", context)
    asked = hints.asks_needs(event.text)
    if asked is not None and not wants_in(intents_in(meaning)):
        return _needs(state, said, asked, context)
    also = meaning.intents[1:] if not wants_in(intents_in(meaning)) else (meaning.intent, *meaning.intents)
    before = (asides.facts(state, context),) if IN_PASSING in also else ()
    done = state.phase is Phase.DONE
    apart = several.parted(said, event, context) if _books(meaning) else said
    if apart.elsewhere:
        apart, before = waits(apart, "other_visit"), (*before, Say("book.elsewhere"))
    if apart.more or apart.elsewhere:
        others = (one for one in wants_in(intents_in(meaning)) if one not in ("book", "confirm"))
        return begin(waits(apart, *others), "book", context, *before, *for_whom(apart, context))
    wanted = wants_in(intents_in(meaning))
    if (done and len(wanted) > 1) or meaning.entities.when.relation:
        # "Yes please, and book ..." and "as soon as possible" confirm nothing.
        wanted = tuple(one for one in wanted if one != "confirm")
    if meaning.intent == "find_provider" and said.wish.when is None:
        return _who(said, context, before)
    entities = meaning.entities
    named = bool(entities.visit_type or entities.provider) or wishes.speaks(entities.when)
    if named and "inform" in meaning.intents and wanted and FOR_STAFF.issuperset(wanted):
        wanted = ("book", *wanted)  # "a refill and a check-up on Thursday"
    doubtful = meaning.intent == "out_of_scope" and meaning.confidence < SURE  # "what do you have Saturday"
    verbless = (
        not wanted and (doubtful or meaning.intent in _VERBLESS) and (named or hints.another_provider(event.text))
    )
    if {"book", "cancel"} <= set(wanted) and not hints.that_visit(event.text):
        return _begun(said, event, wanted, context, before)
    if done and (wanted or verbless):
        # A word to the visit just spoken of is for whom that was; one more may be for anybody.
        same = said if said.person_id is not None else replace(said, person_id=state.person_id)
        turn = last.about(state, waits(same, *wanted[1:]), event, wanted[0] if wanted else None, context)
        if turn is not None:
            return rewrite(turn, says=(*before, *turn.says))
    if wanted and not (wanted[0] == "confirm" and (done or meaning.confidence < SURE)):
        return _begun(said, event, wanted, context, before)
    if verbless and named:
        return begin(said, "book", context, *before)
    again = meaning.intent in ("decline", "select") and (answers.hesitates(event.text) or entities.choice is not None)
    if done and again and (turn := last.reconsidered(rest(state, Phase.IDLE), context)) is not None:
        return turn
    if done and hints.courtesy(event.text):
        return Turn(state=state, says=(Say("bot.welcome"),))
    match meaning.intent:
        case "confirm" if done:
            return Turn(state=state, says=(Say("bot.welcome"),))
        case "decline":
            return Turn(state=state, says=(Say("bot.goodbye" if done else "bot.offer_help"),))
    return None


def _books(meaning: Meaning) -> bool:
    """Whether a text may ask for visits: it says so, or only names some; of one to be given up it speaks otherwise."""
    wanted = wants_in(intents_in(meaning))
    if {"cancel", "reschedule"} & set(wanted):
        return False
    return "book" in wanted or (not wanted and meaning.intent in _VERBLESS)


def _begun(said: State, event: Heard, wanted: tuple[str, ...], context: Context, before: tuple[Say, ...]) -> Turn:
    jobs = [wish for wish in wanted if wish in JOBS]
    if not jobs:
        return hand(said, wanted[0], *before)
    # "Book me Friday and cancel tomorrow": what is given up goes first, and names its own day.
    first = "cancel" if "cancel" in jobs else jobs[0]
    standing = context.standing
    if first == "book" and isinstance(standing, Known) and said.person_id not in (None, standing.person_id):
        before = (*before, *for_whom(said, context))
    others = [wish for wish in wanted if wish != first]
    if first == "cancel" and "book" in others and (apart := several.swapped(said, event, context)) is not None:
        said, others = apart, [wish for wish in others if wish != "book"]
    return begin(waits(said, *others), first, context, *before)


def _who(said: State, context: Context, before: tuple[Say, ...]) -> Turn:
    """Name the providers, or show when the one asked for is free soonest."""
    wish = said.wish
    several_there = len(context.catalogue.providers) > 1
    if person_of(said, context) and several_there and not (wish.provider or wish.specialty or wish.visit_type):
        return put(replace(said, job="book"), context, Phase.PROVIDER, *before)
    return begin(replace(said, wish=replace(wish, when=wishes.SOONEST)), "book", context, *before)


def _needs(state: State, said: State, asked: Literal["bring", "prepare"], context: Context) -> Turn:
    """What to bring to the visit spoken of last, else to the next one; how to prepare for it only the clinic knows."""
    person = person_of(said, context)
    if asked == "prepare" and not (state.last is not None and context.clinic.needs.tells(state.last.visit_type)):
        return hand(state, "prepare")
    if state.last is not None or person is None:
        return Turn(state=state, says=asides.to_bring(state, context))
    return call(said, List(person, context.now), awaiting=visits.NEEDS)

"""What is said right after a visit was booked or moved: another time for it, or one more visit?"""

from msgspec.structs import replace

from bots.dialogue import hints, whom, wishes
from bots.dialogue.flow import begin, finish, of_which, put
from bots.dialogue.prompts import visit_facts
from bots.dialogue.state import Phase, State, Wish
from bots.dialogue.turns import Context, Heard, Say, Turn
from bots.scheduling.base import Appointment

MOVE, ONE_MORE = 1, 2


def about(state: State, said: State, event: Heard, job: str | None, context: Context) -> Turn | None:
    """What a wish means beside the visit just made; None when it has nothing to do with it.

    said: the state with the wish in it. job: the wish's kind, None for a time or a name without a verb.
    A second visit is booked only when it is said to be one; in doubt the person is asked.
    """
    last = state.last
    if last is None:
        return None
    points = hints.that_visit(event.text)
    match job:
        case "cancel" if points and "book" in said.later and said.wish.when is not None and not _another(said, last):
            return _move(replace(said, later=tuple(one for one in said.later if one != "book")), context)
        case "cancel" if points:
            return begin(replace(said, visit=last, wish=Wish()), "cancel", context)
        case "reschedule" if points:
            return _move(said, context)
        case "book" | None if _one_more(said, event):
            return begin(whom.addressed(said, event, context), "book", context)
        case "book" if points and said.wish == Wish():
            return Turn(state=state, says=(Say("visits.one", visit_facts(last)),))
        case "book" if not points:
            return put(said, context, Phase.MOVE_OR_MORE)
        case "book" | None:
            return _move(said, context)
    return None


def reconsidered(state: State, context: Context) -> Turn | None:
    """Move the visit just made, about which the person thinks again: "no wait, the first"."""
    return _move(replace(state, wish=Wish()), context) if state.last is not None else None


def answered(state: State, event: Heard, context: Context) -> Turn | None:
    """Move it or book one more, as the person says; None when they do not."""
    said = event.meaning.entities
    state = wishes.with_said(state, event)
    if said.choice == ONE_MORE or (said.choice is None and _one_more(state, event)):
        return begin(whom.addressed(state, event, context), "book", context)
    if said.choice == MOVE or event.meaning.intent == "reschedule" or hints.that_visit(event.text):
        return _move(state, context)
    return finish(state, context, Say("bot.left_as_is")) if event.meaning.intent == "decline" else None


def _another(said: State, last: Appointment) -> bool:
    """Whether another kind of visit, or another clinician, is asked for than the visit just made."""
    return said.wish.visit_type not in (None, last.visit_type) or said.wish.provider not in (None, last.provider)


def _one_more(said: State, event: Heard) -> bool:
    other = said.last is not None and said.wish.visit_type not in (None, said.last.visit_type)
    return other or hints.also(event.text) or hints.somebody_else(event.text)


def _move(said: State, context: Context) -> Turn:
    last = said.last
    if last is None:
        return begin(said, "book", context)
    wish = replace(said.wish, avoid=(last.provider,)) if said.wish.any_provider else said.wish
    if wish.when is None and wish.any_provider:
        wish = replace(wish, when=wishes.SOONEST)
    moving = replace(said, visit=last, wish=wish)
    return begin(moving, "reschedule", context, *of_which(moving))

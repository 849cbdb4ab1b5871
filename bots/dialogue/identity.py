"""Finding out who writes, before anything is disclosed or changed."""

from datetime import date

from msgspec.structs import replace

from bots.dialogue import hints
from bots.dialogue.flow import OWN, advance, call, hand, put
from bots.dialogue.state import Phase, State
from bots.dialogue.turns import Context, Heard, Identified, Identify, IdentityAnswered, Several, Shared, Turn
from bots.nlu.gazetteer import gazetteer

ATTEMPTS = 2
_NAME_LIKE = frozenset({"inform", "out_of_scope", "select"})


def heard(state: State, event: Heard, context: Context) -> Turn | None:
    """Take a name or a birth date out of the answer; None when it holds neither."""
    said = event.meaning.entities
    birth_date = _day(said.birth_date)
    name = said.person_name
    if name is None and state.phase is Phase.NAME and event.meaning.intent in _NAME_LIKE:
        name = hints.bare_name(event.text)
    if state.phase is Phase.NAME and name is not None and len(event.text.split()) == 1:
        kind = gazetteer(context.catalogue).find(event.text).visit_type
        if kind is not None:  # "check-up" says what for, and names nobody
            return put(replace(state, wish=replace(state.wish, visit_type=kind)), context, Phase.NAME)
    if name is None and birth_date is None:
        return None
    state = replace(
        state,
        name=name or state.name,
        birth_date=birth_date.isoformat() if birth_date else state.birth_date,
    )
    return _ask(state, context)


def _ask(state: State, context: Context) -> Turn:
    candidates = context.standing.candidates if isinstance(context.standing, Shared) else None
    if state.name is None:
        return put(state, context, Phase.NAME)
    if state.birth_date is None and (candidates is None or state.misses):
        return put(state, context, Phase.BIRTH_DATE)
    return call(state, Identify(state.name, _day(state.birth_date), candidates))


def answered(state: State, event: IdentityAnswered, context: Context) -> Turn:
    """Go on with the job for who was found; ask once more, or pass to staff, when nobody was."""
    shared = context.standing.candidates if isinstance(context.standing, Shared) else None
    match event.answer:
        case Identified(person_id=person_id) if shared is None or person_id in shared:
            return advance(replace(state, identity="identified", person_id=person_id, awaiting=None), context)
        case _ if state.guessed:  # it was no name, or nobody's here
            return put(state, context, Phase.NAME, identity="asked", name=None, guessed=False)
        case Several() if state.birth_date is None:
            return put(state, context, Phase.BIRTH_DATE)
        case Several():
            return hand(state, "identity")
    if shared is None:
        return hand(state, "identity" if state.job in OWN else "new_patient")
    if state.misses + 1 >= ATTEMPTS:
        return hand(state, "identity")
    return put(state, context, Phase.NAME, misses=state.misses + 1, name=None, birth_date=None)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None

"""Whom it is for, when somebody writes who may act for others: asked before anything is told or booked."""

import re
import unicodedata

from msgspec.structs import replace

from bots.dialogue import hints
from bots.dialogue.flow import advance
from bots.dialogue.state import State
from bots.dialogue.turns import Context, Heard, Known, Say, Subject, Turn

_MYSELF = re.compile(
    r"\b(?:for me|myself|it'?s me|its me|just me|me please|mine|my own|para m[ií]|yo mism[oa]|soy yo)\b"
    r"|^\W*(?:me|yo|m[ií]|a m[ií])\W*$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"^\W*(?:for |para )?(?:my|our|the|mi|nuestr[oa]|el|la)? ?(?:son|daughter|kid|child|baby|hij[oa]|niñ[oa]|beb[eé]"
    r"|husband|wife|mother|mom|father|dad|espos[oa]|mam[aá]|pap[aá]|madre|padre|marido)\W*$",
    re.IGNORECASE,
)


def addressed(state: State, event: Heard, context: Context) -> State:
    """`state` for whom the text names; for nobody where it names nobody, so that it is asked."""
    if not _asks(context):
        return _for_other(state) if is_for_other(event.text, context) else state
    named = _named(event, context)
    return anew(state, context) if named is None else _for(state, named)


def is_for_other(text: str, context: Context) -> bool:
    """Whether a visit is wished for a relative for whom the writer is not known to act."""
    standing = context.standing
    return isinstance(standing, Known) and not standing.wards and hints.for_relative(text)


def _for_other(state: State) -> State:
    return replace(state, other=True, person_id=None, identity="unknown")


def anew(state: State, context: Context) -> State:
    """`state` for nobody yet, if whoever writes may mean several."""
    return replace(state, person_id=None) if _asks(context) else state


def heard(state: State, event: Heard, context: Context) -> Turn | None:
    """Go on for whom the answer names; None when it names nobody, or several."""
    choice = event.meaning.entities.choice
    picked = hints.nth(state.persons, choice) if choice is not None else None
    subject = next((one for one in context.subjects if one.person_id == picked), None) or _named(event, context)
    if subject is None:
        return None
    return advance(_for(state, subject), context, Say("identity.for_whom", {"name": subject.given_name}))


def by_name(text: str, context: Context) -> str | None:
    """The id of the only one whose first name is among the words."""
    named = _called(text, context) if _asks(context) else []
    return named[0].person_id if len(named) == 1 else None


def named_in(text: str, context: Context) -> str | None:
    """The id of the only one whom some words name; None where they name nobody, or there is nobody to choose."""
    subject = _in_words(text, context) if _asks(context) else None
    return subject.person_id if subject is not None else None


def _for(state: State, subject: Subject) -> State:
    return replace(state, person_id=subject.person_id, name=subject.given_name, persons=())


def _asks(context: Context) -> bool:
    return len(context.subjects) > 1


def _named(event: Heard, context: Context) -> Subject | None:
    """The only one whom the words name: by first name, as the writer, or as the only one the writer acts for."""
    return _in_words(event.text, context)


def _in_words(text: str, context: Context) -> Subject | None:
    named = _called(text, context)
    if named:
        return named[0] if len(named) == 1 else None
    standing = context.standing
    if not isinstance(standing, Known):
        return None
    if hints.somebody_else(text) or _RELATIVE.match(text):
        return standing.wards[0] if len(standing.wards) == 1 else None
    own = next((one for one in context.subjects if one.person_id == standing.person_id), None)
    return own if own is not None and _MYSELF.search(text) else None


def _called(text: str, context: Context) -> list[Subject]:
    said = _plain(text)
    return [one for one in context.subjects if _is_in(_plain(one.given_name), said)]


def _is_in(name: str, said: str) -> bool:
    """Whether a name is among the words, as such or as whose ("noahs")."""
    return bool(name) and bool(re.search(rf"\b{re.escape(name)}s?\b", said))


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(c if c.isalnum() else " " for c in spread if not unicodedata.combining(c))
    return " ".join(letters.split())

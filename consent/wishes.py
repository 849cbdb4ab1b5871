"""Hears in a text by which way, or how seldom, its writer would like to hear of things."""

from dataclasses import dataclass
from typing import Literal, cast

from consent.phrases import fold, load
from hub.types import Language

Wanted = Literal["email", "sms", "fewer"]

_LISTS: dict[Language, str] = {"en": "wishes_en", "es": "wishes_es"}
_SHORT = 16
"""Words that a text has at most: in a longer one the wish is a part of something that a person must read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A wish that a text holds: mail first, texts first, or fewer of all. `matched` is the id of the phrase."""

    wanted: Wanted
    matched: str
    language: Language
    list_version: str


def prepare() -> None:
    """Reads the lists, so that a broken file stops the start. Raises ValueError that names it."""
    for name in _LISTS.values():
        load(name)


def wish(text: str, language: Language | None = None) -> Wish | None:
    """The wish that `text` holds, or None. Both languages are heard, `language` first."""
    folded = fold(text)
    if len(folded.replace("|", " ").split()) > _SHORT:
        return None
    order: tuple[Language, ...] = ("es", "en") if language == "es" else ("en", "es")
    for one in order:
        phrases = load(_LISTS[one])
        found = phrases.first(folded)
        if found is not None:
            wanted = cast(Wanted, found.marks[0])
            return Wish(wanted=wanted, matched=found.id, language=one, list_version=phrases.version)
    return None

"""Finds the words of a text that are proper names, so that no surname is read as a misspelt alarm."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bots.urgent.words import fold

_NAME = re.compile(r"\b[^\W\d_a-z][^\W\d_A-Z]+(?:[ -][^\W\d_a-z][^\W\d_A-Z]+)*")
_TITLES = frozenset(
    {"dr", "dra", "doctor", "doctora", "mr", "mrs", "ms", "miss", "sr", "sra", "senor", "senora", "nurse"}
)
_STREETS = frozenset(
    {"st", "street", "ave", "avenue", "lane", "ln", "road", "rd", "blvd", "drive", "court", "crossing"}
)
_CALLES = frozenset({"calle", "avenida", "colonia", "paseo", "barrio"})
_LINKS = frozenset({"de", "del", "la", "las", "los", "el"})
_WORD = re.compile(r"[^\W\d_]+")
_REACH = 24  # letters looked at before a name


@dataclass(frozen=True, slots=True)
class Names:
    """Folded words that stand only as names in a text.

    exact: capitalised inside a sentence, so read as spelt. hidden: parts of a full name after a title, or of a
    street's, so not read at all.
    """

    exact: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()


def names(text: str) -> Names:
    """The names in `text`; none where most words are capitalised, because capitals say nothing there."""
    rows = [(found.start(), fold(found[0]).replace("-", " ").split()) for found in _NAME.finditer(text)]
    capitals = sum(len(parts) for _, parts in rows)
    if not rows or 2 * capitals > max(4, text.count(" ") + 1):
        return Names()
    exact: set[str] = set()
    hidden: set[str] = set()
    for start, parts in rows:
        before = text[max(0, start - _REACH) : start]
        titled, sited = _introduced(before, parts)
        own = [part for part in parts if part not in _TITLES]
        if sited or (titled and len(own) > 1):
            hidden.update(own)
        elif titled or _inside(before):
            exact.update(own)
    if not exact and not hidden:
        return Names()
    small = set(fold(" ".join(word for word in _WORD.findall(text) if word.islower())).split())
    return Names(frozenset(exact - small), frozenset(hidden - small))


def _introduced(before: str, parts: list[str]) -> tuple[bool, bool]:
    """Whether a title stands before a name, and whether it is a street's."""
    previous = next(_backwards(before), "")
    several = len(parts) > 1
    titled = previous in _TITLES or (several and parts[0] in _TITLES)
    return titled, previous in _CALLES or (several and (parts[-1] in _STREETS or parts[0] in _CALLES))


def _backwards(before: str) -> Iterator[str]:
    """The folded words before a name, the nearest first, without the small words that join a street's."""
    for word in reversed(_WORD.findall(before)):
        if fold(word) not in _LINKS:
            yield fold(word)


def _inside(before: str) -> bool:
    """Whether a sentence is under way before a name."""
    last = before.rstrip()[-1:]
    return before.endswith(" ") and (last == "," or (last.isalnum() and not last.isupper()))

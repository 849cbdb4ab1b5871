"""Finds the words of a text that are proper names, so that no surname is read as a misspelt alarm."""

import re
from dataclasses import dataclass

from bots.urgent.words import fold

_NAME = r"[^\W\d_a-z][^\W\d_A-Z]+"
_TITLED = re.compile(
    rf"\b(?i:dra?s?|doctora?|mrs?|ms|miss|sra?|señora?|nurse|enfermer[ao]|prof)\b\.?[ ]+({_NAME}(?:[ -]{_NAME}){{0,3}})"
)
_PLACE = re.compile(
    rf"\b({_NAME}(?:[ -]{_NAME})?)[ ]+(?i:st|street|ave|avenue|lane|ln|road|rd|blvd|drive|court|way|place)\b"
    rf"|\b(?i:calle|avenida|colonia|avda|paseo)[ ]+((?:(?i:de|del|la|los|las) )*{_NAME}(?:[ ]{_NAME})?)"
)
_INSIDE = re.compile(rf"(?<=[^\W_A-Z][ ,] |[^\W_A-Z, ][^\W_A-Z][ ])({_NAME})")
_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL = re.compile(rf"\b{_NAME}\b")


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
    capitals = len(_CAPITAL.findall(text))
    if not capitals or 2 * capitals > max(4, len(_WORD.findall(text))):
        return Names()
    exact: set[str] = set()
    hidden: set[str] = set()
    for found in _TITLED.finditer(text):
        parts = fold(found[1]).split()
        (hidden if len(parts) > 1 else exact).update(parts)
    for found in _PLACE.finditer(text):
        hidden.update(fold(found[1] or found[2]).split())
    exact.update(fold(found[1]).strip() for found in _INSIDE.finditer(text))
    small = {fold(word).strip() for word in _WORD.findall(text) if word.islower()}
    return Names(frozenset(exact - small), frozenset(hidden - small))

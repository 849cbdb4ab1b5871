"""Hears that a message reached a stranger."""

from dataclasses import dataclass
from typing import Literal

from consent.phrases import fold, load
from hub.types import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongNumber:
    """A text says that we write to the wrong person.

    certainty: "says so", or "asks" ("who is this?"). Either suspends the address of somebody on the books at once,
        until staff have looked; a stranger who merely asks is left as they are.
    """

    certainty: Literal["says so", "asks"]
    matched: str
    language: Language
    list_version: str


def wrong_number(text: str, language: Language | None = None) -> WrongNumber | None:
    """Whether `text` says, or suspects, that it reached the wrong person; None when it does neither."""
    folded = fold(text)
    order: tuple[Language, ...] = ("es", "en") if language == "es" else ("en", "es")
    asking: WrongNumber | None = None
    for one in order:
        phrases = load(f"wrong_number_{one}")
        found = phrases.first(folded)
        if found is None:
            continue
        certainty: Literal["says so", "asks"] = "asks" if "asks" in found.marks else "says so"
        hit = WrongNumber(certainty=certainty, matched=found.id, language=one, list_version=phrases.version)
        if certainty == "says so":
            return hit
        asking = asking or hit
    return asking

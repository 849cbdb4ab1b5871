"""What screening says about a text."""

from dataclasses import dataclass
from typing import Literal

from hub.types import Language

Level = Literal["crisis", "medical", "urgent"]

RANK: dict[Level | None, int] = {None: 0, "urgent": 1, "medical": 2, "crisis": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgency:
    """How urgent a text is, and why.

    level: "crisis" is self-harm or violence (988), "medical" an emergency (911), "urgent" wants a nurse within the
        hour, None is neither.
    phrase_id: the phrase that decided ("learned" for the weights), None without one.
    list_version: the lists it came from, and the weights and thresholds of the learned screen.
    negated, history: the deciding phrase was denied ("no chest pain") or lies in the past; that lowers the level.
    language: of the list whose phrase was found, None where only the learned screen spoke.
    matched: every phrase that counted, the deciding one first; ids only, never text.
    failed: screening broke and the text is flagged for staff because of it.
    """

    level: Level | None = None
    phrase_id: str | None = None
    list_version: str = ""
    negated: bool = False
    history: bool = False
    language: Language | None = None
    matched: tuple[str, ...] = ()
    failed: bool = False

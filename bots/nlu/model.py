"""What a text means: the shape that every understanding engine returns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bots.dates.model import When
from hub.types import Language

Slot = Literal["visit_type", "when", "choice", "yes_no", "provider", "name", "birth_date", "which_visit"]
Stage = Literal["embedded", "embedding", "rasa"]
"""What said which intents a text has: the embedded engine's first stage, both its stages, or a Rasa server."""

INTENTS: tuple[str, ...] = (
    "book",
    "find_provider",
    "reschedule",
    "cancel",
    "confirm",
    "decline",
    "select",
    "alternatives",
    "appointment_status",
    "hours_location",
    "cost_insurance",
    "refill",
    "results",
    "forms",
    "human",
    "opt_out",
    "wrong_number",
    "greeting",
    "thanks",
    "goodbye",
    "inform",
    "repeat",
    "bot_challenge",
    "out_of_scope",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """What a text names beside its intent.

    provider, specialty, visit_type: canonical names out of the clinic's own catalogue.
    choice: a 1-based number picked from an offered list ("2", "the second one"); -1 is the last.
    person_name: a name that the person gave for themselves.
    birth_date: ISO date when the text holds one in answer to that question.
    """

    when: When = field(default_factory=When)
    provider: str | None = None
    specialty: str | None = None
    visit_type: str | None = None
    choice: int | None = None
    person_name: str | None = field(default=None, repr=False)
    birth_date: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a text means. `intents` holds every wish found, the strongest first (at least one).

    confidence: calibrated, 0 to 1, of `intent`. Low means: ask, do not guess.
    by: by whose word the intents are what they are.
    """

    intent: str
    confidence: float
    intents: tuple[str, ...] = ()
    entities: Entities = field(default_factory=Entities)
    language: Language = "en"
    by: Stage = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The clinic's own words, for recognising them in a text (spelling errors included)."""

    providers: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    visit_types: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the bot asked last: a bare answer means something only beside it.

    expects: the slot asked for; options: how many numbered choices were offered (0 for none).
    """

    expects: Slot | None = None
    options: int = 0


class Engine(Protocol):
    """Something that understands: the embedded engine, or a Rasa server."""

    async def understand(
        self,
        text: str,
        *,
        now: datetime,
        language: Language | None = None,
        question: Question | None = None,
        catalogue: Catalogue | None = None,
    ) -> Meaning:
        """What `text` means. `now` is aware, in the clinic's zone; `language` is the person's, if known."""
        ...

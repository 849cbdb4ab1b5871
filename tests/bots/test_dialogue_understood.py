"""Whole conversations as people text them: the embedded engine understands, the dialogue acts."""

from dataclasses import dataclass

import pytest

from bots.dialogue import Heard, converse
from bots.nlu.model import Catalogue
from hub.types import Language
from tests.bots.nlu_engine import trained
from tests.bots.talk import Talk

CATALOGUE = Catalogue(
    providers=("Dr. Kim", "Dr. Lee"), specialties=("Family medicine",), visit_types=("Check-up", "Vaccination")
)


@dataclass(frozen=True)
class Story:
    """What a person texts, and what their visits are before and after."""

    texts: tuple[str, ...]
    after: tuple[str, ...]
    before: tuple[str, ...] = ()
    language: Language = "en"


STORIES = {
    "booking": Story(
        ("Hi I'd like to book an appointment", "check up", "thursday afternoon", "the second one"), ("thu-16",)
    ),
    "booking in two texts": Story(("need a check-up tomorrow at 2:30", "yes please"), ("tue-1430",)),
    "thursday one": Story(("check-up asap", "none of these", "the friday one", "yes"), ("fri-11",)),
    "another doctor": Story(("check up with dr lee asap", "another doctor please", "the earliest one"), ("tue-9",)),
    "change of mind": Story(("vaccination on thursday at 3", "actually make it friday", "yes"), ("fri-13",)),
    "never mind": Story(("check-up tuesday 2:30", "never mind"), ()),
    "no": Story(("check-up tuesday 2:30", "no", "thursday at 4", "yes"), ("thu-16",)),
    "cancel": Story(("I need to cancel my appointment", "yes", "no thanks"), (), ("tue-9",)),
    "cancel one of two": Story(("cancel my appointment", "the thursday one", "yes"), ("tue-9",), ("tue-9", "thu-16")),
    "keep": Story(("cancel my appointment", "no don't"), ("tue-9",), ("tue-9",)),
    "move": Story(("move my tuesday appointment to thursday at 3", "yes"), ("thu-15",), ("tue-9",)),
    "move by R": Story(("R", "thursday", "yes"), ("thu-15",), ("tue-9",)),
    "reserva": Story(("quiero una cita", "chequeo, el jueves", "la segunda"), ("thu-16",), language="es"),
    "cambio": Story(("necesito cambiar mi cita", "el jueves a las 3", "sí"), ("thu-15",), ("tue-9",), "es"),
    "cancelación": Story(("quiero cancelar mi cita", "sí", "no gracias"), (), ("tue-9",), "es"),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_a_story_ends_as_the_person_meant(story: Story) -> None:
    talk = Talk(language=story.language, catalogue=CATALOGUE)
    for slot_id in story.before:
        talk.calendar.give(slot_id, "p1")

    for number, text in enumerate(story.texts):
        meaning = await trained().understand(
            text,
            now=talk.now,
            language=talk.state.language or story.language,
            question=talk.state.question,
            catalogue=CATALOGUE,
        )
        heard = Heard(meaning=meaning, text=text, at=talk.now)
        outcome = await converse(talk.state, heard, talk.context, talk.calendar, talk.folder, f"text-{number}")
        talk.state = outcome.state
        assert outcome.handoff is None

    assert tuple(talk.calendar.booked("p1")) == tuple(sorted(story.after))

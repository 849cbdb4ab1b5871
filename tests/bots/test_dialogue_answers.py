"""What is a clear yes or a clear pick, and what is less: less is asked back."""

from dataclasses import replace

import pytest

from bots.dialogue import Heard, answers
from bots.nlu.model import Meaning
from tests.bots.talk import NOW


def heard(text: str, intent: str, confidence: float = 0.9) -> Heard:
    return Heard(meaning=Meaning(intent=intent, confidence=confidence, intents=(intent,)), text=text, at=NOW)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("yes", "confirm", id="yes"),
        pytest.param("Sí, por favor", "confirm", id="sí"),
        pytest.param("that works for me", "confirm", id="in other words"),
        pytest.param("Yup! Could I have their phone number?", "hours_location", id="a question after it"),
        pytest.param("Ok. What is their address?", "hours_location", id="a sentence of its own, then a question"),
        pytest.param("That sounds perfect! What's the number?", "hours_location", id="praise, then a question"),
        pytest.param("yes can you tell me where it is?", "hours_location", id="no stop between"),
    ],
)
def test_a_clear_yes_is_one_whatever_is_asked_beside_it(text: str, intent: str) -> None:
    assert answers.agrees(heard(text, intent))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        pytest.param("wait", "confirm", id="wait"),
        pytest.param("Uh? Wait. So can I get it at 8am or not?", "confirm", id="a question, hesitating"),
        pytest.param("ok hold on", "confirm", id="hold on"),
        pytest.param("let me check with my wife", "confirm", id="let me check"),
        pytest.param("is that ok?", "confirm", id="a question alone"),
        pytest.param("ok?", "confirm", id="the yes is the question"),
        pytest.param("Ok is that the one on Main Street?", "confirm", id="ok opens a question"),
        pytest.param("yes but is it far?", "confirm", id="yes but"),
        pytest.param("tal vez", "confirm", id="tal vez"),
        pytest.param("claro que no", "decline", id="claro que no"),
        pytest.param("si se puede más tarde", "inform", id="si is if"),
        pytest.param("yeah no", "decline", id="yeah no"),
    ],
)
def test_a_doubt_or_a_question_is_no_yes(text: str, intent: str) -> None:
    assert not answers.agrees(heard(text, intent))


def test_an_unsure_guess_of_a_yes_is_none() -> None:
    assert not answers.agrees(heard("mkay so be it", "confirm", confidence=0.5))


@pytest.mark.parametrize("text", ["i guess", "como", "i already have one", "whatever"])
def test_what_sounds_like_a_yes_to_the_embedding_alone_is_none(text: str) -> None:
    words = heard(text, "confirm")
    sounds = Heard(meaning=replace(words.meaning, by="embedding"), text=text, at=NOW)

    assert not answers.agrees(sounds)


def test_a_yes_in_so_many_words_is_one_whoever_reads_it() -> None:
    words = heard("yes please", "confirm")

    assert answers.agrees(Heard(meaning=replace(words.meaning, by="embedding"), text=words.text, at=NOW))


def test_cant_wait_is_no_hesitation() -> None:
    assert not answers.hesitates("yes please, can't wait!")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("could you book it?", True),
        ("book it", True),
        ("how do I book it?", False),
        ("don't book it", False),
        ("wait, book it later", False),
    ],
)
def test_being_told_to_book_is_a_yes_to_what_was_proposed(text: str, told: bool) -> None:
    assert answers.says_book(heard(text, "book")) is told


@pytest.mark.parametrize(
    ("text", "told"), [("cancel it", True), ("can you cancel it?", True), ("what happens if I cancel?", False)]
)
def test_being_told_to_cancel_is_a_yes_and_a_question_about_it_is_not(text: str, told: bool) -> None:
    assert answers.says_cancel(heard(text, "cancel")) is told


@pytest.mark.parametrize(
    ("text", "picks"),
    [
        ("2", True),
        ("the second one please", True),
        ("Thursday at 3 with Dr. Kim", True),
        ("I'll take the 2:30", True),
        ("la del jueves, por favor", True),
        ("can I get the second one?", False),
        ("maybe the second", False),
        ("any of them", False),
        ("I want to see a dentist at 12", False),
        ("it is 2pm now", False),
    ],
)
def test_a_text_only_picks_when_no_other_word_is_in_it(text: str, picks: bool) -> None:
    assert answers.only_picks(text, ("Dr. Kim", "Dr. Lee")) is picks

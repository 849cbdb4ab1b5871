"""What a text is, before anyone answers it (invariant 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.reception import sorting
from hub.reception.sorting import AGREES, sort
from hub.types import Language, OptOutWord

EMERGENCIES = ("I have chest pain and can't breathe", "I want to kill myself", "me duele el pecho y no puedo respirar")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("I have chest pain and can't breathe", "emergency", id="medical"),
        pytest.param("I want to kill myself", "emergency", id="crisis"),
        pytest.param("STOP", "stop", id="stop"),
        pytest.param("please stop texting me", "stop", id="stop in a sentence"),
        pytest.param("START", "start", id="start"),
        pytest.param("HELP", "help", id="help"),
        pytest.param("you have the wrong number", "wrong_number", id="wrong number"),
        pytest.param("email me instead please", "wish", id="a wish"),
        pytest.param("email me instead, I have chest pain", "emergency", id="a wish beside an emergency"),
        pytest.param("can I come in on Tuesday?", "talk", id="talk"),
        pytest.param("", "talk", id="nothing"),
    ],
)
def test_a_text_is_what_it_says(text: str, kind: str) -> None:
    assert sort(text, "en", None).kind == kind


@pytest.mark.parametrize("word", ["STOP", "START", "HELP", "wrong number", "cancel my appointment"])
@pytest.mark.parametrize("emergency", EMERGENCIES)
def test_an_emergency_goes_before_any_other_word_in_the_text(emergency: str, word: str) -> None:
    assert sort(f"{word}. {emergency}", None, None).kind == "emergency"
    assert sort(f"{emergency}. {word}", None, None).kind == "emergency"


@pytest.mark.parametrize("word", list(OptOutWord))
def test_an_emergency_goes_before_what_the_carrier_read(word: OptOutWord) -> None:
    assert sort(EMERGENCIES[0], "en", word).kind == "emergency"


@pytest.mark.parametrize("word", list(OptOutWord))
def test_the_carriers_reading_counts_where_we_see_no_word(word: OptOutWord) -> None:
    assert sort("ok then", "en", word).kind == ("agree" if word in AGREES else word.value)


@given(st.text(max_size=400), st.sampled_from([None, "en", "es"]), st.sampled_from([None, *OptOutWord]))
def test_no_text_at_all_breaks_it(text: str, language: Language | None, word: OptOutWord | None) -> None:
    what = sort(text, language, word)

    assert not what.unscreened


@given(st.text(max_size=200))
def test_nothing_written_before_an_emergency_hides_it(before: str) -> None:
    assert sort(f"{before}\n{EMERGENCIES[0]}", "en", None).kind == "emergency"


def test_a_screen_that_breaks_is_told_and_does_not_break_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(sorting, "screen", broken)

    what = sort("STOP", "en", None)

    assert (what.kind, what.unscreened) == ("stop", True)

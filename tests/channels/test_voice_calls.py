"""Where a call has come to: written into an address, and read from it again."""

from typing import get_args
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.twilio.voice_calls import Place, Request, Step, Turn, live
from hub.types import OptOutWord, new_id
from tests.channels.rigs import PATIENT
from tests.channels.voice_rig import CALL, a_call_hook, call_fields, our_call_fields, pressed

TURNS = st.builds(
    Turn,
    number=st.integers(0, 9998),
    language=st.sampled_from(["en", "es"]),
    asked_by=st.text("0123456789abcdef", max_size=6),
)
PLACES = st.builds(
    Place,
    step=st.sampled_from(get_args(Step)),
    turn=TURNS,
    chosen=st.booleans(),
    silent=st.integers(0, 999),
    waited=st.integers(0, 999),
    said=st.sampled_from(["", new_id()]),
    delivery=st.sampled_from(["", new_id()]),
    keys=st.booleans(),
)


@given(PLACES)
def test_an_address_names_the_place_it_was_made_of(place: Place) -> None:
    address = urlsplit(place.url("https://hub.example.org"))

    assert Place.of(dict(parse_qsl(address.query))) == place
    assert address.path == "/webhooks/twilio/voice"


@given(TURNS)
def test_a_message_names_the_call_and_the_turn_it_was_said_in(turn: Turn) -> None:
    assert live(f"{CALL}:{turn}") == (CALL, turn)
    assert Turn.parse(str(turn.after("abcdef"))) == turn.after("abcdef")


@pytest.mark.parametrize(
    "answers", [None, "", CALL, f"{CALL}:", f"{CALL}:en", "RE" + "a" * 32, f"SM{CALL[2:]}:1en", "CA1:1en"]
)
def test_what_was_not_said_on_a_call_names_none(answers: str | None) -> None:
    assert live(answers) is None


def test_the_person_is_at_the_other_end_whoever_called() -> None:
    for fields in (call_fields(), our_call_fields()):
        assert Request.of(a_call_hook(fields)).person.value == PATIENT


@pytest.mark.parametrize(("keys", "words"), [("12", "12"), ("*#", "*#"), ("12a", ""), ("1" * 65, "")])
def test_keys_are_keys(keys: str, words: str) -> None:
    assert Request.of(pressed(keys)).words == words


def test_nothing_of_a_person_shows_in_a_log() -> None:
    request = Request.of(a_call_hook(call_fields(SpeechResult="canary"), {"step": "heard"}))

    assert "canary" not in repr(request)
    assert PATIENT not in repr(request)


@pytest.mark.parametrize(
    ("key", "vouched", "meaning", "word"),
    [
        pytest.param("1", "TN-Validation-Passed-A", "agree", OptOutWord.AGREE, id="calls and texts"),
        pytest.param("2", "TN-Validation-Passed-A", "agree", OptOutWord.AGREE_TEXTS, id="texts"),
        pytest.param("3", "TN-Validation-Passed-A", "agree", OptOutWord.AGREE_CALLS, id="calls"),
        pytest.param("9", "TN-Validation-Passed-A", "stop", None, id="none of it"),
        pytest.param("5", "TN-Validation-Passed-A", "nothing", None, id="no key of ours"),
        pytest.param("1", "TN-Validation-Passed-B", "nothing", None, id="only that the carrier knows its customer"),
        pytest.param("1", "", "nothing", None, id="nobody vouches for the number"),
        pytest.param("9", "", "stop", None, id="to end it nobody need vouch"),
    ],
)
def test_a_key_agrees_only_where_the_number_is_vouched_for(
    key: str, vouched: str, meaning: str, word: OptOutWord | None
) -> None:
    hook = a_call_hook(call_fields(Digits=key, StirVerstat=vouched), {"step": "consent", "turn": "2en"})
    request = Request.of(hook)

    assert request.meaning == meaning
    assert request.agreed == word


def test_nine_asks_for_consent_at_the_first_question_alone() -> None:
    assert Request.of(pressed("9")).meaning == "consent"
    assert Request.of(pressed("9", delivery="d1")).meaning == "stop"
    assert Request.of(pressed("9", said="d1")).meaning == "words"

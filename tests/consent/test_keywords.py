"""Consent words: STOP in any wording is heard, everyday sentences are not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.facts import PHONE_CHANNELS
from consent.keywords import consent_word
from hub.types import ChannelKind, OptOutWord, Purpose

ROWS = [json.loads(line) for line in (Path(__file__).parent / "opt_out.jsonl").read_text(encoding="utf-8").splitlines()]
CARRIER = ["STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"]
CARRIER += ["OPT-OUT", "REMOVE", "ARRET", "TD"]


def asks_to_stop(text: str) -> bool:
    found = consent_word(text)
    return found is not None and found.word is OptOutWord.STOP


def test_at_least_99_percent_of_revocations_are_heard():
    wanted = [row["text"] for row in ROWS if row["word"] == "stop"]
    missed = [text for text in wanted if not asks_to_stop(text)]

    assert len(missed) <= len(wanted) // 100, missed


def test_at_most_1_percent_of_everyday_sentences_are_taken_for_a_revocation():
    everyday = [row["text"] for row in ROWS if row["word"] == "none"]
    wrong = [text for text in everyday if asks_to_stop(text)]

    assert len(wrong) <= len(everyday) // 100, wrong


@pytest.mark.parametrize("word", [*CARRIER, "opt out", "Alto", "BAJA", "parar", "Cancelar", "detener"])
@pytest.mark.parametrize("dress", ["{}", "  {}.", "{}!!!", "\n{}\n", "¡{}!"])
def test_a_carrier_word_alone_is_an_exact_stop(word, dress):
    found = consent_word(dress.format(word))

    assert found is not None
    assert found.word is OptOutWord.STOP
    assert found.exact
    assert found.scope.channels == PHONE_CHANNELS
    assert found.scope.purposes is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("START", OptOutWord.START),
        ("unstop", OptOutWord.START),
        ("Iniciar", OptOutWord.START),
        ("ALTA", OptOutWord.START),
        ("HELP", OptOutWord.HELP),
        ("info", OptOutWord.HELP),
        ("Ayuda!", OptOutWord.HELP),
    ],
)
def test_start_and_help_are_heard_as_bare_words(text, word):
    found = consent_word(text)

    assert found is not None
    assert found.word is word


@pytest.mark.parametrize(
    "text", ["YES", "yes please", "can we start at 9", "help me book", "please text me again", "sí"]
)
def test_nothing_but_the_bare_word_subscribes_or_asks_for_help(text):
    assert consent_word(text) is None


@pytest.mark.parametrize(
    ("text", "channels", "purpose"),
    [
        pytest.param("stop texting me", PHONE_CHANNELS, None, id="texts end calls too"),
        pytest.param("stop calling me, just text", {ChannelKind.VOICE}, None, id="calls only"),
        pytest.param("please don't text me, call me instead", {ChannelKind.SMS}, None, id="texts only"),
        pytest.param("stop emailing me", {ChannelKind.EMAIL}, None, id="mail only"),
        pytest.param("no more surveys please", PHONE_CHANNELS, Purpose.SURVEY, id="surveys only"),
        pytest.param("stop the reminders", PHONE_CHANNELS, Purpose.APPOINTMENT, id="reminders only"),
        pytest.param("no me manden publicidad", PHONE_CHANNELS, Purpose.MARKETING, id="marketing only, Spanish"),
    ],
)
def test_the_scope_is_what_the_person_named(text, channels, purpose):
    found = consent_word(text)

    assert found is not None
    assert found.scope.channels == channels
    assert found.scope.purposes == (frozenset({purpose}) if purpose else None)


def test_a_match_holds_no_text_of_the_person():
    found = consent_word("please stop texting me about my knee")

    assert found is not None
    assert "knee" not in repr(found)
    assert found.matched == "stop-contacting"
    assert found.list_version.startswith("en-")


@given(st.text(max_size=300), st.sampled_from(["en", "es", None]))
def test_listening_never_fails(text, language):
    found = consent_word(text, language)

    assert found is None or found.word in OptOutWord


@pytest.mark.parametrize("unit", ["stop ", "please ", "dont text ", "stop the all these ", "no quiero recibir ", "a"])
def test_a_long_text_is_never_the_bare_word(unit):
    found = consent_word(unit * (10_000 // len(unit)))

    assert found is None or not found.exact

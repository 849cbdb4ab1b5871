"""TwiML: only what Twilio publishes is made, and only that is read."""

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml import voice_response

from channels.twilio.voice_twiml import _RULES, TwimlInvalid, document, read, verb

URL = "https://hub.example.org/webhooks/twilio/voice?step=heard&turn=1en"


def test_a_document_is_written_as_twilio_reads_it() -> None:
    made = document(
        verb("Say", verb("prosody", "Hello", verb("break", time="600ms"), "A & B <ok>", rate="88%"), voice="Polly.Amy"),
        verb("Gather", input="dtmf speech", action=URL, numDigits=1, actionOnEmptyResult=True, hints=None),
    )  # fmt: skip

    assert made.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        '<Say voice="Polly.Amy"><prosody rate="88%">Hello<break time="600ms"/>A &amp; B &lt;ok&gt;</prosody></Say>'
        '<Gather input="dtmf speech" action="https://hub.example.org/webhooks/twilio/voice?step=heard&amp;turn=1en"'
        ' numDigits="1" actionOnEmptyResult="true"/></Response>'
    )


@given(st.text(max_size=200))
def test_any_words_come_back_as_they_were_but_for_what_xml_cannot_hold(words: str) -> None:
    said = read(document(verb("Say", words)))

    kept = re.sub(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", words)
    assert said.text == kept.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: verb("Shout", "hello"), id="verb"),
        pytest.param(lambda: verb("Say", "hello", speed=2), id="attribute"),
        pytest.param(lambda: verb("Gather", timeout=-1), id="negative"),
        pytest.param(lambda: verb("Gather", numDigits=0), id="no-digits"),
        pytest.param(lambda: verb("Gather", input="dtmf, speech"), id="input"),
        pytest.param(lambda: verb("Gather", action="javascript:alert(1)"), id="action"),
        pytest.param(lambda: verb("Gather", verb("Record")), id="nesting"),
        pytest.param(lambda: verb("Gather", "words"), id="text-where-none-is"),
        pytest.param(lambda: verb("Redirect", ""), id="redirect-to-nowhere"),
        pytest.param(lambda: verb("Number", "+1 202 555 0100"), id="number"),
        pytest.param(lambda: verb("Record", playBeep="yes"), id="truth"),
        pytest.param(lambda: verb("Say", verb("Pause")), id="verb-in-speech"),
        pytest.param(lambda: verb("Dial", callerId="anonymous"), id="caller"),
        pytest.param(lambda: document(verb("Hangup"), verb("Say", "hello")), id="behind-the-end"),
        pytest.param(lambda: document(verb("break", time="1s")), id="speech-outside-of-say"),
    ],
)
def test_what_is_not_published_is_not_made(wrong: object) -> None:
    with pytest.raises(TwimlInvalid):
        wrong()  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("Hello", id="no-markup"),
        pytest.param("<Response>", id="open"),
        pytest.param("<Answer/>", id="root"),
        pytest.param("<Response><Say x='1'>hi</Say></Response>", id="attribute"),
        pytest.param("<Response><say>hi</say></Response>", id="case"),
        pytest.param("<Response>hi</Response>", id="text"),
        pytest.param("<Response><Redirect>https://a.example.org</Redirect><Hangup/></Response>", id="behind-the-end"),
        pytest.param('<!DOCTYPE r [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>', id="entity"),
        pytest.param("<Response><Say>&nbsp;</Say></Response>", id="unknown-entity"),
    ],
)
def test_what_twilio_would_not_act_on_is_not_read(text: str) -> None:
    with pytest.raises(TwimlInvalid):
        read(text)


def test_an_error_never_quotes_what_was_said() -> None:
    with pytest.raises(TwimlInvalid) as refused:
        verb("Redirect", "canary words")

    assert "canary" not in str(refused.value)
    assert "canary" not in repr(verb("Say", "canary words"))


PYTHON = {"break": "break_", "say-as": "say_as"}
"""How the twilio package, which is made from the published reference, calls what Python cannot."""


@pytest.mark.parametrize("name", sorted(set(_RULES) - {"Response"}))
def test_every_verb_and_attribute_is_one_of_twilios_own_package(name: str) -> None:
    classes = [one for _, one in inspect.getmembers(voice_response, inspect.isclass)]
    method = PYTHON.get(name, name.lower())
    makers = [getattr(one, method) for one in classes if hasattr(one, method)]
    published = {parameter for maker in makers for parameter in inspect.signature(maker).parameters}
    published |= {
        p for one in classes if one.__name__.lower() == name.lower() for p in inspect.signature(one).parameters
    }

    ours = {re.sub(r"(?<=[a-z])([A-Z])", r"_\1", each).lower().replace("-", "_") for each in _RULES[name].attributes}

    assert makers
    assert ours <= published

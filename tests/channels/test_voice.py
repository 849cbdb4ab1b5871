"""Calls through Twilio: the contract of every channel, and what a call's requests say."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict, MultiDictProxy

from channels.base import Answering, Checking, Explaining, Fetching, Known, Needs, Reconciling
from channels.twilio.voice_calls import Step
from channels.twilio.voice_twiml import read
from channels.voice import VoiceChannel
from hub.errors import AddressInvalid, PayloadInvalid, RecipientOptedOut, Rejected
from hub.settings import Secret, Settings
from hub.types import Address, AddressKind, DeliveryState, Inbound, Media, OptOutWord, Purpose, Status, Webhook
from tests.channels.contract import AnsweringContract
from tests.channels.rigs import CLINIC, PATIENT, a_part
from tests.channels.voice_rig import (
    CALL,
    KNOWN,
    STAFF,
    VoiceRig,
    a_call_hook,
    call_fields,
    heard,
    offline_voice,
    our_call_fields,
    pressed,
    say,
    voice_rig,
)

RECORDING, TRANSCRIPT = "RE" + "a" * 32, "TR" + "b" * 32
RECORDING_URL = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/{RECORDING}"


@pytest.fixture
def voice() -> VoiceChannel:
    return offline_voice()


@pytest.fixture
async def calling() -> AsyncIterator[VoiceRig]:
    async with voice_rig() as made:
        yield made


class TestVoiceContract(AnsweringContract):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[VoiceRig]:
        async with voice_rig() as made:
            yield made


def test_it_can_do_all_that_the_hub_asks_for(voice: VoiceChannel) -> None:
    for ability in (Answering, Checking, Explaining, Fetching, Reconciling):
        assert isinstance(voice, ability)


@pytest.mark.parametrize(
    ("hook", "text", "provider_id"),
    [
        pytest.param(heard("A check-up, please."), "A check-up, please.", f"{CALL}:1en", id="words"),
        pytest.param(heard("hola", turn="7es"), "hola", f"{CALL}:7es", id="in-spanish"),
        pytest.param(heard("yes", turn="3en-0a1b2c"), "yes", f"{CALL}:3en-0a1b2c", id="to-a-message-of-ours"),
        pytest.param(pressed("2"), "2", f"{CALL}:1en", id="key"),
        pytest.param(pressed("04231985", turn="4en"), "1985-04-23", f"{CALL}:4en", id="date-by-keys"),
        pytest.param(pressed("99991985"), "99991985", f"{CALL}:1en", id="eight-keys-that-are-no-date"),
        pytest.param(pressed("1", delivery="d1", keys="1"), "C", f"{CALL}:1en", id="reminder-confirmed"),
        pytest.param(pressed("2", delivery="d1", keys="1"), "R", f"{CALL}:1en", id="reminder-to-move"),
        pytest.param(heard("x" * 9000), "x" * 4000, f"{CALL}:1en", id="very-long"),
        pytest.param(heard("half \ud83d"), "half \ufffd", f"{CALL}:1en", id="half-a-pair"),
    ],
)
def test_what_is_said_on_a_call_is_a_message(voice: VoiceChannel, hook: object, text: str, provider_id: str) -> None:
    (said,) = voice.parse(hook)  # type: ignore[arg-type]

    assert said == Inbound(
        channel=voice.kind,
        provider_id=provider_id,
        sender=Address(AddressKind.PHONE, PATIENT),
        recipient=Address(AddressKind.PHONE, CLINIC),
        text=text,
        received_at=hook.received_at,  # type: ignore[attr-defined]
    )
    assert len(provider_id) <= 64


@pytest.mark.parametrize(
    "hook",
    [
        pytest.param(a_call_hook(call_fields()), id="call-comes-in"),
        pytest.param(heard(""), id="silence"),
        pytest.param(heard(" . "), id="a-breath"),
        pytest.param(pressed("0"), id="zero"),
        pytest.param(heard("Agent"), id="agent"),
        pytest.param(pressed("*"), id="star"),
        pytest.param(heard("¡Otra vez!"), id="again"),
        pytest.param(pressed("2", chosen="0"), id="spanish-chosen"),
        pytest.param(a_call_hook(call_fields(), {"step": "wait", "waited": "3"}), id="held"),
        pytest.param(a_call_hook(call_fields(Digits="1"), {"step": "offered"}), id="offered"),
        pytest.param(a_call_hook(call_fields(DialCallStatus="busy"), {"step": "connected"}), id="staff-busy"),
        pytest.param(a_call_hook(call_fields(RecordingDuration="0"), {"step": "recorded"}), id="nothing-recorded"),
        pytest.param(
            a_call_hook(call_fields(TranscriptionStatus="failed"), {"step": "transcribed"}), id="not-transcribed"
        ),
        pytest.param(a_call_hook(our_call_fields(CallStatus="new"), {"step": "status"}), id="status-of-tomorrow"),
    ],
)
def test_what_says_nothing_is_no_message(voice: VoiceChannel, hook: object) -> None:
    assert voice.parse(hook) == []  # type: ignore[arg-type]


def test_the_key_nine_of_a_call_of_ours_is_an_opt_out(voice: VoiceChannel) -> None:
    hook = a_call_hook(our_call_fields(Digits="9"), {"step": "heard", "turn": "1en", "delivery": "d1", "keys": "1"})

    (said,) = voice.parse(hook)

    assert isinstance(said, Inbound)
    assert said.opt_out is OptOutWord.STOP
    assert said.sender.value == PATIENT


def test_what_is_answered_was_heard_to_its_end(voice: VoiceChannel) -> None:
    words, spoken = voice.parse(heard("yes", said="0190-abcdef123456"))

    assert isinstance(words, Inbound)
    assert isinstance(spoken, Status)
    assert (spoken.delivery_id, spoken.state) == ("0190-abcdef123456", DeliveryState.DELIVERED)
    assert spoken.provider_id == f"{CALL}:abcdef123456"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"From": "anonymous"}, id="word"),
        pytest.param({"From": ""}, id="nothing"),
        pytest.param({"From": "Restricted"}, id="restricted"),
        pytest.param({"StirVerstat": "TN-Validation-Failed-B"}, id="forged"),
    ],
)
def test_a_caller_without_a_number_stands_for_this_call_alone(voice: VoiceChannel, changes: dict[str, str]) -> None:
    fields = call_fields(SpeechResult="hello") | changes

    (said,) = voice.parse(a_call_hook(fields, {"step": "heard"}))

    assert isinstance(said, Inbound)
    assert said.sender == Address(AddressKind.PHONE, f"withheld-{CALL}")


def test_a_message_that_was_left_is_a_recording(voice: VoiceChannel) -> None:
    fields = call_fields(RecordingSid=RECORDING, RecordingUrl=RECORDING_URL, RecordingDuration="23")

    (left,) = voice.parse(a_call_hook(fields, {"step": "recorded", "turn": "3en"}))

    assert isinstance(left, Inbound)
    assert (left.provider_id, left.text) == (RECORDING, "Voicemail, 23 seconds.")
    assert left.media == (Media(url=f"{RECORDING_URL}.mp3", content_type="audio/mpeg"),)


def test_what_a_machine_wrote_of_it_is_a_second_message(voice: VoiceChannel) -> None:
    fields = call_fields(
        RecordingSid=RECORDING, TranscriptionSid=TRANSCRIPT, TranscriptionStatus="completed", TranscriptionText=" Hi. "
    )

    (written,) = voice.parse(a_call_hook(fields, {"step": "transcribed", "turn": "3en"}))

    assert isinstance(written, Inbound)
    assert (written.provider_id, written.text) == (TRANSCRIPT, "Hi.")
    assert written.media


@pytest.mark.parametrize(
    ("fields", "state", "code"),
    [
        ({"CallStatus": "ringing"}, DeliveryState.SENT, None),
        ({"CallStatus": "in-progress"}, DeliveryState.SENT, None),
        ({"CallStatus": "completed", "AnsweredBy": "human"}, DeliveryState.DELIVERED, None),
        ({"CallStatus": "completed", "AnsweredBy": "machine_end_beep"}, DeliveryState.DELIVERED, None),
        ({"CallStatus": "completed", "AnsweredBy": "fax"}, DeliveryState.FAILED, "fax"),
        ({"CallStatus": "busy"}, DeliveryState.FAILED, "busy"),
        ({"CallStatus": "no-answer", "SipResponseCode": "487"}, DeliveryState.FAILED, "no_answer"),
        ({"CallStatus": "failed", "SipResponseCode": "404"}, DeliveryState.FAILED, "sip_404"),
        ({"CallStatus": "failed", "SipResponseCode": "503"}, DeliveryState.FAILED, "failed"),
        ({"CallStatus": "canceled"}, DeliveryState.FAILED, "canceled"),
    ],
)
def test_how_a_call_of_ours_ended(
    voice: VoiceChannel, fields: dict[str, str], state: DeliveryState, code: str | None
) -> None:
    (said,) = voice.parse(a_call_hook(our_call_fields(**fields), {"step": "status", "delivery": "d1"}))

    assert isinstance(said, Status)
    assert (said.delivery_id, said.provider_id, said.state, said.code) == ("d1", CALL, state, code)
    if code:
        assert "code" not in voice.explain(code)


def test_a_number_that_is_not_in_service_marks_the_address(voice: VoiceChannel) -> None:
    assert voice.fault("sip_404") is AddressInvalid
    assert voice.fault("busy") is Rejected
    assert voice.fault("21610") is RecipientOptedOut
    assert voice.explain("99999") == "The carrier did not complete the call (code 99999)."


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        pytest.param(call_fields(CallSid=""), {}, id="no-call"),
        pytest.param(call_fields(CallSid="../../x"), {}, id="call-that-is-a-path"),
        pytest.param(call_fields(), {"step": "nonsense"}, id="step"),
        pytest.param(call_fields(), {"turn": "en1"}, id="turn"),
        pytest.param(call_fields(), {"silent": "-1"}, id="count"),
        pytest.param(call_fields(), {"delivery": "a b"}, id="delivery"),
        pytest.param(
            call_fields(RecordingUrl=RECORDING_URL, RecordingDuration="2", RecordingSid="x"),
            {"step": "recorded"},
            id="recording",
        ),
    ],
)
def test_what_is_malformed_is_refused(voice: VoiceChannel, fields: dict[str, str], query: dict[str, str]) -> None:
    with pytest.raises(PayloadInvalid):
        voice.parse(a_call_hook(fields, query))


def test_a_field_that_is_there_twice_is_refused(voice: VoiceChannel) -> None:
    twice = MultiDict(call_fields(SpeechResult="yes"))
    twice.add("SpeechResult", "no")
    hook = heard("yes")
    values = {name: getattr(hook, name) for name in Webhook.__slots__} | {"form": MultiDictProxy(twice)}

    with pytest.raises(PayloadInvalid):
        voice.parse(Webhook(**values))


def test_only_the_first_answer_needs_the_callers_language_and_only_a_call_of_ours_its_words(
    voice: VoiceChannel,
) -> None:
    answered = a_call_hook(our_call_fields(AnsweredBy="human"), {"step": "answered", "delivery": "d1"})

    assert voice.needs(a_call_hook(call_fields())) == Needs(caller=Address(AddressKind.PHONE, PATIENT))
    assert voice.needs(answered) == Needs(delivery="d1")
    assert voice.needs(heard()) == Needs()
    assert voice.needs(pressed("*", said="d1")) == Needs(delivery="d1")


@given(
    text=st.text(max_size=300),
    step=st.sampled_from(get_args(Step)),
    fields=st.dictionaries(
        st.sampled_from(["SpeechResult", "Digits", "AnsweredBy", "DialCallStatus", "CallStatus", "Direction"]),
        st.text(max_size=20),
    ),
    counts=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    language=st.sampled_from(["en", "es"]),
    purpose=st.sampled_from(list(Purpose)),
)  # fmt: skip
def test_every_answer_is_twiml_that_twilio_acts_on(
    text: str, step: str, fields: dict[str, str], counts: tuple[int, int], language: str, purpose: Purpose
) -> None:
    query = {"step": step, "turn": f"2{language}", "silent": str(counts[0]), "waited": str(counts[1]), "delivery": "d1"}
    part = a_part(text, purpose=purpose, language=language)

    answer = offline_voice().answer(a_call_hook(call_fields() | fields, query), Known(say=say, part=part))

    assert answer.content_type == "text/xml"
    assert read(answer.body).name == "Response"


def test_a_call_of_ours_that_names_no_delivery_ends(voice: VoiceChannel) -> None:
    hook = a_call_hook(our_call_fields(AnsweredBy="human"), {"step": "answered", "delivery": "d1"})

    assert [one.name for one in read(voice.answer(hook, KNOWN).body)] == ["Hangup"]


def test_who_withholds_a_number_is_put_through_under_ours(voice: VoiceChannel) -> None:
    hook = a_call_hook(call_fields(From="anonymous", Digits="0"), {"step": "heard", "turn": "1en"})

    (dial,) = [one for one in read(voice.answer(hook, KNOWN).body) if one.name == "Dial"]

    assert (dial.attributes["callerId"], dial.text) == (CLINIC, STAFF)


def test_it_is_set_up_by_its_own_number() -> None:
    account = {"twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": Secret("t"), "sms_from": CLINIC}

    made = VoiceChannel.from_settings(Settings(**account, voice_from="+12025550101"))

    assert made is not None
    assert made.sender.value == "+12025550101"
    assert VoiceChannel.from_settings(Settings(**account)) is None
    assert VoiceChannel.from_settings(Settings(voice_from=CLINIC)) is None

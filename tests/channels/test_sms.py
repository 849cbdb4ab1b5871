"""Texts through Twilio: the contract of every channel, and what comes in."""

import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Explaining, Reconciling
from channels.sms import SmsChannel
from channels.twilio.signature import storable
from hub.errors import (
    PayloadInvalid,
    SignatureInvalid,
    Unreachable,
)
from hub.settings import Secret
from hub.types import Address, AddressKind, DeliveryState, Inbound, Media, OptOutWord, Status
from tests.channels.contract import ChannelContract, altered
from tests.channels.rigs import (
    AT,
    CLINIC,
    PATIENT,
    PUBLIC,
    SID,
    TOKEN,
    a_hook,
    a_part,
    inbound_fields,
    offline_channel,
    status_fields,
)


class TestSmsContract(ChannelContract):
    pass


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, {}, id="plain"),
        pytest.param({"Body": ""}, {"text": ""}, id="empty"),
        pytest.param({"Body": "x" * 10_000}, {"text": "x" * 10_000}, id="10000-characters"),
        pytest.param({"Body": "a\x00b"}, {"text": "a\x00b"}, id="nul"),
        pytest.param({"Body": "שלום \u202eabc\u202c"}, {"text": "שלום \u202eabc\u202c"}, id="right-to-left"),
        pytest.param({"Body": "🏳️\u200d🌈👩🏽\u200d⚕️"}, {"text": "🏳️\u200d🌈👩🏽\u200d⚕️"}, id="emoji"),
        pytest.param({"Body": " \r\n keep me \t"}, {"text": " \r\n keep me \t"}, id="white-space"),
        pytest.param({"Body": "half \ud83d"}, {"text": "half \ufffd"}, id="half-a-pair"),
        pytest.param({"Body": "\ud83d\ude00"}, {"text": "😀"}, id="pair-in-two-halves"),
        pytest.param({"From": "+1 (202) 555-0123"}, {}, id="number-to-normalise"),
        pytest.param({"From": "72975"}, {"sender": "72975"}, id="short-code"),
        pytest.param({"From": "MAPLE CLINIC"}, {"sender": "MAPLE CLINIC"}, id="sender-name"),
        pytest.param({"From": "+442079460123"}, {"sender": "+442079460123"}, id="from-abroad"),
        pytest.param({"OptOutType": "STOP"}, {"opt_out": OptOutWord.STOP}, id="carrier-heard-stop"),
        pytest.param({"OptOutType": "START"}, {"opt_out": OptOutWord.START}, id="carrier-heard-start"),
        pytest.param({"OptOutType": "HELP"}, {"opt_out": OptOutWord.HELP}, id="carrier-heard-help"),
        pytest.param({"OptOutType": "PAUSE"}, {"opt_out": None}, id="opt-out-nobody-knows"),
        pytest.param({"FieldOfTomorrow": "1"}, {}, id="field-nobody-knows"),
        pytest.param({"MessageStatus": "received"}, {}, id="both-statuses-say-received"),
        pytest.param({"NumMedia": "", "Body": "hi"}, {"text": "hi"}, id="no-media-count"),
        pytest.param(
            {"NumMedia": "2", "MediaUrl0": "https://x.example.org/0", "MediaContentType0": "image/png",
             "MediaUrl1": "https://x.example.org/1"},
            {"media": (Media(url="https://x.example.org/0", content_type="image/png"),
                       Media(url="https://x.example.org/1", content_type="application/octet-stream"))},
            id="pictures",
        ),
        pytest.param(
            {"NumMedia": "999", "MediaUrl0": "https://x.example.org/0", "MediaContentType0": "image/png"},
            {"media": (Media(url="https://x.example.org/0", content_type="image/png"),)},
            id="more-media-counted-than-there",
        ),
    ],
)  # fmt: skip
def test_a_text_that_comes_in_is_understood(
    channel: SmsChannel, changes: dict[str, str], expected: dict[str, object]
) -> None:
    hook = a_hook(inbound_fields("Hello") | changes, token=TOKEN)

    (said,) = channel.parse(hook)

    sender = expected.pop("sender", PATIENT)
    assert said == Inbound(
        **{
            "channel": channel.kind,
            "provider_id": SID,
            "sender": Address(AddressKind.PHONE, str(sender)),
            "recipient": Address(AddressKind.PHONE, CLINIC),
            "text": "Hello",
            "received_at": AT,
            **expected,
        }  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        pytest.param("accepted", "", (DeliveryState.SENT, None), id="accepted"),
        pytest.param("queued", "", (DeliveryState.SENT, None), id="queued"),
        pytest.param("sending", "", (DeliveryState.SENT, None), id="sending"),
        pytest.param("sent", "0", (DeliveryState.SENT, None), id="sent"),
        pytest.param("delivered", "", (DeliveryState.DELIVERED, None), id="delivered"),
        pytest.param("read", "", (DeliveryState.READ, None), id="read"),
        pytest.param("undelivered", "30003", (DeliveryState.FAILED, "30003"), id="phone-off"),
        pytest.param("undelivered", "30006", (DeliveryState.FAILED, "30006"), id="landline"),
        pytest.param("failed", "30007", (DeliveryState.FAILED, "30007"), id="filtered"),
        pytest.param("failed", "<b>", (DeliveryState.FAILED, None), id="code-that-is-none"),
        pytest.param("canceled", "", (DeliveryState.FAILED, None), id="canceled"),
        pytest.param("teleported", "", None, id="status-nobody-knows"),
    ],
)
def test_a_status_that_comes_back_is_understood(
    channel: SmsChannel, status: str, code: str, expected: tuple[DeliveryState, str | None] | None
) -> None:
    hook = a_hook(status_fields(status, ErrorCode=code), token=TOKEN, query={"delivery": "0190-ab"})

    said = channel.parse(hook)

    if expected is None:
        assert said == []
    else:
        state, known_code = expected
        assert said == [
            Status(channel=channel.kind, provider_id=SID, delivery_id="0190-ab", state=state, at=AT, code=known_code)
        ]


@pytest.mark.parametrize("reference", ["", "a b", "x" * 65, "../etc", "é"])
def test_a_status_without_our_reference_is_found_by_its_id_alone(channel: SmsChannel, reference: str) -> None:
    hook = a_hook(status_fields("sent"), token=TOKEN, query={"delivery": reference})

    (said,) = channel.parse(hook)

    assert isinstance(said, Status)
    assert said.delivery_id is None


def without(name: str) -> list[tuple[str, str]]:
    return [(k, v) for k, v in inbound_fields().items() if k != name]


@pytest.mark.parametrize(
    "form",
    [
        pytest.param([], id="empty"),
        pytest.param(without("MessageSid"), id="no-id"),
        pytest.param(without("From"), id="no-sender"),
        pytest.param(without("To"), id="no-recipient"),
        pytest.param(without("Body"), id="no-text-and-no-picture"),
        pytest.param([*inbound_fields(From=" ").items()], id="blank-sender"),
        pytest.param([*inbound_fields(From="+" + "1" * 70).items()], id="endless-sender"),
        pytest.param([*inbound_fields(MessageSid="SM 1").items()], id="odd-id"),
        pytest.param([*inbound_fields(MessageSid="S" * 65).items()], id="endless-id"),
        pytest.param([*inbound_fields(NumMedia="many").items()], id="media-count-is-a-word"),
        pytest.param([*inbound_fields(NumMedia="-1").items()], id="media-count-is-negative"),
        pytest.param([*inbound_fields().items(), ("MessageSid", "SM2")], id="two-ids"),
        pytest.param([*inbound_fields().items(), ("From", "+12025550199")], id="two-senders"),
        pytest.param([*inbound_fields().items(), ("Body", "other")], id="two-texts"),
        pytest.param([*inbound_fields().items(), ("", "x")], id="field-without-name"),
        pytest.param([*inbound_fields().items(), ("Body text", "x")], id="field-name-with-a-space"),
        pytest.param([*inbound_fields().items(), ("Bödy", "x")], id="field-name-not-ascii"),
        pytest.param([*inbound_fields().items(), ("B" * 65, "x")], id="endless-field-name"),
        pytest.param([*status_fields("sent").items(), ("MessageStatus", "failed")], id="two-statuses"),
    ],
)
def test_a_webhook_without_what_it_must_hold_is_refused(channel: SmsChannel, form: list[tuple[str, str]]) -> None:
    hook = a_hook(form, token=TOKEN)

    with pytest.raises(PayloadInvalid):
        channel.parse(hook)


@pytest.mark.parametrize(
    ("signed", "body", "good"),
    [
        pytest.param('{"a": 1}', '{"a": 1}', True, id="covered"),
        pytest.param('{"a": 1}', '{"a": 2}', False, id="changed"),
        pytest.param(None, '{"a": 1}', False, id="not-covered"),
        pytest.param("", "", True, id="no-body"),
    ],
)
def test_a_body_that_is_no_form_must_be_covered_by_the_signed_address(
    channel: SmsChannel, signed: str | None, body: str, good: bool
) -> None:
    digest = {} if signed is None else {"bodySHA256": hashlib.sha256(signed.encode()).hexdigest()}
    hook = altered(a_hook({}, token=TOKEN, query=digest), body=body.encode())

    if good:
        channel.verify(hook)
    else:
        with pytest.raises(SignatureInvalid):
            channel.verify(hook)


@pytest.mark.parametrize(
    ("asked", "signed", "good"),
    [
        ("https://hub.example.org/sms", "https://hub.example.org:443/sms", True),
        ("https://hub.example.org:8443/sms", "https://hub.example.org/sms", True),
        ("https://hub.example.org/sms", "https://hub.example.org/other", False),
        ("https://hub.example.org/sms", "http://hub.example.org/sms", False),
        ("https://hub.example.org/sms?a=1", "https://hub.example.org/sms", False),
    ],
)
def test_the_port_alone_may_be_written_either_way(channel: SmsChannel, asked: str, signed: str, good: bool) -> None:
    hook = altered(a_hook(inbound_fields(), token=TOKEN, url=signed), url=asked)

    if good:
        channel.verify(hook)
    else:
        with pytest.raises(SignatureInvalid):
            channel.verify(hook)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=8))
def test_no_form_whatever_breaks_parsing(form: dict[str, str]) -> None:
    channel = offline_channel()
    hook = a_hook(inbound_fields() | form, token=TOKEN)

    try:
        channel.verify(hook)
        said = channel.parse(hook)
    except (PayloadInvalid, SignatureInvalid):
        return

    assert len(said) <= 1


@given(st.text(st.characters(exclude_categories=[])))
def test_text_survives_as_far_as_utf_8_can_hold_it(text: str) -> None:
    kept = storable(text)

    assert kept.encode("utf-8").decode("utf-8") == kept
    if "\ufffd" not in kept:
        assert kept.encode("utf-16") == text.encode("utf-16", "surrogatepass")


def settings(**changes: object) -> SimpleNamespace:
    values: dict[str, object] = {
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": Secret(TOKEN),
        "twilio_api_url": "http://127.0.0.1:1",
        "sms_from": CLINIC,
        "base_url": PUBLIC,
    }
    return SimpleNamespace(**values | changes)


@pytest.mark.parametrize(
    "unset",
    [{"twilio_account_sid": ""}, {"twilio_auth_token": Secret("")}, {"sms_from": ""}],
    ids=lambda each: next(iter(each)),
)
def test_without_an_account_there_is_no_channel(unset: dict[str, object]) -> None:
    assert SmsChannel.from_settings(settings(**unset)) is None  # type: ignore[arg-type]


async def test_the_channel_is_made_from_settings_and_can_what_it_says() -> None:
    channel = SmsChannel.from_settings(settings())  # type: ignore[arg-type]

    assert channel is not None
    assert isinstance(channel, Reconciling)
    assert isinstance(channel, Explaining)
    with pytest.raises(Unreachable):
        await channel.send(a_part())
    await channel.close()

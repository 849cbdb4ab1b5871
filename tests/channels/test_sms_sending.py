"""Texts that go out through Twilio: what is written, what each refusal becomes, and what a code means."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from channels.carrier import Break, Garbage, Refuse, Throttle
from channels.sms import SmsChannel
from channels.twilio import errors
from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    RecipientOptedOut,
    Rejected,
    ReplyUnreadable,
    TextsRefused,
    Throttled,
    Unreachable,
)
from hub.types import Part
from tests.channels.rigs import (
    CLINIC,
    OUTGOING,
    PATIENT,
    PUBLIC,
    Recorder,
    SmsRig,
    a_part,
)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        pytest.param(Refuse(21211), AddressInvalid, "21211", id="not-a-number"),
        pytest.param(Refuse(21217), AddressInvalid, "21217", id="not-a-valid-number"),
        pytest.param(Refuse(21614), TextsRefused, "21614", id="not-a-mobile"),
        pytest.param(Refuse(21635), TextsRefused, "21635", id="landline"),
        pytest.param(Refuse(21610), RecipientOptedOut, "21610", id="opted-out"),
        pytest.param(Refuse(21408), Rejected, "21408", id="country-not-allowed"),
        pytest.param(Refuse(21612), Rejected, "21612", id="no-route"),
        pytest.param(Refuse(21617), Rejected, "21617", id="too-long"),
        pytest.param(Refuse(99999), Rejected, "99999", id="code-nobody-knows"),
        pytest.param(Refuse(21606), ConfigInvalid, "21606", id="sender-not-ours"),
        pytest.param(Refuse(21609), ConfigInvalid, "21609", id="callback-address"),
        pytest.param(Refuse(20003, 401), ConfigInvalid, "20003", id="bad-credentials"),
        pytest.param(Refuse(20403, 403), ConfigInvalid, "20403", id="forbidden"),
        pytest.param(Refuse(20404, 404), ConfigInvalid, "20404", id="no-such-account"),
        pytest.param(Refuse(21611), Throttled, "21611", id="queue-full"),
        pytest.param(Refuse(99999, 429), Throttled, "99999", id="429-with-a-code-nobody-knows"),
        pytest.param(Refuse(63038, 429), Throttled, "63038", id="daily-limit"),
        pytest.param(Break(401), ConfigInvalid, None, id="401-without-code"),
        pytest.param(Break(404), ConfigInvalid, None, id="404-that-is-not-twilio"),
        pytest.param(Break(302), ConfigInvalid, None, id="redirect-is-not-followed"),
        pytest.param(Break(503), Unreachable, None, id="503"),
        pytest.param(Garbage(), ReplyUnreadable, None, id="201-cut-short"),
        pytest.param(Garbage(b"<html>"), ReplyUnreadable, None, id="201-not-json"),
        pytest.param(Garbage(b'{"sid": "", "status": "queued"}'), ReplyUnreadable, None, id="201-without-id"),
        pytest.param(Garbage(b'{"sid": "SM12", "status": "queued"}'), ReplyUnreadable, None, id="201-odd-id"),
        pytest.param(Garbage(b"\xff\xfe[]"), ReplyUnreadable, None, id="201-not-utf-8"),
    ],
)
async def test_each_refusal_is_the_error_that_says_what_to_do(
    rig: SmsRig, fault: Refuse | Break | Garbage, error: type[ChannelError], code: str | None
) -> None:
    rig.carrier.faults.add(fault, number=PATIENT)

    with pytest.raises(error) as raised:
        await rig.channel.send(a_part())

    assert type(raised.value) is error
    assert raised.value.provider_code == code
    assert rig.requests() == 1


@pytest.mark.parametrize(
    ("after", "wait"),
    [
        pytest.param(timedelta(seconds=7), timedelta(seconds=7), id="named"),
        pytest.param(None, errors.DEFAULT_WAIT, id="not-named"),
        pytest.param(timedelta(days=9), timedelta(hours=1), id="at-most-an-hour"),
        pytest.param(timedelta(seconds=-3), errors.DEFAULT_WAIT, id="negative"),
    ],
)
async def test_retry_after_is_honoured_within_reason(rig: SmsRig, after: timedelta | None, wait: timedelta) -> None:
    rig.carrier.faults.add(Throttle(after))

    with pytest.raises(Throttled) as raised:
        await rig.channel.send(a_part())

    assert raised.value.after == wait


async def test_a_person_who_texted_stop_is_refused_until_start(rig: SmsRig) -> None:
    rig.carrier.webhook = f"{PUBLIC}/webhooks/twilio/sms"
    await rig.carrier.text(PATIENT, CLINIC, " stop ")
    with pytest.raises(RecipientOptedOut):
        await rig.channel.send(a_part())

    await rig.carrier.text(PATIENT, CLINIC, "START")

    assert await rig.channel.send(a_part())


@pytest.mark.parametrize(("part", "fields"), OUTGOING)
async def test_a_part_is_written_as_twilio_reads_it(
    recorded: tuple[SmsChannel, Recorder], part: Part, fields: dict[str, str | None]
) -> None:
    channel, recorder = recorded

    await channel.send(part)

    ((path, body, content_type),) = recorder.bodies
    form = {name: values[0] for name, values in parse_qs(body.decode("ascii"), keep_blank_values=True).items()}
    assert path.endswith("/Messages.json")
    assert content_type == "application/x-www-form-urlencoded"
    assert form["StatusCallback"] == f"{PUBLIC}/webhooks/twilio/status?delivery={part.reference}"
    assert {name: form.get(name) for name in fields} == fields


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("30003", Rejected, "The phone is switched off or out of reach."),
        ("30005", AddressInvalid, "The number is unknown or no longer in service."),
        ("30006", TextsRefused, "The number can't receive texts (landline)."),
        ("30007", Rejected, "The carrier filtered the text as unwanted."),
        ("31999", Rejected, "The carrier did not deliver the text (code 31999)."),
        (None, Rejected, "The carrier gave no reason."),
    ],
)
def test_a_callbacks_code_is_explained_to_a_nurse(
    channel: SmsChannel, code: str | None, error: type[ChannelError], words: str
) -> None:
    assert channel.explain(code) == words
    assert channel.fault(code) is error


def test_every_code_has_a_plain_sentence() -> None:
    for code, (_, words) in errors.CODES.items():
        assert code.isdigit()
        assert words[0].isupper()
        assert words.endswith(".")
        assert "twilio" not in words.lower()

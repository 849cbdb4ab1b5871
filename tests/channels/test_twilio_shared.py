"""Against Twilio's own API description, its signature vectors, and strings that break things."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.sms import STATES, SmsChannel
from hub.errors import (
    PayloadInvalid,
    SignatureInvalid,
)
from hub.types import Inbound, Part, Webhook
from tests.channels.rigs import (
    AT,
    OUTGOING,
    TOKEN,
    Recorder,
    a_hook,
    a_part,
    inbound_fields,
    offline_channel,
)
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared

SPEC = SHARED / "data" / "twilio-messaging.openapi.json"
CORPORA = SHARED / "data" / "corpora"
VECTORS = CORPORA / "vectors" / "twilio_signature.json"


@pytest.mark.parametrize(("part", "fields"), OUTGOING)
async def test_requests_and_answers_are_valid_under_twilios_own_description(
    recorded: tuple[SmsChannel, Recorder], part: Part, fields: dict[str, str | None]
) -> None:
    from openapi_core import OpenAPI  # takes half a second to import, in every worker
    from openapi_core.testing import MockRequest, MockResponse

    description = OpenAPI.from_dict(json.loads(SPEC.read_text()))
    channel, recorder = recorded

    receipt = await channel.send(part)
    await channel.lookup(part, datetime.now(UTC))

    path, body, content_type = recorder.bodies[0]
    request = MockRequest(
        "https://api.twilio.com",
        "post",
        path,
        data=body,
        content_type=content_type,
        headers={"Authorization": "Basic x"},
    )
    description.validate_request(request)
    description.validate_response(request, MockResponse(recorder.answers[0], 201))
    listing = MockRequest("https://api.twilio.com", "get", recorder.bodies[1][0], headers={"Authorization": "Basic x"})
    description.validate_response(listing, MockResponse(recorder.answers[1], 200))
    assert receipt.provider_id in recorder.answers[1].decode()


def test_every_status_of_twilios_has_a_state() -> None:
    known = json.loads(SPEC.read_text())["components"]["schemas"]["message_enum_status"]["enum"]

    assert set(STATES) == set(known) - {"received", "receiving"}


def cases() -> list[dict[str, object]]:
    return json.loads(VECTORS.read_text())["cases"] if VECTORS.is_file() else []  # type: ignore[no-any-return]


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case["name"]))
async def test_signature_vectors(case: dict[str, object]) -> None:
    """Those that Twilio's ambiguous scheme calls valid without being Twilio's are refused when parsed."""
    channel = offline_channel()
    params = case["params"]
    assert params is None or isinstance(params, list)
    hook = Webhook(
        route="twilio/sms",
        url=str(case["url"]),
        headers=CIMultiDictProxy(CIMultiDict({"X-Twilio-Signature": str(case["signature"])})),
        form=MultiDictProxy(MultiDict([(name, value) for name, value in params or []])),
        query={},
        body=str(case.get("body", "")).encode(),
        received_at=AT,
    )

    if case["valid"]:
        channel.verify(hook)
    else:
        with pytest.raises(SignatureInvalid):
            channel.verify(hook)
    with pytest.raises(PayloadInvalid):
        channel.parse(hook)


async def test_naughty_strings_come_in_and_go_out_as_they_are(recorded: tuple[SmsChannel, Recorder]) -> None:
    channel, recorder = recorded
    reader = offline_channel()
    texts = [text for text in json.loads((CORPORA / "blns" / "blns.json").read_text()) if text]

    for text in texts:
        hook = a_hook(inbound_fields(text), token=TOKEN)
        reader.verify(hook)
        (said,) = reader.parse(hook)
        assert isinstance(said, Inbound)
        assert said.text == text
    for text in texts[::10]:
        await channel.send(a_part(text[:1600]))

    sent = [parse_qs(body.decode("ascii"), keep_blank_values=True)["Body"][0] for _, body, _ in recorder.bodies]
    assert sent == [text[:1600] for text in texts[::10]]

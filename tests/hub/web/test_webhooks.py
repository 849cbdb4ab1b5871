"""What the carrier may post, and what it hears."""

import asyncio
import gzip
from datetime import timedelta

import aiohttp
import pytest
import sqlalchemy as sa

from hub.app import Hub
from hub.db.tables import audit_event, message, person
from hub.errors import Overloaded, StorageError
from hub.sealed import open_body
from tests.hub.web.running import post, signature, text
from tests.stores import either_will_do

SMS = "/webhooks/twilio/sms"
STATUS = "/webhooks/twilio/status"


async def _texts(hub: Hub) -> list[str]:
    async with hub.parts.db.read() as conn:
        rows = (await conn.execute(sa.select(message))).all()
        owners = (await conn.execute(sa.select(person.c.id))).scalars().all()
        keys = await hub.parts.vault.keys(conn, owners)
    assert len(owners) <= 1 or not rows
    return [open_body(keys, owners[0], row.thread_id, row.id, row.body_sealed).text for row in rows]


async def test_a_signed_text_is_durable_before_it_is_answered_with_empty_twiml(hub: Hub, web) -> None:
    response = await post(web, SMS, text("Hello there"))

    assert response.status == 200
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert "<Response/>" in await response.text()
    assert await _texts(hub) == ["Hello there"]


async def test_a_text_posted_again_is_answered_alike_and_kept_once(hub: Hub, web) -> None:
    first, second = await asyncio.gather(post(web, SMS, text("Once")), post(web, SMS, text("Once")))

    assert (first.status, second.status) == (200, 200)
    assert await _texts(hub) == ["Once"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="no signature"),
        pytest.param({"X-Twilio-Signature": ""}, id="empty"),
        pytest.param({"X-Twilio-Signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, id="forged"),
        pytest.param({"X-Twilio-Signature": "café"}, id="not ascii"),
    ],
)
@either_will_do
async def test_what_is_not_signed_gets_403_and_leaves_no_trace_but_a_count(hub: Hub, web, given) -> None:
    response = await web.post(SMS, data=text("Hello"), headers=given)

    assert response.status == 403
    async with hub.parts.db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(message))).scalar_one() == 0
        assert (await conn.execute(sa.select(sa.func.count()).select_from(audit_event))).scalar_one() == 0
    assert b'hub_webhooks_refused_total{code="signature_invalid"} 1.0' in hub.parts.metrics.page()


async def test_the_signature_covers_the_public_address_whatever_host_says(web) -> None:
    response = await post(web, SMS, text("Hello"), Host="evil.example", **{"X-Forwarded-Host": "evil.example"})

    assert response.status == 200


async def test_a_query_is_part_of_what_was_signed(web) -> None:
    form = text("Hello")
    plain = signature(SMS, form)

    moved = await web.post(f"{SMS}?delivery=1", data=form, headers={"X-Twilio-Signature": plain})
    right = await post(web, f"{SMS}?delivery=a%2Fb", form)

    assert (moved.status, right.status) == (403, 200)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"From": "+12025550123", "To": "+12025550100", "Body": "x"}, id="no id"),
        pytest.param({"MessageSid": "SM1", "To": "+12025550100", "Body": "x"}, id="no sender"),
        pytest.param({"MessageSid": "SM1", "From": "+12025550123", "To": "+12025550100"}, id="no text"),
    ],
)
@either_will_do
async def test_a_signed_form_without_what_it_must_hold_gets_400(web, form) -> None:
    assert (await post(web, SMS, form)).status == 400


async def test_a_body_over_the_limit_gets_413(web) -> None:
    form = text("x" * 1_000_000)

    assert (await post(web, SMS, form)).status == 413


async def test_a_packed_body_is_measured_unpacked(web) -> None:
    packed = gzip.compress(b"Body=" + b"x" * 10_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}

    assert (await web.post(SMS, data=packed, headers=headers)).status == 413


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"\xff\xfe=\x80", FORM, id="raw octets"),
        pytest.param(b"Body=%FF%FE", FORM, id="percent octets"),
        pytest.param(b"Body=x", f"{FORM}; charset=klingon", id="unknown charset"),
        pytest.param(b"&".join(b"a%d=1" % n for n in range(5000)), FORM, id="too many fields"),
        pytest.param(b'{"Body": "x"}', "application/json", id="json"),
        pytest.param(b"--x\r\n\r\n", "multipart/form-data; boundary=x", id="multipart"),
        pytest.param(b"", FORM, id="empty"),
        pytest.param(b"x", "", id="no content type"),
    ],
)
@either_will_do
async def test_a_body_that_is_no_form_is_refused_and_breaks_nothing(web, body, content_type) -> None:
    headers = {"Content-Type": content_type, "X-Twilio-Signature": "AAAA"}

    assert (await web.post(SMS, data=body, headers=headers)).status in (400, 403)


async def test_octets_that_are_not_utf8_are_kept_as_replacement_characters(hub: Hub, web) -> None:
    form = text("�A")
    raw = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in form.items() if name != "Body")
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature(SMS, form)}

    response = await web.post(SMS, data=(raw + "&Body=%FFA").encode(), headers=headers)

    assert response.status == 200
    assert await _texts(hub) == ["�A"]


@pytest.mark.parametrize(
    ("refusal", "wait"),
    [
        pytest.param(Overloaded(timedelta(milliseconds=1500)), "2", id="overloaded"),
        pytest.param(StorageError("gone"), "5", id="database gone"),
    ],
)
async def test_what_cannot_be_stored_gets_503_with_when_to_try_again(hub: Hub, web, monkeypatch, refusal, wait) -> None:
    def refuse(_inbound: object) -> None:
        raise refusal

    monkeypatch.setattr(hub.parts.acceptor, "submit", refuse)

    response = await post(web, SMS, text("Hello"))

    assert response.status == 503
    assert response.headers["Retry-After"] == wait


async def test_a_callback_is_answered_with_no_content(web) -> None:
    form = {"MessageSid": "SM" + "b" * 32, "MessageStatus": "delivered"}

    assert (await post(web, f"{STATUS}?delivery=unknown", form)).status == 204


@pytest.mark.parametrize("path", ["/webhooks/twilio/voice", "/webhooks/slack/events", "/webhooks/"])
@either_will_do
async def test_addresses_of_channels_that_are_not_here_are_not_found(web: aiohttp.ClientSession, path) -> None:
    assert (await web.post(path, data={"a": "b"})).status == 404

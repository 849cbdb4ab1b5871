"""The simulated carrier: that it is as strict, as talkative and as faulty as the one it stands for."""

import asyncio
import base64
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy, MultiDict, MultiDictProxy

from channels.carrier import (
    CallbackFirst,
    Carrier,
    DuplicateCallbacks,
    Fault,
    File,
    Garbage,
    LoseCallbacks,
    RegressCallbacks,
    Slow,
    Undeliver,
)
from channels.sms import SmsChannel
from channels.twilio.client import TwilioApi
from hub.clock import FixedClock
from hub.settings import Secret
from hub.types import Direction, Inbound, Status, Webhook
from tests.channels.rigs import AT, CLINIC, PATIENT, a_part

OTHER = "+12025550199"
AT_ONCE = timedelta(0)


class Hub:
    """What the carrier calls back: keeps what it hears, answers as told."""

    def __init__(self) -> None:
        self.hooks: list[Webhook] = []
        self.answers: list[int] = []
        self.url = ""

    async def hear(self, request: web.Request) -> web.Response:
        form: MultiDictProxy[Any] = await request.post()
        self.hooks.append(
            Webhook(
                route=request.path,
                url=self.url + request.path_qs,
                headers=CIMultiDictProxy(request.headers.copy()),
                form=MultiDictProxy(MultiDict(form)),
                query=dict(request.query),
                body=b"",
                received_at=AT,
            )
        )
        return web.Response(status=self.answers.pop(0) if self.answers else 200, text="<Response/>")

    def statuses(self) -> list[str]:
        return [hook.form["MessageStatus"] for hook in self.hooks]


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    app = web.Application()
    app.router.add_post("/{tail:.*}", made.hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def a_carrier(hub: Hub | None = None, **values: Any) -> Carrier:
    webhook = f"{hub.url}/webhooks/twilio/sms" if hub else None
    return Carrier(webhook=webhook, **{"sent_after": AT_ONCE, "delivered_after": AT_ONCE, "seed": 1, **values})


@pytest.fixture
async def carrier(hub: Hub) -> AsyncIterator[Carrier]:
    made = a_carrier(hub)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(carrier: Carrier, hub: Hub) -> AsyncIterator[SmsChannel]:
    token = Secret(carrier.auth_token)
    made = SmsChannel(TwilioApi(carrier.account_sid, token, base_url=carrier.base_url), token, public_url=hub.url)
    yield made
    await made.close()


class Client:
    """Asks the carrier directly, as any program could."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.token = carrier.auth_token
        self.account = carrier.account_sid

    async def ask(self, method: str, path: str, **values: Any) -> tuple[int, Any]:
        pair = f"{self.carrier.account_sid}:{self.token}".encode()
        headers = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        url = f"{self.carrier.base_url}/2010-04-01/Accounts/{self.account}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, url, headers=headers, **values) as got:
            return got.status, await (got.json() if got.content_type == "application/json" else got.read())

    async def create(self, **fields: str) -> tuple[int, Any]:
        return await self.ask("POST", "/Messages.json", data=fields)


@pytest.fixture
def client(carrier: Carrier) -> Client:
    return Client(carrier)


GOOD = {"To": PATIENT, "From": CLINIC, "Body": "Hello"}


def understood(channel: SmsChannel, hooks: Iterable[Webhook]) -> list[Inbound | Status]:
    said: list[Inbound | Status] = []
    for hook in hooks:
        channel.verify(hook)
        said += channel.parse(hook)
    return said


# The API


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"To": ""}, 21604, id="no-recipient"),
        pytest.param({"From": ""}, 21603, id="no-sender"),
        pytest.param({"Body": ""}, 21602, id="no-text"),
        pytest.param({"Body": "x" * 1601}, 21617, id="too-long"),
        pytest.param({"To": "2025550123"}, 21211, id="not-e164"),
        pytest.param({"To": "+1202555"}, 21211, id="too-short"),
        pytest.param({"To": "+15005550001"}, 21211, id="reserved-invalid"),
        pytest.param({"To": "+15005550009"}, 21614, id="reserved-landline"),
        pytest.param({"StatusCallback": "/relative"}, 21609, id="callback-without-host"),
        pytest.param({"StatusCallback": "http://[bad"}, 21609, id="callback-not-an-address"),
        pytest.param({"MessagingServiceSid": "MG12"}, 21705, id="no-such-service"),
    ],
)
async def test_a_request_that_twilio_would_refuse_is_refused(
    client: Client, changes: dict[str, str], code: int
) -> None:
    status, answer = await client.create(**GOOD | changes)

    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert not list(client.carrier.messages())


async def test_only_the_accounts_own_numbers_may_send() -> None:
    carrier = a_carrier(numbers=[CLINIC])
    await carrier.start()
    client = Client(carrier)

    assert (await client.create(**GOOD))[0] == 201
    assert (await client.create(**GOOD | {"From": OTHER}))[1]["code"] == 21606

    await carrier.stop()


async def test_a_wrong_token_or_another_account_gets_nothing(client: Client) -> None:
    client.token = "guess"
    assert (await client.create(**GOOD))[1]["code"] == 20003

    client.token, client.account = client.carrier.auth_token, "AC" + "f" * 32
    assert (await client.create(**GOOD))[0] == 404


async def test_the_list_is_newest_first_in_pages_and_filtered(client: Client) -> None:
    sids = [(await client.create(**GOOD | {"To": to}))[1]["sid"] for to in (PATIENT, OTHER, PATIENT, PATIENT)]
    mine = [sids[3], sids[2], sids[0]]

    status, first = await client.ask("GET", "/Messages.json", params={"To": PATIENT, "PageSize": "2"})
    cursor = dict(parse_qsl(urlsplit(first["next_page_uri"]).query))
    _, second = await client.ask("GET", "/Messages.json", params=cursor)

    assert status == 200
    assert [message["sid"] for message in first["messages"] + second["messages"]] == mine
    assert second["next_page_uri"] is None
    assert second["page"] == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"DateSent": "2026-11-23"}, 1),
        ({"DateSent": "2026-11-22"}, 0),
        ({"DateSent>": "2026-11-23"}, 1),
        ({"DateSent>": "2026-11-24"}, 0),
        ({"DateSent<": "2026-11-22"}, 0),
        ({"DateSent<": "2026-11-23"}, 1),
        ({"DateSent": "nonsense"}, 1),
        ({"From": CLINIC}, 1),
        ({"From": OTHER}, 0),
    ],
    ids=str,
)
async def test_the_list_is_filtered_by_day_and_sender(query: dict[str, str], count: int) -> None:
    carrier = a_carrier(clock=FixedClock(datetime(2026, 11, 23, 23, 59, tzinfo=UTC)))
    await carrier.start()
    client = Client(carrier)
    await client.create(**GOOD)

    _, page = await client.ask("GET", "/Messages.json", params=query)

    assert len(page["messages"]) == count
    await carrier.stop()


async def test_one_message_can_be_read_and_an_unknown_one_is_not_found(client: Client) -> None:
    _, made = await client.create(**GOOD)
    await client.carrier.settled()

    status, read = await client.ask("GET", f"/Messages/{made['sid']}.json")

    assert (status, made["status"], read["status"], read["body"]) == (200, "queued", "delivered", "Hello")
    assert (await client.ask("GET", f"/Messages/SM{'0' * 32}.json"))[0] == 404


async def test_a_seed_makes_the_same_ids() -> None:
    assert [a_carrier(seed=7).new_sid("SM") for _ in range(2)] == [a_carrier(seed=7).new_sid("SM")] * 2
    assert a_carrier(seed=8).new_sid("SM") != a_carrier(seed=7).new_sid("SM")
    assert a_carrier(seed=None).new_sid("SM") != a_carrier(seed=None).new_sid("SM")


async def test_what_is_kept_is_bounded(hub: Hub) -> None:
    carrier = a_carrier(hub, keep=3)
    await carrier.start()

    for n in range(5):
        await carrier.text(f"+1202555010{n}", CLINIC, f"text {n}", [File("text/plain", b"x")])

    assert [message.body for message in carrier.messages()] == ["text 4", "text 3", "text 2"]
    assert carrier.phone("+12025550100").conversation == ()
    await carrier.stop()


# Status callbacks


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(None, ["queued", "sent", "delivered"], id="as-it-should-be"),
        pytest.param(DuplicateCallbacks(), ["queued", "queued", "sent", "sent", "delivered", "delivered"], id="twice"),
        pytest.param(RegressCallbacks(), ["delivered", "sent", "queued"], id="backwards"),
        pytest.param(LoseCallbacks(), [], id="lost"),
        pytest.param(Undeliver(30006), ["queued", "sent", "undelivered"], id="undelivered"),
        pytest.param(Slow(timedelta(milliseconds=50)), ["queued", "sent", "delivered"], id="slow-answer"),
    ],
)
async def test_callbacks_are_signed_carry_our_reference_and_come_as_scripted(
    carrier: Carrier, channel: SmsChannel, hub: Hub, fault: Fault | None, expected: list[str]
) -> None:
    if fault:
        carrier.faults.add(fault, number=PATIENT)
    part = a_part()

    receipt = await channel.send(part)
    await carrier.settled()

    assert hub.statuses() == expected
    for said in understood(channel, hub.hooks):
        assert isinstance(said, Status)
        assert (said.delivery_id, said.provider_id) == (part.reference, receipt.provider_id)


async def test_a_callback_can_come_before_the_answer(carrier: Carrier, channel: SmsChannel, hub: Hub) -> None:
    carrier.faults.add(CallbackFirst())

    await channel.send(a_part())

    assert hub.statuses() == ["queued", "sent", "delivered"]


async def test_an_undelivered_text_says_why_and_is_on_no_phone(carrier: Carrier, channel: SmsChannel, hub: Hub) -> None:
    carrier.faults.add(Undeliver(30005))

    await channel.send(a_part())
    await carrier.settled()

    said = understood(channel, hub.hooks)[-1]
    assert isinstance(said, Status)
    assert said.code == "30005"
    assert carrier.phone(PATIENT).conversation == ()


async def test_faults_are_used_up_one_by_one_own_number_first(carrier: Carrier, channel: SmsChannel) -> None:
    carrier.faults.add(LoseCallbacks())
    carrier.faults.add(Garbage(b'{"sid": "SM%s", "status": "read"}' % (b"0" * 32)), number=PATIENT)

    first = await channel.send(a_part())
    second = await channel.send(a_part())

    assert first.provider_id == "SM" + "0" * 32
    assert second.provider_id != first.provider_id
    assert carrier.faults.next(PATIENT) is None


async def test_a_hub_that_is_down_for_a_moment_is_told_once_more(carrier: Carrier, hub: Hub) -> None:
    hub.answers = [500, 200]

    reply = await carrier.text(PATIENT, CLINIC, "hello")

    assert reply.ok
    assert [hook.form["MessageSid"] for hook in hub.hooks] == [reply.sid, reply.sid]


async def test_a_hub_that_refuses_is_not_asked_again(carrier: Carrier, hub: Hub) -> None:
    hub.answers = [403]

    reply = await carrier.text(PATIENT, CLINIC, "hello")

    assert reply.status == 403
    assert len(hub.hooks) == 1
    assert carrier.phone(PATIENT).conversation[-1].state == "failed"


# People and their phones


async def test_what_a_person_writes_reaches_the_hub_signed_and_whole(
    carrier: Carrier, channel: SmsChannel, hub: Hub
) -> None:
    reply = await carrier.text(PATIENT, CLINIC, "¿Mañana? 😀 & more=1")

    (said,) = understood(channel, hub.hooks)

    assert isinstance(said, Inbound)
    assert (said.text, said.provider_id, said.sender.value) == ("¿Mañana? 😀 & more=1", reply.sid, PATIENT)
    assert said.opt_out is None


async def test_a_webhook_can_be_repeated_exactly(carrier: Carrier, channel: SmsChannel, hub: Hub) -> None:
    reply = await carrier.text(PATIENT, CLINIC, "hello")

    again = await carrier.repeat(reply.sid)

    assert again.ok
    first, second = understood(channel, hub.hooks)
    assert first == second


async def test_pictures_are_held_for_who_knows_the_token(
    carrier: Carrier, channel: SmsChannel, hub: Hub, client: Client
) -> None:
    await carrier.text(PATIENT, CLINIC, "", [File("image/png", b"pixels")])

    (said,) = understood(channel, hub.hooks)

    assert isinstance(said, Inbound)
    (picture,) = said.media
    path = urlsplit(picture.url).path.partition(carrier.account_sid)[2]
    assert picture.content_type == "image/png"
    assert await client.ask("GET", path) == (200, b"pixels")
    client.token = "guess"
    assert (await client.ask("GET", path))[0] == 401


async def test_stop_and_start_are_heard_and_answered_by_the_carrier(
    carrier: Carrier, channel: SmsChannel, hub: Hub, client: Client
) -> None:
    await carrier.text(PATIENT, CLINIC, "Stop")
    assert (await client.create(**GOOD))[1]["code"] == 21610
    assert (await client.create(**GOOD | {"From": OTHER}))[0] == 201

    await carrier.text(PATIENT, CLINIC, "yes")
    await carrier.text(PATIENT, CLINIC, "yes")

    said = [each.opt_out for each in understood(channel, hub.hooks) if isinstance(each, Inbound)]
    assert said == ["stop", "start", None]
    assert (await client.create(**GOOD))[0] == 201


async def test_without_opt_out_handling_a_stop_is_a_text_like_any_other(hub: Hub) -> None:
    carrier = a_carrier(hub, opt_out=False)
    await carrier.start()

    await carrier.text(PATIENT, CLINIC, "STOP")

    assert "OptOutType" not in hub.hooks[0].form
    assert not carrier.blocked(CLINIC, PATIENT)
    assert len(carrier.phone(PATIENT).conversation) == 1
    await carrier.stop()


async def test_a_phone_shows_both_sides_in_order_with_ticks(carrier: Carrier, channel: SmsChannel) -> None:
    await carrier.text(PATIENT, CLINIC, "one")
    await channel.send(a_part("two"))
    await carrier.settled()
    await carrier.text(PATIENT, CLINIC, "three")

    shown = carrier.phone(PATIENT).conversation

    assert [(entry.text, entry.direction, entry.state) for entry in shown] == [
        ("one", Direction.OUTBOUND, "delivered"),
        ("two", Direction.INBOUND, "delivered"),
        ("three", Direction.OUTBOUND, "delivered"),
    ]
    assert {entry.peer for entry in shown} == {CLINIC}


async def test_ticks_advance_with_time(hub: Hub) -> None:
    carrier = a_carrier(hub, sent_after=timedelta(milliseconds=10), delivered_after=timedelta(milliseconds=20))
    await carrier.start()
    phone = carrier.phone(PATIENT)
    await Client(carrier).create(**GOOD)
    seen, version = [phone.conversation[0].state], phone.version

    while seen[-1] != "delivered":
        version = await asyncio.wait_for(phone.changes(version), 5)
        seen.append(phone.conversation[0].state)

    assert seen == ["queued", "sent", "delivered"]
    await carrier.stop()


async def test_the_next_text_can_be_waited_for(carrier: Carrier, channel: SmsChannel) -> None:
    phone = carrier.phone(PATIENT)
    waiting = asyncio.create_task(phone.next())
    await asyncio.sleep(0)

    await channel.send(a_part("first"))
    await channel.send(a_part("second"))

    assert (await waiting).text == "first"
    assert (await phone.next()).text == "second"
    with pytest.raises(TimeoutError):
        await phone.next(timeout=0.01)


async def test_a_carrier_without_a_webhook_says_so() -> None:
    with pytest.raises(ValueError, match="webhook"):
        await a_carrier().text(PATIENT, CLINIC, "hello")


async def test_the_carrier_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "channels.carrier", "--port", "0", stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    try:
        lines = [(await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip() for _ in range(3)]
        said = dict(line.split("=", 1) for line in lines)
        token = Secret(said["HUB_TWILIO_AUTH_TOKEN"])
        api = TwilioApi(said["HUB_TWILIO_ACCOUNT_SID"], token, base_url=said["HUB_TWILIO_API_URL"])
        channel = SmsChannel(api, token, public_url="http://127.0.0.1:1")

        assert await channel.send(a_part())

        await channel.close()
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0

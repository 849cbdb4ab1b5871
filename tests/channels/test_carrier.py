"""The simulated carrier's API and callbacks: as strict, as talkative and as faulty as what they stand for."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

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
from hub.clock import FixedClock
from hub.types import Status
from tests.channels.carrier_rig import GOOD, OTHER, Client, Hub, a_carrier, understood
from tests.channels.rigs import CLINIC, PATIENT, a_part


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
    carrier: Carrier, texting: SmsChannel, hub: Hub, fault: Fault | None, expected: list[str]
) -> None:
    if fault:
        carrier.faults.add(fault, number=PATIENT)
    part = a_part()

    receipt = await texting.send(part)
    await carrier.settled()

    assert hub.statuses() == expected
    for said in understood(texting, hub.hooks):
        assert isinstance(said, Status)
        assert (said.delivery_id, said.provider_id) == (part.reference, receipt.provider_id)


async def test_a_callback_can_come_before_the_answer(carrier: Carrier, texting: SmsChannel, hub: Hub) -> None:
    carrier.faults.add(CallbackFirst())

    await texting.send(a_part())

    assert hub.statuses() == ["queued", "sent", "delivered"]


async def test_an_undelivered_text_says_why_and_is_on_no_phone(carrier: Carrier, texting: SmsChannel, hub: Hub) -> None:
    carrier.faults.add(Undeliver(30005))

    await texting.send(a_part())
    await carrier.settled()

    said = understood(texting, hub.hooks)[-1]
    assert isinstance(said, Status)
    assert said.code == "30005"
    assert carrier.phone(PATIENT).conversation == ()


async def test_faults_are_used_up_one_by_one_own_number_first(carrier: Carrier, texting: SmsChannel) -> None:
    carrier.faults.add(LoseCallbacks())
    carrier.faults.add(Garbage(b'{"sid": "SM%s", "status": "read"}' % (b"0" * 32)), number=PATIENT)

    first = await texting.send(a_part())
    second = await texting.send(a_part())

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

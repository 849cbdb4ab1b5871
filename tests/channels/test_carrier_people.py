"""The people behind the simulated carrier: what they write, what their phones show."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from channels.carrier import (
    Carrier,
    File,
)
from channels.sms import SmsChannel
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from hub.settings import Secret
from hub.types import Direction, Inbound
from tests.channels.carrier_rig import GOOD, OTHER, Client, Hub, a_carrier, understood
from tests.channels.rigs import CLINIC, PATIENT, a_part


async def test_what_a_person_writes_reaches_the_hub_signed_and_whole(
    carrier: Carrier, texting: SmsChannel, hub: Hub
) -> None:
    reply = await carrier.text(PATIENT, CLINIC, "¿Mañana? 😀 & more=1")

    (said,) = understood(texting, hub.hooks)

    assert isinstance(said, Inbound)
    assert (said.text, said.provider_id, said.sender.value) == ("¿Mañana? 😀 & more=1", reply.sid, PATIENT)
    assert said.opt_out is None


async def test_a_webhook_can_be_repeated_exactly(carrier: Carrier, texting: SmsChannel, hub: Hub) -> None:
    reply = await carrier.text(PATIENT, CLINIC, "hello")

    again = await carrier.repeat(reply.sid)

    assert again.ok
    first, second = understood(texting, hub.hooks)
    assert first == second


async def test_pictures_are_held_for_who_knows_the_token(
    carrier: Carrier, texting: SmsChannel, hub: Hub, client: Client
) -> None:
    await carrier.text(PATIENT, CLINIC, "", [File("image/png", b"pixels")])

    (said,) = understood(texting, hub.hooks)

    assert isinstance(said, Inbound)
    (picture,) = said.media
    path = urlsplit(picture.url).path.partition(carrier.account_sid)[2]
    assert picture.content_type == "image/png"
    assert await client.ask("GET", path) == (200, b"pixels")
    client.token = "guess"
    assert (await client.ask("GET", path))[0] == 401


async def test_stop_and_start_are_heard_and_answered_by_the_carrier(
    carrier: Carrier, texting: SmsChannel, hub: Hub, client: Client
) -> None:
    await carrier.text(PATIENT, CLINIC, "Stop")
    assert (await client.create(**GOOD))[1]["code"] == 21610
    assert (await client.create(**GOOD | {"From": OTHER}))[0] == 201

    await carrier.text(PATIENT, CLINIC, "yes")
    await carrier.text(PATIENT, CLINIC, "yes")

    said = [each.opt_out for each in understood(texting, hub.hooks) if isinstance(each, Inbound)]
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


async def test_a_phone_shows_both_sides_in_order_with_ticks(carrier: Carrier, texting: SmsChannel) -> None:
    await carrier.text(PATIENT, CLINIC, "one")
    await texting.send(a_part("two"))
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


async def test_the_next_text_can_be_waited_for(carrier: Carrier, texting: SmsChannel) -> None:
    phone = carrier.phone(PATIENT)
    waiting = asyncio.create_task(phone.next())
    await asyncio.sleep(0)

    await texting.send(a_part("first"))
    await texting.send(a_part("second"))

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
        channel = SmsChannel(api, TwilioFiles("AC1", token), token, "+12025550100", public_url="http://127.0.0.1:1")

        assert await channel.send(a_part())

        await channel.close()
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 10) == 0

"""What became of a part whose outcome is unknown, found in Twilio's own records."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from channels.base import Unclear
from channels.carrier import Break, Hang, Refuse, Throttle, Undeliver
from hub.types import DeliveryState, Part, Receipt
from tests.channels.rigs import (
    SmsRig,
    a_part,
)


async def test_a_part_that_was_taken_twice_is_unclear(rig: SmsRig) -> None:
    since = datetime.now(UTC)
    part = a_part()
    first, second = await rig.channel.send(part), await rig.channel.send(part)

    found = await rig.channel.lookup(part, since)
    other = await rig.channel.lookup(part, since, known={first.provider_id})

    assert found == Unclear(reason="ambiguous", candidates=(second.provider_id, first.provider_id))
    assert isinstance(other, Receipt)
    assert other.provider_id == second.provider_id


async def test_other_texts_other_people_and_older_texts_are_not_the_part(rig: SmsRig) -> None:
    await rig.channel.send(a_part("another text"))
    await rig.channel.send(a_part(recipient="+12025550199"))

    assert await rig.channel.lookup(a_part(), datetime.now(UTC)) is None

    await rig.channel.send(a_part())

    assert await rig.channel.lookup(a_part(), datetime.now(UTC) + timedelta(minutes=5)) is None


async def test_a_part_is_found_beyond_the_first_page(rig: SmsRig) -> None:
    since = datetime.now(UTC)
    receipt = await rig.channel.send(a_part("the one"))
    for _ in range(120):
        await rig.channel.send(a_part("noise"))

    found = await rig.channel.lookup(a_part("the one"), since)

    assert isinstance(found, Receipt)
    assert found.provider_id == receipt.provider_id


async def test_a_part_that_then_failed_is_found_as_failed(rig: SmsRig) -> None:
    since = datetime.now(UTC)
    rig.carrier.faults.add(Undeliver(30005))
    await rig.channel.send(a_part())
    await rig.carrier.settled()

    found = await rig.channel.lookup(a_part(), since)

    assert isinstance(found, Receipt)
    assert (found.state, found.code) == (DeliveryState.FAILED, "30005")


@pytest.mark.parametrize("fault", [Hang(), Break(500), Break(503), Refuse(20003, 401), Throttle()], ids=repr)
async def test_no_answer_is_unclear_and_never_not_taken(rig: SmsRig, fault: Hang | Break | Refuse | Throttle) -> None:
    rig.carrier.faults.add_listing(fault)

    assert await rig.channel.lookup(a_part(), datetime.now(UTC)) == Unclear(reason="unanswered")


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        pytest.param({"body": "Sent from your Twilio trial account - hi"}, Receipt, id="trial-account"),
        pytest.param({"body": "hi "}, Receipt, id="space-at-the-end"),
        pytest.param({"body": "hi", "num_media": "1"}, type(None), id="another-number-of-pictures"),
        pytest.param({"body": "hi", "direction": "inbound"}, type(None), id="written-by-the-person"),
        pytest.param({"body": None}, Unclear, id="text-not-retained"),
        pytest.param({"body": "hi", "date_created": "soon"}, Receipt, id="date-that-cannot-be-read"),
        pytest.param({"body": "hi", "date_created": "Mon, 23 Nov 2020 10:00:00 +0000"}, type(None), id="long-ago"),
    ],
)
async def test_what_twilio_lists_is_compared_with_care(
    rig: SmsRig, listed: dict[str, str | None], found: type[object]
) -> None:
    message = {
        "sid": "SM" + "1" * 32,
        "status": "sent",
        "direction": "outbound-api",
        "date_created": format_datetime(datetime.now(UTC)),
        "num_media": "0",
        **listed,
    }

    assert isinstance(await looked_up(rig, a_part("hi"), [message]), found)


async def test_an_empty_list_counts_only_when_the_answer_is_good(rig: SmsRig) -> None:
    assert await looked_up(rig, a_part("hi"), []) is None
    assert await looked_up(rig, a_part("hi"), [], status=500) == Unclear(reason="unanswered")


async def looked_up(
    rig: SmsRig, part: Part, messages: list[dict[str, str | None]], status: int = 200
) -> Receipt | Unclear | None:
    """What the channel makes of a provider that lists `messages`."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"messages": messages, "next_page_uri": None}, status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    channel = rig.reaching(f"http://127.0.0.1:{runner.addresses[0][1]}")
    try:
        return await channel.lookup(part, datetime.now(UTC))
    finally:
        await channel.close()
        await runner.cleanup()

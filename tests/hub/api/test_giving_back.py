"""A patient is passed to a person and back to the bot, over the API of a hub that runs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from tests.hub.api.calling import Api, token_for
from tests.hub_rig import Rig, is_said

ANA = "+12025550111"


@pytest.fixture
async def staff(rig: Rig) -> AsyncIterator[Api]:
    """Staff, who work over the API."""
    async with aiohttp.ClientSession(rig.base) as client:
        yield Api(client, await token_for(rig.hub, "messages:write"))


async def _ana(rig: Rig) -> str:
    """The id of Ana, who agreed to texts, in a clinic with open times."""
    today = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0)
    await rig.slots(
        ("Dr. Kim", "Family medicine", "Check-up", "Main Street", today + timedelta(days=day), 30)
        for day in range(1, 15)
    )
    await rig.engine_ready()
    return await rig.patient("MRN-1", "Ana", "Lopez", ANA)


async def test_the_bot_answers_again_once_it_is_given_the_thread(rig: Rig, staff: Api) -> None:
    person = await _ana(rig)

    handed = await rig.ask(ANA, "can I speak with a real person please")
    await rig.tell(ANA, "what are your hours?")
    given = await staff.patch(f"/threads/{(await rig.thread(person)).id}", {"status": "bot"})
    said = await rig.ask(ANA, "I need a check-up")
    await rig.quiet()

    assert is_said("handoff.asked", handed)
    assert given.status == 200
    assert rig.on_phone(ANA) == [handed, said]
    row = await rig.thread(person)
    assert (row.status, row.priority, row.attention) == ("bot", 0, "")
    assert [line.author for line in await rig.lines(person) if line.direction == "outbound"] == ["bot", "bot"]
    assert await rig.audited("bot.handoff") == await rig.audited("thread.update") == 1


async def test_an_answer_to_what_the_bot_asked_before_staff_spoke_books_nothing(rig: Rig, staff: Api) -> None:
    person = await _ana(rig)

    await rig.ask(ANA, "I need a check-up")
    offered = await rig.ask(ANA, "soonest")
    path = f"/threads/{(await rig.thread(person)).id}"
    taken = await staff.patch(path, {"status": "open"})
    back = await staff.patch(path, {"status": "bot"})
    await rig.ask(ANA, "1")
    await rig.quiet()

    assert is_said("slots.offer", offered)
    assert (taken.status, back.status) == (200, 200)
    assert await rig.visits(person) == ()


@pytest.mark.parametrize("status", ["bot", "closed"])
async def test_after_an_emergency_the_bot_is_back_only_once_staff_say_how_it_ended(
    rig: Rig, staff: Api, status: str
) -> None:
    person = await _ana(rig)

    safety = await rig.ask(ANA, "my chest hurts and I can't breathe")
    path = f"/threads/{(await rig.thread(person)).id}"
    refused = await staff.patch(path, {"status": status})
    await rig.tell(ANA, "I need a check-up")
    let_go = await staff.patch(path, {"status": status, "disposition": "An ambulance took her; she is home again."})
    said = await rig.ask(ANA, "I need a check-up")
    await rig.quiet()

    assert is_said("safety.medical", safety)
    assert (refused.status, let_go.status) == (409, 200)
    assert rig.on_phone(ANA) == [safety, said]
    assert (await rig.thread(person)).status == "bot"

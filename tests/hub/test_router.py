"""The router writes what it decided, once, with its audit (invariants 3, 5 and 11)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import message
from hub.types import AuthorKind, ChannelKind, Hold, Purpose, Send, Skip
from tests.hub_rig import Rig, open_rig

ANA = "+12025550111"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    """A hub that does not send by itself; it is Monday, 10:00 in New York."""
    async with open_rig(database_url, tmp_path, keyring, clock=clock, started=False, engine=False) as one:
        yield one


async def test_message_delivery_and_audit_are_written_together(rig: Rig) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)

    routed = await rig.send(ana, "See you on Friday", author_name="Dana")

    assert isinstance(routed.decision, Send)
    (line,) = await rig.lines(ana)
    assert (line.id, line.direction, line.author, line.text) == (
        routed.message_id,
        "outbound",
        "staff",
        "See you on Friday",
    )
    (delivery,) = await rig.deliveries(ana)
    assert (delivery.id, delivery.state, delivery.message_id) == (routed.delivery_id, "queued", routed.message_id)
    assert await rig.audited("message.queue") == 1


async def test_an_intent_that_is_made_twice_is_queued_once(rig: Rig) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)

    first = await rig.send(ana, "Hello", key="reminder:7")
    again = await rig.send(ana, "Hello, with other words", key="reminder:7")

    assert (again.message_id, again.delivery_id) == (first.message_id, first.delivery_id)
    assert [line.text for line in await rig.lines(ana)] == ["Hello"]


async def test_an_intent_that_is_made_many_times_at_once_is_queued_once(rig: Rig) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)

    routed = await asyncio.gather(*(rig.send(ana, "Hello", key="reminder:7") for _ in range(20)))

    assert len({one.delivery_id for one in routed}) == 1
    assert await rig.value(sa.select(sa.func.count()).select_from(message)) == 1


async def test_a_held_intent_that_is_made_again_is_still_held(rig: Rig, clock: FixedClock) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    values = {"key": "k", "not_before": clock.now() + timedelta(hours=2), "author": AuthorKind.CAMPAIGN}

    first, again = [await rig.send(ana, "Later", purpose=Purpose.APPOINTMENT, **values) for _ in range(2)]

    assert isinstance(first.decision, Hold)
    assert isinstance(again.decision, Hold)
    assert first.decision.until == again.decision.until == clock.now() + timedelta(hours=2)


@pytest.mark.parametrize(
    ("consent", "channel", "rule"),
    [
        pytest.param("no", None, "opted-out", id="said no"),
        pytest.param("", None, "consent-unknown", id="never asked"),
        pytest.param("yes", ChannelKind.EMAIL, "no-address", id="no such address"),
    ],
)
async def test_a_refusal_is_a_value_with_its_reason_and_an_audit_entry(
    rig: Rig, consent: str, channel: ChannelKind | None, rule: str
) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA, consent=consent)

    routed = await rig.send(ana, "Hello", channel=channel)

    assert isinstance(routed.decision, Skip)
    assert routed.rules == (rule,)
    assert (routed.message_id, routed.delivery_id) == (None, None)
    assert await rig.lines(ana) == []
    assert await rig.audited("send.refuse") == 1


async def test_an_answer_goes_to_the_address_that_wrote(rig: Rig, clock: FixedClock) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    await rig.patient("MRN-1", "Ana", "Lopez", "+12025550112")
    second = await rig.address("+12025550112")

    routed = await rig.send(ana, "Hello", address_id=second, replies_to=clock.now())

    assert isinstance(routed.decision, Send)
    assert routed.decision.address_id == second

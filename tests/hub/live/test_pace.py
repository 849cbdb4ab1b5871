"""The pace: one rate, whatever number of dispatchers ask for it."""

import asyncio
import time

import pytest

from hub.live import Grant, Pace
from hub.types import Lane
from tests.hub.live.sides import Sides

SLOW = 0.001
"""Segments a second: what the bucket gains during a test is nothing."""


async def test_what_is_there_is_granted_and_no_more(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", SLOW)

    first, second = await pace.reserve(100), await pace.reserve(100)

    assert first.segments == pytest.approx(1.0, abs=0.01)
    assert second.segments == pytest.approx(0.0, abs=0.01)


async def test_no_more_is_granted_than_is_wanted(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", 100.0)

    assert (await pace.reserve(10)).segments == 10
    assert (await pace.reserve(0)).segments == 0


async def test_what_is_not_used_goes_back(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", SLOW)
    grant = await pace.reserve(100)

    await pace.settle(grant, 0)

    assert (await pace.reserve(100)).segments == pytest.approx(1.0, abs=0.01)


async def test_what_is_used_is_gone(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", SLOW)
    grant = await pace.reserve(1)

    await pace.settle(grant, 1)

    assert (await pace.reserve(100)).segments == pytest.approx(0.0, abs=0.01)


async def test_a_text_longer_than_the_grant_is_paid_for_afterwards(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", 2.0)
    await pace.settle(await pace.reserve(2), 62)

    grant = await pace.reserve(2)

    assert grant.segments == 0
    assert grant.lanes == []
    assert 25 < grant.wait <= 30.1


async def test_after_the_wait_that_it_names_there_is_something(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", 50.0)
    await pace.settle(await pace.reserve(50), 55)
    grant = await pace.reserve(50)
    assert grant.segments == 0

    await asyncio.sleep(grant.wait)

    assert (await pace.reserve(50)).segments > 0


async def test_bulk_leaves_a_fifth_to_answers(sides: Sides) -> None:
    pace = (await sides.process()).pace("texts", 1000.0)

    grant = await pace.reserve(1000)
    empty = await pace.reserve(100)

    assert grant.segments == pytest.approx(1000, abs=100)
    assert grant.bulk == pytest.approx(800, abs=100)
    assert empty.bulk == 0
    assert Lane.BULK not in empty.lanes


def test_a_grant_opens_the_lanes_that_may_send() -> None:
    assert Grant(5, 1).lanes == [Lane.SAFETY, Lane.REPLY, Lane.BULK]
    assert Grant(5, 0).lanes == [Lane.SAFETY, Lane.REPLY]
    assert Grant(0, 0).lanes == []


async def test_dispatchers_together_keep_one_rate(shared: Sides) -> None:
    rate, asked = 200.0, 5
    paces = [(await shared.process()).pace("texts", rate) for _ in range(4)]
    began = time.monotonic()

    async def dispatch(pace: Pace) -> int:
        sent = 0
        for _ in range(asked):
            grant = await pace.reserve(60)
            used = int(grant.segments)
            await pace.settle(grant, used)
            sent += used
        return sent

    sent = sum(await asyncio.gather(*(dispatch(pace) for pace in paces)))

    # All that the bucket held, and what came in since; alone, each would have had as much.
    assert 150 <= sent <= rate + (time.monotonic() - began) * rate


async def test_nobody_takes_all_while_others_ask(shared: Sides) -> None:
    first, second = [(await shared.process()).pace("texts", 100.0) for _ in range(2)]
    await first.settle(await first.reserve(1), 0)

    half, of_the_rest = (await second.reserve(1000)).segments, (await first.reserve(1000)).segments

    # The bucket holds 100 at most, and gains something between the two.
    assert 49 <= half <= 50
    assert 25 <= of_the_rest <= 50


async def test_senders_do_not_share_a_rate(shared: Sides) -> None:
    process = await shared.process()
    await process.pace("texts", SLOW).reserve(1)

    assert (await process.pace("calls", SLOW).reserve(1)).segments == 1

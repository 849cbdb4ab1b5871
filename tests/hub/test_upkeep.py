"""Chores are done at once, at their pace, and once more at the end; a failing one is tried again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from hub.errors import StorageError
from hub.upkeep import Chore, Upkeep

SOON, NEVER = timedelta(milliseconds=1), timedelta(days=1)


class Counted:
    """A chore that counts its rounds and tells when the wanted one is done."""

    def __init__(self, wanted: int = 1, *, fails: Exception | None = None) -> None:
        self.rounds = 0
        self.reached = asyncio.Event()
        self._wanted = wanted
        self._fails = fails

    async def __call__(self) -> None:
        self.rounds += 1
        if self.rounds >= self._wanted:
            self.reached.set()
        if self._fails is not None:
            raise self._fails


def upkeep(*chores: tuple[Callable[[], Awaitable[object]], timedelta]) -> Upkeep:
    return Upkeep([Chore(name=f"chore-{n}", every=every, do=do) for n, (do, every) in enumerate(chores)])


async def reached(*chores: Counted) -> None:
    async with asyncio.timeout(30):
        for one in chores:
            await one.reached.wait()


async def test_every_chore_is_done_at_once() -> None:
    one, other = Counted(), Counted()
    running = upkeep((one, NEVER), (other, NEVER))

    running.start()
    await reached(one, other)
    await running.stop()


async def test_a_chore_is_done_again_and_again() -> None:
    often, seldom = Counted(5), Counted()
    running = upkeep((often, SOON), (seldom, NEVER))

    running.start()
    await reached(often, seldom)
    rounds = seldom.rounds
    await running.stop()

    assert rounds == 1


async def test_at_the_end_each_is_done_once_more_and_never_again() -> None:
    one, other = Counted(), Counted()
    running = upkeep((one, NEVER), (other, NEVER))
    running.start()
    await reached(one, other)

    await running.stop()
    await asyncio.sleep(0.01)

    assert (one.rounds, other.rounds) == (2, 2)


@pytest.mark.parametrize("fault", [StorageError("gone"), ValueError("Nora Quinn")], ids=["ours", "any"])
async def test_one_that_fails_is_tried_again_and_spoils_no_other(fault: Exception) -> None:
    failing, steady = Counted(3, fails=fault), Counted(3)
    running = upkeep((failing, SOON), (steady, SOON))

    running.start()
    await reached(failing, steady)
    await running.stop()


@pytest.mark.parametrize("fault", [StorageError("Nora Quinn"), ValueError("Nora Quinn")], ids=["ours", "any"])
async def test_a_failure_is_logged_with_the_chores_name(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    failing = Counted(fails=fault)
    running = upkeep((failing, NEVER))

    with caplog.at_level(logging.ERROR, logger="hub.upkeep"):
        running.start()
        await reached(failing)
        await running.stop()

    assert {record.message for record in caplog.records} == {"chore_failed"}
    assert all(record.values["chore"] == "chore-0" for record in caplog.records)
    assert all("Nora" not in str(record.values) for record in caplog.records)


async def test_a_round_under_way_is_finished_before_the_end_and_never_doubled() -> None:
    going, inside, most, finished = asyncio.Event(), 0, 0, 0

    async def slow() -> None:
        nonlocal inside, most, finished
        inside += 1
        most = max(most, inside)
        await going.wait()
        inside -= 1
        finished += 1

    running = upkeep((slow, NEVER))
    running.start()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0.01)
    going.set()
    await stopping

    assert (most, finished, inside) == (1, 2, 0)


async def test_nothing_is_done_until_this_process_leads_and_then_at_once() -> None:
    one, leading = Counted(), False
    running = Upkeep([Chore(name="chore", every=NEVER, do=one)], lambda: leading)
    running.start()
    await asyncio.sleep(0.01)
    before = one.rounds

    leading = True
    await reached(one)
    await running.stop()

    assert before == 0


async def test_at_the_end_each_is_done_even_by_one_that_never_led() -> None:
    one = Counted()
    running = Upkeep([Chore(name="chore", every=NEVER, do=one)], lambda: False)
    running.start()

    await running.stop()

    assert one.rounds == 1


async def test_what_is_for_the_end_is_done_then_and_only_then() -> None:
    often, last = Counted(3), Counted()
    running = Upkeep([Chore(name="often", every=SOON, do=often), Chore(name="last", every=None, do=last)])
    running.start()
    await reached(often)
    before = last.rounds

    await running.stop()

    assert (before, last.rounds) == (0, 1)


async def test_one_that_was_never_started_still_does_each_at_the_end() -> None:
    one = Counted()

    await upkeep((one, NEVER)).stop()

    assert one.rounds == 1

"""What comes round is queued at its moment, once, in the clinic's zone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.jobs import Cron, Jobs, JobState, Kind, Nearby, Registry
from tests.hub.jobs.kinds import put
from tests.hub.jobs.rig import JobRig, open_work

NEW_YORK = ZoneInfo("America/New_York")
EIGHT, NINE, TEN = (datetime(2026, 3, 3, hour, tzinfo=NEW_YORK) for hour in (8, 9, 10))
"""The job of these tests comes round at nine in New York."""


@pytest.fixture
def redis_url() -> str:
    return ""


async def queued(work: JobRig) -> list[str]:
    return [row.state for row in await work.rows()]


async def test_a_schedule_that_is_new_begins_with_its_next_moment(work: JobRig, clock: FixedClock) -> None:
    clock.set(TEN)
    assert await work.cron.fire() == 0

    clock.set(NINE + timedelta(days=1) - timedelta(microseconds=1))
    assert await work.cron.fire() == 0
    clock.set(NINE + timedelta(days=1))
    assert await work.cron.fire() == 1

    assert await queued(work) == [JobState.QUEUED]


async def test_the_same_moment_is_queued_once_even_when_its_job_is_done(work: JobRig, clock: FixedClock) -> None:
    clock.set(EIGHT)
    await work.cron.fire()
    clock.set(NINE)
    work.runner.start()

    assert await work.cron.fire() == 1
    (row,) = await work.rows()
    await work.reaches(row.id, JobState.DONE)

    assert [await work.cron.fire() for _ in range(3)] == [0, 0, 0]
    assert work.marks == ["put 0"]


@pytest.fixture
async def other(
    database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, work: JobRig
) -> AsyncIterator[JobRig]:
    """A second process on the same database."""
    async with open_work(database_url, tmp_path, keyring, clock=clock) as rig:
        yield rig


async def test_two_schedulers_queue_it_once(work: JobRig, other: JobRig, clock: FixedClock) -> None:
    clock.set(EIGHT)
    await asyncio.gather(work.cron.fire(), other.cron.fire())
    clock.set(NINE)

    fired = await asyncio.gather(*(rig.cron.fire() for rig in (work, other, work, other)))

    assert sum(fired) == 1
    assert await queued(work) == [JobState.QUEUED]


async def test_one_that_takes_over_does_not_queue_it_again(work: JobRig, other: JobRig, clock: FixedClock) -> None:
    clock.set(EIGHT)
    await work.cron.fire()
    clock.set(NINE)
    await work.cron.fire()
    work.runner.start()
    (row,) = await work.rows()
    await work.reaches(row.id, JobState.DONE)

    clock.set(TEN)

    assert await other.cron.fire() == 0
    assert await queued(work) == [JobState.DONE]


async def test_moments_that_were_missed_become_one_job(work: JobRig, other: JobRig, clock: FixedClock) -> None:
    clock.set(EIGHT)
    await work.cron.fire()

    clock.set(EIGHT + timedelta(days=30))

    assert await other.cron.fire() == 1
    assert await work.cron.fire() == 0


async def test_while_the_last_one_waits_no_second_is_queued(work: JobRig, clock: FixedClock) -> None:
    clock.set(EIGHT)
    await work.cron.fire()
    for day in range(3):
        clock.set(NINE + timedelta(days=day))
        await work.cron.fire()

    assert await queued(work) == [JobState.QUEUED]


async def test_it_follows_the_clinics_clocks_when_they_change(work: JobRig, clock: FixedClock) -> None:
    """They change in New York on 8 March 2026: nine o'clock is an hour earlier by UTC."""
    clock.set(datetime(2026, 3, 7, 14, 30, tzinfo=UTC))
    await work.cron.fire()

    clock.set(datetime(2026, 3, 8, 12, 59, tzinfo=UTC))
    before = await work.cron.fire()
    clock.set(datetime(2026, 3, 8, 13, 0, tzinfo=UTC))

    assert (before, await work.cron.fire()) == (0, 1)


@pytest.mark.parametrize("schedule", ["often", "0 9 * *", "61 * * * *", "* * * * * *", "@daily"])
async def test_a_schedule_that_is_none_is_refused_at_the_start(db: Database, clock: FixedClock, schedule: str) -> None:
    registry = Registry([Kind(name="marks.put", do=put, cron=schedule)])

    with pytest.raises(ValueError, match=r"marks\.put"):
        Cron(db, clock, Jobs(db, clock, registry, Nearby()), NEW_YORK)

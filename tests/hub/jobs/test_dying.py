"""A worker that is killed without warning: its job is run again, by another or by the next start."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.crypto import Keyring
from hub.jobs import JobState
from tests.bench.processes import CHECKOUT
from tests.hub.jobs.rig import JobRig, open_work
from tests.servers.forked import Forked

# Each kind of database with the queue that it is mostly run with: a process for each test takes its time, and what the
# other two pairs do is tested in `test_running`.
pytestmark = pytest.mark.parametrize(
    ("database_url", "redis_url"), [("sqlite", "embedded"), ("postgresql", "rq")], indirect=True
)

LASTS = 2.0
"""Seconds until the killed worker's jobs are taken over."""


@pytest.fixture
async def work(database_url: str, tmp_path: Path, keyring: Keyring, redis_url: str) -> AsyncIterator[JobRig]:
    """This process's jobs, by the machine's clock; its own worker is not started."""
    lasts = timedelta(seconds=LASTS)
    async with open_work(database_url, tmp_path, keyring, redis_url=redis_url, lasts=lasts) as rig:
        yield rig


@pytest.fixture
def worker(work: JobRig, database_url: str, tmp_path: Path, redis_url: str) -> Iterator[Forked]:
    """A worker in another process, ready."""
    words = ["-m", "tests.hub.jobs.worker", database_url, str(tmp_path), redis_url, str(LASTS)]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    heard, told = os.pipe()
    with open(heard, encoding="utf-8") as said:
        process = Forked(words, stdout=told, env=env, cwd=CHECKOUT)
        os.close(told)
        assert said.readline() == "ready\n"
        yield process
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["marks.held", "marks.heldprocess"])
async def test_a_job_in_the_middle_of_which_its_worker_was_killed_runs_again(
    work: JobRig, worker: Forked, name: str
) -> None:
    queued = await work.jobs.enqueue(name)
    await work.marked("begun")

    worker.kill()
    await asyncio.to_thread(worker.wait)
    work.runner.start()
    await work.marked("begun", "begun")
    work.go()

    row = await work.reaches(queued.id, JobState.DONE)
    assert (row.attempts, row.failures) == (2, 1)
    assert work.marks == ["begun", "begun", "ended"]


async def test_what_waits_while_no_worker_is_there_runs_at_the_next_start(work: JobRig, worker: Forked) -> None:
    worker.kill()
    await asyncio.to_thread(worker.wait)
    queued = [await work.jobs.enqueue("marks.put", {"number": n}) for n in range(3)]

    work.runner.start()

    for one in queued:
        await work.reaches(one.id, JobState.DONE)
    assert sorted(work.marks) == ["put 0", "put 1", "put 2"]


async def test_one_that_is_asked_to_end_finishes_its_job(work: JobRig, worker: Forked) -> None:
    queued = await work.jobs.enqueue("marks.held")
    await work.marked("begun")

    worker.send_signal(signal.SIGTERM)
    work.go()
    code = await asyncio.to_thread(worker.wait, 30)

    assert code == 0
    assert (await work.row(queued.id)).state == JobState.DONE
    assert work.marks == ["begun", "ended"]

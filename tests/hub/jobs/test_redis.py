"""Jobs over RQ: only ids go in, as JSON; what Redis forgets, is told twice or slips in changes nothing."""

import json
import logging
import sys
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer, PickleSerializer

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import migrate
from hub.errors import SettingsError
from hub.jobs import JobState
from hub.jobs.redis_queue import RqQueue
from hub.jobs.runner import SLOTS
from hub.jobs.setup import _way
from hub.jobs.store import Waiting
from tests.hub.jobs.marks import mark
from tests.hub.jobs.rig import JobRig, eventually, open_work
from tests.servers.child import free_port
from tests.servers.valkey import Valkey, running
from tests.stores import sqlite_url


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    return valkey.url


@pytest.fixture
def inside(valkey: Valkey) -> Any:
    """A client of the server."""
    with redis.Redis.from_url(valkey.url) as client:
        yield client


def queue_name(work: JobRig) -> str:
    announcer = work.jobs._announcer
    assert isinstance(announcer, RqQueue)
    return announcer.queue.name


def contents(client: Any) -> list[bytes]:
    """Every key and value that Redis holds, unpacked."""
    readers = {
        b"string": lambda key: [client.get(key)],
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": lambda key: client.smembers(key),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": lambda key: [repr(client.xrange(key)).encode()],
    }
    found: list[bytes] = []
    for key in client.scan_iter():
        found += [key, *readers[client.type(key)](key)]
    return found


async def test_only_the_rows_id_goes_in_and_it_goes_as_json(work: JobRig, inside: Any) -> None:
    queued = await work.jobs.enqueue("marks.put", {"number": 424242})

    (key,) = inside.keys("rq:job:*")
    data = json.loads(zlib.decompress(inside.hget(key, "data")))
    assert queued.id in data[2]
    assert data[1:] == [None, [queued.id], {}]
    assert not [one for one in contents(inside) if b"424242" in one or b"marks" in one]


async def test_nothing_of_a_job_stays_when_it_is_done(work: JobRig, inside: Any) -> None:
    work.runner.start()
    queued = await work.jobs.enqueue("marks.put")
    await work.reaches(queued.id, JobState.DONE)
    await work.runner.stop()

    # RQ's own housekeeping notes an entry that it sees between two steps, for a day.
    assert not [one for one in contents(inside) if queued.id.encode() in one and b":first_seen:" not in one]


async def test_nothing_of_an_error_goes_in(work: JobRig, inside: Any) -> None:
    work.runner.start()
    queued = await work.jobs.enqueue("marks.broken")
    await work.reaches(queued.id, JobState.QUEUED, attempts=1)
    await work.runner.stop()

    assert not [one for one in contents(inside) if b"Nora" in one or b"Traceback" in one]


async def test_what_redis_forgot_before_it_ran_is_announced_again(work: JobRig, inside: Any) -> None:
    queued = [await work.jobs.enqueue("marks.put", {"number": n}) for n in range(5)]
    inside.flushall()

    work.runner.start()

    for one in queued:
        row = await work.reaches(one.id, JobState.DONE)
        assert row.attempts == 1
    assert sorted(work.marks) == sorted(f"put {n}" for n in range(5))


async def test_when_redis_forgets_while_a_job_runs_it_ends_and_the_next_runs(work: JobRig, inside: Any) -> None:
    work.runner.start()
    queued = await work.jobs.enqueue("marks.held")
    await work.marked("begun")

    inside.flushall()
    work.go()
    row = await work.reaches(queued.id, JobState.DONE)
    after = await work.jobs.enqueue("marks.put")
    await work.reaches(after.id, JobState.DONE)

    assert row.attempts == 1
    assert work.marks == ["begun", "ended", "put 0"]


async def test_an_entry_lost_between_rqs_steps_is_announced_under_another_name(
    work: JobRig, inside: Any, clock: FixedClock
) -> None:
    """As when a worker dies after it took the entry and before it claimed the row."""
    queued = await work.jobs.enqueue("marks.put")
    inside.delete(f"rq:queue:{queue_name(work)}")
    await work.runner.sweep()
    at_once = inside.llen(f"rq:queue:{queue_name(work)}")

    clock.advance(timedelta(minutes=1))
    work.runner.start()

    await work.reaches(queued.id, JobState.DONE)
    assert at_once == 0


async def test_one_that_is_announced_twice_runs_once(work: JobRig, clock: FixedClock) -> None:
    queued = await work.jobs.enqueue("marks.put")
    waiting = Waiting(id=queued.id, attempts=0, due_at=clock.now())
    other_name = Waiting(id=queued.id, attempts=1, due_at=clock.now())

    await work.jobs._announcer.announce([waiting, waiting, other_name])
    work.runner.start()
    await work.reaches(queued.id, JobState.DONE)
    after = await work.jobs.enqueue("marks.put", {"number": 1})
    await work.reaches(after.id, JobState.DONE)

    assert work.marks == ["put 0", "put 1"]


@pytest.mark.parametrize("serializer", [JSONSerializer, PickleSerializer], ids=["json", "pickle"])
async def test_a_foreign_entry_calls_nothing_and_harms_nobody(
    work: JobRig, inside: Any, tmp_path: Path, serializer: Any
) -> None:
    """Who can write to Redis must not thereby run code in a worker."""
    foreign = Queue(queue_name(work), connection=inside, serializer=serializer)
    foreign.enqueue("os.mkdir", str(tmp_path / "made by a foreign entry"))
    if serializer is PickleSerializer:
        foreign.enqueue(mark, tmp_path, "foreign")

    work.runner.start()
    queued = await work.jobs.enqueue("marks.put")
    await work.reaches(queued.id, JobState.DONE)

    assert work.marks == ["put 0"]
    assert not (tmp_path / "made by a foreign entry").exists()


async def test_deployments_that_share_a_server_do_not_take_each_others_jobs(
    work: JobRig, valkey: Valkey, tmp_path: Path, clock: FixedClock
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    await migrate.upgrade_async(sqlite_url(folder / "hub.db"))
    async with open_work(
        sqlite_url(folder / "hub.db"), folder, Keyring.create(clock.now()), redis_url=valkey.url, clock=clock
    ) as other:
        queued = await work.jobs.enqueue("marks.put", {"number": 1})
        theirs = await other.jobs.enqueue("marks.put", {"number": 2})
        other.runner.start()
        await other.reaches(theirs.id, JobState.DONE)
        await other.runner.stop()
        waits = await work.row(queued.id)
        work.runner.start()
        await work.reaches(queued.id, JobState.DONE)

        assert queue_name(work) != queue_name(other)
        assert waits.state == JobState.QUEUED
        assert (work.marks, other.marks) == (["put 1"], ["put 2"])


def test_without_its_libraries_the_setting_is_refused(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("hub.jobs.redis_queue", "rq"):
        monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(SettingsError, match=r"carehub\[scale\]"):
        _way("redis://127.0.0.1:1/0", "carehub-x", clock)


class TestWithoutRedis:
    """A server that is not there."""

    @pytest.fixture
    def redis_url(self) -> str:
        return f"redis://:canary@127.0.0.1:{free_port()}/0"

    async def test_jobs_are_queued_and_run_all_the_same(self, work: JobRig, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO, logger="hub.jobs"):
            queued = await work.jobs.enqueue("marks.put")
            work.runner.start()
            row = await work.reaches(queued.id, JobState.DONE)

        assert (row.attempts, work.marks) == (1, ["put 0"])
        assert "jobs_redis_lost" in caplog.messages
        assert "canary" not in caplog.text

    async def test_a_worker_stops_at_once(self, work: JobRig) -> None:
        work.runner.start()
        await work.runner.sweep()

        await work.runner.stop()

        assert all(task.done() for task in work.runner._working)


async def test_a_server_that_comes_back_is_used_from_then_on(
    database_url: str, tmp_path: Path, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    url = Valkey(tmp_path, port).url
    async with open_work(database_url, tmp_path, keyring, redis_url=url) as work:
        with caplog.at_level(logging.INFO, logger="hub.jobs"):
            work.runner.start()
            first = await work.jobs.enqueue("marks.put", {"number": 1})
            await work.reaches(first.id, JobState.DONE)
            with running(port):
                second = await work.jobs.enqueue("marks.put", {"number": 2})
                await work.reaches(second.id, JobState.DONE)
                with redis.Redis.from_url(url) as client:
                    await eventually(lambda: client.scard("rq:workers") == SLOTS)
                await work.runner.stop()

    assert work.marks == ["put 1", "put 2"]
    assert [one for one in caplog.messages if one.startswith("jobs_redis")] == ["jobs_redis_lost", "jobs_redis_back"]

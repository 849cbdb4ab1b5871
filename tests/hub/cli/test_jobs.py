"""`hub jobs`: background work listed, tried again and asked for by hand."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.db.tables import job
from hub.jobs import REGISTRY, JobState, store
from tests.hub.cli.running import Run
from tests.stores import sqlite_url

UNKNOWN = "019aa2f0-7c31-7d52-9b1e-3f60c2d4a581"
PATIENTS = '{"path": "patients.csv"}'


def _write(data: Path, unit: Callable[[AsyncConnection], Awaitable[Any]]) -> Any:
    async def work() -> Any:
        db = await Database.open(sqlite_url(data / "hub.db"))
        try:
            return await db.write(unit)
        finally:
            await db.close()

    return asyncio.run(work())


def _fail(data: Path, job_id: str) -> None:
    """Make an attempt at the job, that is refused."""
    now = datetime.now(UTC) + timedelta(seconds=1)

    async def unit(conn: AsyncConnection) -> None:
        claimed = await store.claim(conn, now, [k.name for k in REGISTRY], "w", timedelta(minutes=1), job_id)
        assert claimed is not None
        await store.fail(conn, claimed, REGISTRY.named(claimed.name), now, "input", again=False)

    _write(data, unit)


def _queued(run: Run, name: str = "patients.import", args: str = PATIENTS) -> str:
    ended = run("jobs", "run", name, args)
    assert (ended.code, ended.err.splitlines()[-1:]) == (0, ["queued"])
    return ended.out.strip()


def _listed(run: Run, *words: str) -> list[dict[str, Any]]:
    ended = run("jobs", "list", *words)
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


def _state(data: Path, job_id: str) -> str:
    async def unit(conn: AsyncConnection) -> str:
        return str((await conn.execute(sa.select(job.c.state).where(job.c.id == job_id))).scalar_one())

    return str(_write(data, unit))


@pytest.mark.usefixtures("founded")
def test_where_there_are_no_jobs_none_is_listed(run: Run) -> None:
    assert _listed(run) == []


@pytest.mark.usefixtures("founded")
def test_a_job_asked_for_is_queued_and_its_id_alone_printed(run: Run) -> None:
    job_id = _queued(run)

    (one,) = _listed(run)
    assert re.fullmatch(r"[0-9a-f-]{36}", job_id)
    assert (one["id"], one["name"], one["state"]) == (job_id, "patients.import", "queued")
    assert (one["args"], one["error"], one["result"]) == ({"path": "patients.csv"}, None, None)
    assert all(datetime.fromisoformat(one[moment]).tzinfo for moment in ("created", "due"))
    assert (one["started"], one["ended"], one["attempts"], one["failures"]) == (None, None, 0, 0)


@pytest.mark.usefixtures("founded")
def test_one_that_is_there_already_is_said_to_be_so(run: Run) -> None:
    first = _queued(run)

    ended = run("jobs", "run", "patients.import", PATIENTS)

    assert (ended.code, ended.out.strip()) == (0, first)
    assert ended.err == "the same waits or runs already\n"


def test_lists_show_the_newest_first_of_one_state_and_so_many(run: Run, founded: Path) -> None:
    ids = [_queued(run), _queued(run, "holds.sweep", "{}"), _queued(run, "jobs.prune", "{}")]
    _fail(founded, ids[1])

    assert [one["id"] for one in _listed(run)] == ids[::-1]
    assert [one["id"] for one in _listed(run, "--limit", "1")] == ids[2:]
    assert [one["id"] for one in _listed(run, "--state", "queued")] == [ids[2], ids[0]]
    assert [one["id"] for one in _listed(run, "--failed")] == [ids[1]]
    (failed,) = _listed(run, "--state", "failed")
    assert (failed["error"], failed["attempts"], failed["failures"]) == ("input", 1, 1)


def test_a_failed_job_is_tried_again(run: Run, founded: Path) -> None:
    job_id = _queued(run)
    _fail(founded, job_id)

    ended = run("jobs", "retry", job_id.upper())

    assert (ended.code, ended.out, ended.err) == (0, "", "1 queued\n")
    assert _state(founded, job_id) == JobState.QUEUED


def test_all_failed_are_tried_again_but_what_has_its_like_waiting(run: Run, founded: Path) -> None:
    one, other = _queued(run), _queued(run, "holds.sweep", "{}")
    for job_id in (one, other):
        _fail(founded, job_id)
    _queued(run)

    every = run("jobs", "retry", "--all-failed")
    again = run("jobs", "retry", one)

    assert (every.code, every.err) == (0, "1 queued, 1 left as the same waits or runs\n")
    assert (again.code, again.out) == (1, "")
    assert [_state(founded, job_id) for job_id in (one, other)] == [JobState.FAILED, JobState.QUEUED]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("retry", UNKNOWN), "no failed job has this id", id="an unknown id"),
        pytest.param(("retry", "patients.csv"), "not the id of a job", id="no id"),
        pytest.param(("retry",), "--all-failed", id="neither one nor all"),
        pytest.param(("retry", UNKNOWN, "--all-failed"), "--all-failed", id="one and all"),
        pytest.param(("list", "--failed", "--state", "done"), "keep one", id="two states"),
        pytest.param(("list", "--limit", "0"), "--limit", id="no job"),
        pytest.param(("list", "--state", "lost"), "--state", id="an unknown state"),
        pytest.param(("run", "patients.export"), "no job of this name", id="an unknown job"),
        pytest.param(("run", "patients.import"), "do not fit", id="an argument is missing"),
        pytest.param(("run", "patients.import", "patients.csv"), "JSON object", id="no JSON"),
        pytest.param(("run", "patients.import", "[1]"), "JSON object", id="no object"),
        pytest.param(("run", "patients.import", '{"path": "Nora Quinn.csv"}'), "takes no text", id="a name"),
        pytest.param(("run", "holds.sweep", '{"path": "x"}'), "do not fit", id="an unknown argument"),
    ],
)
@pytest.mark.usefixtures("founded")
def test_what_cannot_be_is_told_in_one_line_and_queues_nothing(run: Run, words: tuple[str, ...], said: str) -> None:
    ended = run("jobs", *words)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.lines[-1]
    assert "Nora" not in ended.err
    assert _listed(run) == []

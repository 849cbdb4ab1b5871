"""The rows of jobs: the only truth about them. Every function works in the transaction it is given.

A row goes from `queued` to `running` by a claim, which counts the attempt; from there to `done`, back to `queued` to be
tried again, or to `failed`. What is written at the end of an attempt names its number, and is void once there was
another: a worker that was believed dead changes nothing any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import job
from hub.jobs.registry import Kind, Registry
from hub.types import new_id

LOST = "lost"
"""The error of an attempt whose worker was not heard of any more."""


class JobState(StrEnum):
    """What has become of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_ACTIVE = (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """What came of asking for a job: its id, and whether it is new or one of the same key was there."""

    id: str
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that may be run now; `attempts` counts those that were begun."""

    id: str
    attempts: int
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An attempt that is to be made, by whoever holds this."""

    id: str
    name: str
    args: Mapping[str, Any] = field(repr=False)
    number: int
    failures: int


async def add(conn: AsyncConnection, kind: Kind, args: Mapping[str, Any], now: datetime, due_at: datetime) -> Queued:
    """Queue a job, unless one of its key waits or runs. `args` are checked already.

    Two transactions that add the same key at once conflict in the database: one of them must then be run again.
    """
    key = kind.key(args)
    if key is not None and (there := await _active(conn, key)) is not None:
        return Queued(id=there, new=False)
    row = {
        "id": new_id(),
        "name": kind.name,
        "args": dict(args),
        "key": key,
        "state": JobState.QUEUED,
        "attempts": 0,
        "failures": 0,
        "due_at": due_at,
        "error": "",
        "created_at": now,
    }
    await conn.execute(sa.insert(job), row)
    return Queued(id=str(row["id"]), new=True)


async def _active(conn: AsyncConnection, key: str) -> str | None:
    query = sa.select(job.c.id).where(job.c.key == key, job.c.state.in_(_ACTIVE))
    return (await conn.execute(query)).scalar_one_or_none()


def _due(now: datetime, names: Collection[str]) -> sa.ColumnElement[bool]:
    """What a worker that knows these names may run. What it does not know waits for one of another release."""
    return sa.and_(job.c.state == JobState.QUEUED, job.c.due_at <= now, job.c.name.in_(names))


async def waiting(conn: AsyncConnection, now: datetime, names: Collection[str], limit: int = 200) -> list[Waiting]:
    """The jobs of these names that may be run now, those due longest first."""
    query = (
        sa.select(job.c.id, job.c.attempts, job.c.due_at)
        .where(_due(now, names))
        .order_by(job.c.due_at, job.c.id)
        .limit(limit)
    )
    return [Waiting(id=row.id, attempts=row.attempts, due_at=row.due_at) for row in await conn.execute(query)]


async def count_due(conn: AsyncConnection, now: datetime) -> int:
    """How many jobs of any name wait although they are due."""
    query = sa.select(sa.func.count()).where(job.c.state == JobState.QUEUED, job.c.due_at <= now)
    return int((await conn.execute(query)).scalar_one())


async def claim(
    conn: AsyncConnection,
    now: datetime,
    names: Collection[str],
    holder: str,
    lasts: timedelta,
    job_id: str | None = None,
) -> Claimed | None:
    """Begin an attempt of the job `job_id`, or of the one due longest; None when there is none that nobody has."""
    query = (
        sa.select(job.c.id, job.c.name, job.c.args, job.c.attempts, job.c.failures)
        .where(_due(now, names))
        .order_by(job.c.due_at, job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if job_id is not None:
        query = query.where(job.c.id == job_id)
    row = (await conn.execute(query)).first()
    if row is None:
        return None
    number = row.attempts + 1
    await conn.execute(
        sa.update(job)
        .where(job.c.id == row.id)
        .values(
            state=JobState.RUNNING,
            attempts=number,
            holder=holder,
            lease_until=now + lasts,
            started_at=now,
            ended_at=None,
        )
    )
    return Claimed(id=row.id, name=row.name, args=row.args, number=number, failures=row.failures)


def _mine(claimed: Claimed) -> sa.ColumnElement[bool]:
    return sa.and_(job.c.id == claimed.id, job.c.state == JobState.RUNNING, job.c.attempts == claimed.number)


async def heartbeat(conn: AsyncConnection, claimed: Claimed, now: datetime, lasts: timedelta) -> bool:
    """Say that the attempt goes on; False when it is not this one's turn any more."""
    changed = await conn.execute(sa.update(job).where(_mine(claimed)).values(lease_until=now + lasts))
    return changed.rowcount == 1


async def finish(conn: AsyncConnection, claimed: Claimed, now: datetime, result: Any) -> bool:
    """The attempt succeeded; False when it is void."""
    values = {"state": JobState.DONE, "result": result, "error": "", "ended_at": now}
    changed = await conn.execute(sa.update(job).where(_mine(claimed)).values(**values, **_NOBODY))
    return changed.rowcount == 1


async def give_back(conn: AsyncConnection, claimed: Claimed, now: datetime) -> bool:
    """The attempt gave way to the end of its process: it is due at once, and counts for no failure."""
    values = {"state": JobState.QUEUED, "due_at": now}
    changed = await conn.execute(sa.update(job).where(_mine(claimed)).values(**values, **_NOBODY))
    return changed.rowcount == 1


async def fail(
    conn: AsyncConnection, claimed: Claimed, kind: Kind, now: datetime, error: str, *, again: bool
) -> JobState | None:
    """The attempt failed; returns whether the job is queued again or failed, None when the attempt is void.

    error: a code or the name of a type. again: whether a further attempt may help.
    """
    values = _failed(kind, claimed.failures + 1, now, error, again=again)
    changed = await conn.execute(sa.update(job).where(_mine(claimed)).values(**values))
    return JobState(values["state"]) if changed.rowcount == 1 else None


def _failed(kind: Kind | None, failures: int, now: datetime, error: str, *, again: bool) -> dict[str, Any]:
    """What is written of a job after so many failures."""
    values: dict[str, Any] = {"failures": failures, "error": error[:64], "ended_at": now, **_NOBODY}
    if again and kind is not None and failures <= kind.retries.count:
        return values | {"state": JobState.QUEUED, "due_at": now + kind.retries.pause(failures)}
    return values | {"state": JobState.FAILED}


_NOBODY: dict[str, Any] = {"holder": None, "lease_until": None}


def _lost(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(job.c.state == JobState.RUNNING, job.c.lease_until < now)


async def any_lost(conn: AsyncConnection, now: datetime) -> bool:
    """Whether there are jobs to take over."""
    return (await conn.execute(sa.select(job.c.id).where(_lost(now)).limit(1))).first() is not None


async def take_over(conn: AsyncConnection, registry: Registry, now: datetime) -> list[tuple[str, JobState]]:
    """Jobs whose worker was not heard of in time, by name, and whether each is queued again or failed.

    That an attempt was lost counts as a failure: a job that takes its worker down with it ends.
    """
    query = sa.select(job.c.id, job.c.name, job.c.failures).where(_lost(now)).with_for_update(skip_locked=True)
    found = []
    for row in (await conn.execute(query)).all():
        values = _failed(registry.get(row.name), row.failures + 1, now, LOST, again=True)
        if values["state"] is JobState.QUEUED:
            # Its time was spent waiting for the lease to end.
            values["due_at"] = now
        await conn.execute(sa.update(job).where(job.c.id == row.id).values(**values))
        found.append((row.name, JobState(values["state"])))
    return found


async def page(conn: AsyncConnection, state: JobState | None, limit: int) -> Sequence[Any]:
    """The newest jobs, of one state or of any."""
    query = sa.select(job).order_by(job.c.id.desc()).limit(limit)
    return (await conn.execute(query if state is None else query.where(job.c.state == state))).all()


async def revive(conn: AsyncConnection, now: datetime, job_id: str | None = None) -> tuple[list[Waiting], int]:
    """Queue one failed job anew, or each; returns them, and how many stay as one of their key waits or runs."""
    query = sa.select(job.c.id, job.c.key, job.c.attempts).where(job.c.state == JobState.FAILED).order_by(job.c.id)
    if job_id is not None:
        query = query.where(job.c.id == job_id)
    revived, left = [], 0
    for row in (await conn.execute(query.with_for_update())).all():
        if row.key is not None and await _active(conn, row.key) is not None:
            left += 1
            continue
        values = {"state": JobState.QUEUED, "failures": 0, "due_at": now, "ended_at": None}
        await conn.execute(sa.update(job).where(job.c.id == row.id).values(**values))
        revived.append(Waiting(id=row.id, attempts=row.attempts, due_at=now))
    return revived, left


async def prune(conn: AsyncConnection, done_before: datetime, failed_before: datetime) -> int:
    """Delete jobs that ended long ago; returns how many."""
    old = sa.or_(
        sa.and_(job.c.state == JobState.DONE, job.c.ended_at < done_before),
        sa.and_(job.c.state == JobState.FAILED, job.c.ended_at < failed_before),
    )
    return (await conn.execute(sa.delete(job).where(old))).rowcount

"""A hub's jobs for tests: its parts over a database, a registry of jobs that leave marks, and a worker.

async with open_work(database_url, tmp_path, keyring, clock, redis_url) as work:
    queued = await work.jobs.enqueue("marks.put")
    work.runner.start()
    await work.reaches(queued.id, JobState.DONE)
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.app import Hub
from hub.clock import Clock
from hub.crypto import Keyring
from hub.db.tables import job
from hub.jobs import Cron, Jobs, JobState, Registry, Runner, Work
from hub.jobs.executor import LASTS
from hub.parts import Parts
from hub.settings import Secret, Settings
from tests.hub.jobs.kinds import REGISTRY
from tests.hub.jobs.marks import marks

WITHIN = 30.0
"""Seconds in which what is waited for must come to pass; the machine may be busy."""


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until `holds()`."""
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, "expected something that did not come to pass"
        await asyncio.sleep(0.02)


class JobRig:
    """One process's worth of background work."""

    def __init__(self, parts: Parts, registry: Registry, lasts: timedelta) -> None:
        self.parts = parts
        self._work = Work(parts, registry)
        self.jobs: Jobs = self._work.jobs
        self.runner: Runner = self._work.runner(lasts)
        self.cron: Cron = self._work.cron()

    @property
    def marks(self) -> list[str]:
        """What was run, in order."""
        return marks(self.parts.settings.data)

    def go(self) -> None:
        """Let the jobs that wait for it end."""
        (self.parts.settings.data / "go").touch()

    async def row(self, job_id: str) -> Any:
        async with self.parts.db.read() as conn:
            return (await conn.execute(sa.select(job).where(job.c.id == job_id))).one()

    async def rows(self) -> list[Any]:
        """Every job, the oldest first."""
        async with self.parts.db.read() as conn:
            return list((await conn.execute(sa.select(job).order_by(job.c.id))).all())

    async def reaches(self, job_id: str, state: JobState, *, attempts: int = 0) -> Any:
        """The job's row, once it is in a state after so many attempts; the sweep is done meanwhile, as ever."""
        deadline = time.monotonic() + WITHIN
        while True:
            await self.runner.sweep()
            row = await self.row(job_id)
            if row.state == state and row.attempts >= attempts:
                return row
            assert time.monotonic() < deadline, f"expected the job to be {state}, it is {row.state} ({row.error})"
            await asyncio.sleep(0.02)

    async def beats(self, job_id: str, until: datetime) -> None:
        """Wait until the job's worker has said that it goes on, until `until` or later."""
        deadline = time.monotonic() + WITHIN
        while (await self.row(job_id)).lease_until < until:
            assert time.monotonic() < deadline, "expected a heartbeat"
            await asyncio.sleep(0.01)

    async def marked(self, *expected: str) -> None:
        """Wait until these marks, and no other, are there."""
        deadline = time.monotonic() + WITHIN
        while self.marks != list(expected):
            assert time.monotonic() < deadline, f"expected {expected}, found {self.marks}"
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        self.go()
        await self.runner.stop()
        await self._work.close()


@asynccontextmanager
async def open_work(
    database_url: str,
    folder: Path,
    keyring: Keyring,
    *,
    redis_url: str = "",
    clock: Clock | None = None,
    registry: Registry = REGISTRY,
    lasts: timedelta = LASTS,
) -> AsyncIterator[JobRig]:
    """Jobs over the database; the worker is made and not started."""
    settings = Settings(
        data=folder,
        database_url=database_url,
        keyring_file=folder / "keyring.json",
        redis_url=Secret(redis_url),
    )
    if not settings.keyring.exists():
        keyring.save(settings.keyring)
    hub = await Hub.open(settings, roles=(), clock=clock)
    rig = JobRig(hub.parts, registry, lasts)
    try:
        yield rig
    finally:
        await rig.close()
        await hub.stop()

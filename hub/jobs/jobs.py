"""Asking for jobs, and looking at what became of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.jobs import store
from hub.jobs.registry import Registry
from hub.jobs.store import JobState, Queued, Waiting

R = TypeVar("R")

_log = logging.getLogger(__name__)
_NOW = timedelta()
_TRIES = 3


class Announcer(Protocol):
    """Tells workers of jobs that may be run now. It may fail to, silently: they look by themselves, too, but later."""

    async def announce(self, waiting: Sequence[Waiting]) -> None:
        """Tell of these jobs; to be told of one twice harms nobody. Never raises."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class Nearby:
    """Wakes the worker of this process. One elsewhere looks into the database every second."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    async def announce(self, waiting: Sequence[Waiting]) -> None:
        """Wake who waits."""
        if waiting:
            self._rung.set()

    async def heard(self, seconds: float) -> None:
        """Return when rung, or after so many seconds."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return
        self._rung.clear()

    async def close(self) -> None:
        """Nothing is held."""


class Jobs:
    """The jobs of a database: asked for, listed, tried again."""

    def __init__(self, db: Database, clock: Clock, registry: Registry, announcer: Announcer) -> None:
        self.registry = registry
        self._db = db
        self._clock = clock
        self._announcer = announcer

    async def enqueue(self, name: str, args: Mapping[str, object] | None = None, *, after: timedelta = _NOW) -> Queued:
        """Queue a job, durable when this returns, to be run when `after` has passed.

        Raises: InputError when there is no such job or the arguments do not fit it.
        """
        kind = self.registry.named(name)
        kept = kind.checked(args or {})
        now = self._clock.now()
        queued = await self._alone(lambda conn: store.add(conn, kind, kept, now, now + after))
        if queued.new and not after:
            await self._announcer.announce([Waiting(id=queued.id, attempts=0, due_at=now)])
        return queued

    async def enqueue_in(self, conn: AsyncConnection, name: str, args: Mapping[str, object] | None = None) -> Queued:
        """Queue a job in the caller's transaction: it is there if, and only if, what else is written there is.

        Workers find it by themselves, within a second or two of the commit. Raises: as `enqueue`.
        """
        kind = self.registry.named(name)
        now = self._clock.now()
        return await store.add(conn, kind, kind.checked(args or {}), now, now)

    async def page(self, state: JobState | None = None, limit: int = 50) -> Sequence[Any]:
        """The rows of the newest jobs, of one state or of any."""
        async with self._db.read() as conn:
            return await store.page(conn, state, limit)

    async def revive(self, job_id: str | None = None) -> tuple[int, int]:
        """Try a failed job again, or all; returns how many are queued, and how many stay as their like waits or runs.

        A job revived has all its attempts before it.
        """
        revived, left = await self._alone(lambda conn: store.revive(conn, self._clock.now(), job_id))
        await self._announcer.announce(revived)
        return len(revived), left

    async def _alone(self, unit: Callable[[AsyncConnection], Awaitable[R]]) -> R:
        """The result of a unit that is run again when another process added a job of the same key meanwhile."""
        for _ in range(_TRIES - 1):
            try:
                return await self._db.write(unit)
            except sa.exc.IntegrityError:
                continue
        return await self._db.write(unit)

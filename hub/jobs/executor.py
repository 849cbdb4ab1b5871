"""One attempt at a job: claimed, run where its kind says, and its end written. The same for every runner."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub import aside
from hub.clock import Clock
from hub.db import Database
from hub.errors import HubError, StorageError
from hub.jobs import store
from hub.jobs.registry import Kind, Registry, Where
from hub.jobs.store import Claimed, JobState, Waiting
from hub.leases import holder_name
from hub.log import say
from hub.metrics import Metrics
from hub.parts import Parts

_log = logging.getLogger(__name__)

LASTS = timedelta(seconds=30)
"""How long an attempt is believed to go on without a heartbeat."""
_BEATS = 6
"""Heartbeats in that time."""


class Executor:
    """Makes attempts at jobs. Any number may work on one database: each attempt has one of them."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        metrics: Metrics,
        registry: Registry,
        parts: Parts,
        lasts: timedelta = LASTS,
    ) -> None:
        self._db = db
        self._clock = clock
        self._metrics = metrics
        self._registry = registry
        self._names = frozenset(kind.name for kind in registry)
        self._parts = parts
        self._lasts = lasts
        self._beat = lasts / _BEATS
        self._holder = holder_name()
        self._ending = asyncio.Event()

    def give_up(self) -> None:
        """Stop every attempt under way and give its job back: another worker, or the next start, runs it again."""
        self._ending.set()

    async def waiting(self) -> list[Waiting]:
        """The jobs that may be run now."""
        async with self._db.glance() as conn:
            return await store.waiting(conn, self._clock.now(), self._names)

    async def sweep(self) -> None:
        """Take over jobs whose worker is gone, and count those that wait."""

        async def unit(conn: AsyncConnection) -> list[tuple[str, JobState]]:
            return await store.take_over(conn, self._registry, self._clock.now())

        async with self._db.glance() as conn:
            now = self._clock.now()
            lost = await store.any_lost(conn, now)
            self._metrics.jobs_waiting.set(await store.count_due(conn, now))
        if not lost:
            return
        for name, state in await self._db.write(unit):
            say(_log, "job_taken_over", logging.WARNING, job=name, state=state)
            self._metrics.jobs.labels(name if name in self._names else "unknown", store.LOST).inc()

    async def run_next(self) -> bool:
        """Run the job due longest to the end of this attempt; False when there is none."""
        if not await self.waiting():
            return False
        return await self.run(None)

    async def run(self, job_id: str | None) -> bool:
        """Run the job, or the one due longest, to the end of this attempt; False when it is not to be had."""

        async def unit(conn: AsyncConnection) -> Claimed | None:
            return await store.claim(conn, self._clock.now(), self._names, self._holder, self._lasts, job_id)

        claimed = None if self._ending.is_set() else await self._db.write(unit)
        if claimed is None:
            return False
        try:
            await self._attempt(claimed, self._registry.named(claimed.name))
        except HubError as error:
            # Not written: once the attempt is no longer believed, the job is run again.
            say(_log, "job_unsettled", logging.ERROR, job=claimed.id, error=error)
        return True

    async def _attempt(self, claimed: Claimed, kind: Kind) -> None:
        work = asyncio.create_task(_work(kind, claimed.args, self._parts), name=f"job-{kind.name}")
        beat = asyncio.create_task(self._keep(claimed), name=f"job-beat-{kind.name}")
        ending = asyncio.create_task(self._ending.wait(), name=f"job-ending-{kind.name}")
        others = (beat, ending)
        try:
            await asyncio.wait(
                {work, *others}, timeout=kind.timeout.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
            finished, lost, gave_way = work.done(), beat.done(), ending.done()
        finally:
            # The heart beats until the work has really stopped: nobody else may begin it before.
            if not work.done():
                work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        if finished:
            await self._settle(claimed, kind, work)
        elif lost:
            self._told(kind, claimed, store.LOST)
        elif gave_way:
            await self._db.write(lambda conn: store.give_back(conn, claimed, self._clock.now()))
            self._told(kind, claimed, "given_back")
        else:
            await self._failed(claimed, kind, "timeout", again=True)

    async def _keep(self, claimed: Claimed) -> None:
        """Say that the attempt goes on, until it is told that it is another's."""
        while True:
            await asyncio.sleep(self._beat.total_seconds())
            try:
                if not await self._db.write(
                    lambda conn: store.heartbeat(conn, claimed, self._clock.now(), self._lasts)
                ):
                    return
            except StorageError as error:
                say(_log, "heartbeat_failed", logging.WARNING, job=claimed.id, error=error)

    async def _settle(self, claimed: Claimed, kind: Kind, work: "asyncio.Task[Any]") -> None:
        fault = asyncio.CancelledError() if work.cancelled() else work.exception()
        if fault is None:
            result = work.result()
            if await self._db.write(lambda conn: store.finish(conn, claimed, self._clock.now(), result)):
                self._told(kind, claimed, "done")
            else:
                self._told(kind, claimed, store.LOST)
        elif isinstance(fault, HubError):
            await self._failed(claimed, kind, fault.code, again=fault.retry)
        else:
            _log.error(
                "job_broke",
                exc_info=fault,
                extra={"values": {"job": claimed.id, "kind": kind.name}},
            )
            await self._failed(claimed, kind, type(fault).__name__, again=True)

    async def _failed(self, claimed: Claimed, kind: Kind, error: str, *, again: bool) -> None:
        state = await self._db.write(
            lambda conn: store.fail(conn, claimed, kind, self._clock.now(), error, again=again)
        )
        outcome = {JobState.QUEUED: "retried", JobState.FAILED: "failed", None: store.LOST}[state]
        self._told(kind, claimed, outcome, error)

    def _told(self, kind: Kind, claimed: Claimed, outcome: str, error: str = "") -> None:
        self._metrics.jobs.labels(kind.name, outcome).inc()
        level = logging.INFO if outcome in ("done", "given_back") else logging.WARNING
        values = {"error": error} if error else {}
        say(_log, "job_ended", level, job=claimed.id, kind=kind.name, attempt=claimed.number, outcome=outcome, **values)


async def _work(kind: Kind, args: Mapping[str, Any], parts: Parts) -> Any:
    """What a job's function returns, from where it runs."""
    if kind.where is Where.LOOP:
        return await kind.do(parts, **args)
    if kind.where is Where.PROCESS:
        return await aside.run(kind.do, parts.settings.data, args)
    thread = asyncio.ensure_future(asyncio.to_thread(kind.do, parts, **args))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        # A thread cannot be stopped: to say it was over would have it run twice at once.
        await asyncio.wait({thread})
        raise

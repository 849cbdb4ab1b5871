"""Jobs handed out by RQ over Redis or Valkey.

1. Who queues a job commits its row, then puts the row's id into RQ's queue: `RqQueue.announce`.
2. A worker's threads, each an RQ worker that forks nothing, take ids out and have the executor claim those rows.
3. Every two seconds each worker announces again what is due and RQ does not know: retries whose time has come, and all
   of it after Redis lost its memory.
4. While Redis does not answer, workers look into the database themselves, as the embedded runner does.

        row ── COMMIT ──► id in RQ ──► a worker's thread ──► claim ── COMMIT ──► run ──► its end ── COMMIT

RQ carries an id and nothing else, as JSON. RQ's own retries, schedules and results are not used: the row has them, and
has them still when Redis is gone. What is in the queue names no code to call: a worker runs only what the row names.

An entry lives 90 seconds in the queue, and a job that is still due after a minute is announced under another name. So
an entry that is lost between RQ's steps, with whatever process died there, holds nothing up; and an id that
comes twice is claimed once.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout, DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty

from hub.clock import Clock
from hub.jobs.executor import Executor
from hub.jobs.registry import LONGEST
from hub.jobs.runner import LOOK, SLOTS, Runner
from hub.jobs.store import Waiting
from hub.log import say
from hub.types import new_id

_log = logging.getLogger(__name__)
# RQ has three lines for each job, which say less than ours, and sets the level at which they are told.
logging.getLogger("rq.worker").setLevel(logging.WARNING)
R = TypeVar("R")

_ENTRY_LIVES = 90
_ANEW_AFTER = timedelta(minutes=1)
_SWEEP = timedelta(seconds=2)
_ANSWERS_IN = 5.0
"""Seconds in which Redis must answer; longer than a worker's wait for an entry."""
_WAIT = 1
"""Seconds that a worker's thread waits for an entry before it looks whether it shall end."""


class _NoLimit(BaseDeathPenalty):
    """RQ stops a job by an alarm of the process; the executor has a limit of its own."""

    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class _Entry(Job):
    """An entry of the queue. Its only content is the id of a row; whatever function it names is not called."""

    run: Callable[[str], None]
    """Set by who took it."""

    def row_id(self) -> str:
        """The row's id. Raises: ValueError when it is none."""
        return str(UUID(str(self.args[0])))

    def perform(self) -> None:
        """Run the job of the row, in whichever way it ends: RQ would keep the text of an error."""
        try:
            self.run(self.row_id())
        except Exception as error:
            say(_log, "job_entry_failed", logging.WARNING, error=error)


class _Entries(Queue):
    job_class = _Entry
    death_penalty_class = _NoLimit


class RqQueue:
    """RQ's queue of ids. Its calls block, and are made in threads.

    name: the queue's, which is the deployment's own: several may share a server.
    """

    def __init__(self, url: str, name: str, clock: Clock) -> None:
        self.connection = redis.Redis.from_url(
            url, socket_timeout=_ANSWERS_IN, socket_connect_timeout=_ANSWERS_IN, retry=Retry(NoBackoff(), 0)
        )
        self.queue = _Entries(name, connection=self.connection, serializer=JSONSerializer)
        self._clock = clock
        self._answers = True

    @property
    def answers(self) -> bool:
        """Whether Redis took what was announced last."""
        return self._answers

    async def announce(self, waiting: Sequence[Waiting]) -> None:
        """Put the ids of these jobs into the queue, those that are in it already excepted."""
        if not waiting:
            return
        try:
            await asyncio.to_thread(self._put, waiting)
        except Exception as error:
            # The rows are committed: whatever is wrong with the queue, the caller has what it asked for.
            self.lost(error)
        else:
            self.found()

    def lost(self, error: Exception) -> None:
        """Note that Redis does not answer."""
        if self._answers:
            say(_log, "jobs_redis_lost", logging.WARNING, error=error)
        self._answers = False

    def found(self) -> None:
        """Note that Redis answers."""
        if not self._answers:
            say(_log, "jobs_redis_back")
        self._answers = True

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self.connection.close)

    def _put(self, waiting: Sequence[Waiting]) -> None:
        now = self._clock.now()
        for one in waiting:
            name = f"{one.id}_{one.attempts}_{max(0, (now - one.due_at) // _ANEW_AFTER)}"
            try:
                self.queue.enqueue_call(
                    func="carehub.job",
                    args=(one.id,),
                    job_id=name,
                    unique=True,
                    description="job",
                    ttl=_ENTRY_LIVES,
                    result_ttl=0,
                    failure_ttl=_ENTRY_LIVES,
                    timeout=int(LONGEST.total_seconds()),
                )
            except DuplicateJobError:
                continue


class _Taker(SimpleWorker):
    """An RQ worker in a thread of a running hub: it forks nothing, heeds no signal and takes no orders over Redis."""

    job_class = _Entry
    queue_class = _Entries
    death_penalty_class = _NoLimit

    def _set_connection(self, connection: Any) -> Any:
        """The connection as it is: RQ would have it wait longer for an answer."""
        return connection

    def _set_ip_address(self, connection: Any) -> None:
        """Nobody asks where a worker is, and what tells may be forbidden."""
        self.ip_address = "unknown"

    def procline(self, message: str) -> None:
        """The process keeps its title."""

    def take(self) -> _Entry | None:
        """The next entry, None when there was none for a second. Raises: RedisError."""
        self.heartbeat()
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
        try:
            found: Any = _Entries.dequeue_any(
                self.queues,
                _WAIT,
                connection=self.connection,
                job_class=_Entry,
                serializer=JSONSerializer,
                death_penalty_class=_NoLimit,
            )
        except DequeueTimeout:
            return None
        return None if found is None else found[0]

    def run(self, entry: _Entry, do: Callable[[str], None]) -> None:
        """Have `do` run the job that the entry names, between RQ's own entries about it. Raises: RedisError."""
        entry.run = do
        self.execute_job(entry, self.queues[0])

    def put_back(self, entry: _Entry) -> None:
        """Forget an entry that was taken, so that its job is announced again. Raises: RedisError."""
        self.connection.lrem(self.queues[0].intermediate_queue_key, 1, entry.id)
        entry.delete(remove_from_queue=False)


class RqRunner(Runner):
    """Learns of jobs from RQ; while Redis does not answer, from the database."""

    def __init__(self, executor: Executor, queue: RqQueue, *, slots: int = SLOTS, sweep: timedelta = _SWEEP) -> None:
        super().__init__(executor, sweep=sweep)
        self._queue = queue
        self._slots = slots
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="jobs-rq")

    def _start(self) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self._work(), name=f"jobs-rq-{n}") for n in range(self._slots)]

    async def sweep(self) -> None:
        """As every runner's; then announce what is due: RQ may have forgotten it, or was never told."""
        await super().sweep()
        await self._queue.announce(await self.executor.waiting())

    async def _close(self) -> None:
        self._threads.shutdown(wait=False)

    async def _work(self) -> None:
        """Take entries one after the other and run what they name. Waiting for Redis is done in a thread."""
        taker: _Taker | None = None
        while not self._stopping.is_set():
            try:
                if taker is None:
                    taker = await self._aside(self._taker)
                entry = await self._aside(taker.take)
                if entry is not None:
                    await self._handle(taker, entry)
                self._queue.found()
            except Exception as error:
                # Whatever is wrong with the queue, jobs go on. It may come back empty: it is told of this worker anew.
                self._queue.lost(error)
                taker = None
                if not await self._run_next():
                    await self._pause(LOOK.total_seconds())
        if taker is not None:
            with contextlib.suppress(Exception):
                await self._aside(taker.register_death)

    async def _handle(self, taker: _Taker, entry: _Entry) -> None:
        if self._stopping.is_set():
            await self._aside(partial(taker.put_back, entry))
            return
        loop = asyncio.get_running_loop()

        def run(row_id: str) -> None:
            asyncio.run_coroutine_threadsafe(self.executor.run(row_id), loop).result()

        await self._aside(partial(taker.run, entry, run))

    def _taker(self) -> _Taker:
        taker = _Taker(
            [self._queue.queue],
            name=new_id(),
            connection=self._queue.connection,
            serializer=JSONSerializer,
        )
        taker.register_birth()  # type: ignore[no-untyped-call]
        return taker

    async def _aside(self, work: Callable[[], R]) -> R:
        """The result of `work`, done in one of the runner's own threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

"""The embedded database: a SQLite file with one writer, whose units of work share durable commits."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.db.addresses import reach
from hub.db.direct import run
from hub.db.ending import Ending
from hub.db.engine import Database, Unit
from hub.db.failures import translated
from hub.db.opening import check_schema
from hub.db.writer import Glancer, Writer
from hub.errors import Overloaded, StorageError
from hub.log import say
from hub.metrics import Metrics

_log = logging.getLogger(__name__)
R = TypeVar("R")

_GROUP = 128
"""Units that share one commit at most: bounds how long the first of them waits."""
_WAITING = 20_000
"""Units that may wait in memory before a further one is refused."""
_PATIENCE = 10.0
"""Seconds that the log is waited for, when it is to be cut off."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "temp_store=MEMORY",
    "wal_autocheckpoint=2000",
    # What is deleted is overwritten where that costs no further reading or writing of the disk.
    "secure_delete=FAST",
)


@dataclass(slots=True)
class _Job(Generic[R]):
    unit: Unit[R]
    done: "asyncio.Future[R]"

    def succeed(self, result: R) -> None:
        """Answer who waits, if they still do."""
        if not self.done.done():
            self.done.set_result(result)

    def fail(self, problem: Exception) -> None:
        """Tell who waits, if they still do."""
        if not self.done.done():
            self.done.set_exception(problem)


class EmbeddedDatabase(Database):
    """A SQLite file in use."""

    embedded = True

    def __init__(self, url: str, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._reader = _reader(url)
        # SQLite has one writer at a time: one connection, taken with its lock, never waits for another of ours.
        path = sa.make_url(url).database or ""
        self._path = path
        self._writer = Writer(path, self._reader, _prepare)
        self._glancer = Glancer(path, self._reader, _prepare)
        self._jobs: asyncio.Queue[_Job[Any]] = asyncio.Queue(_WAITING)
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, url: str, metrics: Metrics | None = None) -> Self:
        """See `Database.open`."""
        reach(url)
        db = cls(url, metrics)
        try:
            await check_schema(db)
        except BaseException:
            await db.close()
            raise
        db._task = asyncio.create_task(db._commit_groups(), name="db-writer")
        return db

    async def close(self) -> None:
        """Finish what was asked for, then let go of every connection."""
        if self._task is not None:
            await self._jobs.join()
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._reader.dispose()
        self._glancer.close()
        await self._writer.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See `Database.read`: the statements run in threads."""
        async with self._reader.connect() as conn:
            yield conn

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        """See `Database.glance`: the statements run where they are asked for."""
        async with self._glancer.connection() as conn:
            yield conn

    async def write(self, unit: Unit[R]) -> R:
        """See `Database.write`: units that are asked for while a commit is in flight share the next one."""
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        try:
            self._jobs.put_nowait(_Job(unit, done))
        except asyncio.QueueFull:
            raise Overloaded() from None
        return await done

    async def forget_deleted(self) -> None:
        """See `Database.forget_deleted`: the log is written into the file and cut off, once no reader needs it."""
        await asyncio.to_thread(self._cut_log)

    def _cut_log(self) -> None:
        until = time.monotonic() + _PATIENCE
        with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as conn:
            # While another connection copies the log, SQLite does not wait for it, but says that it is busy.
            while conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > until:
                    say(_log, "log_not_cut", logging.WARNING)
                    return
                time.sleep(0.02)

    @property
    def waiting(self) -> int:
        """How many units wait for a commit."""
        return self._jobs.qsize()

    async def _commit_groups(self) -> None:
        while True:
            group = [await self._jobs.get()]
            while len(group) < _GROUP and not self._jobs.empty():
                group.append(self._jobs.get_nowait())
            started = time.perf_counter()
            try:
                await self._commit(group)
            finally:
                for _ in group:
                    self._jobs.task_done()
            if self._metrics is not None:
                self._metrics.commit_seconds.observe(time.perf_counter() - started)
                self._metrics.commit_units.observe(len(group))

    async def _commit(self, group: list[_Job[Any]]) -> None:
        if len(group) == 1:
            await self._commit_alone(group[0])
        else:
            await self._commit_together(group)

    async def _commit_alone(self, job: _Job[Any]) -> None:
        try:
            async with self._writer.transaction() as conn:
                ending = Ending(conn)
                result = await job.unit(conn)
                await ending.write(conn)
        except Exception as error:
            job.fail(translated(error))
        else:
            job.succeed(result)

    async def _commit_together(self, group: list[_Job[Any]]) -> None:
        """Run the group in one transaction and answer each unit after the commit."""
        results: list[tuple[_Job[Any], Any]] = []
        failed: list[tuple[_Job[Any], Exception]] = []
        try:
            async with self._writer.transaction() as conn:
                ending = Ending(conn)
                for job in group:
                    mark = ending.mark()
                    await run(conn, "SAVEPOINT unit", ())
                    try:
                        results.append((job, await job.unit(conn)))
                    except Exception as error:
                        failed.append((job, translated(error)))
                        # A full or failing disk undoes the whole transaction, the units before this one included.
                        if not self._writer.under_way():
                            raise
                        # Undone alone: the others of the group keep what they wrote.
                        await run(conn, "ROLLBACK TO unit", ())
                        ending.cut(mark)
                    await run(conn, "RELEASE unit", ())
                await ending.write(conn)
        except Exception as error:
            say(_log, "commit_failed", logging.ERROR, error=error, units=len(group))
            refusal = StorageError(f"the database did not take the change ({type(error).__name__})")
            refusal.__cause__ = error
            own = {id(job) for job, _ in failed}
            results = []
            failed += [(job, refusal) for job in group if id(job) not in own]
        for job, result in results:
            job.succeed(result)
        for job, problem in failed:
            job.fail(problem)


def _reader(url: str) -> AsyncEngine:
    """An engine over SQLite whose transactions see one state, and whose statements run in threads."""
    path = sa.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_async_engine(url, pool_size=4, max_overflow=12, hide_parameters=True)
    sa.event.listen(engine.sync_engine, "connect", lambda connection, _record: _prepare(connection))
    sa.event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _prepare(connection: Any) -> None:
    """Set up a new driver connection."""
    # We say BEGIN ourselves: the driver would start a read and later fail to become the writer.
    connection.isolation_level = None
    try:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    except Exception:
        # The pool would forget the connection without closing it.
        connection.close()
        raise

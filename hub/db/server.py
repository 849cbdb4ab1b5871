"""A database server: PostgreSQL, shared by any number of processes and machines.

1. Units of work run side by side, each in a transaction of its own connection, `READ COMMITTED`: what a unit looked at
   and builds on it locks, and constraints refuse what must not be there twice.
2. A unit that met somebody else's change (a deadlock, a row that another was quicker to write, a lost connection before
   the commit) is undone and run again.
3. Commits that come at the same time share the server's fsync, so nothing is gathered here: the hot paths bring whole
   batches as one unit.
4. Reads see one state: `REPEATABLE READ`, and nothing can be written in them.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.db.ending import Ending
from hub.db.engine import CONNECTIONS, Database, Unit
from hub.db.failures import translated
from hub.db.opening import check_schema
from hub.db.pooled import Pooled, blank, without_values
from hub.errors import MetAnother, Overloaded, SettingsError, StorageError
from hub.log import say
from hub.metrics import Metrics

_log = logging.getLogger(__name__)
R = TypeVar("R")

_WAITING = 20_000
"""Units that may wait in memory before a further one is refused."""
_RUNS = 6
"""How often a unit is run at most."""
_PAUSE = 0.02
"""Seconds, at random up to as much, before the second run; twice as long before each further one."""
_MET_ANOTHER = frozenset(("40001", "40P01", "55P03", "23505"))
"""Serialization failure, deadlock, lock not had in time, unique violation: another run may do.

Source: PostgreSQL manual, appendix A.
"""
_SESSION = {
    "application_name": "carehub",
    "timezone": "UTC",
    "jit": "off",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "120s",
}
_BY_INDEX = {"enable_seqscan": "off"}
"""For units, whose statements name a few rows: a connection keeps the plan that it made while a table was still small,
and would read the whole of it ever after. Where there is no index it does so nevertheless.
"""


class ServerDatabase(Database):
    """A PostgreSQL database in use."""

    embedded = False

    def __init__(self, url: str, metrics: Metrics | None = None, *, connections: int = CONNECTIONS) -> None:
        # Apart, so that whoever reads while they wait for a unit never holds the connection that it needs.
        writers = max(1, connections * 2 // 3)
        self._metrics = metrics
        self._writer = _engine(url, writers, _SESSION | _BY_INDEX, isolation_level="AUTOCOMMIT")
        self._reader = _engine(
            url, max(1, connections - writers), _SESSION, isolation_level="REPEATABLE READ"
        ).execution_options(postgresql_readonly=True)
        self._turns = asyncio.Semaphore(writers)
        self._units: set[asyncio.Task[Any]] = set()

    @classmethod
    async def connect(cls, url: str, metrics: Metrics | None = None, *, connections: int = CONNECTIONS) -> Self:
        """See `Database.open`."""
        db = cls(url, metrics, connections=connections)
        try:
            await check_schema(db)
        except BaseException:
            await db.close()
            raise
        return db

    async def close(self) -> None:
        """Finish what was asked for, then let go of every connection."""
        await asyncio.gather(*self._units, return_exceptions=True)
        await self._writer.dispose()
        await self._reader.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """See `Database.read`."""
        async with self._reader.connect() as conn:
            yield Pooled(conn)

    glance = read

    async def write(self, unit: Unit[R]) -> R:
        """See `Database.write`."""
        if len(self._units) >= _WAITING:
            raise Overloaded()
        # A task of its own: a caller who stops waiting must not leave a transaction cut off in the middle.
        task = asyncio.create_task(self._until_done(unit), name="db-unit")
        self._units.add(task)
        task.add_done_callback(self._units.discard)
        return await asyncio.shield(task)

    @property
    def waiting(self) -> int:
        """How many units wait for a commit."""
        return len(self._units)

    async def _until_done(self, unit: Unit[R]) -> R:
        written_twice = 0
        for run in range(1, _RUNS + 1):
            async with self._turns:
                try:
                    return await self._once(unit)
                except (SQLAlchemyError, OSError, MetAnother) as error:
                    problem = error
            # Once: the other's row is there to be seen now. A unit that still writes it twice means to.
            written_twice += _state(problem) == "23505"
            if run == _RUNS or written_twice > 1 or not _another_run_may_do(problem):
                break
            if self._metrics is not None:
                self._metrics.units_again.inc()
            await asyncio.sleep(random.random() * _PAUSE * 2**run)  # noqa: S311 - spreads runs, guards nothing
        say(_log, "unit_failed", logging.DEBUG, error=problem, runs=run)
        raise _told(problem)

    async def _once(self, unit: Unit[R]) -> R:
        started = time.perf_counter()
        async with self._writer.connect() as plain:
            conn = Pooled(plain)
            async with conn.transaction():
                ending = Ending(conn)
                result = await unit(conn)
                await ending.write(conn)
        if self._metrics is not None:
            self._metrics.commit_seconds.observe(time.perf_counter() - started)
            self._metrics.commit_units.observe(1)
        return result


def _another_run_may_do(error: Exception) -> bool:
    return isinstance(error, MetAnother) or _state(error) in _MET_ANOTHER or _is_cut_off(error)


def _is_cut_off(error: Exception) -> bool:
    """Whether the connection was lost, and surely before the commit: a lost commit may have been taken."""
    return isinstance(error, DBAPIError) and error.connection_invalidated and error.statement is not None


def _state(error: Exception) -> str:
    """The server's five-character code of an error; empty where there is none."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def _told(error: Exception) -> Exception:
    if isinstance(error, DBAPIError | MetAnother):
        return translated(error)
    return StorageError(f"the database did not take the change ({type(error).__name__})")


def _engine(url: str, size: int, session: dict[str, str], **options: Any) -> AsyncEngine:
    try:
        engine = create_async_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_timeout=30,
            pool_recycle=3600,
            hide_parameters=True,
            connect_args={"server_settings": session, "timeout": 10},
            **options,
        )
    except ModuleNotFoundError:
        raise SettingsError(["HUB_DATABASE_URL names PostgreSQL: pip install 'carehub[scale]'"]) from None
    sa.event.listen(engine.sync_engine, "handle_error", _without_values)
    return engine


def _without_values(context: sa.engine.ExceptionContext) -> None:
    """Leave of an error, whichever way it is looked at, what `without_values` does."""
    adapted = context.original_exception
    words = without_values(adapted.__cause__ or adapted)
    for one in (adapted, context.sqlalchemy_exception):
        if one is not None:
            blank(one, words)

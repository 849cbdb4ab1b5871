"""SQLite connections whose statements run where they are asked for; only waiting is done in a thread.

A statement that finds a few rows, or writes a prepared batch, takes some microseconds; handing it to a thread and back
takes several times that, and more on a busy machine. What really waits is taking the write lock and the fsync of a
commit: those run in the writer's own thread, so that the loop goes on meanwhile. Reads that may be long keep to
threads altogether.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.db.checkpoints import LONGEST, Checkpoints
from hub.db.direct import Direct, Rows

R = TypeVar("R")

_FREE = 4
"""Connections for glances that are kept open at most."""
_CACHE = 16_384
"""KiB of pages that the writer keeps in memory at most."""


class Inline(Direct):
    """An `AsyncConnection` over a driver that does not await: its statements are done when they return."""

    def __init__(self, engine: AsyncEngine, connection: sa.Connection) -> None:
        super().__init__(engine, connection)
        # At hand: each statement asks for it, and SQLAlchemy looks it up anew.
        self._driver: Any = connection.connection.dbapi_connection

    async def execute(self, *arguments: Any, **options: Any) -> sa.CursorResult[Any]:
        """The result of a statement."""
        return self._proxied.execute(*arguments, **options)

    async def exec_driver_sql(self, *arguments: Any, **options: Any) -> sa.CursorResult[Any]:
        """The result of a statement in the driver's own words."""
        return self._proxied.exec_driver_sql(*arguments, **options)

    async def rows(self, statement: str, values: Sequence[Any]) -> Rows | None:
        """See `Direct.rows`. There is none outside a transaction."""
        if not self._driver.in_transaction:
            return None
        try:
            found: Rows = self._driver.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise sa.exc.DBAPIError.instance(
                statement, None, error, sqlite3.Error, hide_parameters=True, dialect=self.dialect
            ) from error
        return found


class Glancer:
    """Connections for reads of a few rows, without a thread.

    A few are kept open as they are: to take one out of a pool and give it back costs as much as two statements.
    """

    def __init__(self, path: str, engine: AsyncEngine, prepare: Callable[[Any], None]) -> None:
        self._reader = engine
        self._engine = _engine(path, prepare, "BEGIN", poolclass=sa.NullPool)
        self._free: list[sa.Connection] = []
        self._most = _FREE

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one state and writes nothing."""
        connection = self._free.pop() if self._free else self._engine.connect()
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.execute("BEGIN").close()
            yield Inline(self._reader, connection)
            # SQLAlchemy's own transaction ends with it, if a statement of its began one.
            connection.rollback()
            driver.rollback()
        except BaseException:
            connection.close()
            raise
        if len(self._free) < self._most:
            self._free.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Let go of every connection: of one in use when it is done."""
        self._most = 0
        while self._free:
            self._free.pop().close()
        self._engine.dispose()


def _engine(path: str, prepare: Callable[[Any], None], begin: str, **options: Any) -> sa.Engine:
    arguments = {"check_same_thread": False, "cached_statements": 512}
    engine = sa.create_engine(f"sqlite:///{path}", hide_parameters=True, connect_args=arguments, **options)
    sa.event.listen(engine, "connect", lambda connection, _record: prepare(connection))
    sa.event.listen(engine, "begin", partial(_begin, begin))
    return engine


def _roomy(prepare: Callable[[Any], None], connection: Any) -> None:
    """Set up the connection that writes: every message touches a dozen indexes, whose pages are kept at hand."""
    prepare(connection)
    connection.execute(f"PRAGMA cache_size=-{_CACHE}").close()
    connection.execute(f"PRAGMA wal_autocheckpoint={LONGEST}").close()


def _begin(statement: str, connection: sa.Connection) -> None:
    """Begin, if the writer has not done so already."""
    if not getattr(connection.connection.dbapi_connection, "in_transaction", False):
        connection.exec_driver_sql(statement)


class Writer:
    """One connection to the file that `engine` reads, kept open, with its own thread for waiting.

    `prepare` is called with each new driver connection.
    """

    def __init__(self, path: str, engine: AsyncEngine, prepare: Callable[[Any], None]) -> None:
        self._reader = engine
        # Used by two threads, though never at once: whoever awaits a commit does nothing else with the connection.
        self._engine = _engine(path, partial(_roomy, prepare), "BEGIN IMMEDIATE", poolclass=sa.StaticPool)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="db-writer")
        self._checkpoints = Checkpoints(path)
        self._connection: sa.Connection | None = None
        self._patience: int | None = None
        """Milliseconds that the connection waits for the lock."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction that holds the write lock; durable when left, undone when left by an error."""
        if self._connection is None:
            self._connection = await self._aside(self._engine.connect)
        begun = self._connection.begin() if self._taken() else await self._aside(self._connection.begin)
        try:
            yield Inline(self._reader, self._connection)
            await self._make_durable()
            begun.commit()
            self._checkpoints.committed()
        except BaseException:
            await self._aside(partial(self._undo, begun))
            raise

    async def _make_durable(self) -> None:
        """Commit in the thread, which does nothing else: for each step in Python it would wait for its turn again."""
        driver: Any = self._connection.connection.dbapi_connection if self._connection is not None else None
        try:
            await self._aside(driver.commit)
        except sqlite3.Error as error:
            raise sa.exc.OperationalError("COMMIT", None, error, hide_parameters=True) from error

    def _taken(self) -> bool:
        """Whether the write lock could be had at once, which saves the way to the thread and back."""
        driver: Any = self._connection.connection.dbapi_connection if self._connection is not None else None
        if driver is None:
            return False
        if self._patience is None:
            (self._patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute("PRAGMA busy_timeout=0").close()
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            driver.execute(f"PRAGMA busy_timeout={self._patience}").close()
        return True

    def under_way(self) -> bool:
        """Whether the database still holds the transaction that was begun."""
        if self._connection is None:
            return False
        return bool(getattr(self._connection.connection.dbapi_connection, "in_transaction", False))

    async def close(self) -> None:
        """Let go of the connection and the thread."""
        await self._checkpoints.close()
        if self._connection is not None:
            await self._aside(self._connection.close)
            self._connection = None
        await self._aside(self._engine.dispose)
        self._thread.shutdown(wait=False)

    def _undo(self, begun: sa.RootTransaction) -> None:
        begun.close()
        # After a commit that failed SQLAlchemy holds the transaction for ended, and the database does not.
        if self._connection is not None and self.under_way():
            self._connection.connection.rollback()

    async def _aside(self, work: Callable[[], R]) -> R:
        """The result of `work`, done in the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

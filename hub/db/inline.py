"""The SQLite connection that writes: statements run where they are asked for, only waiting is done in a thread.

A statement of a prepared batch takes some microseconds; handing it to a thread and back takes several times that, and
more on a busy machine. What really waits is taking the write lock and the fsync of a commit: those two run in the
connection's thread, so that the loop goes on meanwhile. Readers, whose statements may be long, keep to threads.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

_WAITING = ("BEGIN", "PRAGMA")


class InlineConnection(aiosqlite.Connection):
    """An aiosqlite connection whose ordinary statements are not handed to its thread."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        connection = self._connection
        waits = connection is None or fn in (connection.commit, connection.rollback, connection.close)
        if waits or (args and isinstance(args[0], str) and args[0].startswith(_WAITING)):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        return fn(*args, **kwargs)


async def connect(path: str) -> InlineConnection:
    """A new connection to the database file at `path`."""
    # Used by two threads, though never at once: whoever awaits a commit does nothing else with the connection.
    connector = partial(sqlite3.connect, path, check_same_thread=False, cached_statements=512)
    connection = InlineConnection(connector, iter_chunk_size=64)
    connection._thread.daemon = True
    await connection
    return connection

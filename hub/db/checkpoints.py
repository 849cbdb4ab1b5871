"""Copying what was committed from the log into the database's file, beside the writing rather than within a commit.

SQLite does it within the commit that makes the log too long, and whoever waits for that commit waits for two more
fsyncs and some thousand pages. Here another connection does it, again and again while much is written; SQLite's own way
stays as the bound, and then finds little left to copy.
"""

import asyncio
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from hub.log import say

_log = logging.getLogger(__name__)

_COMMITS = 16
"""Commits from which on there is enough to copy."""
LONGEST = 8000
"""Pages of the log at which a commit copies by itself, after which the log begins anew."""


class Checkpoints:
    """Copies the log of the file at `path`, in a thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="db-checkpoint")
        self._connection: sqlite3.Connection | None = None
        self._under_way: asyncio.Future[None] | None = None
        self._commits = 0

    def committed(self) -> None:
        """Something was committed: copy it, if that is worth it."""
        self._commits += 1
        if self._commits >= _COMMITS and (self._under_way is None or self._under_way.done()):
            self._commits = 0
            self._under_way = asyncio.get_running_loop().run_in_executor(self._thread, self._copy)

    async def close(self) -> None:
        """Let go of the connection and the thread."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._thread.shutdown(wait=False)

    def _copy(self) -> None:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._connection.execute("PRAGMA synchronous=FULL").close()
            # Passive: it waits for nobody, and nobody for it.
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        except sqlite3.Error as error:
            # Nothing is lost by it: what was committed is in the log.
            say(_log, "checkpoint_failed", logging.WARNING, error=error)

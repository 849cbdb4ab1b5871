"""What a database is to the hub: reads that see one state, and units of work that are durable when they return."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.addresses import is_embedded
from hub.metrics import Metrics

R = TypeVar("R")
Unit = Callable[[AsyncConnection], Awaitable[R]]

CONNECTIONS = 10
"""Connections of one process to a database server, unless it is told otherwise."""


class Database(ABC):
    """A database in use. Made by `Database.open`, ended by `close`.

    A unit of work gets a connection and must await nothing else. It may be run again from its start where the database
    undid it because of somebody else's change, so it must leave nothing behind but what it wrote. Where it looks,
    decides and writes, it locks what it looked at (`with_for_update`): the embedded database has one writer and needs
    no lock, a server has many.

    embedded: whether it is a file of this machine, with one writer.
    """

    embedded: bool

    @staticmethod
    async def open(url: str, metrics: Metrics | None = None, *, connections: int = CONNECTIONS) -> "Database":
        """The database at `url`, ready for use; a server is given so many connections at most.

        Raises: SchemaOutdated when it needs `hub migrate`, StorageError when it cannot be reached.
        """
        # Each only where it is used: the drivers cost start-up time, and a server's is not always installed.
        if is_embedded(url):
            from hub.db.embedded import EmbeddedDatabase

            return await EmbeddedDatabase.connect(url, metrics)
        from hub.db.server import ServerDatabase

        return await ServerDatabase.connect(url, metrics, connections=connections)

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked for, then let go of every connection."""

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection for reading; what it sees does not change while it is held. May take its time."""

    @abstractmethod
    def glance(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """As `read`, for a few rows found by an index: quicker, but what takes long would hold everybody up."""

    @abstractmethod
    async def write(self, unit: Unit[R]) -> R:
        """The result of `unit(conn)`, once it is durable. It is committed even if the caller stops waiting.

        The unit runs alone: others neither see nor undo it.

        Raises: what the unit raised (nothing of it is kept), IntegrityError for a row that must not be there twice,
        StorageError when the commit failed, Overloaded when too many wait.
        """

    async def forget_deleted(self) -> None:
        """Leave nothing in the database's log of what was overwritten or deleted, as far as that is in our hands."""
        return

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many units wait for a commit."""

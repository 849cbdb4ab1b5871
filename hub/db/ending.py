"""What a transaction writes last, all of it at once.

Every change leaves an event and an audit entry. Written where they arise, they would cost two statements each, and the
events' counter, which every transaction locks, would be held until the slowest is done. So units hand such rows over,
and they are written together just before the commit: a unit that is undone takes its own with it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

Write = Callable[[AsyncConnection, list[Any]], Awaitable[None]]

_KEY = "carehub-ending"


class Ending:
    """Rows gathered by the units of one transaction, by the function that will write them."""

    __slots__ = ("_gathered",)

    def __init__(self, conn: AsyncConnection) -> None:
        self._gathered: dict[Write, list[Any]] = {}
        conn.info[_KEY] = self

    def add(self, write: Write, rows: Sequence[Any]) -> None:
        """Have `write` called with `rows`, among others, before the commit."""
        self._gathered.setdefault(write, []).extend(rows)

    def mark(self) -> dict[Write, int]:
        """Where the rows stand now."""
        return {write: len(rows) for write, rows in self._gathered.items()}

    def cut(self, mark: dict[Write, int]) -> None:
        """Forget what was handed over since `mark`: its unit was undone."""
        for write, rows in self._gathered.items():
            del rows[mark.get(write, 0) :]

    async def write(self, conn: AsyncConnection) -> None:
        """Write all of it."""
        for write, rows in self._gathered.items():
            if rows:
                await write(conn, rows)


def at_end(conn: AsyncConnection, write: Write, rows: Sequence[Any]) -> None:
    """Have `write(conn, rows)` done before the commit of the unit that `conn` was given to.

    `write` is the same function for all who hand over such rows; it gets theirs together, in order.
    """
    ending: Ending = conn.info[_KEY]
    ending.add(write, rows)


@asynccontextmanager
async def undoable(conn: AsyncConnection) -> AsyncIterator[None]:
    """A part of a unit of work that is undone alone when it is left by an error, with what it handed over."""
    ending: Ending = conn.info[_KEY]
    mark = ending.mark()
    try:
        async with conn.begin_nested():
            yield
    except BaseException:
        ending.cut(mark)
        raise

"""Units of work that write a row each, and what is kept afterwards."""

from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import counter
from tests import stranger

Write = Callable[[AsyncConnection], Awaitable[str]]


def adding(name: str, value: int = 1) -> Write:
    """A unit of work that writes one row, and gives its name back."""

    async def unit(conn: AsyncConnection) -> str:
        await conn.execute(sa.insert(counter), {"name": name, "value": value})
        return name

    return unit


def breaking_after(unit: Write, error: Exception) -> Write:
    async def broken(conn: AsyncConnection) -> str:
        await unit(conn)
        raise error

    return broken


def names_kept(url: str) -> list[str]:
    """The rows that a stranger's connection sees: what is durable."""
    return sorted(row[0] for row in stranger.rows(url, "SELECT name FROM counter WHERE name != 'event'"))


async def names(conn: AsyncConnection) -> list[str]:
    query = sa.select(counter.c.name).where(counter.c.name != "event").order_by(counter.c.name)
    return list((await conn.execute(query)).scalars())

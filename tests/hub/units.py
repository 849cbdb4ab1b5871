"""Units of work that write a row each, and what is in the file afterwards."""

import sqlite3
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import counter

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


def names_in_file(url: str) -> list[str]:
    """The rows that a stranger's connection sees: what is durable."""
    stranger = sqlite3.connect(str(sa.make_url(url).database))
    try:
        return sorted(row[0] for row in stranger.execute("SELECT name FROM counter WHERE name != 'event'"))
    finally:
        stranger.close()


async def names(conn: AsyncConnection) -> list[str]:
    query = sa.select(counter.c.name).where(counter.c.name != "event").order_by(counter.c.name)
    return list((await conn.execute(query)).scalars())

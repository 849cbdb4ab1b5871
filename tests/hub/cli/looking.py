"""Looking into a database after a command has let go of it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from tests.stores import sqlite_url

R = TypeVar("R")


def looked(data: Path, unit: Callable[[AsyncConnection], Awaitable[R]]) -> R:
    """What `unit(conn)` gives, run on the database of the data folder; what it writes is kept."""

    async def look() -> R:
        db = await Database.open(sqlite_url(data / "hub.db"))
        try:
            return await db.write(unit)
        finally:
            await db.close()

    return asyncio.run(look())


def rows(data: Path, query: sa.Select) -> list[sa.Row]:
    """The rows that `query` finds."""

    async def unit(conn: AsyncConnection) -> list[sa.Row]:
        return list(await conn.execute(query))

    return looked(data, unit)

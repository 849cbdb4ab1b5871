"""Somebody else's connection to a database: sees what is committed, and nothing of what the hub is about to do."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import sqlalchemy as sa


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What `statement` finds, or changes."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(address.database))) as conn, conn:
            return [tuple(row) for row in conn.execute(statement)]
    # In a thread, for the caller may have a loop of its own.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _ask(url, statement)).result()


async def connected(url: str) -> Any:
    """A connection of asyncpg to a server's database."""
    import asyncpg

    address = sa.make_url(url)
    return await asyncpg.connect(
        host=address.host,
        port=address.port,
        user=address.username,
        password=address.password,
        database=address.database,
    )


async def _ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    conn = await connected(url)
    try:
        return [tuple(row) for row in await conn.fetch(statement)]
    finally:
        await conn.close()

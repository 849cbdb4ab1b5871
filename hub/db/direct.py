"""Statements in the driver's own words: on the hot path SQLAlchemy's share of a statement costs more than the rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[Sequence[Any]]


class Direct(AsyncConnection):
    """A connection that may have a way past SQLAlchemy to its driver."""

    async def rows(self, statement: str, values: Sequence[Any]) -> Rows | None:
        """The rows of a statement in the driver's own words; None while there is no such way.

        Raises: what SQLAlchemy would.
        """
        return None


async def run(conn: AsyncConnection, statement: str, values: Sequence[Any]) -> Rows:
    """The rows, if any, of a statement in the words of the connection's driver, with as little around it as will do."""
    if isinstance(conn, Direct) and (found := await conn.rows(statement, values)) is not None:
        return found
    result = await conn.exec_driver_sql(statement, tuple(values))
    return result.all() if result.returns_rows else ()

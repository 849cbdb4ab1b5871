"""Numbers that are given once each, in the order of the commits."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.arrays import numbering
from hub.db.batches import Row
from hub.db.bulk import insert_rows
from hub.db.direct import run
from hub.db.tables import counter

_ADVANCE = {
    "qmark": "UPDATE counter SET value = value + ? WHERE name = ? RETURNING value",
    "numeric_dollar": "UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value",
}
"""In the driver's own words: every transaction of the hub asks this once."""


async def advance(conn: AsyncConnection, name: str, by: int) -> int:
    """The last of the `by` numbers that the caller may now use. The counter is locked until the commit."""
    taken = await run(conn, _ADVANCE[conn.dialect.paramstyle], (by, name))
    if taken:
        return int(taken[0][0])
    await conn.execute(sa.insert(counter), {"name": name, "value": by})
    return by


async def insert_numbered(conn: AsyncConnection, table: sa.Table, column: str, name: str, rows: Sequence[Row]) -> None:
    """Insert `rows`, which have every column but `column`: that one gets the next numbers of the counter `name`.

    On a server that is one statement, so that the counter is locked for no longer than it and the commit take.
    """
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        statement, values = numbering(table, column, name, rows, conn.dialect)
        if await run(conn, statement, values):
            return
    last = await advance(conn, name, len(rows))
    first = last - len(rows) + 1
    await insert_rows(conn, table, [{column: first + n, **row} for n, row in enumerate(rows)])

"""Numbers that are given once each, in the order of the commits."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import counter
from hub.db.writer import run

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

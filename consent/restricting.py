"""Whose record is restricted: nothing is done with it by itself until that is lifted."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import restriction

__all__ = ["IN_FORCE", "restricted_among"]

IN_FORCE = restriction.c.lifted_at.is_(None)


async def restricted_among(conn: AsyncConnection, persons: Collection[str]) -> set[str]:
    """Those of `persons` whose record is restricted now."""
    if not persons:
        return set()
    query = sa.select(restriction.c.person_id).where(restriction.c.person_id.in_(list(persons)), IN_FORCE)
    return set((await conn.execute(query)).scalars())

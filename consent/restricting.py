"""Whose record is restricted: nothing is done with it by itself until that is lifted."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.lookup import Lookup
from hub.db.tables import restriction

__all__ = ["IN_FORCE", "restricted_among"]

IN_FORCE = restriction.c.lifted_at.is_(None)


async def restricted_among(conn: AsyncConnection, persons: Collection[str]) -> set[str]:
    """Those of `persons` whose record is restricted now."""
    return {row[0] for row in await _AMONG(conn, persons)}


_AMONG = Lookup(restriction.c.person_id, lambda among: sa.select(restriction.c.person_id).where(among, IN_FORCE))

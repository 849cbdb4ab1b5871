"""The end of all sessions of somebody: whoever changes what they may, or how they prove themselves, calls this."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import staff_link, staff_session

__all__ = ["end_links", "end_sessions"]


async def end_sessions(conn: AsyncConnection, user_id: str, now: datetime, *, but: str = "") -> int:
    """End every session of a user, in the caller's transaction; how many ended. `but` is one to leave."""
    mine = sa.and_(staff_session.c.user_id == user_id, staff_session.c.ended_at.is_(None), staff_session.c.id != but)
    ended = await conn.execute(sa.update(staff_session).where(mine).values(ended_at=now))
    return ended.rowcount


async def end_links(conn: AsyncConnection, user_id: str, now: datetime) -> None:
    """End every invitation, reset and sign-in under way of a user, in the caller's transaction."""
    mine = sa.and_(staff_link.c.user_id == user_id, staff_link.c.used_at.is_(None))
    await conn.execute(sa.update(staff_link).where(mine).values(used_at=now))

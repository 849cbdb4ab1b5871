"""What each of the staff has seen of a thread: their own matter, which settles nothing for the person who waits."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows
from hub.db.tables import mention, message, thread_seen
from hub.events import Change, publish


async def up_to(conn: AsyncConnection, user_id: str, thread_id: str, seq: int, now: datetime) -> int:
    """Note that the user has seen the thread up to entry `seq`; up to which they have, which never goes back."""
    mine = sa.and_(thread_seen.c.user_id == user_id, thread_seen.c.thread_id == thread_id)
    known = (await conn.execute(sa.select(thread_seen.c.seq).where(mine))).scalar_one_or_none()
    if known is None:
        await insert_rows(conn, thread_seen, [{"user_id": user_id, "thread_id": thread_id, "seq": seq, "at": now}])
    elif known < seq:
        await conn.execute(sa.update(thread_seen).where(mine, thread_seen.c.seq < seq).values(seq=seq, at=now))
    seq = max(seq, known or 0)
    upto = sa.select(message.c.id).where(message.c.thread_id == thread_id, message.c.seq <= seq)
    named = (
        sa.update(mention)
        .where(
            mention.c.user_id == user_id,
            mention.c.thread_id == thread_id,
            mention.c.seen_at.is_(None),
            mention.c.message_id.in_(upto),
        )
        .values(seen_at=now)
    )
    if (await conn.execute(named)).rowcount:
        # Of being seen nobody hears but the user's own pages: whose counter of mentions it changes.
        await publish(conn, now, [Change("thread.updated", thread_id)])
    return seq

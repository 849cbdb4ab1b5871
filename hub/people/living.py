"""Whether a person lives, as the clinic's record says."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.db.tables import person
from hub.events import Change, publish


async def note(
    conn: AsyncConnection, person_id: str, died: datetime | None, trail: Trail, now: datetime, actor: Actor
) -> bool:
    """Note when a person died (aware), None that they live, in the caller's transaction; whether that is news.

    What waits to be sent to one who died is refused when it is claimed.
    """
    news = person.c.deceased_at.is_(None) if died is not None else person.c.deceased_at.is_not(None)
    noted = sa.update(person).where(person.c.id == person_id, news).values(deceased_at=died, updated_at=now)
    if not (await conn.execute(noted)).rowcount:
        return False
    action = "person.deceased" if died is not None else "person.living"
    await trail.record(conn, Entry(action=action, actor=actor, person_id=person_id, object_id=person_id))
    await publish(conn, now, [Change("profile.updated", person_id)])
    return True

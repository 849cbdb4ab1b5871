"""Labels of a thread: put on and taken off."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.db.bulk import insert_rows
from hub.db.tables import label, thread_label
from hub.desk.custody import Held
from hub.desk.states import Refusal
from hub.events import Change, publish

_UNKNOWN = Refusal("unusable", "There is no such label.", 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """Which labels to put on and to take off, by their ids, and who does it."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    by: Actor
    by_id: str


async def put(
    conn: AsyncConnection, trail: Trail, held: Held, change: Labelling, now: datetime, request_id: str = ""
) -> bool | Refusal:
    """Whether the thread, which is locked, has other labels now; with the entry and the event of it."""
    wanted = set(change.add) - set(change.remove)
    in_use = sa.select(label.c.id).where(label.c.id.in_(wanted), label.c.archived_at.is_(None))
    if set((await conn.execute(in_use)).scalars()) != wanted:
        return _UNKNOWN
    mine = thread_label.c.thread_id == held.id
    has = set((await conn.execute(sa.select(thread_label.c.label_id).where(mine))).scalars())
    added, removed = sorted(wanted - has), sorted(has & set(change.remove))
    if not added and not removed:
        return False
    await conn.execute(sa.delete(thread_label).where(mine, thread_label.c.label_id.in_(removed)))
    rows = [{"thread_id": held.id, "label_id": one, "by_id": change.by_id, "at": now} for one in added]
    await insert_rows(conn, thread_label, rows)
    entry = Entry(
        action="thread.label",
        actor=change.by,
        person_id=held.person_id,
        object_id=held.id,
        request_id=request_id,
        details={"added": " ".join(added) or None, "removed": " ".join(removed) or None},
    )
    await trail.record(conn, entry)
    await publish(conn, now, [Change("thread.updated", held.id)])
    return True

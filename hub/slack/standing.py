"""Reading threads as the channel may hear of them, and which of them changed."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import Users
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import delivery, message, person, slack_post, team, thread
from hub.events import Change, bounds, read
from hub.part2 import LABELLED
from hub.people import People
from hub.slack.judging import UNDELIVERED, URGENT, Standing
from hub.types import ThreadStatus

__all__ = ["Changed", "standings", "wanting"]

_EVERYTHING = timedelta(seconds=30)
"""How often all threads are looked at: a promise runs out without an event."""
_PAGE = 500
_MOST = 200


async def standings(
    conn: AsyncConnection, thread_ids: Collection[str], people: People, users: Users
) -> dict[str, Standing]:
    """The threads with these ids, by id."""
    rows: list[Any] = list(await conn.execute(_THREADS.where(thread.c.id.in_(list(thread_ids))))) if thread_ids else []
    persons = await people.many(conn, [row.person_id for row in rows])
    holders = await users.of(conn, {row.assignee for row in rows if row.assignee is not None})
    found = {}
    for row in rows:
        who = persons.get(row.person_id)
        names = (who.profile.given_name, who.profile.family_name) if who is not None else ()
        found[row.id] = Standing(
            thread_id=row.id,
            person_id=row.person_id,
            status=ThreadStatus(row.status),
            priority=row.priority,
            attention=row.attention,
            assignee=row.assignee,
            team=row.team or "",
            private=bool(row.private),
            waiting_since=row.waiting_since,
            due_at=row.due_at,
            escalated=row.escalated,
            snoozed_until=row.snoozed_until,
            last_seq=row.last_seq,
            last_channel=row.last_channel or "",
            language=row.language or "",
            initials="".join(f"{name[0].upper()}." for name in names if name),
            holder=holders[row.assignee].name if row.assignee in holders else "",
        )
    return found


async def wanting(conn: AsyncConnection, now: datetime) -> list[str]:
    """The ids of threads that may want a post and have none that is live, the most urgent first; 200 at most."""
    live = sa.exists().where(slack_post.c.thread_id == thread.c.id, slack_post.c.ended_at.is_(None))
    loud = sa.and_(
        thread.c.status == "open",
        sa.or_(
            sa.and_(thread.c.assignee.is_(None), sa.or_(thread.c.waiting_since.is_not(None), thread.c.attention != "")),
            sa.and_(
                thread.c.waiting_since.is_not(None),
                sa.or_(thread.c.priority >= URGENT, thread.c.escalated > 0, thread.c.due_at <= now),
            ),
        ),
    )
    lost = sa.and_(thread.c.status != "closed", thread.c.attention == UNDELIVERED)
    query = (
        sa.select(thread.c.id)
        .where(sa.or_(loud, lost), ~live)
        .order_by(thread.c.priority.desc(), thread.c.escalated.desc(), thread.c.waiting_since, thread.c.id)
        .limit(_MOST)
    )
    return list((await conn.execute(query)).scalars())


class Changed:
    """Follows the event log: which threads something happened to since it was last asked."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._seq = 0
        self._looked: datetime | None = None
        self._kept: set[str] = set()

    async def threads(self) -> set[str] | None:
        """The ids of threads that changed; None where all of them are to be looked at."""
        now = self._clock.now()
        async with self._db.read() as conn:
            lowest, highest = await bounds(conn)
            gone = self._seq > highest or self._seq < (lowest or highest + 1) - 1
            if self._looked is None or gone or now - self._looked >= _EVERYTHING:
                self._seq, self._looked = highest, now
                return None
            kept, self._kept = self._kept, set()
            found = await read(conn, self._seq, limit=_PAGE)
            if not found:
                return kept
            self._seq = found[-1][0]
            if len(found) == _PAGE:
                self._looked = None
            return kept | await _of(conn, [change for _, change in found])

    def keep(self, threads: Collection[str]) -> None:
        """Count these among those that changed, the next time."""
        self._kept |= set(threads)

    def again(self) -> None:
        """Look at all threads the next time: what was found could not be told."""
        self._looked = None


async def _of(conn: AsyncConnection, changes: Iterable[Change]) -> set[str]:
    """The threads that `changes` are about."""
    named: dict[str, set[str]] = {"thread": set(), "message": set(), "delivery": set()}
    for change in changes:
        noun = change.type.partition(".")[0]
        if noun in named and change.object_id:
            named[noun].add(change.object_id)
    found = named["thread"]
    for noun, column in (("message", message.c.id), ("delivery", delivery.c.id)):
        if named[noun]:
            of = column.table.c.thread_id
            found |= set((await conn.execute(sa.select(of).where(column.in_(list(named[noun]))))).scalars())
    return found


_THREADS = (
    sa.select(
        thread.c.id,
        thread.c.person_id,
        thread.c.status,
        thread.c.priority,
        thread.c.attention,
        thread.c.assignee,
        thread.c.waiting_since,
        thread.c.due_at,
        thread.c.escalated,
        thread.c.snoozed_until,
        thread.c.last_seq,
        thread.c.last_channel,
        person.c.language,
        team.c.name.label("team"),
        sa.or_(sa.func.coalesce(team.c.private, sa.false()), thread.c.person_id.in_(LABELLED)).label("private"),
    )
    .join(person, person.c.id == thread.c.person_id)
    .outerjoin(team, team.c.id == thread.c.team_id)
)

"""What falls due at the desk, looked for every second by the process that leads as clock.

1. Snoozed threads come back.
2. Threads that came to the staff go to the default team, and in teams that share them in turn to one who has room.
3. A person who waits is promised an answer by their team; a promise that is broken is told of, once a level.

Each look is a read; only what is due is written, each thread locked and looked at once more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.permissions import PERMISSIONS
from hub.audit import Actor
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import staff_user, team, team_member, thread
from hub.desk.custody import Custody, Held
from hub.desk.sharing import Member, shared
from hub.desk.states import EMERGENCY, SOON, URGENT
from hub.desk.writing import mentioned
from hub.events import Bell, Change, publish
from hub.hours import OpeningHours
from hub.part2 import LABELLED
from hub.threads import NewMessage, Threads
from hub.types import AuthorKind, Direction, ThreadStatus, new_id
from hub.vault import Vault

LEVELS = 2
"""How often a broken promise is told of: to the list, by its priority; then to the supervisors, by name."""
_DESK = Actor("system", "desk")
_MOST = 100
"""Threads of one round."""
_OPEN = thread.c.status == sa.literal_column("'open'")
"""In the very words of the indexes over these: a bound value would not match them."""
_TOLD = "Nobody has answered within twice the time that the team promised."
_ANSWERING = tuple(role for role, may in PERMISSIONS.items() if "messages:write" in may)


class Rounds:
    """Looks for what is due, and sees to it."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        threads: Threads,
        custody: Custody,
        clock: Clock,
        bell: Bell,
        open_hours: OpeningHours,
        zone: ZoneInfo,
        default_team: str,
        part2_team: str,
    ) -> None:
        self._db = db
        self._vault = vault
        self._threads = threads
        self._custody = custody
        self._clock = clock
        self._bell = bell
        self._open = open_hours
        self._zone = zone
        self._default = default_team
        self._part2 = part2_team

    async def go(self) -> int:
        """How many threads were seen to."""
        done = await self.wake() + await self.keep() + await self.place() + await self.share() + await self.promise()
        if done:
            self._bell.ring()
        return done

    async def wake(self) -> int:
        """Open the threads whose time to come back has come."""
        now = self._clock.now()
        due = sa.select(thread.c.id).where(thread.c.status == ThreadStatus.SNOOZED, thread.c.snoozed_until <= now)
        return await self._each(due, self._wake)

    async def _wake(self, conn: AsyncConnection, held: Held) -> bool:
        state, now = held.state, self._clock.now()
        if state.status is not ThreadStatus.SNOOZED or state.snoozed_until is None or state.snoozed_until > now:
            return False
        await self._custody.set(conn, held, replace(state, status=ThreadStatus.OPEN, snoozed_until=None), "wake", _DESK)
        return True

    async def keep(self) -> int:
        """Give the threads labelled 42 CFR Part 2 that no private team has to the one that is to have them.

        Whoever had one has it no more. Emergencies stay where they are until they are ended: whoever is there must see
        them (42 CFR 2.51).
        """
        if not self._part2:
            return 0
        async with self._db.read() as conn:
            rows = (await conn.execute(_TEAMS)).all()
        private = [row.id for row in rows if row.private]
        named = next((row.id for row in rows if row.private and row.name.casefold() == self._part2.casefold()), None)
        if named is None:
            return 0
        elsewhere = sa.select(thread.c.id).where(
            thread.c.person_id.in_(LABELLED),
            thread.c.priority < EMERGENCY,
            sa.or_(thread.c.team_id.is_(None), thread.c.team_id.not_in(private)),
        )

        async def one(conn: AsyncConnection, held: Held) -> bool:
            if held.state.team_id in private or held.state.priority >= EMERGENCY:
                return False
            kept = replace(held.state, team_id=named, assignee=None, due_at=None)
            await self._custody.set(conn, held, kept, "team", _DESK)
            return True

        return await self._each(elsewhere, one)

    async def place(self) -> int:
        """Give the threads that the staff have and no team has to the default team."""
        async with self._db.read() as conn:
            team_id = await self._default_team(conn)
        if team_id is None:
            return 0
        homeless = sa.select(thread.c.id).where(_OPEN, thread.c.team_id.is_(None))

        async def one(conn: AsyncConnection, held: Held) -> bool:
            if held.state.status is not ThreadStatus.OPEN or held.state.team_id is not None:
                return False
            await self._custody.set(conn, held, replace(held.state, team_id=team_id, due_at=None), "team", _DESK)
            return True

        return await self._each(homeless, one)

    async def _default_team(self, conn: AsyncConnection) -> str | None:
        """The team that settings name; the oldest, where they name none that there is."""
        rows = (await conn.execute(_TEAMS)).all()
        named = [row.id for row in rows if row.name.casefold() == self._default.casefold()]
        return next(iter(named or [row.id for row in rows]), None)

    async def share(self) -> int:
        """Give threads that nobody has to those of their team who have room, in turn."""
        async with self._db.read() as conn:
            teams = list((await conn.execute(_SHARING)).scalars())
            wanted = [one for one in teams if (await conn.execute(_unshared(one))).first() is not None]
            ready = [one for one in wanted if any(m.load < m.capacity for m in await _members(conn, one))]
        given = 0
        for team_id in ready:
            given += await self._db.write(lambda conn, team_id=team_id: self._share(conn, team_id))  # type: ignore[misc]
        return given

    async def _share(self, conn: AsyncConnection, team_id: str) -> int:
        now, given = self._clock.now(), 0
        # Of two processes that share for one team, one looks at a time.
        await conn.execute(sa.select(team.c.id).where(team.c.id == team_id).with_for_update())
        threads = list((await conn.execute(_unshared(team_id))).scalars())
        for thread_id, user_id in sorted(shared(threads, await _members(conn, team_id), now).items()):
            held = await self._custody.hold(conn, thread_id)
            if held is None or held.state.status is not ThreadStatus.OPEN or held.state.assignee is not None:
                continue
            await self._custody.set(conn, held, replace(held.state, assignee=user_id), "assign", _DESK)
            turn = sa.update(team_member).where(team_member.c.team_id == team_id, team_member.c.user_id == user_id)
            # In the order in which they were given: two of one moment are told apart.
            await conn.execute(turn.values(turn_at=now + timedelta(microseconds=threads.index(thread_id))))
            given += 1
        return given

    async def promise(self) -> int:
        """Say until when who waits is to be answered, and tell of promises that were broken."""
        async with self._db.read() as conn:
            promising = {row.id: timedelta(minutes=row.reply_within) for row in await conn.execute(_PROMISING)}
            if not promising:
                return 0
            rows = (await conn.execute(_WAITING, {"now": self._clock.now(), "teams": list(promising)})).all()
        now = self._clock.now()
        due = [row.id for row in rows if row.due_at is None or self._level(row, promising[row.team_id], now)]
        done = 0
        for thread_id in due:
            done += await self._db.write(lambda conn, one=thread_id: self._keep(conn, one, promising))  # type: ignore[misc]
        return done

    async def _keep(self, conn: AsyncConnection, thread_id: str, promising: dict[str, timedelta]) -> int:
        held, now = await self._custody.hold(conn, thread_id), self._clock.now()
        if held is None or held.state.waiting_since is None or held.state.team_id not in promising:
            return 0
        state, within = held.state, promising[held.state.team_id or ""]
        if state.due_at is None:
            due_at = self._open.later(held.state.waiting_since, within, self._zone)
            await conn.execute(sa.update(thread).where(thread.c.id == held.id).values(due_at=due_at))
            await publish(conn, now, [Change("thread.updated", held.id)])
            return 1
        level = self._level(state, within, now)
        if not level or state.status is not ThreadStatus.OPEN:
            return 0
        priority = max(state.priority, SOON if level < LEVELS else URGENT)
        await self._custody.set(
            conn, held, replace(state, escalated=level, priority=priority), "escalate", _DESK, details={"level": level}
        )
        if level >= LEVELS:
            await self._tell_supervisors(conn, held, now)
        return 1

    def _level(self, one: Any, within: timedelta, now: datetime) -> int:
        """The level that a broken promise has come to and was not told of; 0 for none."""
        if one.due_at is None or one.escalated >= LEVELS or now < one.due_at:
            return 0
        second = now >= self._open.later(one.due_at, within, self._zone)
        level = LEVELS if second else 1
        return level if level > one.escalated else 0

    async def _tell_supervisors(self, conn: AsyncConnection, held: Held, now: datetime) -> None:
        """A note that names the supervisors of the team; all there are, where it has none."""
        leads = sa.select(staff_user.c.id).where(staff_user.c.role == "supervisor", staff_user.c.status == "active")
        mine = sa.select(team_member.c.user_id).where(team_member.c.team_id == held.state.team_id)
        users = list((await conn.execute(leads.where(staff_user.c.id.in_(mine)))).scalars())
        users = users or list((await conn.execute(leads)).scalars())
        note = NewMessage(
            id=new_id(),
            thread_id=held.id,
            person_id=held.person_id,
            direction=Direction.NOTE,
            author=AuthorKind.SYSTEM,
            at=now,
            text=_TOLD,
        )
        await self._threads.append(conn, await self._vault.key(conn, held.person_id), [note])
        await mentioned(conn, held.id, note.id, users, now)
        await publish(conn, now, [Change("message.created", note.id)])

    async def _each(self, query: sa.Select[Any], do: Any) -> int:
        async with self._db.read() as conn:
            # Whoever locks several does so in one order. Asked for in it, they would be looked for among all threads.
            found: Sequence[str] = sorted((await conn.execute(query.limit(_MOST))).scalars())
        if not found:
            return 0

        async def unit(conn: AsyncConnection) -> int:
            done = 0
            for thread_id in found:
                held = await self._custody.hold(conn, thread_id)
                done += held is not None and await do(conn, held)
            return done

        return await self._db.write(unit)


async def _members(conn: AsyncConnection, team_id: str) -> list[Member]:
    rows = (await conn.execute(_MEMBERS, {"team": team_id})).all()
    return [Member(user_id=row.id, capacity=row.capacity, load=row.load, turn_at=row.turn_at) for row in rows]


def _unshared(team_id: str) -> sa.Select[Any]:
    """Threads of a team that nobody has: the most urgent first, then who came first."""
    return (
        sa.select(thread.c.id)
        .where(_OPEN, thread.c.team_id == team_id, thread.c.assignee.is_(None))
        .order_by(thread.c.priority.desc(), thread.c.last_inbound_at, thread.c.id)
        .limit(_MOST)
    )


_TEAMS = (
    sa.select(team.c.id, team.c.name, team.c.private)
    .where(team.c.archived_at.is_(None))
    .order_by(team.c.created_at, team.c.id)
)
_SHARING = sa.select(team.c.id).where(team.c.archived_at.is_(None), team.c.routing == "round_robin").order_by(team.c.id)
_PROMISING = sa.select(team.c.id, team.c.reply_within).where(
    team.c.archived_at.is_(None), team.c.reply_within.is_not(None)
)
_LOAD = (
    sa.select(sa.func.count()).select_from(thread).where(thread.c.assignee == staff_user.c.id, _OPEN).scalar_subquery()
)
_MEMBERS = (
    sa.select(staff_user.c.id, staff_user.c.capacity, team_member.c.turn_at, _LOAD.label("load"))
    .join(team_member, team_member.c.user_id == staff_user.c.id)
    .where(
        team_member.c.team_id == sa.bindparam("team", type_=team_member.c.team_id.type),
        staff_user.c.status == "active",
        staff_user.c.available,
        staff_user.c.role.in_(_ANSWERING),
    )
)
_WAITING = (
    sa.select(thread.c.id, thread.c.team_id, thread.c.due_at, thread.c.escalated)
    .where(
        _OPEN,
        thread.c.waiting_since.is_not(None),
        thread.c.team_id.in_(sa.bindparam("teams", expanding=True, type_=thread.c.team_id.type)),
        sa.or_(
            thread.c.due_at.is_(None),
            sa.and_(thread.c.due_at <= sa.bindparam("now", type_=thread.c.due_at.type), thread.c.escalated < LEVELS),
        ),
    )
    # Those first of which nothing was told yet.
    .order_by(thread.c.escalated, thread.c.due_at, thread.c.id)
    .limit(_MOST)
)

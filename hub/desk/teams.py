"""Teams: who answers which threads, by when, and how the threads are given out among them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import staff_user, team, team_member, thread
from hub.desk.changing import NotKept, note, one_line
from hub.types import ThreadStatus, new_id

Routing = Literal["manual", "round_robin"]
LONGEST_NAME = 60
LONGEST_PROMISE = 10_080
"""Minutes within which a team may promise an answer at most: a week."""
MOST_THREADS = 500
"""Threads that one of the staff may be given at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTeam:
    """What a team is to be. reply_within: minutes of opening hours, None for no promise."""

    name: str
    routing: Routing = "manual"
    reply_within: int | None = None
    private: bool = False
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team as it is; `members` are ids of users, those who are there longest first."""

    id: str
    name: str
    routing: Routing
    reply_within: int | None
    private: bool
    members: tuple[str, ...]
    archived_at: datetime | None


class Teams:
    """Where teams are kept. Each change has its audit entry and its event."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def all(self, conn: AsyncConnection, *, archived: bool = False) -> list[Team]:
        """Every team by name; those put away, too, if `archived`."""
        query = sa.select(team).order_by(sa.func.lower(team.c.name), team.c.id)
        if not archived:
            query = query.where(team.c.archived_at.is_(None))
        return await self._read(conn, query)

    async def get(self, conn: AsyncConnection, team_id: str) -> Team | None:
        """The team with this id, put away or not."""
        found = await self._read(conn, sa.select(team).where(team.c.id == team_id))
        return found[0] if found else None

    async def keep(
        self, conn: AsyncConnection, team_id: str | None, new: NewTeam, actor: Actor, request_id: str = ""
    ) -> Team | NotKept:
        """Make a team, or change the one with this id, in the caller's transaction. Nothing happens if nothing differs.

        Refused: `name` (none, or too long), `taken` (another has it), `promise` (no such number of minutes), `members`
        (somebody who is not there any more), `gone` (no such team).
        """
        name = one_line(new.name)
        if not 0 < len(name) <= LONGEST_NAME:
            return NotKept("name")
        if new.reply_within is not None and not 1 <= new.reply_within <= LONGEST_PROMISE:
            return NotKept("promise")
        before = None if team_id is None else await self.get(conn, team_id)
        if team_id is not None and before is None:
            return NotKept("gone")
        same_name = sa.select(team.c.id).where(sa.func.lower(team.c.name) == name.lower(), team.c.id != (team_id or ""))
        if (await conn.execute(same_name.limit(1))).first() is not None:
            return NotKept("taken")
        known = sa.select(staff_user.c.id).where(staff_user.c.id.in_(list(new.members)))
        if len((await conn.execute(known)).all()) != len(new.members):
            return NotKept("members")
        values = {
            "name": name,
            "routing": new.routing,
            "reply_within": new.reply_within,
            "private": new.private,
        }
        if before is None:
            made = new_id()
            await insert_rows(conn, team, [{"id": made, **values, "created_at": self._clock.now()}])
            await self._set_members(conn, made, frozenset(), new.members)
            details: dict[str, Any] = values | {"members": " ".join(sorted(new.members))}
            await self._tell(conn, "team.create", made, actor, details, request_id)
            return cast(Team, await self.get(conn, made))
        details = {what: value for what, value in values.items() if getattr(before, what) != value}
        had = frozenset(before.members)
        if had != new.members:
            details |= {"joined": " ".join(sorted(new.members - had)), "left": " ".join(sorted(had - new.members))}
        if not details:
            return before
        await conn.execute(sa.update(team).where(team.c.id == before.id).values(**values))
        await self._set_members(conn, before.id, had, new.members)
        await self._tell(conn, "team.change", before.id, actor, details, request_id)
        return cast(Team, await self.get(conn, before.id))

    async def archive(self, conn: AsyncConnection, team_id: str, actor: Actor, request_id: str = "") -> Team | NotKept:
        """Put a team away. Refused: `gone`, and `threads` while it has some that are not closed."""
        before = await self.get(conn, team_id)
        if before is None:
            return NotKept("gone")
        if before.archived_at is not None:
            return before
        theirs = sa.select(thread.c.id).where(thread.c.team_id == team_id, thread.c.status != ThreadStatus.CLOSED)
        if (await conn.execute(theirs.limit(1))).first() is not None:
            return NotKept("threads")
        return await self._put(conn, team_id, self._clock.now(), "team.archive", actor, request_id)

    async def restore(self, conn: AsyncConnection, team_id: str, actor: Actor, request_id: str = "") -> Team | NotKept:
        """Take a team out again that was put away."""
        before = await self.get(conn, team_id)
        if before is None:
            return NotKept("gone")
        if before.archived_at is None:
            return before
        return await self._put(conn, team_id, None, "team.restore", actor, request_id)

    async def give_room(
        self,
        conn: AsyncConnection,
        user_id: str,
        *,
        capacity: int,
        available: bool,
        actor: Actor,
        request_id: str = "",
    ) -> NotKept | None:
        """Say how many open threads round robin gives to a user, and whether it gives any now.

        Refused: `capacity` (no such number), `gone` (no such user).
        """
        if not 0 <= capacity <= MOST_THREADS:
            return NotKept("capacity")
        mine = sa.select(staff_user.c.capacity, staff_user.c.available).where(staff_user.c.id == user_id)
        before = (await conn.execute(mine)).first()
        if before is None:
            return NotKept("gone")
        if (before.capacity, before.available) != (capacity, available):
            values = {"capacity": capacity, "available": available, "updated_at": self._clock.now()}
            await conn.execute(sa.update(staff_user).where(staff_user.c.id == user_id).values(**values))
            details = {"capacity": capacity, "available": int(available)}
            await self._tell(conn, "user.room", user_id, actor, details, request_id)
        return None

    async def _put(
        self, conn: AsyncConnection, team_id: str, at: datetime | None, action: str, actor: Actor, request_id: str
    ) -> Team:
        await conn.execute(sa.update(team).where(team.c.id == team_id).values(archived_at=at))
        await self._tell(conn, action, team_id, actor, {}, request_id)
        return cast(Team, await self.get(conn, team_id))

    @staticmethod
    async def _set_members(conn: AsyncConnection, team_id: str, had: Collection[str], wanted: Collection[str]) -> None:
        gone = [one for one in had if one not in wanted]
        leaving = sa.delete(team_member).where(team_member.c.team_id == team_id, team_member.c.user_id.in_(gone))
        await conn.execute(leaving)
        joining = [{"team_id": team_id, "user_id": one} for one in sorted(wanted) if one not in had]
        await insert_rows(conn, team_member, joining)

    async def _tell(
        self, conn: AsyncConnection, action: str, object_id: str, actor: Actor, details: Any, request_id: str
    ) -> None:
        # A team's name is a word of the clinic's own, but the audit holds codes alone.
        kept = {what: int(value) if isinstance(value, bool) else value for what, value in details.items()}
        kept.pop("name", None)
        entry = Entry(action=action, actor=actor, object_id=object_id, request_id=request_id, details=kept)
        await note(conn, self._trail, self._clock, entry)

    @staticmethod
    async def _read(conn: AsyncConnection, query: sa.Select[Any]) -> list[Team]:
        rows = (await conn.execute(query)).all()
        members: dict[str, list[str]] = {row.id: [] for row in rows}
        of = sa.select(team_member.c.team_id, team_member.c.user_id).where(team_member.c.team_id.in_(list(members)))
        for row in await conn.execute(of.order_by(team_member.c.user_id)):
            members[row.team_id].append(row.user_id)
        return [
            Team(
                id=row.id,
                name=row.name,
                routing=row.routing,
                reply_within=row.reply_within,
                private=row.private,
                members=tuple(members[row.id]),
                archived_at=row.archived_at,
            )
            for row in rows
        ]

"""The demo's staff: one for each role, in three teams, all with the same password and no second factor."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.passwords import Passwords
from hub.accounts.permissions import Role
from hub.audit import Actor
from hub.db.bulk import insert_rows
from hub.db.tables import team, team_member
from hub.parts import Parts
from hub.types import Language, new_id

__all__ = ["PASSWORD", "STAFF", "Member", "hire"]

PASSWORD = "maple street demo"  # noqa: S105 - of a clinic that nobody is treated in
_DEMO = Actor("system", "demo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the staff. `job` is what the demo says of them."""

    email: str
    name: str
    role: Role
    job: str
    teams: tuple[str, ...] = ()
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Team:
    name: str
    routing: str
    reply_within: int
    private: bool = False


FRONT, NURSES, MIND = "Front desk", "Nurses", "Behavioral health"
_TEAMS = (
    _Team(name=FRONT, routing="round_robin", reply_within=30),
    _Team(name=NURSES, routing="manual", reply_within=60),
    _Team(name=MIND, routing="manual", reply_within=240, private=True),
)
STAFF = (
    Member(email="desk@example.org", name="Alex Moreno", role="agent", job="front desk", teams=(FRONT,)),
    Member(email="nurse@example.org", name="Priya Natarajan", role="agent", job="nurse", teams=(NURSES, MIND)),
    Member(email="lead@example.org", name="Sam Okafor", role="supervisor", job="supervisor", teams=(FRONT, NURSES)),
    Member(email="campaigns@example.org", name="Mei Tanaka", role="campaigns", job="campaigns"),
    Member(email="compliance@example.org", name="Ruth Feldman", role="compliance", job="compliance"),
    Member(email="admin@example.org", name="Jo Lindqvist", role="admin", job="administrator"),
)


async def hire(parts: Parts) -> None:
    """Give the clinic its staff and teams, unless it has them."""
    async with parts.db.read() as conn:
        if await parts.users.all(conn):
            return
    kept = await Passwords(parts.settings.password_memory).hash(PASSWORD)

    async def unit(conn: AsyncConnection) -> None:
        now = parts.clock.now()
        there = {row.name: row.id for row in await conn.execute(sa.select(team.c.id, team.c.name))}
        teams = {one.name: there.get(one.name) or new_id() for one in _TEAMS}
        rows = [
            {
                "id": teams[one.name],
                "name": one.name,
                "routing": one.routing,
                "reply_within": one.reply_within,
                "private": one.private,
                "created_at": now,
            }
            for one in _TEAMS
            if one.name not in there
        ]
        await insert_rows(conn, team, rows)
        for who in STAFF:
            user_id = await parts.users.add(
                conn,
                email=who.email,
                name=who.name,
                role=who.role,
                by=_DEMO,
                language=who.language,
                password_hash=kept,
            )
            await insert_rows(conn, team_member, [{"team_id": teams[name], "user_id": user_id} for name in who.teams])

    await parts.db.write(unit)

"""Whoever is signed in, and what the inbox's page begins with."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.sessions import IDLE
from hub.accounts.users import User
from hub.calls import Call, NoBody, NoQuery, Read, Reading, Writing, Wrote
from hub.calls.problems import not_found
from hub.db.tables import label, team, team_member
from hub.staff.inbox.shapes import Me, Named


class Work(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the user works from now on; what is not named stays."""

    available: bool | None = None
    switches: dict[str, bool] = {}


class Done(msgspec.Struct, kw_only=True):
    """It is done."""

    done: bool = True


def named_user(user: User) -> Named:
    """A user, by name."""
    return Named(id=user.id, name=user.name, initials=user.initials)


async def _me(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    parts, user = call.parts, await call.parts.users.get(conn, call.caller.id)
    if user is None:
        raise not_found("user")
    teams = (
        sa.select(team)
        .join(team_member, team_member.c.team_id == team.c.id)
        .where(team_member.c.user_id == user.id, team.c.archived_at.is_(None))
        .order_by(team.c.name)
    )
    labels = sa.select(label).where(label.c.archived_at.is_(None)).order_by(label.c.name)
    settings = parts.settings
    value = Me(
        id=user.id,
        name=user.name,
        initials=user.initials,
        role=user.role,
        language=user.language,
        may=sorted(call.caller.scopes),
        switches=dict(user.switches),
        available=user.available,
        teams=[Named(id=row.id, name=row.name) for row in await conn.execute(teams)],
        users=[named_user(one) for one in await parts.users.all(conn, active=True)],
        labels=[Named(id=row.id, name=row.name, color=row.color) for row in await conn.execute(labels)],
        clinic=settings.clinic_name,
        zone=settings.timezone.key,
        open_now=settings.open_hours.is_open(parts.clock.now(), settings.timezone),
        undo=settings.undo_seconds,
        idle=int(IDLE.total_seconds()),
    )
    return Read(value=value, action="staff.me", persons=())


async def _work(conn: AsyncConnection, call: Call[NoQuery, Work]) -> Wrote:
    users, body, caller = call.parts.users, call.body, call.caller
    await users.set_up(conn, caller.id, caller.actor, switches=body.switches or None, available=body.available)
    return Wrote(status=200, value=Done(), after=call.parts.bell.ring)


async def _awake(_conn: AsyncConnection, _call: Call[NoQuery, NoBody]) -> Wrote:
    # That it came is all: see `Sessions.use`.
    return Wrote(status=200, value=Done())


ENDPOINTS = (
    Reading(path="/me", scope="self:read", summary="Read who is signed in", answers={200: Me}, read=_me),
    Writing(
        path="/me",
        scope="self:write",
        summary="Change how one works",
        body=Work,
        answers={200: Done},
        write=_work,
    ),
    Writing(
        path="/awake",
        scope="self:read",
        summary="Say that somebody is at the page, who reads or types",
        body=NoBody,
        answers={200: Done},
        write=_awake,
    ),
)

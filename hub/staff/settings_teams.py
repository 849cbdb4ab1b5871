"""The teams: who answers which threads, by when; and how many threads each of the staff is given."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import User
from hub.desk.changing import NotKept
from hub.desk.teams import NewTeam, Team
from hub.staff.pages import Page, Visit
from hub.staff.settings_desk import SCOPE, draw, kept

__all__ = ["PAGES"]

HOME = "/settings/teams"


async def _show(visit: Visit) -> web.StreamResponse:
    return await _all(visit)


async def _all(visit: Visit, *, wrong: NotKept | None = None, new: NewTeam | None = None) -> web.Response:
    """Every team, room for a new one, and the staff with the room they have."""
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        teams = await parts.teams.all(conn, archived=True)
        users = await parts.users.all(conn, active=True)
    names = {one.id: one.name for one in users}
    return draw(
        visit,
        HOME,
        "teams.html",
        wrong=wrong,
        teams=[one for one in teams if one.archived_at is None],
        archived=[one for one in teams if one.archived_at is not None],
        users=_who_read(users),
        answering=[one for one in users if "messages:write" in one.permissions],
        names=names,
        new=new or NewTeam(name=""),
    )


async def _one(visit: Visit) -> web.StreamResponse:
    return await _edit(visit)


async def _edit(visit: Visit, *, wrong: NotKept | None = None, new: NewTeam | None = None) -> web.Response:
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        team = await parts.teams.get(conn, visit.request.match_info["id"])
        users = await parts.users.all(conn, active=True)
    if team is None:
        raise web.HTTPSeeOther(HOME)
    return draw(visit, HOME, "team.html", wrong=wrong, team=team, users=_who_read(users), new=new or _as_it_is(team))


async def _add(visit: Visit) -> web.StreamResponse:
    new = await _posted(visit)
    done = new if isinstance(new, NotKept) else await kept(visit, lambda conn: _keep(visit, conn, None, new))
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done, new=_typed(visit))
    raise web.HTTPSeeOther(f"{HOME}?was=saved")


async def _save(visit: Visit) -> web.StreamResponse:
    team_id = visit.request.match_info["id"]
    new = await _posted(visit)
    done = new if isinstance(new, NotKept) else await kept(visit, lambda conn: _keep(visit, conn, team_id, new))
    if isinstance(done, NotKept):
        return await _edit(visit, wrong=done, new=_typed(visit))
    raise web.HTTPSeeOther(f"{HOME}?was=saved")


async def _archive(visit: Visit) -> web.StreamResponse:
    teams, team_id, actor = visit.surface.parts.teams, visit.request.match_info["id"], visit.granted.user.actor
    done = await kept(visit, lambda conn: teams.archive(conn, team_id, actor))
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done)
    raise web.HTTPSeeOther(f"{HOME}?was=archived")


async def _restore(visit: Visit) -> web.StreamResponse:
    teams, team_id, actor = visit.surface.parts.teams, visit.request.match_info["id"], visit.granted.user.actor
    done = await kept(visit, lambda conn: teams.restore(conn, team_id, actor))
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done)
    raise web.HTTPSeeOther(f"{HOME}?was=restored")


async def _room(visit: Visit) -> web.StreamResponse:
    """How many threads somebody is given, and whether any now."""
    teams, form, user_id = visit.surface.parts.teams, visit.form, visit.request.match_info["id"]
    said = form["capacity"].strip()
    capacity = int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else -1

    async def change(conn: AsyncConnection) -> NotKept | bool:
        wrong = await teams.give_room(
            conn, user_id, capacity=capacity, available=form["available"] == "on", actor=visit.granted.user.actor
        )
        return True if wrong is None else wrong

    done = await kept(visit, change)
    if isinstance(done, NotKept):
        return await _all(visit, wrong=done)
    raise web.HTTPSeeOther(f"{HOME}?was=saved")


async def _keep(visit: Visit, conn: AsyncConnection, team_id: str | None, new: NewTeam) -> Team | NotKept:
    return await visit.surface.parts.teams.keep(conn, team_id, new, visit.granted.user.actor)


async def _posted(visit: Visit) -> NewTeam | NotKept:
    """The team that the form says, with whoever of the staff was ticked."""
    said = visit.form["reply_within"].strip()
    if said and not (said.isascii() and said.isdecimal() and len(said) < 7):
        return NotKept("promise")
    parts = visit.surface.parts
    async with parts.db.read() as conn:
        users = await parts.users.all(conn)
        before = await parts.teams.get(conn, visit.request.match_info.get("id", ""))
    ticked = frozenset(one.id for one in users if visit.form[f"member_{one.id}"] == "on")
    # Whoever may not sign in now is on no list to tick, and stays where they are.
    offered = {one.id for one in _who_read(users) if one.status == "active"}
    stay = frozenset(one for one in (before.members if before else ()) if one not in offered)
    return NewTeam(
        name=visit.form["name"],
        routing="round_robin" if visit.form["routing"] == "round_robin" else "manual",
        reply_within=int(said) if said else None,
        private=visit.form["private"] == "on",
        members=ticked | stay,
    )


def _who_read(users: list[User]) -> list[User]:
    """Those who may be in a team: whoever sees conversations at all."""
    return [one for one in users if "threads:read" in one.permissions]


def _typed(visit: Visit) -> NewTeam:
    """What was typed, to be shown again beside what is wrong with it."""
    said = visit.form["reply_within"].strip()
    return NewTeam(
        name=visit.form["name"],
        routing="round_robin" if visit.form["routing"] == "round_robin" else "manual",
        reply_within=int(said) if said.isascii() and said.isdecimal() and len(said) < 7 else None,
        private=visit.form["private"] == "on",
    )


def _as_it_is(team: Team) -> NewTeam:
    return NewTeam(
        name=team.name,
        routing=team.routing,
        reply_within=team.reply_within,
        private=team.private,
        members=frozenset(team.members),
    )


PAGES = (
    Page(method="GET", path=HOME, scope=SCOPE, answer=_show),
    Page(method="POST", path=HOME, scope=SCOPE, answer=_add),
    Page(method="GET", path=f"{HOME}/{{id}}", scope=SCOPE, answer=_one),
    Page(method="POST", path=f"{HOME}/{{id}}", scope=SCOPE, answer=_save),
    Page(method="POST", path=f"{HOME}/{{id}}/archive", scope=SCOPE, answer=_archive),
    Page(method="POST", path=f"{HOME}/{{id}}/restore", scope=SCOPE, answer=_restore),
    Page(method="POST", path=f"{HOME}/users/{{id}}", scope=SCOPE, answer=_room),
)

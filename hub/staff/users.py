"""The users, for whoever runs the hub: add, change, let in again, keep out."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import ROLES, LastAdmin
from hub.errors import InputError
from hub.staff.pages import Page, Visit
from hub.staff.settings import PLACE, tabs

__all__ = ["PAGES"]

HOME = "/settings/users"
_TOLD = ("changed", "disabled", "enabled")


async def _show(visit: Visit) -> web.StreamResponse:
    was = visit.request.query.get("was", "")
    return await _page(visit, told=was if was in _TOLD else "")


async def _add(visit: Visit) -> web.StreamResponse:
    """A user who is invited: the link is shown once, for the administrator to hand over."""
    surface, form, by = visit.surface, visit.form, visit.granted.user.actor
    role = next((one for one in ROLES if one == form["role"]), None)

    async def unit(conn: AsyncConnection) -> str:
        user_id = await surface.users.add(
            conn,
            email=form["email"],
            name=form["name"],
            role=role or "agent",
            by=by,
            language="es" if form["language"] == "es" else "en",
        )
        return await surface.links.make(conn, "invitation", user_id=user_id)

    if role is None:
        return await _page(visit, wrong="bad_user", status=422)
    try:
        secret = await surface.parts.db.write(unit)
    except InputError:
        return await _page(visit, wrong="bad_user", status=422)
    return await _link(visit, form["email"].strip(), secret, "invitation")


async def _change(visit: Visit) -> web.StreamResponse:
    """Another role, or another number of threads."""
    surface, form, by, user_id = visit.surface, visit.form, visit.granted.user.actor, visit.request.match_info["id"]
    role = next((one for one in ROLES if one == form["role"]), None)

    async def unit(conn: AsyncConnection) -> None:
        if role is not None:
            await surface.users.change_role(conn, user_id, role, by)
        if form["capacity"].isdecimal():
            await surface.users.set_up(conn, user_id, by, capacity=int(form["capacity"][:6]))

    return await _done(visit, unit, "changed")


async def _disable(visit: Visit) -> web.StreamResponse:
    by, user_id = visit.granted.user.actor, visit.request.match_info["id"]
    return await _done(visit, lambda conn: visit.surface.users.disable(conn, user_id, by), "disabled")


async def _enable(visit: Visit) -> web.StreamResponse:
    by, user_id = visit.granted.user.actor, visit.request.match_info["id"]
    return await _done(visit, lambda conn: visit.surface.users.enable(conn, user_id, by), "enabled")


async def _reset(visit: Visit) -> web.StreamResponse:
    """A link under which the user sets a new password; `factors` forgets the second factors as well."""
    surface, by, user_id = visit.surface, visit.granted.user.actor, visit.request.match_info["id"]
    factors = visit.form["factors"] == "on"

    async def unit(conn: AsyncConnection) -> tuple[str, str]:
        user = await surface.users.get(conn, user_id)
        if user is None or user.status == "disabled":
            raise InputError("there is no such user who may sign in")
        if factors:
            await surface.factors.drop_all(conn, user_id, by)
            await surface.sessions.end_of(conn, user_id, by)
        return user.email, await surface.links.make(conn, "reset", user_id=user_id)

    try:
        email, secret = await surface.parts.db.write(unit)
    except InputError:
        return await _page(visit, wrong="no_user", status=404)
    return await _link(visit, email, secret, "reset")


async def _done(visit: Visit, unit: Callable[[AsyncConnection], Awaitable[None]], told: str) -> web.StreamResponse:
    try:
        await visit.surface.parts.db.write(unit)
    except InputError as error:
        wrong = "last_admin" if isinstance(error, LastAdmin) else "no_user"
        return await _page(visit, wrong=wrong, status=422)
    visit.surface.parts.bell.ring()
    raise web.HTTPSeeOther(f"{HOME}?was={told}")


async def _link(visit: Visit, email: str, secret: str, kind: str) -> web.StreamResponse:
    link = f"{visit.surface.parts.settings.base_url}/sign-in/link/{secret}"
    return await _page(visit, link=link, kind=kind, to=email)


async def _page(
    visit: Visit,
    *,
    told: str = "",
    wrong: str = "",
    link: str = "",
    kind: str = "",
    to: str = "",
    status: int = 200,
) -> web.Response:
    async with visit.surface.parts.db.read() as conn:
        found = await visit.surface.users.all(conn)
    return visit.draw(
        PLACE,
        "users.html",
        status=status,
        tabs=tabs(visit),
        tab=HOME,
        users=found,
        roles=ROLES,
        change=visit.granted.caller.may("users:write"),
        told=told,
        wrong=wrong,
        link=link,
        kind=kind,
        to=to,
    )


PAGES = (
    Page(method="GET", path=HOME, scope="users:read", answer=_show),
    Page(method="POST", path=HOME, scope="users:write", answer=_add),
    Page(method="POST", path="/settings/users/{id}", scope="users:write", answer=_change),
    Page(method="POST", path="/settings/users/{id}/disable", scope="users:write", answer=_disable),
    Page(method="POST", path="/settings/users/{id}/enable", scope="users:write", answer=_enable),
    Page(method="POST", path="/settings/users/{id}/reset", scope="users:write", answer=_reset),
)

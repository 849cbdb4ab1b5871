"""Signing in at the OpenID provider: there, and back."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.entering import BY_CLIENT, Came, Second
from hub.accounts.links import GOOD_FOR, Link
from hub.accounts.openid import Begun, NotProved
from hub.signin import tokens
from hub.staff.pages import Page, inside
from hub.staff.signing_in import came_in, device, second, sign_in
from hub.staff.surface import Surface

__all__ = ["PAGES"]


async def _there(surface: Surface, request: web.Request) -> web.StreamResponse:
    """To the provider; the browser takes along what shows that it is the same one that comes back."""
    onward = inside(request.query.get("next", ""))
    if surface.openid is None:
        raise web.HTTPNotFound
    if not await surface.allows(BY_CLIENT, request):
        return sign_in(surface, request, onward, wrong="too_often", status=429)
    begun = await surface.openid.begin(onward)
    if not isinstance(begun, Begun):
        return sign_in(surface, request, onward, wrong="openid_unreachable", status=503)
    await surface.parts.db.write(lambda conn: surface.links.make(conn, "openid", kept=begun.kept, secret=begun.state))
    response = web.Response(status=303, headers={"Location": begun.address})
    response.set_cookie(
        _cookie(surface),
        begun.state,
        max_age=int(GOOD_FOR["openid"].total_seconds()),
        path="/",
        secure=surface.access.https,
        httponly=True,
        samesite="Lax",
    )
    return response


async def _back(surface: Surface, request: web.Request) -> web.StreamResponse:
    """Back from the provider. A state is good once, and in the browser that was sent alone."""
    if surface.openid is None:
        raise web.HTTPNotFound
    state, code = request.query.get("state", ""), request.query.get("code", "")
    own = request.cookies.get(_cookie(surface), "")

    async def unit(conn: AsyncConnection) -> Link | None:
        return await surface.links.take(conn, state, "openid")

    link = await surface.parts.db.write(unit) if own and tokens.same(own.encode(), state.encode()) else None
    if link is None or not code:
        return _not_in(surface, request, "openid_refused")
    proved, onward = await surface.openid.finish(link.kept, code)
    if isinstance(proved, NotProved):
        return _not_in(surface, request, "openid_unreachable" if proved.why == "unreachable" else "openid_refused")
    found = await surface.entering.by_openid(proved, earlier=surface.access.secret(request), device=device(request))
    if isinstance(found, Second):
        return second(surface, request, found.ticket, onward, app=found.app)
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    return _not_in(surface, request, "openid_unknown")


def _not_in(surface: Surface, request: web.Request, wrong: str) -> web.Response:
    response = sign_in(surface, request, "/inbox", wrong=wrong, status=403)
    response.del_cookie(_cookie(surface), path="/", secure=surface.access.https, httponly=True, samesite="Lax")
    return response


def _cookie(surface: Surface) -> str:
    return "__Host-staff-openid" if surface.access.https else "staff-openid"


PAGES = (
    Page(method="GET", path="/sign-in/openid", open=_there),
    Page(method="GET", path="/sign-in/openid/back", open=_back),
)

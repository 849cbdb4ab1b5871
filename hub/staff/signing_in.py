"""Signing in and out: the pages before there is a session, and what locks and unlocks one."""

from aiohttp import web

from hub.accounts.entering import BY_CLIENT, Came, Second
from hub.signin.devices import described
from hub.signin.forms import Form
from hub.staff.pages import Page, Visit, inside
from hub.staff.surface import Surface

__all__ = ["PAGES", "came_in"]


async def _start(surface: Surface, request: web.Request) -> web.StreamResponse:
    """Where to say who one is; whoever is signed in goes on."""
    onward = inside(request.query.get("next", ""))
    session = await surface.access.session(request)
    if session is not None and not session.locked:
        raise web.HTTPSeeOther(onward)
    told = next((one for one in ("out", "set") if one in request.query), "")
    return _sign_in(surface, request, onward, told=told)


async def _enter(surface: Surface, request: web.Request) -> web.StreamResponse:
    """In with a password, or on to the second factor; or the same page again."""
    form = await Form.read(request)
    onward = inside(form["next"])
    if not await surface.allows(BY_CLIENT, request):
        return _sign_in(surface, request, onward, wrong="too_often", status=429)
    found = await surface.entering.by_password(
        form["email"], form["password"], earlier=surface.access.secret(request), device=device(request)
    )
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    if isinstance(found, Second):
        return _second(surface, request, found.ticket, onward, app=found.app)
    often = found.why == "often"
    return _sign_in(surface, request, onward, wrong="too_often" if often else "wrong", status=429 if often else 403)


async def _prove(surface: Surface, request: web.Request) -> web.StreamResponse:
    """In with a code of the app, or a recovery code."""
    form = await Form.read(request)
    onward = inside(form["next"])
    if not await surface.allows(BY_CLIENT, request):
        return _second(surface, request, form["ticket"], onward, app=True, wrong="too_often", status=429)
    found = await surface.entering.by_code(
        form["ticket"], form["code"], earlier=surface.access.secret(request), device=device(request)
    )
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    return _second(surface, request, form["ticket"], onward, app=True, wrong="wrong_code", status=403)


async def _leave(visit: Visit) -> web.StreamResponse:
    surface = visit.surface
    await surface.parts.db.write(lambda conn: surface.sessions.end_in(conn, surface.access.secret(visit.request)))
    response = web.Response(status=303, headers={"Location": "/sign-in?out=1"})
    surface.access.forget(response)
    return response


def came_in(surface: Surface, came: Came, onward: str) -> web.Response:
    """On to the page that was asked for, with the session's cookie."""
    response = web.Response(status=303, headers={"Location": onward})
    surface.access.keep(response, came.secret)
    return response


def device(request: web.Request) -> str:
    """What the browser says it runs on."""
    return described(request.headers.get("User-Agent", ""))


def _sign_in(
    surface: Surface, request: web.Request, onward: str, *, told: str = "", wrong: str = "", status: int = 200
) -> web.Response:
    return surface.draw_outside(request, "sign_in.html", status=status, onward=onward, told=told, wrong=wrong)


def _second(
    surface: Surface,
    request: web.Request,
    ticket: str,
    onward: str,
    *,
    app: bool,
    wrong: str = "",
    status: int = 200,
) -> web.Response:
    return surface.draw_outside(
        request, "second.html", status=status, ticket=ticket, onward=onward, app=app, wrong=wrong
    )


PAGES = (
    Page(method="GET", path="/sign-in", open=_start),
    Page(method="POST", path="/sign-in", open=_enter),
    Page(method="POST", path="/sign-in/second", open=_prove),
    Page(method="POST", path="/sign-in/leave", scope="self:read", answer=_leave),
)

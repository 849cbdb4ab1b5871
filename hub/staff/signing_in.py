"""Signing in and out: the pages before there is a session, and what locks and unlocks one."""

from aiohttp import web

from hub.accounts.entering import BY_CLIENT, Came, NotIn, Second
from hub.accounts.sessions import Session
from hub.signin.devices import described
from hub.signin.forms import Form
from hub.staff.pages import Page, inside
from hub.staff.surface import Surface

__all__ = ["PAGES", "came_in", "device", "second", "sign_in"]


async def _start(surface: Surface, request: web.Request) -> web.StreamResponse:
    """Where to say who one is; whoever is signed in goes on."""
    onward = inside(request.query.get("next", ""))
    session = await surface.access.session(request)
    if session is not None and not session.locked:
        raise web.HTTPSeeOther(onward)
    told = next((one for one in ("out", "set") if one in request.query), "")
    return sign_in(surface, request, onward, told=told)


async def _enter(surface: Surface, request: web.Request) -> web.StreamResponse:
    """In with a password, or on to the second factor; or the same page again."""
    form = await Form.read(request)
    onward = inside(form["next"])
    if not await surface.allows(BY_CLIENT, request):
        return sign_in(surface, request, onward, wrong="too_often", status=429)
    found = await surface.entering.by_password(
        form["email"], form["password"], earlier=surface.access.secret(request), device=device(request)
    )
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    if isinstance(found, Second):
        return second(surface, request, found.ticket, onward, app=found.app)
    often = found.why == "often"
    wrong, status = ("too_often", 429) if often else ("wrong", 403)
    return sign_in(surface, request, onward, email=form["email"], wrong=wrong, status=status)


async def _prove(surface: Surface, request: web.Request) -> web.StreamResponse:
    """In with a code of the app, or a recovery code."""
    form = await Form.read(request)
    onward = inside(form["next"])
    if not await surface.allows(BY_CLIENT, request):
        return second(surface, request, form["ticket"], onward, app=True, wrong="too_often", status=429)
    found = await surface.entering.by_code(
        form["ticket"], form["code"], earlier=surface.access.secret(request), device=device(request)
    )
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    return second(surface, request, form["ticket"], onward, app=True, wrong="wrong_code", status=403)


async def _ask_passkey(surface: Surface, request: web.Request) -> web.StreamResponse:
    """What the browser is to ask a passkey for."""
    asked = await surface.passkeys.to_enter() if await surface.allows(BY_CLIENT, request) else None
    if asked is None:
        raise web.HTTPTooManyRequests
    return web.Response(text=asked, content_type="application/json")


async def _enter_by_passkey(surface: Surface, request: web.Request) -> web.StreamResponse:
    """In with what a passkey signed."""
    form = await Form.read(request)
    onward = inside(form["next"])
    if not await surface.allows(BY_CLIENT, request):
        return sign_in(surface, request, onward, wrong="too_often", status=429)
    found = await surface.entering.by_passkey(
        form["answer"], earlier=surface.access.secret(request), device=device(request)
    )
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    return sign_in(surface, request, onward, wrong="wrong_passkey", status=403)


async def _locked(surface: Surface, request: web.Request) -> web.StreamResponse:
    """A page that asks whoever comes back to a locked session to prove themselves."""
    onward = inside(request.query.get("next", ""))
    session = await surface.sessions.use(surface.access.secret(request), by_itself=True)
    if session is None:
        raise web.HTTPSeeOther("/sign-in")
    if not session.locked:
        raise web.HTTPSeeOther(onward)
    return _again(surface, request, session, onward)


async def _unlock(surface: Surface, request: web.Request) -> web.StreamResponse:
    """On, with the password or a passkey of the session's user."""
    form = await Form.read(request)
    onward = inside(form["next"])
    session = await surface.sessions.use(surface.access.secret(request), by_itself=True)
    if session is None:
        raise web.HTTPSeeOther("/sign-in")
    if not surface.access.ours(session, form["csrf"]):
        raise web.HTTPForbidden
    if not await surface.allows(BY_CLIENT, request):
        return _again(surface, request, session, onward, wrong="too_often", status=429)
    found: Came | NotIn
    if form["answer"]:
        found = await surface.entering.again_by_passkey(session, form["answer"])
    else:
        found = await surface.entering.again(session, form["password"])
    if isinstance(found, Came):
        return came_in(surface, found, onward)
    often = found.why == "often"
    wrong = "too_often" if often else "wrong_again"
    return _again(surface, request, session, onward, wrong=wrong, status=429 if often else 403)


async def _leave(surface: Surface, request: web.Request) -> web.StreamResponse:
    """Out, from a session that is locked, too."""
    form, secret = await Form.read(request), surface.access.secret(request)
    session = await surface.sessions.use(secret, by_itself=True)
    if session is not None:
        if not surface.access.ours(session, form["csrf"]):
            raise web.HTTPForbidden
        await surface.parts.db.write(lambda conn: surface.sessions.end_in(conn, secret))
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


def sign_in(
    surface: Surface,
    request: web.Request,
    onward: str,
    *,
    email: str = "",
    told: str = "",
    wrong: str = "",
    status: int = 200,
) -> web.Response:
    """The first page."""
    return surface.draw_outside(
        request,
        "sign_in.html",
        status=status,
        onward=onward,
        email=email,
        told=told,
        wrong=wrong,
        passkeys=surface.passkeys.offered(request.host),
        openid=surface.openid.label if surface.openid is not None else "",
    )


def _again(
    surface: Surface, request: web.Request, session: Session, onward: str, *, wrong: str = "", status: int = 200
) -> web.Response:
    return surface.draw_outside(
        request,
        "locked.html",
        status=status,
        onward=onward,
        csrf=session.csrf,
        who=session.user,
        passkeys=surface.passkeys.offered(request.host),
        openid=surface.openid.label if surface.openid is not None and session.user.openid else "",
        wrong=wrong,
    )


def second(
    surface: Surface,
    request: web.Request,
    ticket: str,
    onward: str,
    *,
    app: bool,
    wrong: str = "",
    status: int = 200,
) -> web.Response:
    """The page that asks for the second factor."""
    return surface.draw_outside(
        request,
        "second.html",
        status=status,
        ticket=ticket,
        onward=onward,
        app=app,
        passkeys=surface.passkeys.offered(request.host),
        wrong=wrong,
    )


PAGES = (
    Page(method="GET", path="/sign-in", open=_start),
    Page(method="POST", path="/sign-in", open=_enter),
    Page(method="POST", path="/sign-in/second", open=_prove),
    Page(method="POST", path="/sign-in/passkey/ask", open=_ask_passkey),
    Page(method="POST", path="/sign-in/passkey", open=_enter_by_passkey),
    Page(method="GET", path="/sign-in/again", open=_locked),
    Page(method="POST", path="/sign-in/again", open=_unlock),
    Page(method="POST", path="/sign-in/leave", open=_leave),
)

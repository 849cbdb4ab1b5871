"""Coming in and going out: the pages before there is a session, and the end of one."""

from datetime import date
from functools import partial

from aiohttp import web

from hub.portal.codes import GOOD_FOR, Entered, NotEntered, address_of
from hub.portal.desk import START, Desk
from hub.portal.notices import public_key
from hub.signin import tokens
from hub.signin.devices import described
from hub.signin.forms import Form
from hub.signin.limits import ASKING, ENTERING

HOME = f"{START}/messages"
_TOLD = (("again", "again"), ("out", "signed_out"))
"""What an address asks the first page to say."""
_MINUTES = int(GOOD_FOR.total_seconds()) // 60


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of signing in and out."""
    return [
        web.get("", partial(_start, desk)),
        web.post("/code", partial(_send_code, desk)),
        web.get("/link/{link}", partial(_link, desk)),
        web.post("/enter", partial(_enter, desk)),
        web.post("/passkey/ask", partial(_ask_passkey, desk)),
        web.post("/passkey", partial(_enter_by_passkey, desk)),
        web.post("/leave", partial(_leave, desk)),
        web.post("/language", partial(_speak, desk)),
        web.get("/more", partial(_more, desk)),
    ]


async def _start(desk: Desk, request: web.Request) -> web.Response:
    """Where to ask for a code; whoever is signed in goes on to their messages."""
    secret = desk.secret(request)
    if secret and await desk.sessions.use(secret, "portal.read", "start") is not None:
        raise web.HTTPSeeOther(HOME)
    told = next((said for sign, said in _TOLD if sign in request.query), "")
    return _start_page(desk, request, told=told)


async def _send_code(desk: Desk, request: web.Request) -> web.Response:
    """The same answer for every address that could be one. It is looked at only afterwards."""
    form = await Form.read(request)
    to = address_of(form["address"], desk.parts.settings.region)
    if to is None:
        return _start_page(desk, request, wrong="bad_address", status=400)
    if not await desk.allows(ASKING, request):
        return _start_page(desk, request, wrong="too_often", status=429)
    ticket = tokens.drawn()
    desk.aside(desk.codes.send(to, ticket, desk.language(request)))
    return desk.draw_outside(request, "code.html", ticket=ticket, link="", wrong="", minutes=_MINUTES)


async def _link(desk: Desk, request: web.Request) -> web.Response:
    """The page behind a link. It looks nothing up: programs that open links for people use none of them up."""
    return desk.draw_outside(
        request, "code.html", ticket="", link=request.match_info["link"], wrong="", minutes=_MINUTES
    )


async def _enter(desk: Desk, request: web.Request) -> web.Response:
    """In with the code or the link, and the birth date; or the same page again."""
    form = await Form.read(request)
    shown = {"ticket": form["ticket"], "link": form["link"], "minutes": _MINUTES}
    if not await desk.allows(ENTERING, request):
        return desk.draw_outside(request, "code.html", wrong="too_often", status=429, **shown)
    came = await desk.codes.enter(
        ticket=form["ticket"],
        code="".join(form["code"].split()),
        link=form["link"],
        born=_born(form),
        language=desk.language(request),
        earlier=desk.secret(request),
        device=described(request.headers.get("User-Agent", "")),
    )
    if isinstance(came, NotEntered):
        wrong = "not_fitting" if came.why == "wrong" else "ambiguous"
        return desk.draw_outside(request, "code.html", wrong=wrong, status=403, **shown)
    return _inside(desk, came)


async def _ask_passkey(desk: Desk, request: web.Request) -> web.Response:
    """What the browser is to ask a passkey for."""
    asked = await desk.passkeys.to_enter() if await desk.allows(ENTERING, request) else None
    if asked is None:
        raise web.HTTPTooManyRequests
    return web.Response(text=asked, content_type="application/json")


async def _enter_by_passkey(desk: Desk, request: web.Request) -> web.Response:
    """In with what a passkey signed; or the first page, where a code can be asked for."""
    form = await Form.read(request)
    if not await desk.allows(ENTERING, request):
        return _start_page(desk, request, wrong="too_often", status=429)
    came = await desk.passkeys.enter(
        form["answer"],
        language=desk.language(request),
        earlier=desk.secret(request),
        device=described(request.headers.get("User-Agent", "")),
    )
    if isinstance(came, NotEntered):
        return _start_page(desk, request, wrong="passkey_unknown", status=403)
    return _inside(desk, came)


def _start_page(
    desk: Desk, request: web.Request, *, told: str = "", wrong: str = "", status: int = 200
) -> web.Response:
    passkeys = desk.passkeys.offered(request.host)
    return desk.draw_outside(request, "start.html", told=told, wrong=wrong, passkeys=passkeys, status=status)


def _inside(desk: Desk, came: Entered) -> web.Response:
    response = web.Response(status=303, headers={"Location": HOME})
    desk.keep(response, came.secret)
    return response


async def _leave(desk: Desk, request: web.Request) -> web.Response:
    await desk.posted(request, "leave")
    await desk.sessions.end(desk.secret(request))
    response = web.Response(status=303, headers={"Location": f"{START}?out=1"})
    desk.forget(response)
    return response


async def _speak(desk: Desk, request: web.Request) -> web.Response:
    """The other language, from now on."""
    session, _ = await desk.posted(request, "language")
    await desk.sessions.speak(session, "en" if session.language == "es" else "es")
    raise web.HTTPSeeOther(f"{START}/more")


async def _more(desk: Desk, request: web.Request) -> web.Response:
    session = await desk.entered(request, "more")
    async with desk.parts.db.read() as conn:
        person = await desk.parts.people.get(conn, session.person_id)
    name = person.profile.given_name if person else ""
    # Where no notification is ever sent, none is to be turned on.
    pages = (*(("notices",) if public_key(desk) is not None else ()), "preferences", "agreements", "security")
    return desk.draw(session, "more.html", "more", name=name, pages=pages)


def _born(form: Form) -> date | None:
    """The date that was typed in three fields, None where it is none."""
    try:
        return date(int(form["year"]), int(form["month"]), int(form["day"]))
    except ValueError:
        return None

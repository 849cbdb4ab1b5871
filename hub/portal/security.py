"""How somebody gets in: their passkeys, and where they are signed in."""

from functools import partial

from aiohttp import web

from hub.portal.desk import START, Desk
from hub.signin.devices import described

HOME = f"{START}/security"
_TOLD = ("passkey_added", "passkey_removed", "ended")
_WRONG = ("passkey_failed",)


def routes(desk: Desk) -> list[web.RouteDef]:
    """The addresses of passkeys and sessions."""
    return [
        web.get("/security", partial(_show, desk)),
        web.post("/security/passkeys/ask", partial(_ask, desk)),
        web.post("/security/passkeys", partial(_add, desk)),
        web.post("/security/passkeys/{id}/remove", partial(_remove, desk)),
        web.post("/security/sessions/end", partial(_end, desk)),
        web.post("/security/sessions/end-all", partial(_end_all, desk)),
    ]


async def _show(desk: Desk, request: web.Request) -> web.Response:
    """The person's passkeys and open sessions."""
    session = await desk.entered(request, "security")
    async with desk.parts.db.read() as conn:
        passkeys = await desk.passkeys.of(conn, session.person_id)
        sessions = await desk.sessions.open(conn, session.person_id)
    was = request.query.get("was", "")
    return desk.draw(
        session,
        "security.html",
        "more",
        passkeys=passkeys,
        sessions=sessions,
        this=session.id,
        offered=desk.passkeys.offered(request.host),
        possible=desk.passkeys.party,
        device=described(request.headers.get("User-Agent", "")),
        told=was if was in _TOLD else "",
        wrong=was if was in _WRONG else "",
    )


async def _ask(desk: Desk, request: web.Request) -> web.Response:
    """What the browser is to make a passkey of."""
    session, _ = await desk.posted(request, "passkeys")
    asked = await desk.passkeys.to_add(session)
    if asked is None:
        raise web.HTTPConflict
    return web.Response(text=asked, content_type="application/json")


async def _add(desk: Desk, request: web.Request) -> web.Response:
    session, form = await desk.posted(request, "passkeys")
    label = form["label"] or described(request.headers.get("User-Agent", "")) or "Passkey"
    added = await desk.passkeys.add(session, form["answer"], label)
    raise web.HTTPSeeOther(f"{HOME}?was={'passkey_added' if added else 'passkey_failed'}")


async def _remove(desk: Desk, request: web.Request) -> web.Response:
    session, _ = await desk.posted(request, "passkeys")
    if not await desk.passkeys.remove(session, request.match_info["id"]):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(f"{HOME}?was=passkey_removed")


async def _end(desk: Desk, request: web.Request) -> web.Response:
    """End one of the person's other sessions."""
    session, form = await desk.posted(request, "sessions")
    if not await desk.sessions.end_of(session, (form["session"],)):
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(f"{HOME}?was=ended")


async def _end_all(desk: Desk, request: web.Request) -> web.Response:
    """Sign out everywhere, here too."""
    session, _ = await desk.posted(request, "sessions")
    await desk.sessions.end_of(session, None)
    response = web.Response(status=303, headers={"Location": f"{START}?out=1"})
    desk.forget(response)
    return response

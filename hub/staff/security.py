"""How one gets in: the password, second factors, and where one is signed in."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts import totp
from hub.accounts.passwords import LONGEST
from hub.staff.invitations import shortest, weak
from hub.staff.pages import Page, Visit
from hub.staff.settings import PLACE, tabs
from hub.staff.signing_in import device

__all__ = ["PAGES"]

HOME = "/settings/security"
_TOLD = ("password_set", "app_added", "app_removed", "passkey_added", "passkey_removed", "ended")
_WRONG = ("passkey_failed", "wrong_password", "prove_first", "last_factor")


async def _show(visit: Visit) -> web.StreamResponse:
    was = visit.request.query.get("was", "")
    return await _page(visit, told=was if was in _TOLD else "", wrong=was if was in _WRONG else "")


async def _password(visit: Visit) -> web.StreamResponse:
    """A new password; every other session ends."""
    surface, user, form = visit.surface, visit.granted.user, visit.form
    if user.password and not await surface.entering.is_password(user, form["password"]):
        return await _page(visit, wrong="wrong_password", status=403)
    wrong = weak(surface, form["new"], user)
    if wrong:
        return await _page(visit, wrong=wrong, status=422)
    kept = await surface.passwords.hash(form["new"])
    session = visit.granted.session
    await surface.parts.db.write(
        lambda conn: surface.users.set_password(conn, user.id, kept, user.actor, keep=session.id)
    )
    raise web.HTTPSeeOther(f"{HOME}?was=password_set")


async def _begin_app(visit: Visit) -> web.StreamResponse:
    """The square code that an app scans."""
    await _may_change(visit)
    surface, user, secret = visit.surface, visit.granted.user, totp.new_secret()
    ticket = await surface.parts.db.write(lambda conn: surface.links.make(conn, "totp", user_id=user.id, kept=secret))
    return _app_page(visit, ticket, secret)


async def _add_app(visit: Visit) -> web.StreamResponse:
    """The app is taken once it showed a code that is right; recovery codes are shown then, once."""
    await _may_change(visit)
    surface, user, form = visit.surface, visit.granted.user, visit.form

    async def unit(conn: AsyncConnection) -> bytes | list[str] | None:
        link = await surface.links.look(conn, form["ticket"], "totp", trying=True)
        if link is None or link.user_id != user.id:
            return None
        step = totp.fitting(link.kept, form["code"], surface.parts.clock.now(), 0)
        if step is None:
            return link.kept
        await surface.links.take(conn, form["ticket"], "totp")
        await surface.factors.take_app(conn, user.id, link.kept, step, user.actor)
        return await _strengthened(visit, conn)

    found = await surface.parts.db.write(unit)
    if found is None:
        raise web.HTTPSeeOther(HOME)
    if isinstance(found, bytes):
        return _app_page(visit, form["ticket"], found, wrong="wrong_code", status=403)
    return _codes_page(visit, found, "app_added")


async def _drop_app(visit: Visit) -> web.StreamResponse:
    await _may_change(visit)
    surface, user = visit.surface, visit.granted.user

    async def unit(conn: AsyncConnection) -> bool:
        if await _is_last(visit, conn, passkeys=0):
            return False
        await surface.factors.drop_app(conn, user.id, user.actor)
        return True

    gone = await surface.parts.db.write(unit)
    raise web.HTTPSeeOther(f"{HOME}?was={'app_removed' if gone else 'last_factor'}")


async def _ask_passkey(visit: Visit) -> web.StreamResponse:
    """What the browser is to make a passkey of."""
    await _may_change(visit)
    granted, clinic = visit.granted, visit.surface.parts.settings.clinic_name
    asked = await visit.surface.passkeys.to_add(granted.user, granted.session.id, clinic)
    if asked is None:
        raise web.HTTPConflict
    return web.Response(text=asked, content_type="application/json")


async def _add_passkey(visit: Visit) -> web.StreamResponse:
    await _may_change(visit)
    surface, user, session, form = visit.surface, visit.granted.user, visit.granted.session, visit.form
    label = form["label"] or device(visit.request) or "Passkey"

    async def unit(conn: AsyncConnection) -> list[str] | None:
        if not await surface.passkeys.add(conn, user, session.id, form["answer"], label, user.actor):
            return None
        return await _strengthened(visit, conn)

    codes = await surface.parts.db.write(unit)
    if codes is None:
        raise web.HTTPSeeOther(f"{HOME}?was=passkey_failed")
    if codes:
        return _codes_page(visit, codes, "passkey_added")
    raise web.HTTPSeeOther(f"{HOME}?was=passkey_added")


async def _drop_passkey(visit: Visit) -> web.StreamResponse:
    await _may_change(visit)
    surface, user, passkey_id = visit.surface, visit.granted.user, visit.request.match_info["id"]

    async def unit(conn: AsyncConnection) -> bool | None:
        if not user.totp and await _is_last(visit, conn, passkeys=1):
            return None
        return await surface.passkeys.remove(conn, user.id, passkey_id, user.actor)

    gone = await surface.parts.db.write(unit)
    if gone is False:
        raise web.HTTPNotFound
    raise web.HTTPSeeOther(f"{HOME}?was={'passkey_removed' if gone else 'last_factor'}")


async def _codes(visit: Visit) -> web.StreamResponse:
    """New recovery codes; the old ones are good no more."""
    await _may_change(visit)
    surface, user = visit.surface, visit.granted.user
    made = await surface.parts.db.write(lambda conn: surface.factors.new_codes(conn, user.id, user.actor))
    return _codes_page(visit, made, "codes_made")


async def _end(visit: Visit) -> web.StreamResponse:
    """End one of the user's other sessions, or all of them."""
    surface, user, one = visit.surface, visit.granted.user, visit.form["session"]
    async with surface.parts.db.read() as conn:
        ids = [each.id for each in await surface.sessions.open(conn, user.id)]
    others = [each for each in ids if each != visit.granted.session.id and one in (each, "others")]
    await surface.parts.db.write(lambda conn: surface.sessions.end_of(conn, user.id, user.actor, others))
    raise web.HTTPSeeOther(f"{HOME}?was=ended")


async def _may_change(visit: Visit) -> None:
    """Raises: HTTPSeeOther for who has a second factor and did not show it: a password alone must not replace it."""
    session, surface = visit.granted.session, visit.surface
    if session.strong:
        return
    async with surface.parts.db.read() as conn:
        if await surface.factors.has(conn, session.user.id):
            raise web.HTTPSeeOther(f"{HOME}?was=prove_first")


async def _is_last(visit: Visit, conn: AsyncConnection, *, passkeys: int) -> bool:
    """Whether so many passkeys, and the app, are all there is, where one must have something."""
    if visit.surface.parts.settings.second_factor != "required":
        return False
    return len(await visit.surface.passkeys.of(conn, visit.granted.user.id)) <= passkeys


async def _strengthened(visit: Visit, conn: AsyncConnection) -> list[str]:
    """A factor was shown in this session; those that began without one end. Recovery codes, if there are none yet."""
    surface, user, session = visit.surface, visit.granted.user, visit.granted.session
    await surface.sessions.strengthen(conn, session)
    weak_ones = [
        one.id for one in await surface.sessions.open(conn, user.id) if not one.strong and one.id != session.id
    ]
    await surface.sessions.end_of(conn, user.id, user.actor, weak_ones)
    if await surface.factors.codes_left(conn, user.id):
        return []
    return await surface.factors.new_codes(conn, user.id, user.actor)


async def _page(visit: Visit, *, told: str = "", wrong: str = "", status: int = 200) -> web.Response:
    surface, user = visit.surface, visit.granted.user
    async with surface.parts.db.read() as conn:
        passkeys = await surface.passkeys.of(conn, user.id)
        sessions = await surface.sessions.open(conn, user.id)
        left = await surface.factors.codes_left(conn, user.id)
    return visit.draw(
        PLACE,
        "security.html",
        status=status,
        tabs=tabs(visit),
        tab=HOME,
        passkeys=passkeys,
        sessions=sessions,
        this=visit.granted.session.id,
        codes_left=left,
        offered=surface.passkeys.offered(visit.request.host),
        party=surface.passkeys.party,
        device=device(visit.request),
        enrol=surface.access.must_enrol(visit.granted.session) and not (user.totp or passkeys),
        least=shortest(surface),
        most=LONGEST,
        told=told,
        wrong=wrong,
    )


def _app_page(visit: Visit, ticket: str, secret: bytes, *, wrong: str = "", status: int = 200) -> web.Response:
    user, clinic = visit.granted.user, visit.surface.parts.settings.clinic_name
    # Only here: no other page draws a square.
    import segno

    # As a picture of its own: within the page, its style would break the rules that the page is under.
    square = segno.make_qr(totp.uri(secret, clinic, user.email), error="m").svg_data_uri(
        border=2, dark="#000", light="#fff", omitsize=True
    )
    return visit.draw(
        PLACE,
        "app.html",
        status=status,
        tabs=tabs(visit),
        tab=HOME,
        ticket=ticket,
        square=square,
        typed=totp.typed(secret),
        told="",
        wrong=wrong,
    )


def _codes_page(visit: Visit, codes: list[str], told: str) -> web.Response:
    return visit.draw(PLACE, "codes.html", tabs=tabs(visit), tab=HOME, codes=codes, told=told)


PAGES = (
    Page(method="GET", path=HOME, scope="self:read", answer=_show),
    Page(method="POST", path="/settings/security/password", scope="self:write", answer=_password),
    Page(method="POST", path="/settings/security/app", scope="self:write", answer=_begin_app),
    Page(method="POST", path="/settings/security/app/add", scope="self:write", answer=_add_app),
    Page(method="POST", path="/settings/security/app/remove", scope="self:write", answer=_drop_app),
    Page(method="POST", path="/settings/security/passkey-ask", scope="self:write", answer=_ask_passkey),
    Page(method="POST", path="/settings/security/passkey-add", scope="self:write", answer=_add_passkey),
    Page(method="POST", path="/settings/security/passkeys/{id}/remove", scope="self:write", answer=_drop_passkey),
    Page(method="POST", path="/settings/security/codes", scope="self:write", answer=_codes),
    Page(method="POST", path="/settings/security/end", scope="self:write", answer=_end),
)

"""The page behind an invitation or a reset: a password is set there, once."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.entering import BY_CLIENT, Came
from hub.accounts.links import Link
from hub.accounts.passwords import LONGEST, SHORTEST, SHORTEST_WITH_SECOND, weakness
from hub.accounts.users import User
from hub.signin.forms import Form
from hub.staff.pages import Page
from hub.staff.signing_in import came_in, device
from hub.staff.surface import Surface

__all__ = ["PAGES", "shortest", "weak"]


async def _show(surface: Surface, request: web.Request) -> web.StreamResponse:
    """It looks nothing up: programs that open links for people use none of them up."""
    return _page(surface, request)


async def _set(surface: Surface, request: web.Request) -> web.StreamResponse:
    """The password, and in; whoever has a second factor signs in with both."""
    secret, form = request.match_info["secret"], await Form.read(request)
    if not await surface.allows(BY_CLIENT, request):
        return _page(surface, request, wrong="too_often", status=429)
    found = await surface.parts.db.write(lambda conn: _whose(surface, conn, secret))
    if found is None:
        return _page(surface, request, gone=True, status=410)
    wrong = weak(surface, form["password"], found)
    if wrong:
        return _page(surface, request, wrong=wrong, status=422)
    kept = await surface.passwords.hash(form["password"])

    async def unit(conn: AsyncConnection) -> Came | None:
        user = await _whose(surface, conn, secret)
        if user is None:
            return None
        await surface.links.take(conn, secret, "invitation", "reset")
        await surface.users.set_password(conn, user.id, kept, user.actor)
        if await surface.factors.has(conn, user.id):
            return Came("")
        now = await surface.users.get(conn, user.id)
        return await surface.entering.begin(
            conn,
            now or user,
            "password",
            strong=False,
            earlier=surface.access.secret(request),
            device=device(request),
        )

    came = await surface.parts.db.write(unit)
    if came is None:
        return _page(surface, request, gone=True, status=410)
    if not came.secret:
        raise web.HTTPSeeOther("/sign-in?set=1")
    return came_in(surface, came, "/settings")


async def _whose(surface: Surface, conn: AsyncConnection, secret: str) -> User | None:
    """The user whom a link that is still good is for, unless they are disabled; it stays good."""
    link: Link | None = await surface.links.look(conn, secret, "invitation", "reset")
    user = await surface.users.get(conn, link.user_id) if link is not None and link.user_id else None
    return user if user is not None and user.status != "disabled" else None


def weak(surface: Surface, password: str, user: User) -> str:
    """The name of the words that say why the password is not taken; empty if it is."""
    found = weakness(password, second=_second(surface), own=(user.name, user.email, surface.parts.settings.clinic_name))
    return f"weak_{found}" if found else ""


def shortest(surface: Surface) -> int:
    """How long a password is at least."""
    return SHORTEST_WITH_SECOND if _second(surface) else SHORTEST


def _second(surface: Surface) -> bool:
    return surface.parts.settings.second_factor == "required"


def _page(
    surface: Surface, request: web.Request, *, wrong: str = "", gone: bool = False, status: int = 200
) -> web.Response:
    return surface.draw_outside(
        request, "set_password.html", status=status, wrong=wrong, gone=gone, least=shortest(surface), most=LONGEST
    )


PAGES = (
    Page(method="GET", path="/sign-in/link/{secret}", open=_show),
    Page(method="POST", path="/sign-in/link/{secret}", open=_set),
)

"""One's own settings: name, language, how one works."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accounts.users import SWITCHES
from hub.errors import InputError
from hub.staff.pages import Page, Visit

__all__ = ["PAGES", "PLACE", "TABS", "tabs"]

PLACE = "/settings"
TABS = (
    ("/settings", "self:read", "tab_profile"),
    ("/settings/security", "self:read", "tab_security"),
    ("/settings/users", "users:read", "tab_users"),
    ("/settings/teams", "desk:write", "tab_teams"),
    ("/settings/labels", "desk:write", "tab_labels"),
    ("/settings/canned", "desk:write", "tab_canned"),
    ("/settings/test-addresses", "users:write", "tab_tests"),
    ("/settings/glass", "glass:break", "tab_glass"),
)
"""The pages of the settings: path, what one must be allowed, and the name of the word. Others add theirs here."""


def tabs(visit: Visit) -> list[tuple[str, str]]:
    """Those that the user may see, as path and word."""
    return [(path, word) for path, scope, word in TABS if visit.granted.caller.may(scope)]


async def _show(visit: Visit) -> web.StreamResponse:
    return _page(visit, told="saved" if "saved" in visit.request.query else "")


async def _save(visit: Visit) -> web.StreamResponse:
    form, user = visit.form, visit.granted.user

    async def unit(conn: AsyncConnection) -> None:
        await visit.surface.users.describe(conn, user.id, user.actor, name=form["name"], language=form["language"])
        await visit.surface.users.set_up(
            conn,
            user.id,
            user.actor,
            switches={name: form[name] == "on" for name in SWITCHES},
            available=form["available"] == "on",
        )

    try:
        await visit.surface.parts.db.write(unit)
    except InputError:
        return _page(visit, wrong="bad_name", status=422)
    visit.surface.parts.bell.ring()
    raise web.HTTPSeeOther("/settings?saved=1")


def _page(visit: Visit, *, told: str = "", wrong: str = "", status: int = 200) -> web.Response:
    return visit.draw(
        PLACE,
        "profile.html",
        status=status,
        tabs=tabs(visit),
        tab="/settings",
        told=told,
        wrong=wrong,
        switches=SWITCHES,
    )


PAGES = (
    Page(method="GET", path="/settings", scope="self:read", answer=_show),
    Page(method="POST", path="/settings", scope="self:write", answer=_save),
)

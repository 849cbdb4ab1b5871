"""What the pages of the desk's own things have in common: teams, labels, canned replies."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.desk.changing import NotKept
from hub.staff.pages import Visit
from hub.staff.settings import PLACE, tabs

__all__ = ["SCOPE", "draw", "kept"]

SCOPE = "desk:write"
_TOLD = frozenset({"saved", "archived", "restored"})
R = TypeVar("R")


def draw(visit: Visit, tab: str, template: str, *, wrong: NotKept | None = None, **values: object) -> web.Response:
    """One of the pages. `wrong` is why what was posted was not kept: its words are `wrong_` and the code."""
    status = 200 if wrong is None else 422
    was = visit.request.query.get("was", "")
    told = f"desk_told_{was}" if was in _TOLD else ""
    given = {"tabs": tabs(visit), "tab": tab, "wrong": wrong, "told": told} | values
    return visit.draw(PLACE, template, status=status, **given)


async def kept(visit: Visit, change: Callable[[AsyncConnection], Awaitable[R | NotKept]]) -> R | NotKept:
    """What `change` came to, once it is durable and open pages were told."""
    done = await visit.surface.parts.db.write(change)
    if not isinstance(done, NotKept):
        visit.surface.parts.bell.ring()
    return done

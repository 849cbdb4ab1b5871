"""The inbox's page: its frame, its words, and its pictures. What it shows of patients it asks for, call by call."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from aiohttp import web

from hub.staff.drawing import words
from hub.staff.icons import pic, sprite
from hub.staff.pages import Page, Visit
from hub.types import Language

__all__ = ["FONTS", "PAGES"]

MODULES = (
    "actions.js",
    "api.js",
    "banners.js",
    "bulk.js",
    "composer.js",
    "dialog.js",
    "dom.js",
    "drafts.js",
    "i18n.js",
    "keys.js",
    "lines.js",
    "list.js",
    "live.js",
    "palette.js",
    "picker.js",
    "presence.js",
    "press.js",
    "rows.js",
    "schedule.js",
    "search.js",
    "segments.js",
    "sending.js",
    "sound.js",
    "store.js",
    "stream.js",
    "suggest.js",
    "thread.js",
    "toast.js",
    "views.js",
    "ways.js",
)
"""What `inbox.js` is made of: asked for at once, not one after the other."""
_PANEL = "panel"
_WHY = "why_"
FONTS = {"public-sans.ttf": files("fontpkg_public_sans").joinpath("files", "PublicSans[wght].ttf")}
"""Public Sans (OFL 1.1), out of the package that carries it."""


async def _show(visit: Visit) -> web.Response:
    """The page. It holds nothing of patients, whichever thread its address names."""
    spoken = visit.granted.user.language
    return visit.draw("/inbox", "inbox.html", said=said(spoken), modules=MODULES, sprite=sprite(), pic=pic)


@cache
def said(language: Language) -> Mapping[str, object]:
    """The words that the page's modules say, those of the panel, and the reasons where the hub's own are not in it."""
    found: Mapping[str, object] = words(language)
    panel = {key: value for key, value in found.items() if key.startswith((_PANEL, _WHY))}
    mine = found["inbox"]
    if not isinstance(mine, dict):
        raise TypeError("inbox.toml has one table, `inbox`")
    return panel | mine


PAGES = (
    Page(method="GET", path="/inbox", scope="threads:read", answer=_show),
    Page(method="GET", path="/inbox/threads/{id}", scope="threads:read", answer=_show),
)

"""What a browser sees: pages drawn from `html`, files out of `static`, among them those of every surface."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from yarl import URL

from hub.assets import Assets
from hub.parts import Parts

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent


@cache
def _environment() -> "Environment":
    # Only here: it takes two megabytes, and a hub that shows nobody a page does without.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, *, status: int = 200, **values: object) -> web.Response:
    """The page that `template` draws with `values`; everything in them is escaped."""
    drawn = _environment().get_template(template).render(values)
    return web.Response(status=status, text=drawn, content_type="text/html")


def error_page(status: int, words: str, *, reference: str = "") -> web.Response:
    """A plain page that says what went wrong, in `words`; `reference` finds it in the log."""
    return page("error.html", status=status, code=status, words=words, reference=reference)


def routes(parts: Parts, *, demo: bool, portal: bool, staff: bool) -> list[web.RouteDef]:
    """The landing page and the static files; the others say whether there are such pages to lead to."""
    clinic = parts.settings.clinic_name

    async def landing(_request: web.Request) -> web.Response:
        return page("landing.html", clinic=clinic, demo=demo, portal=portal, staff=staff)

    async def join(request: web.Request) -> web.Response:
        # Short enough for a poster.
        raise web.HTTPFound(URL("/portal/join").with_query(request.query))

    found = [web.get("/", landing), web.get("/static/{name}", Assets("hub.web").serve)]
    return [*found, web.get("/join", join)] if portal else found

"""What a browser sees: pages drawn from `html`, files out of `static`."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.parts import Parts

_HERE = Path(__file__).parent


@cache
def _environment() -> Environment:
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


def routes(parts: Parts, *, demo: bool, portal: bool) -> list[web.RouteDef]:
    """The landing page and the static files; `demo` and `portal` say whether there are such pages to lead to."""
    clinic = parts.settings.clinic_name

    async def landing(_request: web.Request) -> web.Response:
        return page("landing.html", clinic=clinic, demo=demo, portal=portal)

    return [web.get("/", landing), web.get("/static/{name}", _static)]


async def _static(request: web.Request) -> web.Response:
    """A file of `static`, or 304 for who has it already."""
    found = _files().get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, content_type, etag = found
    headers = {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}
    if request.if_none_match and any(one.value in (etag, "*") for one in request.if_none_match):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    """Every static file by its name, read once: content, type, and a tag that changes with the content."""
    found = {}
    for path in sorted((_HERE / "static").iterdir()):
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found[path.name] = (body, kind, hashlib.sha256(body).hexdigest()[:32])
    return found

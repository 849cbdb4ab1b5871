"""Pages as values: where one is, who may see it, and what it does. `serve_pages` puts them on the web.

A page with a scope is for whoever is signed in and may that; of what its path names, for whoever reaches it. What is
posted to it must carry the session's token as `csrf`. A page without one is for everybody.
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from aiohttp import web

from hub.calls import Problem
from hub.signin.forms import Form
from hub.staff.access import Granted, named
from hub.staff.surface import Surface
from hub.types import new_id

__all__ = ["Page", "Visit", "inside", "serve_pages"]

_INSIDE = re.compile(r"/(inbox|campaigns|reports|compliance|settings)([/?][\w\-./=&%?]*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a page, let in. `granted` is there where the page has a scope; `form` where it was posted."""

    surface: Surface
    request: web.Request
    granted: Granted
    form: Form

    def draw(self, place: str, template: str, *, status: int = 200, **values: object) -> web.Response:
        """The page that `template` draws with `values`, in the bar's `place`."""
        return self.surface.draw(self.granted, place, template, status=status, **values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, or where a form goes to. `path` is whole, from the hub's root.

    scope: what one must be allowed; `answer` then gets a `Visit`. open: for everybody; given the surface, too.
    """

    method: str
    path: str
    scope: str | None = None
    answer: Callable[[Visit], Awaitable[web.StreamResponse]] | None = None
    open: Callable[[Surface, web.Request], Awaitable[web.StreamResponse]] | None = None

    def __post_init__(self) -> None:
        if (self.scope is None) != (self.answer is None) or (self.answer is None) == (self.open is None):
            raise ValueError(f"{self.path}: a page has a scope and an answer, or is open")
        named(self.path, {})


def serve_pages(app: web.Application, prefix: str, pages: Iterable[Page], surface: Surface) -> None:
    """Put those of `pages` on `app` that lie at or below `prefix`, where it is mounted."""
    for page in pages:
        if page.path == prefix or page.path.startswith(prefix + "/"):
            app.router.add_route(page.method, page.path.removeprefix(prefix), _handler(page, surface))


def inside(path: str) -> str:
    """`path` if it is one of our own pages, else the first of them: nobody is led elsewhere."""
    return path if _INSIDE.fullmatch(path) and "//" not in path and ".." not in path else "/inbox"


def _handler(page: Page, surface: Surface) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        if page.open is not None:
            return await page.open(surface, request)
        if page.answer is None or page.scope is None:
            raise RuntimeError(f"{page.path} has no scope")
        form = Form({}) if request.method in ("GET", "HEAD") else await Form.read(request)
        try:
            granted = await surface.access.granted(request, page.scope, page.path, new_id(), csrf=form["csrf"])
        except Problem as problem:
            return _refused(surface, page, request, problem)
        return await page.answer(Visit(surface=surface, request=request, granted=granted, form=form))

    return handle


def _refused(surface: Surface, page: Page, request: web.Request, problem: Problem) -> web.Response:
    """Where a browser is led that may not see the page; or why it may not."""
    back = request.path_qs if request.method == "GET" else request.path
    match problem.kind:
        case "signed-out":
            raise web.HTTPSeeOther(f"/sign-in?next={quote(inside(back))}")
        case "locked":
            raise web.HTTPSeeOther(f"/sign-in/again?next={quote(inside(back))}")
        case "enrol":
            raise web.HTTPSeeOther("/settings/security")
        case "forbidden" if page.path == "/inbox" and page.method == "GET":
            # Where everybody is led who signs in; not everybody may see it.
            raise web.HTTPSeeOther("/settings")
    return surface.draw_outside(request, "refused.html", status=problem.status, kind=problem.kind)

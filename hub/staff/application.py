"""The pages of staff put on the web, each folder of them to be mounted at its place.

`ENDPOINTS` are the calls of the inbox's page, below `/inbox/api`; `PAGES` are the pages. Who adds one names its module
here and nowhere else: what checks who may do what goes through these two lists.
"""

from collections.abc import Iterable, Mapping
from types import ModuleType

from aiohttp import web

from hub.assets import Assets
from hub.calls import Endpoint, answering, serve
from hub.calls.streaming import STREAMS, Streams
from hub.parts import Parts
from hub.signin.forms import from_here
from hub.staff import (
    again,
    campaign_building,
    campaign_runs,
    campaign_testing,
    campaigns,
    compliance,
    compliance_alerts,
    compliance_audit,
    compliance_disposals,
    compliance_exports,
    compliance_requests,
    compliance_safeguards,
    compliance_vendors,
    glass,
    invitations,
    openid,
    security,
    settings,
    settings_canned,
    settings_labels,
    settings_teams,
    settings_tests,
    signing_in,
    users,
)
from hub.staff.access import named
from hub.staff.inbox import acting, bulk, composing, live, me, page, panel, reading, searching
from hub.staff.inbox.pushing import Pulse
from hub.staff.pages import Page, serve_pages
from hub.staff.surface import RAIL, Place, Surface

__all__ = ["ENDPOINTS", "MOUNTS", "PAGES", "applications"]

_CALLS: tuple[ModuleType, ...] = (
    # One module a line: each has `ENDPOINTS`.
    me,
    panel,
    glass,
    reading,
    searching,
    live,
    acting,
    composing,
    bulk,
    campaign_runs,
    compliance_exports,
    compliance_alerts,
)
_PAGES: tuple[ModuleType, ...] = (
    # One module a line: each has `PAGES`.
    signing_in,
    settings_teams,
    settings_labels,
    settings_canned,
    openid,
    invitations,
    settings,
    security,
    users,
    glass,
    page,
    campaigns,
    campaign_building,
    campaign_testing,
    campaign_runs,
    settings_tests,
    compliance,
    compliance_audit,
    compliance_exports,
    compliance_requests,
    compliance_vendors,
    compliance_disposals,
    compliance_safeguards,
    compliance_alerts,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(one for module in _CALLS for one in module.ENDPOINTS)
PAGES: tuple[Page, ...] = tuple(one for module in _PAGES for one in module.PAGES)
API = "/inbox/api"
MOUNTS = ("/inbox", "/sign-in", "/settings", "/campaigns", "/reports", "/compliance")
"""Where pages of staff are; where there are none, nothing is mounted."""


def applications(parts: Parts) -> Mapping[str, web.Application]:
    """The applications over a running hub's parts, by where they are mounted."""
    surface = Surface(parts)
    surface.places = tuple(
        Place(path=page.path, scope=page.scope)
        for path in RAIL
        for page in PAGES
        if page.path == path and page.method == "GET" and page.scope is not None
    )
    made = {prefix: _pages(prefix, surface) for prefix in MOUNTS if any(_below(page.path, prefix) for page in PAGES)}
    inbox = made.setdefault("/inbox", web.Application(middlewares=[from_here]))
    inbox.add_subapp(API.removeprefix("/inbox"), calls(ENDPOINTS, surface))
    assets = web.Application()
    assets.add_routes([web.get("/static/{name}", Assets("hub.staff", also=page.FONTS).serve)])
    return made | {"/staff": assets}


def calls(endpoints: Iterable[Endpoint], surface: Surface) -> web.Application:
    """The calls of the inbox's page, for whoever of the staff is signed in."""
    app = web.Application(middlewares=[answering])
    app[STREAMS] = streams = Streams()
    app[live.PULSE] = Pulse(surface.parts)

    async def stopping(app: web.Application) -> None:
        streams.close()
        await surface.close()

    app.on_shutdown.append(stopping)
    for one in (declared := tuple(endpoints)):
        # What is not known to be checked for reach is not served.
        named(one.path, {})
    serve(app, declared, surface.parts, surface.access)
    app.add_routes(again.routes(surface))
    return app


def _pages(prefix: str, surface: Surface) -> web.Application:
    app = web.Application(middlewares=[from_here])
    serve_pages(app, prefix, PAGES, surface)
    return app


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")

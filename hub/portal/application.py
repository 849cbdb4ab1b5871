"""The portal put on the web: to be mounted at `/portal`."""

from aiohttp import web

from hub.assets import Assets
from hub.parts import Parts
from hub.portal import (
    acting,
    calendar,
    consents,
    conversation,
    entering,
    files,
    joining,
    notices,
    preferences,
    security,
)
from hub.portal.desk import START, Desk
from hub.portal.drawing import manifest
from hub.portal.live import Streams
from hub.signin.forms import from_here


def application(parts: Parts) -> web.Application:
    """The portal over a running hub's parts."""
    desk = Desk(parts)
    streams = Streams(desk)
    assets = Assets("hub.portal", {"worker.js": {"Service-Worker-Allowed": START}})

    async def offline(request: web.Request) -> web.Response:
        return desk.draw_outside(request, "offline.html")

    async def installing(request: web.Request) -> web.Response:
        return manifest(parts.settings.clinic_name)

    async def stopping(app: web.Application) -> None:
        streams.close()
        await desk.finish()

    app = web.Application(middlewares=[from_here])
    for room in (entering, joining, conversation, files, calendar, acting, security, consents, preferences, notices):
        app.add_routes(room.routes(desk))
    app.add_routes(streams.routes())
    app.add_routes(
        [
            web.get("/offline", offline),
            web.get("/manifest.webmanifest", installing),
            web.get("/static/{name}", assets.serve),
        ]
    )
    app.on_shutdown.append(stopping)
    return app

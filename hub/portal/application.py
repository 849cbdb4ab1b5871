"""The portal put on the web: to be mounted at `/portal`."""

from aiohttp import web

from hub.parts import Parts
from hub.portal import acting, calendar, conversation, entering
from hub.portal.desk import Desk, from_here
from hub.portal.drawing import manifest, static
from hub.portal.live import Streams


def application(parts: Parts) -> web.Application:
    """The portal over a running hub's parts."""
    desk = Desk(parts)
    streams = Streams(desk)

    async def offline(request: web.Request) -> web.Response:
        return desk.draw_outside(request, "offline.html")

    async def installing(request: web.Request) -> web.Response:
        return manifest(parts.settings.clinic_name)

    async def stopping(app: web.Application) -> None:
        streams.close()
        await desk.finish()

    app = web.Application(middlewares=[from_here])
    app.add_routes(
        [
            *entering.routes(desk),
            *conversation.routes(desk),
            *calendar.routes(desk),
            *acting.routes(desk),
            *streams.routes(),
        ]
    )
    app.add_routes(
        [
            web.get("/offline", offline),
            web.get("/manifest.webmanifest", installing),
            web.get("/static/{name}", static),
        ]
    )
    app.on_shutdown.append(stopping)
    return app

"""The API put on the web."""

from aiohttp import web

from hub.api.bearer import ByToken
from hub.api.routes import ENDPOINTS
from hub.calls import answering, serve
from hub.calls.streaming import STREAMS, Streams
from hub.parts import Parts


def application(parts: Parts) -> web.Application:
    """The API, to be mounted at `/api/v1`."""
    app = web.Application(middlewares=[answering])
    app[STREAMS] = Streams()
    app.on_shutdown.append(_close_streams)
    serve(app, ENDPOINTS, parts, ByToken(parts))
    return app


async def _close_streams(app: web.Application) -> None:
    app[STREAMS].close()

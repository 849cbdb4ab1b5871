"""Listening: the application put together, and the socket it answers on."""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiohttp import web

from hub.errors import SettingsError
from hub.log import say
from hub.parts import Parts
from hub.web import health, pages, unsubscribe, webhooks
from hub.web.connection import BODY, HEAD, KEEP_ALIVE, Connection
from hub.web.front import Front
from hub.web.guard import guard, harden

_log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
"""Bytes, unpacked; a webhook with ten media addresses has some four thousand."""
DRAIN = timedelta(seconds=25)
"""How long requests in flight may take to finish once the hub stops."""


def build(
    parts: Parts, *, extra: Sequence[web.RouteDef] = (), mounts: Mapping[str, web.Application] | None = None
) -> web.Application:
    """The application: webhooks, health, pages, the routes of `extra`, and each of `mounts` below its prefix."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[guard(parts.settings)])
    app[health.DRAINING] = asyncio.Event()
    app[webhooks.DESKS] = desks = webhooks.desks(parts)
    app.on_response_prepare.append(harden)
    app.add_routes([*webhooks.routes(desks), *health.routes(parts), *unsubscribe.routes(parts), *extra])
    shown = {route.path for route in extra}
    below = mounts or {}
    app.add_routes(pages.routes(parts, demo="/demo" in shown, portal="/portal" in below, staff="/sign-in" in below))
    for prefix, mounted in (mounts or {}).items():
        app.add_subapp(prefix, mounted)
    return app


class Site:
    """An application on a socket. `start` before use, `stop` at the end.

    `host` and `port` say where to listen (port 0 takes a free one), unless `sock`, already bound, is given.
    """

    def __init__(
        self,
        app: web.Application,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        sock: socket.socket | None = None,
        head: timedelta = HEAD,
        body: timedelta = BODY,
    ) -> None:
        self._where: dict[str, Any] = {"sock": sock} if sock is not None else {"host": host, "port": port}
        self._limits: dict[str, Any] = {"head": head, "body": body}
        self._watch = min(head, body).total_seconds() / 4
        # No access log: an address asked for may hold a number or a name.
        self._desks = app.get(webhooks.DESKS, {})
        self._fronts: set[Front] = set()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN.total_seconds())
        self._server: asyncio.Server | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """The port that is now listened on.

        Raises: SettingsError when it is taken or not ours to take.
        """
        await self._runner.setup()
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._front, backlog=1024, **self._where)
        except OSError as error:
            await self._runner.cleanup()
            place = f"{self._where.get('host')}:{self._where.get('port')}"
            raise SettingsError([f"cannot listen on {place} ({error.strerror}): choose another HUB_PORT"]) from None
        self._watcher = asyncio.create_task(self._close_late(), name="web-deadlines")
        say(_log, "listening", port=self.port)
        return self.port

    @property
    def port(self) -> int:
        """The port listened on; 0 before `start`."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server and self._server.sockets else 0

    async def stop(self) -> None:
        """Answer 503 on /readyz, take no more connections, let requests in flight finish, then end."""
        self._runner.app[health.DRAINING].set()
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
        if self._server is not None:
            self._server.close()
        # What has arrived by now is begun, and so is waited for.
        await asyncio.sleep(0)
        works = [front.work for front in self._fronts if front.work is not None]
        for front in tuple(self._fronts):
            front.finish()
        if works:
            await asyncio.wait(works, timeout=DRAIN.total_seconds())
        for front in tuple(self._fronts):
            if front.work is not None:
                front.force_close()
        await self._runner.cleanup()

    def _front(self) -> Front:
        return Front(self._desks, self._connection, self._fronts, **self._limits)

    def _connection(self) -> Connection:
        return Connection(
            self._runner.server,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=KEEP_ALIVE.total_seconds(),
            **self._limits,
        )

    async def _close_late(self) -> None:
        """Close every connection that brings its request too slowly."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._watch)
            now = loop.time()
            general = self._runner.server.connections if self._runner.server else ()
            for connection in (*self._fronts, *general):
                if isinstance(connection, Front | Connection) and connection.overdue(now):
                    say(_log, "connection_late", logging.DEBUG)
                    connection.force_close()

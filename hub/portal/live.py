"""What tells an open page that there is something new: server-sent events that say no more than that.

Source: WHATWG HTML §9.2.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import thread
from hub.errors import HubError
from hub.live import Subscription
from hub.log import say
from hub.portal.desk import Desk
from hub.portal.sessions import Session

_log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds after which the session and the thread are looked at, whatever was heard: a text that came by another
channel is told to the staff alone."""
SEND = 10.0
"""Seconds that a browser may take to take what is sent."""
MOST_STREAMS = 500


class Streams:
    """The open streams. `close` ends them, as the hub stops."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._closing = asyncio.Event()
        self._open = 0

    def routes(self) -> list[web.RouteDef]:
        """The stream's address."""
        return [web.get("/events", self._stream, allow_head=False)]

    def close(self) -> None:
        """End every stream."""
        self._closing.set()

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Events until the browser, the session or the hub goes."""
        session = await self._desk.sessions.use(self._desk.secret(request), "portal.watch", "events", by_itself=True)
        if session is None or session.detour:
            raise web.HTTPForbidden
        if self._closing.is_set() or self._open >= MOST_STREAMS:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"})
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        )
        async with self._counted():
            try:
                mine = (f"person:{session.person_id}",)
                async with self._desk.parts.live.feed.subscribe(None, mine) as subscription:
                    await response.prepare(request)
                    await self._follow(response, session, subscription)
            except (ConnectionError, TimeoutError, HubError, SQLAlchemyError) as error:
                # Part of the answer is out: the page comes back by itself.
                say(_log, "portal_stream_broke", logging.DEBUG, error=error)
                request.protocol.force_close()
        return response

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    async def _follow(self, response: web.StreamResponse, session: Session, subscription: Subscription) -> None:
        closing = asyncio.create_task(self._closing.wait())
        length = await self._look(session)
        try:
            await _write(response, ": hello\n\n")
            while not closing.done():
                coming = asyncio.create_task(subscription.next(LOOK))
                await asyncio.wait((coming, closing), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
                    return
                batch = coming.result()
                now = await self._look(session)
                if now is None:
                    await _write(response, "event: ended\ndata: {}\n\n")
                    return
                news = batch.changes or batch.reset or now != length
                length = now
                await _write(response, "event: changed\ndata: {}\n\n" if news else ": still here\n\n")
        finally:
            closing.cancel()

    async def _look(self, session: Session) -> int | None:
        """The number of the thread's last entry; None once the session is over."""
        async with self._desk.parts.db.read() as conn:
            return await _length(conn, session.person_id) if await self._desk.sessions.good(conn, session.id) else None


async def _length(conn: AsyncConnection, person_id: str) -> int:
    query = sa.select(thread.c.last_seq).where(thread.c.person_id == person_id)
    return (await conn.execute(query)).scalar_one_or_none() or 0


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SEND):
        await response.write(text.encode())

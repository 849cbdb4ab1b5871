"""Live events as server-sent events: ids of what changed, resumable, never a text.

Source: WHATWG HTML §9.2.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from hub.api import tokens
from hub.api.problems import Problem
from hub.api.tokens import Token
from hub.audit import Entry
from hub.errors import HubError
from hub.events import Change, bounds, read
from hub.log import say
from hub.parts import Parts

_log = logging.getLogger(__name__)

SCOPE = "events:read"
AUDIENCES = ("staff",)
PING = 15.0
"""Seconds of silence after which a comment shows that the stream lives; a dead client is found by it too."""
POLL = 1.0
"""Seconds after which the log is read even if no bell rang: another process may have written."""
SEND = 10.0
"""Seconds that a client may take to take what is sent."""
MOST_STREAMS = 500


class Closing:
    """Tells every open stream that the hub stops, and counts them."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.open = 0

    def close(self) -> None:
        """End every stream."""
        self._event.set()

    @property
    def closed(self) -> bool:
        """Whether the hub stops."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return once the hub stops."""
        await self._event.wait()


CLOSING = web.AppKey("api-closing", Closing)


class Event(msgspec.Struct, kw_only=True):
    """What changed: `type` is `noun.verb`, `object_id` what to read anew."""

    type: str
    object_id: str


async def stream(request: web.Request, parts: Parts, token: Token | None, request_id: str) -> web.StreamResponse:
    """Everything that changes from now on, or after `Last-Event-ID`, until the client or the hub goes.

    A client that was away too long gets `reset` first: it must read everything anew.
    """
    closing = request.app[CLOSING]
    if token is None or closing.closed or closing.open >= MOST_STREAMS:
        raise Problem(503, "overloaded", "No further stream can be opened now.", headers={"Retry-After": "5"})
    after, reset = await _start(parts, request.headers.get("Last-Event-ID"))
    entry = Entry(action="event.read", actor=token.actor, request_id=request_id, details={"after": after})
    await parts.db.write(lambda conn: parts.trail.record(conn, entry))
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request_id,
        }
    )
    closing.open += 1
    try:
        await response.prepare(request)
        await _write(response, f"id: {after}\nevent: reset\ndata: {{}}\n\n" if reset else ": hello\n\n")
        await _follow(request, response, parts, closing, after)
    except (ConnectionError, TimeoutError, HubError, SQLAlchemyError) as error:
        # Part of the answer is out, so there is no other way to say it: the client comes back and resumes.
        say(_log, "stream_broke", logging.DEBUG, request=request_id, error=error)
        request.protocol.force_close()
    finally:
        closing.open -= 1
    return response


async def _start(parts: Parts, last: str | None) -> tuple[int, bool]:
    """The number after which to begin, and whether what came before it is lost to the client."""
    async with parts.db.read() as conn:
        lowest, highest = await bounds(conn)
    if last is None:
        return highest, False
    if not (last.isascii() and last.isdigit() and len(last) < 19):
        return highest, True
    seen = int(last)
    kept_from = lowest if lowest else highest + 1
    if seen > highest or seen < kept_from - 1:
        return highest, True
    return seen, False


async def _follow(
    request: web.Request, response: web.StreamResponse, parts: Parts, closing: Closing, after: int
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.create_task(closing.wait())
    quiet_since = loop.time()
    try:
        while not stopping.done():
            # Asked for before the log is read: a change between the two rings it.
            rung = asyncio.create_task(parts.bell.wait(POLL))
            await asyncio.sleep(0)
            async with parts.db.read() as conn:
                found = await read(conn, after, AUDIENCES)
            if found:
                after = found[-1][0]
                await _write(response, _written(found))
                quiet_since = loop.time()
            elif loop.time() - quiet_since >= PING:
                if not await _still_good(request, parts):
                    rung.cancel()
                    return
                await _write(response, ": ping\n\n")
                quiet_since = loop.time()
            if found:
                rung.cancel()
                continue
            await asyncio.wait((rung, stopping), return_when=asyncio.FIRST_COMPLETED)
            rung.cancel()
    finally:
        stopping.cancel()


async def _still_good(request: web.Request, parts: Parts) -> bool:
    """Whether the token that opened the stream may still read it."""
    presented = request.headers["Authorization"].partition(" ")[2].strip()
    async with parts.db.read() as conn:
        token = await tokens.find(conn, presented)
    return token is not None and token.may(SCOPE)


def _written(found: Sequence[tuple[int, Change]]) -> str:
    lines = []
    for seq, change in found:
        data = msgspec.json.encode(Event(type=change.type, object_id=change.object_id)).decode()
        lines.append(f"id: {seq}\nevent: {change.type}\ndata: {data}\n\n")
    return "".join(lines)


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SEND):
        await response.write(text.encode())

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
from hub.events import Change
from hub.live import Subscription
from hub.log import say
from hub.parts import Parts

_log = logging.getLogger(__name__)

SCOPE = "events:read"
AUDIENCES = ("staff",)
PING = 15.0
"""Seconds of silence after which a comment shows that the stream lives; a dead client is found by it too."""
SEND = 10.0
"""Seconds that a client may take to take what is sent."""
MOST_STREAMS = 500
_NEVER = 10**19
"""Above every number that is given."""


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
    async with parts.live.feed.subscribe(_seen(request.headers.get("Last-Event-ID")), AUDIENCES) as subscription:
        entry = Entry(
            action="event.read", actor=token.actor, request_id=request_id, details={"after": subscription.seq}
        )
        await parts.db.write(lambda conn: parts.trail.record(conn, entry))
        return await _answer(request, parts, request_id, closing, subscription)


async def _answer(
    request: web.Request, parts: Parts, request_id: str, closing: Closing, subscription: Subscription
) -> web.StreamResponse:
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
        await _write(response, _reset(subscription.seq) if subscription.reset else ": hello\n\n")
        await _follow(request, response, parts, closing, subscription)
    except (ConnectionError, TimeoutError, HubError, SQLAlchemyError) as error:
        # Part of the answer is out, so there is no other way to say it: the client comes back and resumes.
        say(_log, "stream_broke", logging.DEBUG, request=request_id, error=error)
        request.protocol.force_close()
    finally:
        closing.open -= 1
    return response


def _seen(last: str | None) -> int | None:
    """The number after which to begin; None for now. What is no number of ours is one that was never given."""
    if last is None:
        return None
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else _NEVER


async def _follow(
    request: web.Request, response: web.StreamResponse, parts: Parts, closing: Closing, subscription: Subscription
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.create_task(closing.wait())
    quiet_since = loop.time()
    try:
        while not stopping.done():
            coming = asyncio.create_task(subscription.next(max(0.0, quiet_since + PING - loop.time())))
            await asyncio.wait((coming, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return
            batch = coming.result()
            if batch.reset or batch.changes:
                await _write(response, _reset(batch.seq) if batch.reset else _written(batch.changes))
            elif await _still_good(request, parts):
                await _write(response, ": ping\n\n")
            else:
                return
            quiet_since = loop.time()
    finally:
        stopping.cancel()


async def _still_good(request: web.Request, parts: Parts) -> bool:
    """Whether the token that opened the stream may still read it."""
    presented = request.headers["Authorization"].partition(" ")[2].strip()
    async with parts.db.read() as conn:
        token = await tokens.find(conn, presented)
    return token is not None and token.may(SCOPE)


def _reset(seq: int) -> str:
    return f"id: {seq}\nevent: reset\ndata: {{}}\n\n"


def _written(found: Sequence[tuple[int, Change]]) -> str:
    lines = []
    for seq, change in found:
        data = msgspec.json.encode(Event(type=change.type, object_id=change.object_id)).decode()
        lines.append(f"id: {seq}\nevent: {change.type}\ndata: {data}\n\n")
    return "".join(lines)


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SEND):
        await response.write(text.encode())

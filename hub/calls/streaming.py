"""Streams of server-sent events, on whichever surface: ids of what changed, resumable, never a text.

Source: WHATWG HTML §9.2.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from hub.calls.problems import Problem
from hub.errors import HubError
from hub.live import Batch
from hub.log import say

_log = logging.getLogger(__name__)

PING = 15.0
"""Seconds of silence after which a comment shows that the stream lives; a dead client is found by it too."""
SEND = 10.0
"""Seconds that a client may take to take what is sent."""
MOST_STREAMS = 500
_ENDED = "event: ended\ndata: {}\n\n"
"""Said before a stream ends because its client may not read any more: to come back is of no use."""
_NEVER = 10**19
"""Above every number that is given."""


class Source(Protocol):
    """What a stream tells: a subscription to the feed, or something that was made of one."""

    @property
    def seq(self) -> int:
        """The number to come back with."""
        ...

    @property
    def reset(self) -> bool:
        """Whether what was asked for is gone: all must be read anew."""
        ...

    async def next(self, seconds: float) -> Batch:
        """What comes next, as soon as there is something; nothing after so many seconds."""
        ...


class Streams:
    """The open streams of a surface. `close` ends them, as the hub stops."""

    def __init__(self) -> None:
        self._closing = asyncio.Event()
        self.open = 0

    def close(self) -> None:
        """End every stream."""
        self._closing.set()

    def check(self) -> None:
        """Raises: Problem 503 when no further stream can be opened."""
        if self._closing.is_set() or self.open >= MOST_STREAMS:
            raise Problem(503, "overloaded", "No further stream can be opened now.", headers={"Retry-After": "5"})

    async def answer(
        self,
        request: web.Request,
        subscription: Source,
        request_id: str,
        *,
        written: Callable[[Batch], Awaitable[str]],
        still_good: Callable[[], Awaitable[bool]],
    ) -> web.StreamResponse:
        """What the subscription brings, until the client or the hub goes.

        written: the events of a batch as text; empty for nothing. still_good: whether the client may go on reading,
        asked every fifteen seconds, and before what comes then is sent.
        """
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
                "X-Content-Type-Options": "nosniff",
                "X-Request-Id": request_id,
            }
        )
        self.open += 1
        try:
            await response.prepare(request)
            await _write(response, reset(subscription.seq) if subscription.reset else ": hello\n\n")
            await self._follow(response, subscription, written, still_good)
        except (ConnectionError, TimeoutError, HubError, SQLAlchemyError) as error:
            # Part of the answer is out, so there is no other way to say it: the client comes back and resumes.
            say(_log, "stream_broke", logging.DEBUG, request=request_id, error=error)
            request.protocol.force_close()
        finally:
            self.open -= 1
        return response

    async def _follow(
        self,
        response: web.StreamResponse,
        subscription: Source,
        written: Callable[[Batch], Awaitable[str]],
        still_good: Callable[[], Awaitable[bool]],
    ) -> None:
        loop = asyncio.get_running_loop()
        stopping = asyncio.create_task(self._closing.wait())
        quiet_since = asked = loop.time()
        try:
            while not stopping.done():
                coming = asyncio.create_task(subscription.next(max(0.0, quiet_since + PING - loop.time())))
                await asyncio.wait((coming, stopping), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    await asyncio.gather(coming, return_exceptions=True)
                    return
                batch = coming.result()
                if loop.time() - asked >= PING:
                    if not await still_good():
                        await _write(response, _ENDED)
                        return
                    asked = loop.time()
                text = reset(batch.seq) if batch.reset else await written(batch)
                if text or loop.time() - quiet_since >= PING:
                    await _write(response, text or ": ping\n\n")
                    quiet_since = loop.time()
        finally:
            stopping.cancel()


STREAMS = web.AppKey("streams", Streams)


def seen(last: str | None) -> int | None:
    """The number after which to begin; None for now. What is no number of ours is one that was never given."""
    if last is None:
        return None
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else _NEVER


def reset(seq: int) -> str:
    """The event after which a client must read everything anew."""
    return f"id: {seq}\nevent: reset\ndata: {{}}\n\n"


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SEND):
        await response.write(text.encode())

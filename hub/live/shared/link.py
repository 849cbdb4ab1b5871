"""The connections to Redis or Valkey: whether it answers, and the one way to ask it something."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from hub.live.ending import end
from hub.log import say
from hub.metrics import Metrics

_log = logging.getLogger(__name__)
R = TypeVar("R")

ANSWER = 0.5
"""Seconds that an answer may take."""
LISTEN = 5.0
"""Seconds that a listener waits before it asks again."""
_CHECK = 1.0
_STEADY = 10
"""Checks in a row after which earlier losses are forgotten."""
_LONGEST_PAUSE = 5.0


class Away(Exception):
    """The server does not answer now: go on without it."""


class Link:
    """A deployment's way to its server. It reconnects by itself, with growing pauses."""

    def __init__(self, url: str, deployment: str, metrics: Metrics) -> None:
        self._prefix = f"carehub:{deployment}:"
        self._metrics = metrics
        self._client = _client(url, ANSWER)
        self._listener = _client(url, LISTEN + ANSWER)
        self._there = asyncio.Event()
        self._losses = 0
        self._why = "not connected yet"
        self._known: bool | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether it answered when it was asked last."""
        return self._there.is_set()

    @property
    def standing(self) -> str:
        """`ok`, or what is slow and why."""
        return "ok" if self.up else f"slow: polling ({self._why})"

    def key(self, *names: str) -> str:
        """The key or channel of these names in this deployment."""
        return self._prefix + ":".join(names)

    async def start(self) -> None:
        """Try to connect, and go on trying in the background."""
        await self._check()
        self._task = asyncio.create_task(self._keep_trying(), name="redis-link")

    async def stop(self) -> None:
        """Let go of every connection."""
        if self._task is not None:
            await end((self._task,))
            self._task = None
        self._there.clear()
        await self._client.aclose()
        await self._listener.aclose()

    async def ask(self, work: Callable[[Any], Awaitable[R]]) -> R:
        """What `work(client)` gives. Raises: Away."""
        if not self.up:
            raise Away
        try:
            return await work(self._client)
        except (RedisError, OSError) as error:
            self._lost(error)
            raise Away from error

    async def listen(self, work: Callable[[Any], Awaitable[None]]) -> None:
        """Do `work(client)`, which listens for as long as it can, again and again; ends when it is cancelled."""
        while True:
            await self._there.wait()
            try:
                await work(self._listener)
            except (RedisError, OSError) as error:
                self._lost(error)
            except Exception:
                # What it was about is found by a poll; nobody else would listen.
                _log.exception("listener_failed")
                await asyncio.sleep(1.0)

    async def _keep_trying(self) -> None:
        steady = 0
        while True:
            if self.up:
                await asyncio.sleep(_CHECK)
                if not self.up:
                    continue
                steady += 1
                if steady >= _STEADY:
                    self._losses = 0
            else:
                pause = min(_LONGEST_PAUSE, 0.1 * 2 ** min(self._losses, 10))
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
                steady = 0
            await self._check()

    async def _check(self) -> None:
        try:
            # A write, for one that is full or only a copy takes none.
            await self._client.set(self.key("check"), 1, ex=60)
        except (RedisError, OSError) as error:
            self._lost(error)
        else:
            self._found()

    def _found(self) -> None:
        if self.up:
            return
        self._there.set()
        self._metrics.redis_up.set(1)
        self._metrics.redis_connects.inc()
        say(_log, "redis_answers", logging.INFO if self._known is None else logging.WARNING)
        self._known = True

    def _lost(self, error: Exception) -> None:
        self._why = reason(error)
        self._losses += 1
        if self._known is False:
            return
        self._known = False
        self._there.clear()
        self._metrics.redis_up.set(0)
        say(_log, "redis_away", logging.WARNING, error=error)


def reason(error: Exception) -> str:
    """Why it cannot be used, in words that hold nothing of its address."""
    if isinstance(error, AuthenticationError):
        return "refuses the password"
    if isinstance(error, NoPermissionError):
        return "refuses the user"
    if isinstance(error, ResponseError):
        return "takes no writes"
    return "no answer"


async def look(url: str) -> str:
    """The name and version of the server at `url`. Raises: RedisError, OSError."""
    client = _client(url, 2.0)
    try:
        await client.set("carehub:doctor", 1, ex=60)
        told = await client.info("server")
    finally:
        await client.aclose()
    name = "Valkey" if "valkey_version" in told else "Redis"
    return f"{name} {told.get('valkey_version') or told.get('redis_version', '?')}"


def _client(url: str, patience: float) -> "Redis":
    """A client that asks once: whether to ask again is decided here, not in the library."""
    return Redis.from_url(
        url,
        decode_responses=True,
        # With version 3 the library writes what servers push to a log of its own.
        protocol=2,
        socket_timeout=patience,
        socket_connect_timeout=ANSWER,
        retry=Retry(NoBackoff(), 0),
    )

"""Several processes of one deployment, as the suites see them: each test runs within a process and over Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from hub.db import Database
from hub.events import Bell
from hub.live import Doing, Feed, LocalPace, LocalPresence, LocalWakeups, Pace, Presence, Topic, Wakeups
from hub.live.presence import FADES
from hub.live.shared import Link, SharedPace, SharedPresence, SharedWakeups, StreamRelay
from hub.metrics import Metrics
from tests.servers.valkey import Valkey

WITHIN = 20.0
"""Seconds in which what is waited for must come to pass; the machine may be busy."""


@dataclass(slots=True)
class Process:
    """What one process has: its bell, its counts, and the ports."""

    wakeups: Wakeups
    feed: Feed
    presence: Presence
    bell: Bell
    metrics: Metrics
    link: Link | None = None

    def pace(self, name: str, rate: float) -> Pace:
        """The pace of a sender."""
        if self.link is None:
            return LocalPace(rate, time.monotonic)
        return SharedPace(self.link, name, rate, time.monotonic)

    def counted(self, metric: str, **labels: str) -> float:
        """What a counter or gauge of this process shows."""
        return self.metrics.registry.get_sample_value(metric, labels) or 0.0


@dataclass(slots=True)
class Sides:
    """Makes processes over one database, and over one server if there is one."""

    db: Database
    server: Valkey | None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def process(
        self, fades: Mapping[Doing, timedelta] = FADES, deployment: str = "0123456789abcdef", started: bool = True
    ) -> Process:
        """A further process, started."""
        bell, metrics = Bell(), Metrics()
        if self.server is None:
            feed = Feed(self.db, bell, metrics)
            made = Process(LocalWakeups(), feed, LocalPresence(time.monotonic, fades), bell, metrics)
        else:
            link = Link(self.server.url, deployment, metrics)
            feed = Feed(self.db, bell, metrics, StreamRelay(link))
            made = Process(SharedWakeups(link, metrics), feed, SharedPresence(link, fades), bell, metrics, link)
        if started:
            await self._stack.enter_async_context(running(made))
        return made

    async def close(self) -> None:
        """End all processes."""
        await self._stack.aclose()


@asynccontextmanager
async def running(process: Process) -> AsyncIterator[Process]:
    """The process, for as long as it runs."""
    if process.link is not None:
        await process.link.start()
    await process.wakeups.start()
    await process.feed.start()
    try:
        yield process
    finally:
        await process.feed.stop()
        await process.wakeups.stop()
        if process.link is not None:
            await process.link.stop()


async def until(holds: Callable[[], bool | Awaitable[bool]], expected: str) -> None:
    """Wait until `holds`."""
    deadline = time.monotonic() + WITHIN
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, f"expected that {expected}"
        await asyncio.sleep(0.01)


@pytest.fixture(params=["in process", "valkey"])
async def sides(request: pytest.FixtureRequest, db: Database) -> AsyncIterator[Sides]:
    """Processes within this one, or over the session's server."""
    server = request.getfixturevalue("valkey") if request.param == "valkey" else None
    made = Sides(db, server)
    yield made
    await made.close()


@pytest.fixture
async def shared(valkey: Valkey, db: Database) -> AsyncIterator[Sides]:
    """Processes over the session's server."""
    made = Sides(db, valkey)
    yield made
    await made.close()


@pytest.fixture
async def apart(breakable: Valkey, db: Database) -> AsyncIterator[Sides]:
    """Processes over a server that the test may break."""
    made = Sides(db, breakable)
    yield made
    await made.close()


def heard(process: Process, topic: Topic) -> list[Sequence[str]]:
    """All that this process hears for a topic from now on."""
    found: list[Sequence[str]] = []
    process.wakeups.hear(topic, found.append)
    return found

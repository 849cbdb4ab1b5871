"""Inbox: server time of a list, a thread and the counters, at 10,000 threads and at ten times as many.

Server time is that of the whole call but the socket: who calls is known, everything else is as in the product, the
audit's entry and its commit included. While it is measured, threads go on changing, as they do in a clinic.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web

from hub.app import Hub
from hub.audit import Actor
from hub.calls import Access, Caller, answering, serve
from hub.db.tables import thread
from hub.events import Change, publish
from hub.staff.inbox import reading
from hub.views import Reach
from tests.bench.crowd import Crowd, settings_for

_CHANGED = 0.1
"""Seconds between two changes."""


@dataclass(frozen=True, slots=True)
class Took:
    """Server time of a call, in milliseconds."""

    p50: float
    p95: float

    @staticmethod
    def of(seconds: list[float]) -> "Took":
        """The figures of so many measurements."""
        cut = statistics.quantiles(seconds, n=20)
        return Took(statistics.median(seconds) * 1e3, cut[-1] * 1e3)


class As(Access):
    """Lets everybody in as one of the staff: what is measured is reading, not signing in."""

    def __init__(self, users: list[str], teams: list[str]) -> None:
        self._users = users
        self._teams = teams

    async def caller(self, request: web.Request, scope: str, endpoint: str, request_id: str) -> Caller:
        """The agent whose number the request brings."""
        n = int(request.headers.get("X-Agent", "0"))
        user = self._users[n]
        reach = Reach(user_id=user, roams=True, teams=(self._teams[n % len(self._teams)],))
        return Caller(id=user, name=f"Agent {n}", actor=Actor("staff", user), scopes="*", reach=reach)


async def measured(crowd: Crowd, database: str, rounds: int) -> dict[str, Took]:
    """Server times of the calls, by what was asked."""
    hub = await Hub.open(settings_for(database, crowd.data), roles=())
    taken: list[float] = []

    @web.middleware
    async def timed(request: web.Request, handler: Any) -> web.StreamResponse:
        began = time.perf_counter()
        answer: web.StreamResponse = await handler(request)
        taken.append(time.perf_counter() - began)
        return answer

    app = web.Application(middlewares=[timed, answering])
    serve(app, reading.ENDPOINTS, hub.parts, As(crowd.users, crowd.teams))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    changing = asyncio.create_task(_change(hub))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            return await _ask(client, hub, taken, rounds)
    finally:
        changing.cancel()
        await asyncio.gather(changing, return_exceptions=True)
        await runner.cleanup()
        await hub.stop()


async def _ask(client: aiohttp.ClientSession, hub: Hub, taken: list[float], rounds: int) -> dict[str, Took]:
    dice = random.Random(3)
    async with hub.parts.db.read() as conn:
        # Anybody's, so that every agent sees them.
        seen = sa.select(thread.c.id).where(thread.c.team_id.is_(None))
        open_ids = list((await conn.execute(seen.where(thread.c.status == "open").limit(500))).scalars())
        longest = list((await conn.execute(seen.order_by(thread.c.last_seq.desc()).limit(20))).scalars())
    calls: dict[str, Callable[[], str]] = {
        "list, mine": lambda: "/threads?view=mine",
        "list, all": lambda: "/threads?view=all",
        "list, waiting first": lambda: "/threads?view=all&sort=waiting",
        "list, team": lambda: "/threads?view=team",
        "list, unassigned": lambda: "/threads?view=unassigned",
        "list, closed": lambda: "/threads?view=closed",
        "list, bot in Spanish": lambda: "/threads?view=bot&language=es",
        "thread": lambda: f"/threads/{dice.choice(open_ids)}",
        "thread, long": lambda: f"/threads/{dice.choice(longest)}",
        "counters": lambda: "/counts",
    }
    found = {}
    for name, path in calls.items():
        for n in range(5):
            await _get(client, path(), n)
        taken.clear()
        for n in range(rounds):
            await _get(client, path(), n % 50)
        found[name] = Took.of(taken)
    return found


async def _get(client: aiohttp.ClientSession, path: str, agent: int) -> None:
    async with client.get(path, headers={"X-Agent": str(agent)}) as answer:
        body = await answer.read()
        assert answer.status == 200, body[:300]


async def _change(hub: Hub) -> None:
    """Take and give back threads, as others at the desk do."""
    dice = random.Random(5)
    parts = hub.parts
    async with parts.db.read() as conn:
        ids = list((await conn.execute(sa.select(thread.c.id).where(thread.c.status == "open").limit(200))).scalars())

    async def unit(conn: Any) -> None:
        one, now = dice.choice(ids), parts.clock.now()
        waiting = now if dice.random() < 0.5 else None
        await conn.execute(sa.update(thread).where(thread.c.id == one).values(waiting_since=waiting, last_at=now))
        await publish(conn, now, [Change("thread.updated", one)])

    while True:
        await parts.db.write(unit)
        await asyncio.sleep(_CHANGED)

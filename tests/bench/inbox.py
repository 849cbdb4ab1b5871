"""Inbox: server time of a list, a thread and the counters, at 10,000 threads and at ten times as many.

Server time is that of the whole call but the socket: who calls is known, everything else is as in the product, the
audit's entry and its commit included. While it is measured, threads go on changing, as they do in a clinic.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp import web

from hub import app as hubs
from hub.app import Hub
from hub.db.tables import thread
from hub.events import Change, publish
from tests.bench.crowd import Crowd, crowd, settings_for
from tests.bench.desk import As, application
from tests.bench.figures import Tell
from tests.bench.processes import Bench

_CHANGED = 0.1
"""Seconds between two changes."""


@dataclass(frozen=True, slots=True)
class Took:
    """Server time of a call, and processor time of the process for one, whoever calls included; in milliseconds."""

    p50: float
    p95: float
    cpu: float

    @staticmethod
    def of(seconds: list[float], cpu: float) -> "Took":
        """The figures of so many measurements, which took so many seconds of the processor."""
        cut = statistics.quantiles(seconds, n=20)
        return Took(statistics.median(seconds) * 1e3, cut[-1] * 1e3, cpu / len(seconds) * 1e3)


def run(bench: Bench, *, sizes: Sequence[int], rounds: int, tell: Tell) -> dict[str, Any]:
    """Server times at each size, in threads; ten messages each."""
    figures: dict[str, Any] = {}
    for size in sizes:
        database, data = place(bench, size)
        made = crowd(database, data, size, size * 10, tell)
        figures[str(size)] = took = hubs.loop(measured(made, database, rounds))
        tell(f"{size:,} threads, {size * 10:,} messages: p50, p95 and processor time, in ms")
        for name, one in took.items():
            tell(f"  {name:24}{one.p50:8.1f}{one.p95:8.1f}{one.cpu:8.1f}")
    few, many = (figures[str(size)] for size in (sizes[0], sizes[-1]))
    for name in few:
        p95, p50 = many[name].p95 / few[name].p95, many[name].p50 / few[name].p50
        cpu = many[name].cpu / few[name].cpu
        tell(f"  {name:24} p95 {p95:.2f}, p50 {p50:.2f}, processor {cpu:.2f} times as long")
    return {size: {name: asdict(one) for name, one in took.items()} for size, took in figures.items()}


def place(bench: Bench, size: int) -> tuple[str, Path]:
    """Where the crowd of a size is: its database and its folder."""
    data = bench.folder / f"crowd-{size}"
    if bench.postgres is None:
        return f"sqlite+aiosqlite:///{data / 'hub.db'}", data
    name = data / "database"
    if not name.exists():
        data.mkdir(mode=0o700)
        name.write_text(bench.postgres.create())
    return bench.postgres.url(name.read_text()), data


async def measured(found: Crowd, database: str, rounds: int) -> dict[str, Took]:
    """Server times of the calls, by what was asked."""
    hub = await Hub.open(settings_for(database, found.data), roles=())
    taken: list[float] = []

    @web.middleware
    async def timed(request: web.Request, handler: Any) -> web.StreamResponse:
        began = time.perf_counter()
        answer: web.StreamResponse = await handler(request)
        taken.append(time.perf_counter() - began)
        return answer

    runner = web.AppRunner(application(hub.parts, As(found.users, found.teams), timed))
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
        cpu = time.process_time()
        for n in range(rounds):
            await _get(client, path(), n % 50)
        found[name] = Took.of(taken, time.process_time() - cpu)
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

"""Agents: so many of the staff with the inbox open, at work, and what the hub's process takes for them.

Each has a stream; says every ten seconds at which thread they are; opens another one some times a minute, answers now
and then, and looks for something. Patients write meanwhile.
"""

import asyncio
import json
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.bench.crowd import Crowd
from tests.bench.figures import Tell
from tests.bench.processes import Bench
from tests.servers.child import free_port

_TEXTS = 3.0
"""Texts of patients a second: 10,000 an hour."""
_SEARCHES = ("refill pharmacy", "maria lop", "insurance", "knee pain", "ruiz")


@dataclass(slots=True)
class Heard:
    """What agents were sent, and what they did."""

    events: int = 0
    octets: int = 0
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def run(bench: Bench, crowd: Crowd, database: str, *, agents: int, seconds: float, tell: Tell) -> dict[str, float]:
    """Cores and megabytes of the hub's process with so many agents at work for so long."""
    port = free_port()
    server = bench.program(
        "desk",
        database=database,
        data=str(crowd.data),
        port=port,
        users=crowd.users,
        teams=crowd.teams,
        texts=_TEXTS,
    )
    server.hear()
    idle, heard = server.resident, Heard()
    figures: dict[str, float] = {}

    async def play() -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=aiohttp.ClientTimeout(None)) as client:
            work = [asyncio.create_task(_agent(client, n, heard)) for n in range(agents)]
            await asyncio.sleep(3)
            cpu, began, events = server.cpu, time.monotonic(), heard.events
            await asyncio.sleep(seconds)
            took = time.monotonic() - began
            figures["cores"] = (server.cpu - cpu) / took
            figures["events_a_second"] = (heard.events - events) / took
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    try:
        asyncio.run(play())
        resident = server.resident
    finally:
        bench.end_children()
    figures |= {"idle_mb": idle, "mb": resident, "calls": heard.calls, "failed": len(heard.failed)}
    tell(f"{agents} agents for {seconds:.0f} s, {_TEXTS:.0f} texts/s of patients, {len(heard.waits)} calls")
    tell(f"hub process: {figures['cores']:.2f} cores, {figures['mb']:.0f} MB ({idle:.0f} MB before anybody came)")
    each = heard.octets / max(1, heard.events)
    tell(f"pushed: {figures['events_a_second']:.0f} events/s to all, {each:.0f} bytes each")
    if heard.failed:
        tell(f"FAILED {len(heard.failed)}: {heard.failed[0]}")
    return figures


async def _agent(client: aiohttp.ClientSession, n: int, heard: Heard) -> None:
    dice, me = random.Random(n), {"X-Agent": str(n)}
    await asyncio.sleep(dice.random() * 2)
    rows = (await _call(client, heard, "GET", "/threads?view=all", me))["items"]
    stream = asyncio.create_task(_stream(client, me, heard))
    try:
        at = dice.choice(rows)
        while True:
            await asyncio.sleep(dice.expovariate(1 / 5))
            what = dice.random()
            if what < 0.40:
                at = dice.choice(rows)
                opened = await _call(client, heard, "GET", f"/threads/{at['id']}", me)
                at = opened["row"]
                await _call(client, heard, "POST", f"/threads/{at['id']}/presence", me, {"doing": "viewing"})
            elif what < 0.75:
                await _call(client, heard, "POST", f"/threads/{at['id']}/presence", me, {"doing": "typing"})
            elif what < 0.85:
                note = {
                    "id": str(uuid.uuid4()),
                    "thread": at["id"],
                    "kind": "note",
                    "text": "Called back.",
                    "anyway": True,
                }
                await _call(
                    client, heard, "POST", f"/threads/{at['id']}/write", me, note | {"last_seq": at["last_seq"]}
                )
            elif what < 0.95:
                view = dice.choice(("mine", "unassigned", "team", "all"))
                await _call(client, heard, "GET", f"/threads?view={view}", me)
                await _call(client, heard, "GET", "/counts", me)
            else:
                await _call(client, heard, "POST", "/search", me, {"q": dice.choice(_SEARCHES)})
    finally:
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)


async def _call(
    client: aiohttp.ClientSession, heard: Heard, method: str, path: str, me: dict[str, str], body: Any = None
) -> Any:
    began = time.perf_counter()
    async with client.request(method, path, headers=me, **({} if body is None else {"json": body})) as answer:
        said = await answer.read()
        heard.calls += 1
        heard.waits.append(time.perf_counter() - began)
        if answer.status >= 400:
            heard.failed.append(f"{method} {path.partition('?')[0][:9]} {answer.status} {said[:200]!r}")
            return {"items": [], "row": {"id": "", "last_seq": 0}}
        return json.loads(said) if said else None


async def _stream(client: aiohttp.ClientSession, me: dict[str, str], heard: Heard) -> None:
    async with client.get("/events", headers=me | {"Accept": "text/event-stream"}) as answer:
        async for line in answer.content:
            heard.octets += len(line)
            if line.startswith(b"event:"):
                heard.events += 1

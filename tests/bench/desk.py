"""The calls of the inbox's page on the web, in a process of their own: whoever comes is the agent that they say.

Started by `agents` as a child: `{"database", "data", "port", "users", "teams", "texts"}` as JSON.
"""

import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiohttp import web

from hub import app as hubs
from hub.app import Hub
from hub.audit import Actor
from hub.calls import Access, Caller, answering, serve
from hub.calls.streaming import STREAMS, Streams
from hub.db.tables import thread
from hub.parts import Parts
from hub.staff.inbox import acting, composing, live, reading, searching
from hub.staff.inbox.pushing import Pulse
from hub.types import Address, AddressKind, ChannelKind, Inbound, new_id
from hub.views import Reach
from tests.bench import webhooks
from tests.bench.crowd import settings_for
from tests.bench.processes import say

ENDPOINTS = (*reading.ENDPOINTS, *searching.ENDPOINTS, *live.ENDPOINTS, *composing.ENDPOINTS, *acting.ENDPOINTS)


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


def application(parts: Parts, access: Access, *around: Any) -> web.Application:
    """The calls, as the product serves them."""
    app = web.Application(middlewares=[*around, answering])
    app[STREAMS], app[live.PULSE] = Streams(), Pulse(parts)

    async def stopping(app: web.Application) -> None:
        app[STREAMS].close()

    app.on_shutdown.append(stopping)
    serve(app, ENDPOINTS, parts, access)
    return app


async def run(given: dict[str, Any]) -> None:
    """Serve until asked to end."""
    asked = hubs.asked_to_end()
    hub = await Hub.open(settings_for(given["database"], Path(given["data"])), roles=("web",))
    hub.parts.acceptor.start()
    await hub.parts.live.start()
    runner = web.AppRunner(application(hub.parts, As(given["users"], given["teams"])))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", given["port"]).start()
    texting = asyncio.create_task(_text(hub.parts, given["texts"]))
    await hubs._settle_memory(hub)
    say(ready=True)
    await asked.wait()
    texting.cancel()
    await runner.cleanup()
    await hub.stop()


async def _text(parts: Parts, a_second: float) -> None:
    """Patients write, so many texts a second; half of them where staff have the thread."""
    dice = random.Random(11)
    async with parts.db.read() as conn:
        total = (await conn.execute(sa.select(sa.func.count()).select_from(thread))).scalar_one()
    while True:
        await asyncio.sleep(dice.expovariate(a_second))
        inbound = Inbound(
            channel=ChannelKind.SMS,
            provider_id=new_id(),
            sender=Address(AddressKind.PHONE, webhooks.number(dice.randrange(total))),
            recipient=Address(AddressKind.PHONE, webhooks.CLINIC),
            text=dice.choice(webhooks.BODIES),
            received_at=parts.clock.now(),
        )
        await parts.acceptor.accept(inbound)


if __name__ == "__main__":
    hubs.loop(run(json.loads(sys.argv[1])))

"""A line that loses answers: requests reach the server behind it, and of some nobody hears what became."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

_KEPT = ("content-type", "if-match", "if-none-exist", "accept")


class Lossy:
    """The line to `behind`. `share` of the answers are lost; `lost` counts them, and `met` who came second (412).

    A change of a slot waits a moment at random, so that those who looked at the same time come one after the other.
    """

    def __init__(self, behind: str, share: float, seed: int) -> None:
        self.behind = behind.rsplit("/fhir/R4", 1)[0]
        self.share = share
        self.lost = 0
        self.met = 0
        self.url = ""
        self._random = random.Random(seed)
        self._session: aiohttp.ClientSession | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """Pass a request on; its answer perhaps."""
        assert self._session is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() in _KEPT}
        if request.method == "PUT":
            await asyncio.sleep(self._random.random() / 20)
        async with self._session.request(
            request.method, f"{self.behind}{request.raw_path}", data=await request.read(), headers=headers
        ) as answer:
            body, status = await answer.read(), answer.status
        self.met += status == 412
        if self._random.random() < self.share:
            self.lost += 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=status, body=body, headers={"Content-Type": "application/fhir+json"})

    async def opened(self) -> None:
        """Connect to the server behind."""
        self._session = aiohttp.ClientSession()

    async def closed(self) -> None:
        """Let go of it."""
        if self._session is not None:
            await self._session.close()


@asynccontextmanager
async def lossy(behind: str, share: float, seed: int = 1) -> AsyncIterator[Lossy]:
    """A line to a FHIR server that loses a share of the answers."""
    line = Lossy(behind, share, seed)
    await line.opened()
    app = web.Application()
    app.router.add_route("*", "/fhir/R4/{path:.*}", line.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    line.url = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir/R4"
    try:
        yield line
    finally:
        await runner.cleanup()
        await line.closed()

"""The bare programs that the product is compared with: an aiohttp server, and an aiohttp client."""

import asyncio
import base64
import json
import sys
import time
from urllib.parse import urlencode

import aiohttp
import uvloop
from aiohttp import web

from tests.bench import webhooks
from tests.bench.figures import percentile
from tests.bench.processes import say


async def serve(port: int) -> None:
    """Read the form of every request, and answer an empty TwiML."""

    async def take(request: web.Request) -> web.Response:
        await request.post()
        return web.Response(
            body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
            headers={"Content-Type": "text/xml; charset=utf-8", "Cache-Control": "no-store"},
        )

    app = web.Application()
    app.add_routes([web.post(webhooks.SMS, take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    say(ready=True)
    await asyncio.get_running_loop().create_future()


async def send(port: int, messages: int, concurrency: int) -> None:
    """Post the bodies of `messages` texts to the carrier, so many at a time, and read every answer."""
    url = f"http://127.0.0.1:{port}/2010-04-01/Accounts/{webhooks.ACCOUNT}/Messages.json"
    pair = base64.b64encode(f"{webhooks.ACCOUNT}:{webhooks.TOKEN}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
    bodies = [
        urlencode(
            {
                "To": webhooks.number(n),
                "From": webhooks.CLINIC,
                "StatusCallback": f"http://127.0.0.1:8080/webhooks/twilio/status?delivery={n:036d}",
                "Body": webhooks.TEXT,
            }
        ).encode()
        for n in range(messages)
    ]
    waits: list[float] = []

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=128), cookie_jar=aiohttp.DummyCookieJar()
    ) as session:

        async def worker() -> None:
            while bodies:
                body = bodies.pop()
                began = time.perf_counter()
                async with session.post(url, data=body, headers=headers) as answer:
                    await answer.read()
                if answer.status == 201:
                    waits.append((time.perf_counter() - began) * 1000)

        say(ready=True)
        await asyncio.to_thread(sys.stdin.readline)
        await asyncio.gather(*(worker() for _ in range(concurrency)))
    say(messages=len(waits), p50=percentile(waits, 0.5), p99=percentile(waits, 0.99), ended=time.monotonic())
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    specification = json.loads(sys.argv[1])
    floor = specification.pop("floor")
    factory = uvloop.new_event_loop if specification.pop("loop") == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serve(**specification) if floor == "serve" else send(**specification))

"""A process that talks with a Rasa server over its REST channel: each patient the next text once answered."""

import asyncio
import json
import sys
import time

import aiohttp

from tests.bench import webhooks
from tests.bench.figures import percentile
from tests.bench.patients import TALKS
from tests.bench.processes import say


async def run(url: str, patients: int, seconds: float) -> None:
    """Play the talks, and say how fast they were answered."""
    waits: list[float] = []
    began = time.perf_counter()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=patients)) as session:

        async def lane(n: int) -> None:
            turn = n
            while time.perf_counter() - began < seconds:
                for text in TALKS[turn % len(TALKS)]:
                    asked = time.perf_counter()
                    message = {"sender": f"{webhooks.number(n)}-{turn}", "message": text}
                    async with session.post(f"{url.rstrip('/')}/webhooks/rest/webhook", json=message) as answer:
                        await answer.read()
                    waits.append((time.perf_counter() - asked) * 1000)
                turn += patients

        await asyncio.gather(*(lane(n) for n in range(patients)))
    elapsed = time.perf_counter() - began
    say(
        messages=len(waits),
        per_second=len(waits) / elapsed,
        p50=percentile(waits, 0.5),
        p99=percentile(waits, 0.99),
    )


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))

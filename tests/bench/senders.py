"""A process that posts signed webhooks over 64 connections, each its next one as soon as the last was answered."""

import asyncio
import gc
import json
import sys
import time
from array import array

from tests.bench import webhooks
from tests.bench.figures import percentile
from tests.bench.processes import say
from tests.bench.wire import Client, connect


async def run(
    base: str, port: int, connections: int, people: int, seconds: float, warm_up: float, pool: int, again: bool
) -> None:
    """Make `pool` requests, wait for the word to go, post them, and say what came of it.

    again: begin anew with the first request after the last; else the posting ends with the last.
    """
    requests = [
        webhooks.inbound(base, n, webhooks.number(n * 7 % people), webhooks.BODIES[n % len(webhooks.BODIES)])
        for n in range(pool)
    ]
    gc.collect()
    gc.disable()
    now = time.perf_counter
    taken: list[int] = []
    refused: dict[int, int] = {}
    ended, waits = array("d"), array("d")
    sent = open_requests = 0
    begin = until = 0.0
    finished = asyncio.get_running_loop().create_future()

    def following(client: Client) -> None:
        nonlocal sent, open_requests
        moment = now()
        if (sent >= pool and not again) or moment >= until:
            client.request = -1
            open_requests -= 1
            if not open_requests and not finished.done():
                finished.set_result(None)
            return
        client.request, client.sent_at = sent, moment
        sent += 1
        client.send(requests[client.request % pool])

    def answered(client: Client, status: int) -> None:
        if status == 200:
            taken.append(client.request)
            moment = now()
            if client.sent_at >= begin:
                ended.append(moment)
                waits.append(moment - client.sent_at)
        else:
            refused[status] = refused.get(status, 0) + 1
        if client.lost:
            nonlocal open_requests
            open_requests -= 1
            if not open_requests and not finished.done():
                finished.set_result(None)
            return
        following(client)

    say(ready=True)
    await asyncio.to_thread(sys.stdin.readline)
    clients = await connect(port, connections, answered)
    begin = now() + warm_up
    until = begin + seconds
    open_requests = len(clients)
    cpu = time.process_time()
    wall = now()
    for client in clients:
        following(client)
    await finished
    ran_out = sent >= pool and not again
    # Answers that came after the end do not count, nor does the time in which they came.
    end = max(ended) if ran_out and ended else until
    in_time = sum(moment <= end for moment in ended)
    milliseconds = [wait * 1000 for wait in waits]
    say(
        messages=in_time,
        per_second=in_time / (end - begin),
        p50=percentile(milliseconds, 0.5),
        p99=percentile(milliseconds, 0.99),
        answered=len(taken),
        taken=[] if again else taken,
        refused=refused,
        busy=(time.process_time() - cpu) / (now() - wall),
        ran_out=ran_out,
        slowest=max(milliseconds, default=0.0),
    )
    for client in clients:
        client.close()


if __name__ == "__main__":
    asyncio.run(run(**json.loads(sys.argv[1])))

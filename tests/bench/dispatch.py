"""Dispatch: queued answers a second, from the first send until all are settled, ÷ a bare client posting the same."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.bench import clinic
from tests.bench.accept import twilio
from tests.bench.figures import HEAD, Round, Tell, line, measured, percentile
from tests.bench.processes import Bench, Child
from tests.servers.child import free_port

CONCURRENCY = 64
_SETTLE = 0.5
_FAR = 1 << 52
_PATIENCE = 120.0


def run(
    bench: Bench,
    *,
    messages: int,
    rounds: int,
    callbacks: bool,
    models: Path,
    tell: Tell,
    floor_loop: str = "asyncio",
) -> list[Round]:
    """Floor and product in turn."""
    began = time.monotonic()
    template = clinic.make(bench, people=messages, queued=True)
    tell(f"made {messages} patients, each with an answer queued, in {time.monotonic() - began:.1f} s")
    clinic.train(models)
    role = "hub serve, with status callbacks" if callbacks else "hub dispatcher"
    tell(f"product: `{role}`, replies lane; floor: aiohttp client on {floor_loop}, {CONCURRENCY} at a time")
    tell(f"latency: product from claim to settled, floor from post to answer\n{HEAD}")
    found = []
    for _ in range(rounds):
        found.append(_floor(bench, messages, floor_loop))
        bench.end_children()
        tell(line("floor", measured(found[-1])))
        found.append(_product(bench, template, models, messages, callbacks))
        bench.end_children()
        tell(line("product", measured(found[-1])))
    return found


def _floor(bench: Bench, messages: int, loop: str) -> Round:
    carrier = bench.program("carrier")
    port = carrier.hear()["port"]
    client = bench.program("floors", floor="send", port=port, messages=messages, concurrency=CONCURRENCY, loop=loop)
    client.hear()
    ready = time.monotonic() - client.started
    time.sleep(_SETTLE)
    idle, average, cpu = client.resident, os.getloadavg()[0], client.cpu
    result = client.ask(go=True)
    came = carrier.ask(ask="times")
    return Round(
        side="floor",
        messages=result["messages"],
        per_second=result["messages"] / (result["ended"] - came["first"]),
        p50=result["p50"],
        p99=result["p99"],
        cpu=(client.cpu - cpu) / max(1, result["messages"]) * 1e6,
        idle=idle,
        after=client.resident,
        ready=ready,
        load=average,
    )


def _product(bench: Bench, template: Path, models: Path, messages: int, callbacks: bool) -> Round:
    carrier = bench.program("carrier")
    data, port = bench.copy(template, models), free_port()
    _postpone(data)
    hub = bench.hub("serve" if callbacks else "dispatcher", data, **twilio(port, carrier.hear()["port"]))
    ready = hub.wait_for("hub: ready")
    hub.wait_for("engine_ready")
    if callbacks:
        carrier.ask(ask="callbacks", base=f"http://127.0.0.1:{port}")
    time.sleep(_SETTLE)
    idle, average, cpu = hub.resident, os.getloadavg()[0], hub.cpu
    _make_due(data)
    ended = _until_sent(carrier, data, messages)
    if callbacks:
        ended = _until_told(carrier)
    cpu = hub.cpu - cpu
    came = carrier.ask(ask="times")
    waits = _attempts(data)
    remarks = [f"{came['count']} posts, states {_states(data)}"]
    if callbacks:
        remarks.append("to the last callback")
    return Round(
        side="product",
        messages=messages,
        per_second=messages / (ended - came["first"]),
        p50=percentile(waits, 0.5),
        p99=percentile(waits, 0.99),
        cpu=cpu / messages * 1e6,
        idle=idle,
        after=hub.resident,
        ready=ready,
        load=average,
        remark=", ".join(remarks),
    )


def _postpone(data: Path) -> None:
    """Nothing is due before the hub is ready."""
    with closing(sqlite3.connect(data / "hub.db")) as conn, conn:
        conn.execute("UPDATE delivery SET due_at = due_at + ?", (_FAR,))


def _make_due(data: Path) -> None:
    """All is due, at one moment."""
    with closing(sqlite3.connect(data / "hub.db", timeout=30)) as conn, conn:
        conn.execute("UPDATE delivery SET due_at = due_at - ?", (_FAR,))


def _until_sent(carrier: Child, data: Path, messages: int) -> float:
    """The moment at which no delivery was left that is not settled."""
    give_up = time.monotonic() + _PATIENCE
    while carrier.ask(ask="times")["count"] < messages and time.monotonic() < give_up:
        time.sleep(0.005)
    with closing(sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True)) as conn:
        left = "SELECT 1 FROM delivery WHERE state IN ('queued', 'held', 'sending') LIMIT 1"
        while conn.execute(left).fetchone() and time.monotonic() < give_up:
            time.sleep(0.005)
    return time.monotonic()


def _until_told(carrier: Child) -> float:
    give_up = time.monotonic() + _PATIENCE
    while carrier.ask(ask="times")["open"] and time.monotonic() < give_up:
        time.sleep(0.02)
    return time.monotonic()


def _attempts(data: Path) -> list[float]:
    """Milliseconds from the commit of each attempt until it was settled."""
    with closing(sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True)) as conn:
        rows = conn.execute("SELECT ended_at - started_at FROM attempt WHERE ended_at IS NOT NULL")
        return [row[0] / 1000 for row in rows]


def _states(data: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True)) as conn:
        return dict(conn.execute("SELECT state, count(*) FROM delivery GROUP BY state"))

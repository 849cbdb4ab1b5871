"""Accept: signed webhooks a second, each durably committed before its answer, ÷ a bare handler that reads the form."""

import asyncio
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.bench import clinic, webhooks
from tests.bench.figures import HEAD, Round, Tell, line
from tests.bench.processes import Bench, Child, free_port

PEOPLE = 500
CONNECTIONS = 64
WARM_UP = 1.0
_SETTLE = 1.0
_FASTEST = 8000
"""Requests a second that are made beforehand; the product would run out of them beyond, and say so."""


def run(bench: Bench, *, seconds: float, rounds: int, tell: Tell) -> list[Round]:
    """Floor and product in turn."""
    template = bench.folder / "template"
    asyncio.run(clinic.make(template, people=PEOPLE))
    tell(f"product: `hub web` (role web only), {PEOPLE} known senders; floor: aiohttp, `await request.post()` only")
    tell(f"{CONNECTIONS} connections, kept open; database on the disk, synchronous=FULL\n{HEAD}")
    found = []
    for _ in range(rounds):
        for one in (_floor, _product):
            found.append(one(bench, template, seconds))
            tell(line(found[-1].side, plain(found[-1])))
            bench.end_children()
    return found


def _floor(bench: Bench, template: Path, seconds: float) -> Round:
    port = free_port()
    server = bench.program("floors", floor="serve", port=port)
    server.hear()
    return _measure(bench, server, "floor", port, seconds, time.monotonic() - server.started)


def _product(bench: Bench, template: Path, seconds: float) -> Round:
    port = free_port()
    data = bench.copy(template)
    server = bench.hub("web", data, **twilio(port))
    ready = server.wait_for("hub: ready")
    result = _measure(bench, server, "product", port, seconds, ready, data)
    return result


def twilio(port: int, carrier: int = 9) -> dict[str, str]:
    """The settings of a hub on `port` whose carrier listens on `carrier`."""
    return {
        "HUB_PORT": str(port),
        "HUB_TWILIO_ACCOUNT_SID": webhooks.ACCOUNT,
        "HUB_TWILIO_AUTH_TOKEN": webhooks.TOKEN,
        "HUB_TWILIO_API_URL": f"http://127.0.0.1:{carrier}",
        "HUB_SMS_FROM": webhooks.CLINIC,
        "HUB_SMS_RATE": "1000000",
    }


def _measure(
    bench: Bench, server: Child, side: str, port: int, seconds: float, ready: float, data: Path | None = None
) -> Round:
    pool = int(_FASTEST * (seconds + WARM_UP))
    specification: dict[str, Any] = {"base": f"http://127.0.0.1:{port}", "port": port, "people": PEOPLE}
    load = bench.program(
        "senders", **specification, connections=CONNECTIONS, seconds=seconds, warm_up=WARM_UP, pool=pool, again=data is None
    )
    load.hear()
    time.sleep(_SETTLE)
    idle, average, cpu = server.resident, os.getloadavg()[0], server.cpu
    result = load.ask(go=True)
    cpu = server.cpu - cpu
    remarks = [f"generator busy {result['busy']:.0%}"]
    if result["ran_out"]:
        remarks.append("ran out of prepared requests")
    if result["refused"]:
        remarks.append(f"REFUSED {result['refused']}")
    if data is not None:
        remarks.append(_verified(data, result["taken"]))
    return Round(
        side=side,
        messages=result["messages"],
        per_second=result["per_second"],
        p50=result["p50"],
        p99=result["p99"],
        cpu=cpu / max(1, result["answered"]) * 1e6,
        idle=idle,
        after=server.resident,
        ready=ready,
        load=average,
        remark=", ".join(remarks),
    )


def _verified(data: Path, taken: list[int]) -> str:
    """Whether the database holds exactly what was accepted, as words."""
    conn = sqlite3.connect(f"file:{data / 'hub.db'}?mode=ro", uri=True)
    try:
        held = [row[0] for row in conn.execute("SELECT provider_id FROM message WHERE direction = 'inbound'")]
    finally:
        conn.close()
    wanted = {webhooks.sid(n) for n in taken}
    if len(held) == len(wanted) and set(held) == wanted:
        return f"database holds exactly the {len(held)} accepted"
    return f"DATABASE DIFFERS: {len(held)} rows, {len(wanted)} accepted, {len(wanted - set(held))} missing"


def plain(one: Round) -> dict[str, Any]:
    """A round's figures by name."""
    return {name: getattr(one, name) for name in Round.__slots__}

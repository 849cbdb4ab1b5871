"""Accept: signed webhooks a second, each durably committed before its answer, ÷ a bare handler that reads the form."""

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests import stranger
from tests.bench import clinic, webhooks
from tests.bench.figures import HEAD, Round, Tell, line, measured
from tests.bench.processes import Bench, Child
from tests.servers.child import free_port

PEOPLE = 500
CONNECTIONS = 64
WARM_UP = 1.0
_SETTLE = 0.5
_FASTEST = 20_000
"""Requests a second that are made beforehand; the product would run out of them beyond, and say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is posted: for so many seconds after so many of warming up, by so many people."""

    seconds: float
    warm_up: float
    people: int


def run(
    bench: Bench,
    *,
    seconds: float,
    rounds: int,
    tell: Tell,
    people: int = PEOPLE,
    warm_up: float = WARM_UP,
    floor_loop: str = "asyncio",
) -> list[Round]:
    """Floor and product in turn."""
    template = clinic.make(bench, people=people)
    load = Load(seconds=seconds, warm_up=warm_up, people=people)
    tell(f"product: `hub web` (role web only), {people} known senders")
    tell(f"floor: aiohttp on {floor_loop}, `await request.post()` only")
    kind = "SQLite, synchronous=FULL" if bench.postgres is None else "PostgreSQL, fsync on"
    tell(f"{CONNECTIONS} connections, kept open; database on the disk, {kind}\n{HEAD}")
    found = []
    for _ in range(rounds):
        found.append(_floor(bench, load, floor_loop))
        bench.end_children()
        tell(line("floor", measured(found[-1])))
        found.append(_product(bench, template, load))
        bench.end_children()
        tell(line("product", measured(found[-1])))
    return found


def _floor(bench: Bench, load: Load, loop: str) -> Round:
    port = free_port()
    server = bench.program("floors", floor="serve", port=port, loop=loop)
    server.hear()
    return _measure(bench, server, load, port, time.monotonic() - server.started)


def _product(bench: Bench, template: Path, load: Load) -> Round:
    port = free_port()
    data = bench.copy(template)
    server = bench.hub("web", data, **twilio(port))
    return _measure(bench, server, load, port, server.wait_for("hub: ready"), data)


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


def _measure(bench: Bench, server: Child, load: Load, port: int, ready: float, data: Path | None = None) -> Round:
    """The load on a server; the product's has its database in `data`."""
    specification = asdict(load) | {"base": f"http://127.0.0.1:{port}", "port": port, "connections": CONNECTIONS}
    pool = int(_FASTEST * (load.seconds + load.warm_up))
    senders = bench.program("senders", **specification, pool=pool, again=data is None)
    senders.hear()
    time.sleep(_SETTLE)
    idle, average, cpu = server.resident, os.getloadavg()[0], server.cpu
    result = senders.ask(go=True)
    cpu = server.cpu - cpu
    remarks = [f"generator busy {result['busy']:.0%}, slowest {result['slowest']:,.0f} ms"]
    if result["ran_out"]:
        remarks.append("ran out of prepared requests")
    if result["refused"]:
        remarks.append(f"REFUSED {result['refused']}")
    if data is not None:
        remarks.append(_verified(bench.database(data), result["taken"]))
    return Round(
        side="floor" if data is None else "product",
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


def _verified(database: str, taken: list[int]) -> str:
    """Whether the database holds exactly what was accepted, as words."""
    held = [row[0] for row in stranger.rows(database, "SELECT provider_id FROM message WHERE direction = 'inbound'")]
    wanted = {webhooks.sid(n) for n in taken}
    if len(held) == len(wanted) and set(held) == wanted:
        return f"database holds exactly the {len(held)} accepted"
    return f"DATABASE DIFFERS: {len(held)} rows, {len(wanted)} accepted, {len(wanted - set(held))} missing"

"""Scale: replies a second with two dispatchers ÷ with one: PostgreSQL, Valkey, and a calendar that takes its time."""

import os
from collections.abc import Mapping
from pathlib import Path

from tests.bench import clinic
from tests.bench.accept import twilio
from tests.bench.figures import HEAD, Round, Tell, line, measured
from tests.bench.processes import Bench, Child
from tests.bench.slow_calendar import VARIABLE
from tests.servers.child import free_port
from tests.servers.valkey import running

PEOPLE = 4000
PATIENTS = 64
_WARM_UP = 2.0
_SLOW = "from tests.bench.slow_calendar import run; run()"


def run(
    bench: Bench,
    *,
    seconds: float,
    rounds: int,
    models: Path,
    tell: Tell,
    wait: float = 0.02,
    people: int = PEOPLE,
    patients: int = PATIENTS,
) -> list[Round]:
    """One dispatcher and two, in turn."""
    template = clinic.make(bench, people=people, slots=True)
    clinic.train(models)
    tell(f"`hub web` and one or two `hub dispatcher`; {patients} patients in talks, as fast as they are answered")
    tell(f"each call of the calendar takes {wait * 1000:.0f} ms more than it needs")
    tell(f"CPU µs: of the dispatchers, a message\n{HEAD}")
    found = []
    with running() as valkey:
        for _ in range(rounds):
            # What is compared is called floor and product by the figures.
            for side, dispatchers in (("floor", 1), ("product", 2)):
                valkey.flush()
                slow = {"HUB_REDIS_URL": valkey.url, VARIABLE: str(wait)}
                one = _measure(bench, template, models, slow, side, dispatchers, people, patients, seconds)
                bench.end_children()
                found.append(one)
                tell(line(f"{dispatchers} dispatcher{'s' if dispatchers > 1 else ''}", measured(one)))
    return found


def _machine() -> tuple[int, int]:
    """Ticks that all cores together were busy, and idle, since the machine's start."""
    user, nice, system, idle, wait, *others = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:])
    return user + nice + system + sum(others[:3]), idle + wait


def _measure(
    bench: Bench,
    template: Path,
    models: Path,
    more: Mapping[str, str],
    side: str,
    dispatchers: int,
    people: int,
    patients: int,
    seconds: float,
) -> Round:
    port = free_port()
    world = bench.program("patients", base=f"http://127.0.0.1:{port}", port=port, people=people)
    data = bench.copy(template, models)
    settings = {**twilio(port, world.hear()["port"]), **more}
    web = bench.hub("web", data, **settings)
    ready = web.wait_for("hub: ready")
    several = [bench.hub("dispatcher", data, program=_SLOW, **settings) for _ in range(dispatchers)]
    for one in several:
        one.wait_for("engine_ready")
    world.ask(play="connect")
    world.ask(play="closed", patients=patients, seconds=_WARM_UP)
    everybody: dict[str, Child] = {"web": web, "world": world} | {f"d{n}": one for n, one in enumerate(several)}
    average, before = os.getloadavg()[0], {name: one.cpu for name, one in everybody.items()}
    machine = _machine()
    result = world.ask(play="closed", patients=patients, seconds=seconds)
    busy, idle = (now - then for now, then in zip(_machine(), machine, strict=True))
    used = {name: one.cpu - before[name] for name, one in everybody.items()}
    remarks = [f"{result['silent']} unanswered"] if result["silent"] else []
    remarks.append(", ".join(f"{name} {cpu / seconds:.0%}" for name, cpu in used.items()))
    remarks.append(f"the machine {busy / (busy + idle):.0%} busy")
    mine = sum(cpu for name, cpu in used.items() if name.startswith("d"))
    return Round(
        side=side,
        messages=result["messages"],
        per_second=result["per_second"],
        p50=result["p50"],
        p99=result["p99"],
        cpu=mine / max(1, result["messages"]) * 1e6,
        idle=several[0].resident,
        after=several[0].resident,
        ready=ready,
        load=average,
        remark=", ".join(remarks),
    )

"""Reply: from a text's webhook to the bot's answer at the carrier, at full speed and at half of it."""

import os
from dataclasses import replace
from pathlib import Path

from tests.bench import clinic
from tests.bench.accept import twilio
from tests.bench.figures import HEAD, Round, Tell, line, measured
from tests.bench.processes import Bench, Child
from tests.servers.child import free_port

PEOPLE = 2500
PATIENTS = 32
GOAL = 250.0
_WARM_UP = 2.0


def run(
    bench: Bench, *, seconds: float, rounds: int, models: Path, rasa: str | None, tell: Tell, people: int = PEOPLE
) -> list[Round]:
    """The product alone, or in turn with the REST channel of the Rasa server at `rasa`."""
    template = clinic.make(bench, people=people, slots=True)
    trained = any(models.glob("*.npz"))
    first = clinic.train(models)
    tell(f"the understanding engine: {'loaded (trained before)' if trained else 'trained and loaded'} in {first:.1f} s")
    tell(f"then loaded in {clinic.train(models):.1f} s, imports included")
    if rasa is None:
        tell("the floor, Rasa's REST channel, is not here: absolute figures only (--rasa URL measures it)")
    tell(f"product: `hub serve`; {PATIENTS} patients in talks, then half that rate at random moments\n{HEAD}")
    found = []
    for _ in range(rounds):
        if rasa is not None:
            found.append(_floor(bench, rasa, seconds))
            tell(line("floor", measured(found[-1])))
        full, half = _product(bench, template, models, people, seconds)
        bench.end_children()
        found += [full, half]
        tell(line("product, full", measured(full)))
        tell(line("product, half", measured(half)))
    return found


def _floor(bench: Bench, rasa: str, seconds: float) -> Round:
    average = os.getloadavg()[0]
    client = bench.program("rasa", url=rasa, patients=PATIENTS, seconds=seconds)
    result = client.hear()
    return Round(
        side="floor",
        messages=result["messages"],
        per_second=result["per_second"],
        p50=result["p50"],
        p99=result["p99"],
        load=average,
    )


def _product(bench: Bench, template: Path, models: Path, people: int, seconds: float) -> tuple[Round, Round]:
    port = free_port()
    world = bench.program("patients", base=f"http://127.0.0.1:{port}", port=port, people=people)
    data = bench.copy(template, models)
    hub = bench.hub("serve", data, **twilio(port, world.hear()["port"]))
    ready = hub.wait_for("hub: ready")
    hub.wait_for("engine_ready")
    world.ask(play="connect")
    idle = hub.resident
    world.ask(play="closed", patients=PATIENTS, seconds=min(_WARM_UP, seconds))
    full = _played(world, hub, "product", play="closed", patients=PATIENTS, seconds=seconds)
    half = _played(world, hub, "product at half", play="open", rate=full.per_second / 2, seconds=seconds)
    verdict = "below" if half.p99 < GOAL else "NOT below"
    half = replace(half, remark=", ".join(filter(None, (f"p99 {verdict} {GOAL:.0f} ms", half.remark))))
    return replace(full, idle=idle, ready=ready), half


def _played(world: Child, hub: Child, side: str, **play: object) -> Round:
    average, cpu = os.getloadavg()[0], hub.cpu
    result = world.ask(**play)
    remarks = []
    if result["silent"]:
        remarks.append(f"{result['silent']} WITHOUT ANSWER")
    if result["refused"]:
        remarks.append(f"{result['refused']} webhooks REFUSED")
    if not result["people_left"]:
        remarks.append("ran out of patients")
    return Round(
        side=side,
        messages=result["messages"],
        per_second=result["per_second"],
        p50=result["p50"],
        p99=result["p99"],
        cpu=(hub.cpu - cpu) / max(1, result["messages"]) * 1e6,
        after=hub.resident,
        load=average,
        remark=", ".join(remarks),
    )

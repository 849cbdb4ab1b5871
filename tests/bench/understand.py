"""Understand: the embedded engine on the texts of other people, and on the screens' own unseen sets.

Where the extra `embedding` is installed, the engine with its second stage is asked the same texts.

With `HUB_RASA_URL`, the Rasa server there is asked the same texts in the same run, and what it makes of them by itself
is told beside what the hub makes of them. (`engines` starts a server of its own.)
"""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bots.nlu.rasa import RasaServer
from bots.nlu.score import Labelled
from bots.nlu.served import RasaEngine
from bots.urgent import screen
from consent.keywords import consent_word
from hub.metrics import Metrics
from hub.settings import Secret
from hub.types import OptOutWord
from tests.bench import engines
from tests.bench.figures import Tell
from tests.bots.nlu_engine import trained
from tests.bots.test_nlu_measured import NOW, _rows

Row = dict[str, str]
_TESTS = Path(__file__).resolve().parents[1]


def run(every: int, tell: Tell) -> dict[str, Any]:
    """Figures by engine and screen. One text in `every` is asked."""
    rows = [row for _, row in _rows()][::every]
    found: dict[str, Any] = asyncio.run(_engines(rows, tell))
    tell(f"\n{'screen':<16}{'heard':>8}{'of':>6}{'false':>8}{'of':>6}")
    for name, heard in (("emergencies", _emergencies()), ("opt-outs", _opt_outs())):
        found[name] = heard
        tell(f"{name:<16}{heard['recall']:>8.3f}{heard['wanted']:>6}{heard['false']:>8.3f}{heard['others']:>6}")
    return found


async def _engines(rows: list[Labelled], tell: Tell) -> dict[str, Any]:
    async def embedded(row: Labelled) -> tuple[str, float]:
        return engines.outside(trained().meaning(row.text, now=NOW, question=row.question))

    tell(engines.HEAD)
    found: dict[str, Any] = {
        "embedded": await engines.measured("embedded", rows, embedded, engines.resident_alone(), tell)
    }
    found |= await engines.with_embedding(rows, tell)
    url = os.environ.get("HUB_RASA_URL", "")
    if not url:
        tell("HUB_RASA_URL names no server: Rasa is not measured")
        return found
    server = RasaServer(url, Secret(os.environ.get("HUB_RASA_TOKEN", "")), timedelta(seconds=30))
    engine = RasaEngine(server, trained(), Metrics())

    async def alone(row: Labelled) -> tuple[str, float]:
        return engines.first(await server.parse(row.text))

    async def through(row: Labelled) -> tuple[str, float]:
        return engines.outside(await engine.understand(row.text, now=NOW, question=row.question))

    for name, answer in (("rasa alone", alone), ("rasa", through)):
        found[name] = await engines.measured(name, rows, answer, float("nan"), tell)
    await engine.close()
    return found


def _emergencies() -> dict[str, float]:
    wanted, others = (_texts(f"bots/urgent_last_{name}.jsonl") for name in ("emergencies", "lookalikes"))
    return _shares(wanted, others, lambda text: screen(text).level is not None)


def _opt_outs() -> dict[str, float]:
    rows = _texts("consent/opt_out_last.jsonl")
    wanted, others = ([row for row in rows if row["word"] == word] for word in ("stop", "none"))

    def heard(text: str) -> bool:
        found = consent_word(text)
        return found is not None and found.word is OptOutWord.STOP

    return _shares(wanted, others, heard)


def _shares(
    wanted: list[dict[str, str]], others: list[dict[str, str]], heard: Callable[[str], bool]
) -> dict[str, float]:
    return {
        "recall": sum(heard(row["text"]) for row in wanted) / len(wanted),
        "wanted": len(wanted),
        "false": sum(heard(row["text"]) for row in others) / len(others),
        "others": len(others),
    }


def _texts(name: str) -> list[Row]:
    return [json.loads(line) for line in (_TESTS / name).read_text(encoding="utf-8").splitlines()]

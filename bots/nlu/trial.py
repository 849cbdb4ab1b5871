"""An engine tried on labelled texts: everything that `hub bot test` tells, measured in one pass."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bots.nlu.model import Engine, Meaning
from bots.nlu.score import Calibration, Labelled, Score, auroc, calibration, foreign, score, slot_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of a trial.

    score, calibration: None where no row has an intent. rejection: the area under the curve of telling texts out of
    scope from others; None without both. slots: right, of how many, by name. p50, p95: milliseconds a text.
    """

    texts: int
    score: Score | None
    calibration: Calibration | None
    rejection: float | None
    slots: dict[str, tuple[int, int]]
    p50: float
    p95: float

    def plain(self) -> dict[str, Any]:
        """The figures as JSON holds them; counts by label as [label, answer, count]."""
        result, sure = self.score, self.calibration
        return {
            "texts": self.texts,
            "labelled": result.rows if result else 0,
            "accuracy": result and round(result.accuracy, 4),
            "accepted": result and round(result.lenient, 4),
            "macro_f1": result and round(result.macro_f1, 4),
            "macro_f1_accepted": result and round(result.macro_f1_lenient, 4),
            "f1": {name: round(value, 4) for name, value in result.f1.items()} if result else {},
            "confusion": [[*pair, count] for pair, count in result.confusion.items()] if result else [],
            "ece": sure and round(sure.ece, 4),
            "reliability": [
                {"answers": one.answers, "confidence": round(one.confidence, 4), "right": round(one.right, 4)}
                for one in (sure.bins if sure else ())
            ],
            "out_of_scope_auroc": None if self.rejection is None else round(self.rejection, 4),
            "slots": {name: {"right": right, "of": of} for name, (right, of) in self.slots.items()},
            "p50_ms": round(self.p50, 3),
            "p95_ms": round(self.p95, 3),
        }


async def tried(engine: Engine, rows: Iterable[Labelled], now: datetime) -> Trial:
    """Ask `engine` about every row, one after the other; `now` is for rows that name no moment of their own.

    Raises: ValueError when there are no rows.
    """
    answers: list[tuple[Labelled, Meaning]] = []
    waits: list[float] = []
    for row in rows:
        began = time.perf_counter()
        meaning = await engine.understand(row.text, now=row.now or now, language=row.language, question=row.question)
        waits.append((time.perf_counter() - began) * 1000)
        answers.append((row, meaning))
    if not answers:
        raise ValueError("there is nothing to score: no labelled rows")
    of_intent = [(row, meaning) for row, meaning in answers if row.intent is not None]
    given = {id(row): meaning.intent for row, meaning in of_intent}
    return Trial(
        texts=len(answers),
        score=score((row for row, _ in of_intent), lambda row: given[id(row)]) if of_intent else None,
        calibration=calibration([(one.confidence, one.intent in row.accept) for row, one in of_intent])
        if of_intent
        else None,
        rejection=auroc((foreign(meaning), row.intent == "out_of_scope") for row, meaning in of_intent),
        slots=slot_matches(answers),
        p50=_percentile(waits, 0.5),
        p95=_percentile(waits, 0.95),
    )


def _percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie, by nearest rank."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]

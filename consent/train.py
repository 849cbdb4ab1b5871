"""Trains the learned screen for opt-outs: `python -m consent.train` rewrites `learned.txt`.

1. `examples/opt_out.jsonl`, labelled, each once more with slips of the thumb, and short ones with their words run
   together; beside it what people write to a clinic (`bots/data/nlu`) and the emergencies and their look-alikes
   (`bots/urgent/examples`), which ask for no silence, whatever they want to stop.
2. One logistic regression over hashed features (`hub.learning`).
3. A second, small one weighs what the first says of writers that it has not seen, and what the lists hear.

Each example names its writer by a letter or two. `python -m consent.train measure` leaves out some writers after the
others, trains on the rest, and prints how the whole screen does on those left out; it takes some minutes, and writes no
file.

The same examples give the same file. What measures the screen in the tests is never trained on.
"""

import json
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from consent import keywords
from consent.learned import DOUBTED, HEARD, Weights, pack, told
from consent.phrases import fold
from hub.learning import EVERYDAY, Counted, Seen, slipped, table, taught, tried

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples" / "opt_out.jsonl"
_BOTS = HERE.parent / "bots"
_SLIPPED = 0.4  # what a copy counts
_JOINED = range(2, 6)  # words of a text that somebody may run together
_BESIDE = 0.7  # what a text that was not written for this counts
_WISH = "opt_out"  # the file of the bot's training data that holds the same wish
_AMBIGUOUS = ("cancel", "wrong_number", "human", "decline")  # whose short texts may well be meant so
_MARKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_LISTED = frozenset("abd")  # writers whose texts the phrase lists were mended by: they say little of new ones


@dataclass(frozen=True, slots=True)
class Example:
    """A text, whether it asks for silence, its weight, its writer ("" where it was not written for this), its
    language. slipped: a copy with slips of the thumb, or without spaces.
    """

    text: str
    stop: bool
    weight: float
    writer: str = ""
    language: str = ""
    slipped: bool = False


def examples() -> Iterator[Example]:
    """Every example."""
    for row in _rows(EXAMPLES):
        if row["word"] in ("stop", "none"):
            one = Example(row["text"], row["word"] == "stop", 1.0, row["writer"], row["language"])
            yield one
            yield replace(one, text=slipped(one.text), weight=_SLIPPED, slipped=True)
            words = one.text.split()
            if len(words) in _JOINED and all(map(str.isalpha, words)):
                yield replace(one, text="".join(words), weight=_SLIPPED, slipped=True)
    for path in sorted((_BOTS / "data" / "nlu").glob("*/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = _MARKED.sub(r"\1", line.strip()[2:])
            if not line.strip().startswith("- ") or text.startswith(("intent:", "synonym:")):
                continue
            if path.stem in _AMBIGUOUS and len(text.split()) < 3:
                continue
            yield Example(text, path.stem == _WISH, _BESIDE, EVERYDAY)
    for name in ("emergencies", "lookalikes"):
        for row in _rows(_BOTS / "urgent" / "examples" / f"{name}.jsonl"):
            yield Example(row["text"], False, _BESIDE)


class Trial:
    """The examples, ready to be learned from in parts."""

    def __init__(self, rows: Sequence[Example]) -> None:
        """`rows`: all of them."""
        self.rows = rows
        self.folded = [fold(row.text) for row in rows]
        self.stop = np.array([row.stop for row in rows])
        self.writer = np.array([row.writer for row in rows])
        self._weights = np.array([row.weight for row in rows])
        self._counted = Counted(map(told, self.folded))
        self.signs = {
            at: keywords.signs(row.text, self.folded[at], None)
            for at, row in enumerate(rows)
            if row.writer and not row.slipped and keywords.bare(self.folded[at]) is None
        }

    def fit(self, rows: NDArray[np.intp], together: tuple[float, ...] = ()) -> Weights:
        """The first step, learned from some rows alone."""
        return Weights(version(), self._counted.fit(rows, self.stop.astype(int), self._weights), together)

    def seen(self, weights: Weights, rows: NDArray[np.intp]) -> Seen:
        """What the second step is given of each row that is no bare word."""
        return {at: (*weights.scores(self.folded[at]), *self.signs[at]) for at in map(int, rows) if at in self.signs}

    def together(self, seen: Seen) -> tuple[float, ...]:
        """The second step, learned from what is given of some rows."""
        rows = [at for at in seen if self.rows[at].writer not in _LISTED]
        model = LogisticRegression(max_iter=1000).fit([seen[at] for at in rows], self.stop[rows])
        return (*map(float, model.coef_[0]), float(model.intercept_[0]))


def train(rows: Sequence[Example]) -> Weights:
    """The weights that the examples give."""
    return taught(Trial(rows))


def measure(rows: Sequence[Example]) -> str:
    """How the screen does on each writer when it has learned from others, as a table."""
    trial = Trial(rows)
    scored: list[tuple[Example, float]] = []
    for weights, left_out in tried(trial):
        for at in map(int, left_out):
            row = trial.rows[at]
            if row.slipped or row.writer in _LISTED:
                continue
            chance = weights.likely(trial.folded[at], trial.signs[at]) if at in trial.signs else 1.0
            scored.append((row, chance))
    kinds: dict[str, list[tuple[Example, float]]] = {}
    for row, chance in scored:
        for kind in ("everyday",) if row.writer == EVERYDAY else ("all", row.language, f"writer {row.writer}"):
            kinds.setdefault(kind, []).append((row, chance))
    return table(
        {kind: [(chance, row.stop) for row, chance in rows] for kind, rows in kinds.items()}, HEARD, DOUBTED, 0.01
    )


def version() -> str:
    """Names the examples and the thresholds: `learned.txt` bears it, so weights of other examples are noticed."""
    return f"{zlib.crc32(EXAMPLES.read_bytes() + f'{HEARD} {DOUBTED}'.encode()):08x}"


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        print(measure(list(examples())))
    else:
        (HERE / "learned.txt").write_text(pack(train(list(examples()))), encoding="ascii")

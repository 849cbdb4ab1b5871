"""Trains the learned screen: `python -m bots.urgent.train` rewrites `learned.txt` from the examples.

1. `examples/emergencies.jsonl` and `examples/lookalikes.jsonl`, labelled, each once more with slips of the thumb; what
   is felt in sentences that make it an alarm, a memory, a question or a denial, from `examples/frames.toml`; and
   everyday sentences from `bots/data/nlu`.
2. One multinomial logistic regression over hashed features (`hub.learning`): no emergency, and the three levels.
3. A second, small one weighs the first with what the lists hear. It learns from the examples marked `blind`, by which
   no list was ever mended, and from what the first says of writers that it has not seen.

Each example names its writer by a letter. `python -m bots.urgent.train measure` leaves out some writers after the
others, trains on the rest, and prints how the whole screen does on those left out; it takes some minutes, and writes no
file.

The same examples give the same file. What measures the screens in the tests is never trained on.
"""

import json
import re
import sys
import tomllib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bots.urgent.circumstances import circumstances
from bots.urgent.learned import LEVELS, Weights, log_odds, pack, told
from bots.urgent.model import RANK
from bots.urgent.names import names
from bots.urgent.screening import ANSWERED, APART, DENIED, HEARD, LIKELY, SURE, by_lists, heard_by
from bots.urgent.words import END, tokens
from hub.learning import EVERYDAY, Counted, Seen, shares, slipped, taught, tried

HERE = Path(__file__).parent
NLU = HERE.parent / "data" / "nlu"
_OTHERS = HERE.parents[1] / "consent" / "examples" / "opt_out.jsonl"

_WEIGHT = {"emergency": 1.0, "lookalike": 1.5, "everyday": 4.0, "framed": 0.5, "other": 1.0}
_SLIPPED = 0.4  # what a copy counts of that
_OF_CRISIS = {"suicidal thoughts", "ganas de matarme"}
_ONE_IN = 3  # so many pairs of a frame and what is felt give one example
_CLASS = {"none": 0} | {level: 1 + place for place, level in enumerate(LEVELS)}
_LISTED = frozenset("abcd")  # writers whose texts the phrase lists were mended by
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its class (0 for none, then the levels) and weight. blind: no list was mended by it. writer: "" where
    it was not written for this. slipped: a copy with slips of the thumb.
    """

    text: str
    level: int
    weight: float
    blind: bool = False
    writer: str = ""
    language: str = ""
    category: str = ""
    slipped: bool = False


def examples() -> Iterator[Example]:
    """Every example."""
    for row in _rows("emergencies"):
        yield from _labelled(row, _CLASS[row["level"]], _WEIGHT["emergency"])
    for row in _rows("lookalikes"):
        if row["level"] == "none":
            yield from _labelled(row, 0, _WEIGHT["lookalike"])
    yield from _framed()
    for path in sorted(NLU.glob("*/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("- ") and not line.strip().startswith(("- intent:", "- synonym:", "- lookup:")):
                yield Example(_MARKED.sub(r"\1", line.strip()[2:]), 0, _WEIGHT["everyday"], True, EVERYDAY)
    for line in _OTHERS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        # A text that a list hears something in may well be an emergency: there it was asked for something else.
        if row["word"] == "none" and by_lists(tokens(row["text"]), names(row["text"])).level is None:
            yield Example(row["text"], 0, _WEIGHT["other"])


def _labelled(row: dict[str, str], level: int, weight: float) -> Iterator[Example]:
    one = Example(
        row["text"], level, weight, "blind" in row, row["writer"], language=row["language"], category=row["category"]
    )
    yield one
    yield replace(one, text=slipped(one.text), weight=weight * _SLIPPED, blind=False, slipped=True)


def _framed() -> Iterator[Example]:
    """Some of the pairs of `frames.toml`, always the same ones."""
    for language in tomllib.loads((HERE / "examples" / "frames.toml").read_text(encoding="utf-8")).values():
        for kind in ("alarm", "calm"):
            for felt in language["felt"]:
                level = "crisis" if felt in _OF_CRISIS else "medical"
                for frame in language[kind]:
                    if zlib.crc32(f"{frame}{felt}".encode()) % _ONE_IN == 0:
                        name = level if kind == "alarm" else "none"
                        yield Example(frame.format(felt), _CLASS[name], _WEIGHT["framed"])


class Trial:
    """The examples, ready to be learned from in parts."""

    def __init__(self, rows: Sequence[Example]) -> None:
        """`rows`: all of them."""
        self.rows = rows
        self.words = [tokens(row.text) for row in rows]
        self.level = np.array([row.level for row in rows])
        self.writer = np.array([row.writer for row in rows])
        self._weights = np.array([row.weight for row in rows])
        self._counted = Counted(told([word for word in words if word != END]) for words in self.words)
        self.around = {
            at: circumstances(self.words[at], by_lists(self.words[at], names(row.text)))
            for at, row in enumerate(rows)
            if row.blind
        }

    def fit(self, rows: NDArray[np.intp], together: tuple[float, ...] = ()) -> Weights:
        """The first step, learned from some rows alone."""
        return Weights(version(), self._counted.fit(rows, self.level, self._weights), together)

    def seen(self, weights: Weights, rows: NDArray[np.intp]) -> Seen:
        """What the second step is given of each row that no list was mended by."""
        return {
            at: (log_odds(sum(weights.chances(self.words[at]).values())), *self.around[at])
            for at in map(int, rows)
            if at in self.around
        }

    def together(self, seen: Seen) -> tuple[float, ...]:
        """The second step, learned from what is given of some rows."""
        model = LogisticRegression(max_iter=1000).fit([*seen.values()], self.level[[*seen]] > 0)
        return (*map(float, model.coef_[0]), float(model.intercept_[0]))


def train(rows: Sequence[Example]) -> Weights:
    """The weights that the examples give."""
    return taught(Trial(rows))


def measure(rows: Sequence[Example]) -> str:
    """How the whole screen does on each writer when it has learned from others, as a table."""
    trial = Trial(rows)
    kinds: dict[str, list[tuple[float, bool]]] = {"all": []}
    for weights, left_out in tried(trial):
        for row in (trial.rows[at] for at in map(int, left_out)):
            if not row.blind or row.writer in _LISTED:
                continue
            found = float(RANK[heard_by(row.text, weights).level])
            several = ("all", row.language, f"writer {row.writer}", row.category)
            for kind in ("everyday",) if row.writer == EVERYDAY else several:
                kinds.setdefault(kind, []).append((found, row.level > 0))
    return shares(kinds, {"heard": 1, "answered by 911 or 988": 2})


def version() -> str:
    """Names the examples and the thresholds: `learned.txt` bears it, so weights of others are noticed."""
    files = (_file("emergencies"), _file("lookalikes"), HERE / "examples" / "frames.toml")
    thresholds = f"{HEARD} {ANSWERED} {DENIED} {APART} {SURE} {LIKELY}".encode()
    return f"{zlib.crc32(b''.join(file.read_bytes() for file in files) + thresholds):08x}"


def _rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in _file(name).read_text(encoding="utf-8").splitlines()]


def _file(name: str) -> Path:
    return HERE / "examples" / f"{name}.jsonl"


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        print(measure(list(examples())))
    else:
        (HERE / "learned.txt").write_text(pack(train(list(examples()))), encoding="ascii")

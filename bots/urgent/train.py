"""Trains the learned screen: `python -m bots.urgent.train` rewrites `learned.txt` from the examples.

1. `examples/emergencies.jsonl` and `examples/lookalikes.jsonl`, labelled; what is felt in sentences that make it an
   alarm, a memory, a question or a denial, from `examples/frames.toml`; and everyday sentences from `bots/data/nlu`.
2. Features, weighed by rarity, each group of unit length.
3. One multinomial logistic regression over no emergency and the three levels; scikit-learn, needed here alone.
4. A second, small one weighs the first with what the lists hear. It learns from the examples marked `blind` and the
   everyday sentences, by which no list was ever mended, and from what the first says of them without having seen them.

The same examples give the same file. What measures the screens ("unseen" in the tests) is never trained on.
"""

import json
import re
import tomllib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bots.urgent.circumstances import circumstances
from bots.urgent.learned import LEVELS, Weights, log_odds, pack, told
from bots.urgent.model import Urgency
from bots.urgent.names import names
from bots.urgent.screening import APART, DOUBTED, HEARD, LIKELY, SURE, by_lists
from bots.urgent.words import END, tokens
from hub.hashed import BUCKETS, features

HERE = Path(__file__).parent
NLU = HERE.parent / "data" / "nlu"

_STRENGTH = 20.0
_WEIGHT = {"emergency": 1.0, "lookalike": 1.5, "everyday": 0.5, "framed": 0.5}
_OF_CRISIS = {"suicidal thoughts", "ganas de matarme"}
_FOLDS = 4
_ONE_IN = 3  # so many pairs of a frame and what is felt give one example
_CLASS = {"none": 0} | {level: 1 + place for place, level in enumerate(LEVELS)}
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Example:
    """A text with its class (0 for none, then the levels) and weight. blind: no list was mended by it."""

    text: str
    level: int
    weight: float
    blind: bool = False


def examples() -> Iterator[Example]:
    """Every example."""
    for row in _rows("emergencies"):
        yield Example(row["text"], _CLASS[row["level"]], _WEIGHT["emergency"], "blind" in row)
    for row in _rows("lookalikes"):
        if row["level"] == "none":
            yield Example(row["text"], 0, _WEIGHT["lookalike"], "blind" in row)
    yield from _framed()
    for path in sorted(NLU.glob("*/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("- ") and not line.strip().startswith(("- intent:", "- synonym:", "- lookup:")):
                yield Example(_MARKED.sub(r"\1", line.strip()[2:]), 0, _WEIGHT["everyday"], blind=True)


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


def train(rows: list[Example]) -> Weights:
    """The weights that the examples give."""
    unseen: NDArray[np.float64] = np.zeros(len(rows))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    for shown, hidden in folds.split(rows, [row.level for row in rows]):
        trial = _fit([rows[at] for at in shown], ())
        for at in hidden:
            if rows[at].blind:
                unseen[at] = sum(trial.chances(tokens(rows[at].text)).values())
    blind = [at for at, row in enumerate(rows) if row.blind]
    seen = [[log_odds(unseen[at]), *circumstances(*_heard(rows[at].text))] for at in blind]
    model = LogisticRegression(max_iter=1000).fit(seen, [rows[at].level > 0 for at in blind])
    return _fit(rows, (*map(float, model.coef_[0]), float(model.intercept_[0])))


def _heard(text: str) -> tuple[list[str], Urgency]:
    words = tokens(text)
    return words, by_lists(words, names(text))


def _fit(rows: list[Example], together: tuple[float, ...]) -> Weights:
    found = [features(told([word for word in tokens(row.text) if word != END])) for row in rows]
    held = np.zeros(BUCKETS)
    for groups in found:
        for group in groups:
            held[group] += 1
    rare = np.log((1 + len(rows)) / (1 + held)) + 1
    model = LogisticRegression(C=_STRENGTH, max_iter=400)
    model.fit(_matrix(found, rare), [row.level for row in rows], sample_weight=[row.weight for row in rows])
    used = (held > 0).astype(np.float64)
    return Weights(
        version=version(),
        rare=rare.astype(np.float32),
        weights=(model.coef_.T * used[:, None]).astype(np.float32),
        bias=model.intercept_.astype(np.float32),
        together=together,
    )


def version() -> str:
    """Names the examples and the thresholds: `learned.txt` bears it, so weights of others are noticed."""
    files = (_file("emergencies"), _file("lookalikes"), HERE / "examples" / "frames.toml")
    thresholds = f"{HEARD} {DOUBTED} {APART} {SURE} {LIKELY}".encode()
    return f"{zlib.crc32(b''.join(file.read_bytes() for file in files) + thresholds):08x}"


def _matrix(found: list[tuple[list[int], list[int]]], rare: NDArray[np.float64]) -> Any:
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, groups in enumerate(found):
        for group in groups:
            if group:
                told = rare[group]
                rows += [row] * len(group)
                columns += group
                values += (told / np.sqrt(told @ told)).tolist()
    return csr_matrix((values, (rows, columns)), shape=(len(found), BUCKETS))


def _rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in _file(name).read_text(encoding="utf-8").splitlines()]


def _file(name: str) -> Path:
    return HERE / "examples" / f"{name}.jsonl"


if __name__ == "__main__":
    (HERE / "learned.txt").write_text(pack(train(list(examples()))), encoding="ascii")

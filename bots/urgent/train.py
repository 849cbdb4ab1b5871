"""Trains the learned screen: `python -m bots.urgent.train` rewrites `learned.txt` from the examples.

1. `examples/emergencies.jsonl` and `examples/lookalikes.jsonl`, labelled; and everyday sentences from `bots/data/nlu`.
2. Features, weighed by rarity, each group of unit length.
3. One multinomial logistic regression over no emergency and the three levels; scikit-learn, needed here alone.

The same examples give the same file. What measures the screens ("unseen" in the tests) is never trained on.
"""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from bots.urgent.features import BUCKETS, features
from bots.urgent.learned import LEVELS, Weights, pack
from bots.urgent.words import END, tokens

HERE = Path(__file__).parent
NLU = HERE.parent / "data" / "nlu"

_STRENGTH = 20.0
_WEIGHT = {"emergency": 1.0, "lookalike": 1.5, "everyday": 0.5}
_CLASS = {"none": 0} | {level: 1 + place for place, level in enumerate(LEVELS)}
_MARKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


def examples() -> Iterator[tuple[str, int, float]]:
    """Every example as text, class (0 for none, then the levels) and weight."""
    for row in _rows("emergencies"):
        yield row["text"], _CLASS[row["level"]], _WEIGHT["emergency"]
    for row in _rows("lookalikes"):
        if row["level"] == "none":
            yield row["text"], 0, _WEIGHT["lookalike"]
    for path in sorted(NLU.glob("*/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("- ") and not line.strip().startswith(("- intent:", "- synonym:", "- lookup:")):
                yield _MARKED.sub(r"\1", line.strip()[2:]), 0, _WEIGHT["everyday"]


def train() -> Weights:
    """The weights that the examples give."""
    texts, classes, weights = zip(*examples(), strict=True)
    found = [features([word for word in tokens(text) if word != END]) for text in texts]
    held = np.zeros(BUCKETS)
    for groups in found:
        for group in groups:
            held[group] += 1
    rare = np.log((1 + len(texts)) / (1 + held)) + 1
    model = LogisticRegression(C=_STRENGTH, max_iter=400)
    model.fit(_matrix(found, rare), classes, sample_weight=weights)
    used = (held > 0).astype(np.float64)
    return Weights(
        version=version(),
        rare=rare.astype(np.float32),
        weights=(model.coef_.T * used[:, None]).astype(np.float32),
        bias=model.intercept_.astype(np.float32),
    )


def version() -> str:
    """Names the labelled examples: `learned.txt` bears it, so weights of other examples are noticed."""
    return f"{zlib.crc32(b''.join(_file(name).read_bytes() for name in ('emergencies', 'lookalikes'))):08x}"


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
    (HERE / "learned.txt").write_text(pack(train()), encoding="ascii")

"""Trains the learned screen for opt-outs: `python -m consent.train` rewrites `learned.txt`.

1. `examples/opt_out.jsonl`, labelled; beside it what people write to a clinic (`bots/data/nlu`) and the emergencies and
   their look-alikes (`bots/urgent/examples`), which ask for no silence, whatever they want to stop.
2. Features, weighed by rarity, each group of unit length; one logistic regression. scikit-learn is needed here alone.

The same examples give the same file. What measures the screen ("unseen" in the tests) is never trained on.
"""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from consent.learned import CERTAIN, HEARD, UNLIKELY, Weights, pack
from consent.phrases import fold
from hub.hashed import BUCKETS, features

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples" / "opt_out.jsonl"
_BOTS = HERE.parent / "bots"
_STRENGTH = 20.0
_BESIDE = 0.5  # what a text that was not written for this counts
_WISH = "opt_out"  # the file of the bot's training data that holds the same wish
_AMBIGUOUS = ("cancel", "wrong_number", "human", "decline")  # whose short texts may well be meant so
_MARKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def examples() -> Iterator[tuple[str, bool, float]]:
    """Every example as text, whether it asks for silence, and weight."""
    for row in _rows(EXAMPLES):
        if row["word"] in ("stop", "none"):
            yield row["text"], row["word"] == "stop", 1.0
    for path in sorted((_BOTS / "data" / "nlu").glob("*/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            text = _MARKED.sub(r"\1", line.strip()[2:])
            if not line.strip().startswith("- ") or text.startswith(("intent:", "synonym:")):
                continue
            if path.stem in _AMBIGUOUS and len(text.split()) < 3:
                continue
            yield text, path.stem == _WISH, _BESIDE
    for name in ("emergencies", "lookalikes"):
        for row in _rows(_BOTS / "urgent" / "examples" / f"{name}.jsonl"):
            yield row["text"], False, _BESIDE


def train() -> Weights:
    """The weights that the examples give."""
    texts, wanted, weights = zip(*examples(), strict=True)
    found = [features(fold(text).replace("|", " ").split()) for text in texts]
    held = np.zeros(BUCKETS)
    for groups in found:
        for group in groups:
            held[group] += 1
    rare = np.log((1 + len(texts)) / (1 + held)) + 1
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, groups in enumerate(found):
        for group in filter(None, groups):
            told = rare[group]
            rows += [row] * len(group)
            columns += group
            values += (told / np.sqrt(told @ told)).tolist()
    matrix = csr_matrix((values, (rows, columns)), shape=(len(found), BUCKETS))
    model = LogisticRegression(C=_STRENGTH, max_iter=400).fit(matrix, wanted, sample_weight=weights)
    return Weights(
        version=version(),
        rare=rare.astype(np.float32),
        weights=(model.coef_.T * (held > 0)[:, None]).astype(np.float32),
        bias=float(model.intercept_[0]),
    )


def version() -> str:
    """Names the examples and the thresholds: `learned.txt` bears it, so weights of other examples are noticed."""
    return f"{zlib.crc32(EXAMPLES.read_bytes() + f'{HEARD} {CERTAIN} {UNLIKELY}'.encode()):08x}"


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    (HERE / "learned.txt").write_text(pack(train()), encoding="ascii")

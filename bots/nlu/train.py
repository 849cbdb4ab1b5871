"""Train the embedded engine: `python -m bots.nlu.train OUT`.

scikit-learn is imported here and nowhere else: training runs in a process of its own, so that its memory leaves
with it, and serving needs numpy alone.
"""

import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bots.nlu.classifier import Classifier, Floats, vectorise
from bots.nlu.corpus import Example, augmented, read_examples
from bots.nlu.features import UNKNOWN, Features, extract
from bots.nlu.model import INTENTS

_STRENGTH = 8.0
_MIN_TEXTS = 2
_MAX_ROUNDS = 60
_TOLERANCE = 1e-3
_CAUTION = 1.0


def train(examples: list[Example]) -> Classifier:
    """A classifier that learned from `examples` and their variations, calibrated on a part held out."""
    every = augmented(examples)
    known = {e.text: extract(e.text) for e in every}
    words, pieces = _vocabularies([known[e.text] for e in examples])
    idf = _idf([known[e.text] for e in every], words, pieces)
    intents = [name for name in INTENTS if any(e.intent == name for e in every)]

    def vectors(some: list[Example]) -> csr_matrix:
        return _matrix([known[e.text] for e in some], words, pieces, idf)

    def labels(some: list[Example]) -> list[int]:
        return [intents.index(e.intent) for e in some]

    seen, unseen = next(iter(StratifiedKFold(5, shuffle=True, random_state=0).split(examples, labels(examples))))
    shown = [examples[i] for i in seen]
    trial = _regression(labels(shown)).fit(vectors(shown), labels(shown))
    held_out = [examples[i] for i in unseen]
    temperature = _temperature(trial.decision_function(vectors(held_out)), np.array(labels(held_out)))
    matrix = vectors(every)
    wishes = _regression(labels(every)).fit(matrix, labels(every))
    bias = wishes.intercept_.copy()
    bias[intents.index("out_of_scope")] += _CAUTION
    spanish = LogisticRegression(C=_STRENGTH, max_iter=_MAX_ROUNDS, tol=_TOLERANCE)
    spanish.fit(matrix, [e.language == "es" for e in every])
    return Classifier(
        intents=intents,
        words=list(words),
        pieces=list(pieces),
        idf=idf,
        weights=np.vstack([wishes.coef_, spanish.coef_]).T.astype(np.float16),
        bias=np.concatenate([bias, spanish.intercept_]).astype(np.float32),
        temperature=temperature,
    )


def _regression(labels: list[int]) -> LogisticRegression:
    """Rare intents count more than their share, but not as much as the common ones."""
    counts = Counter(labels)
    mean = len(labels) / len(counts)
    weights = {label: math.sqrt(mean / n) for label, n in counts.items()}
    return LogisticRegression(C=_STRENGTH, class_weight=weights, max_iter=_MAX_ROUNDS, tol=_TOLERANCE)


def _temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """How much to soften the scores so that confidence is how often the answer is right."""

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(truth)), truth]))

    return min((step / 50 for step in range(15, 150)), key=loss)


def _vocabularies(features: list[Features]) -> tuple[dict[str, int], dict[str, int]]:
    """The features worth a row: seen in several texts. What is seen once teaches the row of the unknown instead."""
    words = Counter(name for f in features for name in f.words)
    pieces = Counter(name for f in features for name in f.pieces)
    kept_words = [UNKNOWN, *sorted(name for name, n in words.items() if n >= _MIN_TEXTS)]
    kept_pieces = sorted(name for name, n in pieces.items() if n >= _MIN_TEXTS)
    return (
        {name: row for row, name in enumerate(kept_words)},
        {name: row for row, name in enumerate(kept_pieces, start=len(kept_words))},
    )


def _idf(features: list[Features], words: dict[str, int], pieces: dict[str, int]) -> Floats:
    texts: NDArray[np.float64] = np.zeros(len(words) + len(pieces))
    for f in features:
        for group, vocabulary in ((f.words, words), (f.pieces, pieces)):
            for name in group:
                if name in vocabulary:
                    texts[vocabulary[name]] += 1
        if any(" " not in word and word not in words for word in f.words):
            texts[words[UNKNOWN]] += 1
    return np.asarray(np.log((1 + len(features)) / (1 + texts)) + 1, dtype=np.float32)


def _matrix(features: list[Features], words: dict[str, int], pieces: dict[str, int], idf: Floats) -> csr_matrix:
    parts = [vectorise(f, words, pieces, idf) for f in features]
    starts = np.cumsum([0, *(len(rows) for rows, _ in parts)])
    return csr_matrix(
        (np.concatenate([v for _, v in parts]), np.concatenate([r for r, _ in parts]), starts),
        shape=(len(parts), len(idf)),
    )


def main() -> int:
    """Train on the project's data and write the model to the path given."""
    if len(sys.argv) != 2:
        print("usage: python -m bots.nlu.train OUT", file=sys.stderr)
        return 2
    train(read_examples()).save(Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

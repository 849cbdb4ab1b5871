"""Train the embedded engine: `python -m bots.nlu.train OUT`.

scikit-learn is imported here and nowhere else: training runs in a process of its own, so that its memory leaves
with it, and serving needs numpy alone.
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from scipy.special import log_softmax  # type: ignore[import-untyped]
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
CAUTION = 1.0
"""What being out of scope gains: the training data can show few of the ways to be that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """What a classifier makes of examples that it had not seen: a fifth of them, of each intent its share.

    intents: in the order of the scores. seen, unseen: places among the examples. truth: the intents of the unseen, as
    places among `intents`. scores: calibrated, a row for each of the unseen. temperature: what calibrates them.
    """

    intents: list[str]
    seen: NDArray[np.int64]
    unseen: NDArray[np.int64]
    truth: NDArray[np.int64]
    scores: NDArray[np.float64]
    temperature: float


def train(examples: list[Example]) -> Classifier:
    """A classifier that learned from `examples` and their variations, calibrated on a part held out."""
    every = augmented(examples)
    space = _space(examples, every)
    trial = next(_trials(examples, space))
    matrix = space.vectors(every)
    truth = labels(every, trial.intents)
    wishes = regression(truth).fit(matrix, truth)
    bias = wishes.intercept_.copy()
    bias[trial.intents.index("out_of_scope")] += CAUTION
    spanish = LogisticRegression(C=_STRENGTH, max_iter=_MAX_ROUNDS, tol=_TOLERANCE)
    spanish.fit(matrix, [e.language == "es" for e in every])
    return Classifier(
        intents=trial.intents,
        words=list(space.words),
        pieces=list(space.pieces),
        idf=space.idf,
        weights=np.vstack([wishes.coef_, spanish.coef_]).T.astype(np.float16),
        bias=np.concatenate([bias, spanish.intercept_]).astype(np.float32),
        temperature=trial.temperature,
    )


def held_out(examples: list[Example]) -> Iterator[HeldOut]:
    """What first stages make of the fifth of the examples that each had not seen: five, until all had their turn."""
    return _trials(examples, _space(examples, augmented(examples)))


def labels(examples: list[Example], intents: list[str]) -> NDArray[np.int64]:
    """The intents of `examples`, as places among `intents`."""
    place = {name: at for at, name in enumerate(intents)}
    return np.array([place[e.intent] for e in examples])


@dataclass(frozen=True, slots=True)
class _Space:
    """The features that are worth a row, and what each text has of them."""

    known: dict[str, Features]
    words: dict[str, int]
    pieces: dict[str, int]
    idf: Floats

    def vectors(self, some: list[Example]) -> csr_matrix:
        return _matrix([self.known[e.text] for e in some], self.words, self.pieces, self.idf)


def _space(examples: list[Example], every: list[Example]) -> _Space:
    known = {e.text: extract(e.text) for e in every}
    words, pieces = _vocabularies([known[e.text] for e in examples])
    return _Space(known, words, pieces, _idf([known[e.text] for e in every], words, pieces))


def _trials(examples: list[Example], space: _Space) -> Iterator[HeldOut]:
    intents = [name for name in INTENTS if any(e.intent == name for e in examples)]
    truth = labels(examples, intents)
    vectors = space.vectors(examples)
    for seen, unseen in StratifiedKFold(5, shuffle=True, random_state=0).split(examples, truth):
        scores = regression(truth[seen]).fit(vectors[seen], truth[seen]).decision_function(vectors[unseen])
        temperature = _temperature(scores, truth[unseen])
        yield HeldOut(
            intents=intents,
            seen=seen,
            unseen=unseen,
            truth=truth[unseen],
            scores=scores / temperature,
            temperature=temperature,
        )


def regression(truth: NDArray[np.int64], strength: float = _STRENGTH, rounds: int = _MAX_ROUNDS) -> LogisticRegression:
    """Not yet fitted. Rare intents count more than their share, but not as much as the common ones."""
    counts = Counter(truth.tolist())
    mean = len(truth) / len(counts)
    weights = {label: math.sqrt(mean / n) for label, n in counts.items()}
    return LogisticRegression(C=strength, class_weight=weights, max_iter=rounds, tol=_TOLERANCE)


def _temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """How much to soften the scores so that confidence is how often the answer is right."""
    return min((step / 50 for step in range(15, 150)), key=lambda by: surprise(scores / by, truth))


def surprise(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The mean negative log of the chance that `scores` give to what is true."""
    return float(-np.mean(log_softmax(scores, axis=1)[np.arange(len(truth)), truth]))


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

"""The trained model at work: a text goes in, a probability for each intent comes out.

Only numpy is needed here. The file is a plain array archive (no pickle): vocabularies as text, idf and weights
as arrays, and one more column of weights that tells Spanish from English.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bots.nlu.features import UNKNOWN, Features, extract

Floats = NDArray[np.float32]


class Classifier:
    """Knows how likely each intent is for a text, and how Spanish the text looks."""

    def __init__(
        self,
        *,
        intents: Sequence[str],
        words: Sequence[str],
        pieces: Sequence[str],
        idf: Floats,
        weights: NDArray[np.float16],
        bias: Floats,
        temperature: float,
    ) -> None:
        self.intents = tuple(intents)
        self._words = {word: row for row, word in enumerate(words)}
        self._pieces = {piece: row for row, piece in enumerate(pieces, start=len(words))}
        self._idf = idf
        self._weights = weights
        self._bias = bias
        self._temperature = temperature

    def scores(self, text: str) -> tuple[Floats, float]:
        """Calibrated scores of every intent (softmax gives probabilities), and the log-odds of Spanish."""
        rows, values = vectorise(extract(text), self._words, self._pieces, self._idf)
        raw = values @ self._weights[rows].astype(np.float32) + self._bias
        return raw[:-1] / np.float32(self._temperature), float(raw[-1])

    def save(self, path: Path) -> None:
        """Write the model to `path` as an array archive."""
        meta = {"intents": self.intents, "temperature": self._temperature}
        with path.open("wb") as file:
            np.savez(
                file,
                meta=_bytes(json.dumps(meta)),
                words=_bytes("\n".join(self._words)),
                pieces=_bytes("\n".join(self._pieces)),
                idf=self._idf,
                weights=self._weights,
                bias=self._bias,
            )

    @classmethod
    def load(cls, path: Path) -> "Classifier":
        """Read a model. Raises ValueError, KeyError or OSError when the file is not one."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            meta = json.loads(archive["meta"].tobytes())
            return cls(
                intents=meta["intents"],
                words=_lines(archive["words"]),
                pieces=_lines(archive["pieces"]),
                idf=archive["idf"],
                weights=archive["weights"],
                bias=archive["bias"],
                temperature=float(meta["temperature"]),
            )


def vectorise(
    features: Features, words: dict[str, int], pieces: dict[str, int], idf: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """TF-IDF of a text: the rows of the features known, and their weights, each group of length one.

    Single words that the vocabulary does not hold count together as one: how much of a text is new says something.
    """
    known: list[int] = []
    counts: list[float] = []
    unknown = sum(n for word, n in features.words.items() if " " not in word and word not in words)
    groups: list[tuple[Counter[str], dict[str, int]]] = [(features.words, words), (features.pieces, pieces)]
    splits: list[int] = []
    for group, vocabulary in groups:
        for name, n in group.items():
            row = vocabulary.get(name)
            if row is not None:
                known.append(row)
                counts.append(1.0 if n == 1 else 1.0 + math.log(n))
        if vocabulary is words and unknown and UNKNOWN in words:
            known.append(words[UNKNOWN])
            counts.append(1.0 + math.log(unknown))
        splits.append(len(known))
    rows = np.array(known, dtype=np.int64)
    values = np.array(counts, dtype=np.float32) * idf[rows]
    for start, end in ((0, splits[0]), (splits[0], splits[1])):
        norm = float(np.sqrt(np.square(values[start:end]).sum()))
        if norm > 0:
            values[start:end] /= norm
    return rows, values


def softmax(scores: Floats) -> Floats:
    """Probabilities out of scores."""
    shifted = np.exp(scores - scores.max())
    return np.asarray(shifted / shifted.sum(), dtype=np.float32)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


def _lines(array: NDArray[np.uint8]) -> list[str]:
    text = array.tobytes().decode("utf-8")
    return text.split("\n") if text else []

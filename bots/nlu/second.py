"""The second stage: what the vector of a text says of its intent, weighed together with the first stage's scores.

The file is a plain array archive (no pickle), as the first stage's is, and fits that first stage and that encoder only.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bots.nlu.classifier import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How the two stages are weighed, chosen on training texts that neither had seen.

    first, second: what each one's scores count for; their sum of scores is calibrated. threshold: a first answer less
    sure than this, 0 to 1, is weighed again.
    """

    first: float
    second: float
    threshold: float


class SecondStage:
    """Knows how likely each intent is by a text's vector."""

    def __init__(self, *, intents: Sequence[str], weights: Floats, bias: Floats, weighing: Weighing) -> None:
        self.intents = tuple(intents)
        self.weighing = weighing
        self.weights = weights
        self.bias = bias

    @property
    def share(self) -> str:
        """How sure the first stage must be to answer alone, for a person."""
        return f"{self.weighing.threshold:.0%}"

    def doubts(self, confidence: float) -> bool:
        """Whether an answer of the first stage is too unsure to stand alone."""
        return confidence < self.weighing.threshold

    def weighed(self, first: Floats, vector: Floats) -> Floats:
        """Calibrated scores of every intent by both stages, in the order of the first's."""
        own = vector @ self.weights + self.bias
        return np.asarray(self.weighing.first * first + self.weighing.second * own, dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write the stage to `path` as an array archive."""
        how = self.weighing
        meta = {"intents": self.intents, "first": how.first, "second": how.second, "threshold": how.threshold}
        with path.open("wb") as file:
            np.savez(
                file,
                meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
                weights=self.weights,
                bias=self.bias,
            )

    @classmethod
    def load(cls, path: Path) -> "SecondStage":
        """Read a stage. Raises ValueError, KeyError or OSError when the file is none."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            meta = json.loads(archive["meta"].tobytes())
            weighing = Weighing(first=meta["first"], second=meta["second"], threshold=meta["threshold"])
            return cls(intents=meta["intents"], weights=archive["weights"], bias=archive["bias"], weighing=weighing)

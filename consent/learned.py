"""The learned second screen for opt-outs: how likely a text asks for silence, by weights trained on our own examples.

It speaks where no phrase list heard anything, and doubts what one heard where it is all but sure. Its weights lie in
`learned.txt`: a header line, then one line for each array; `python -m consent.train` makes them of
`examples/opt_out.jsonl`.
"""

import json
import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from hub.hashed import BUCKETS, read, weighed, written

HEARD = 0.6
"""How likely it must be to be heard where no list heard anything."""
CERTAIN = 0.9
"""How likely, to be heard in what may be a wish for fewer texts or another way."""
UNLIKELY = 0.05
"""Below this, a sentence that a list heard is about something else ("take me off that medicine")."""

_FILE = "learned.txt"
_MOST = 60  # words of a sentence that are weighed: a letter's are not all about one thing
_SENTENCES = 8  # the first and the last ones of a long text


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found. rare: how much each feature tells by its rarity. version: of examples and thresholds."""

    version: str
    rare: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: float

    def chance(self, folded: str) -> float:
        """How likely folded text asks for silence, 0 to 1: as a whole, or in its worst sentence."""
        return max((self._chance(words) for words in _parts(folded)), default=0.0)

    def _chance(self, words: Sequence[str]) -> float:
        score = weighed(words, self.rare, self.weights, np.array([self.bias], dtype=np.float32))
        return 1 / (1 + math.exp(-float(score[0])))


def _parts(folded: str) -> Iterator[list[str]]:
    sentences = [words for part in folded.split("|") if (words := part.split()[:_MOST])]
    if len(sentences) > 1:
        whole = [word for words in sentences for word in words]
        if len(whole) <= _MOST:
            yield whole
    yield from (
        sentences
        if len(sentences) <= _SENTENCES
        else (
            *sentences[: _SENTENCES // 2],
            *sentences[-_SENTENCES // 2 :],
        )
    )


@cache
def load() -> Weights:
    """The shipped weights, read once. Raises: ValueError if the file is damaged."""
    return unpack(files(__package__).joinpath(_FILE).read_text(encoding="ascii"))


def pack(weights: Weights) -> str:
    """The file's text."""
    (rare_scale, rare), (scale, column) = written(weights.rare), written(weights.weights)
    head = {"version": weights.version, "bias": round(weights.bias, 5), "scales": [rare_scale, scale]}
    return "\n".join([json.dumps(head), rare, column]) + "\n"


def unpack(text: str) -> Weights:
    """The weights that `pack` wrote. Raises ValueError if the text is not of that form."""
    try:
        head_row, rare, column = text.splitlines()
        head = json.loads(head_row)
        rare_scale, scale = head["scales"]
        return Weights(
            version=str(head["version"]),
            rare=read(rare, rare_scale),
            weights=read(column, scale).reshape(BUCKETS, 1),
            bias=float(head["bias"]),
        )
    except (KeyError, TypeError, ValueError, zlib.error) as damaged:
        raise ValueError("consent/learned.txt is damaged: train it anew") from damaged

"""The learned second screen: how likely a text is each level, by weights trained on the labelled examples.

1. `chances`: how likely the words are each level. It hears what no list foresees ("poop looks like tar").
2. `likely`: those chances, what the lists heard and what stands around it, weighed together.

The weights lie in `learned.txt`: a header line with those of the second step, then one line for each array of the
first; `python -m bots.urgent.train` makes them.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bots.urgent.circumstances import NAMES, circumstances
from bots.urgent.lists import readings
from bots.urgent.model import Level, Urgency
from bots.urgent.words import END
from hub.hashed import Hashed, packed, unpacked

LEVELS: tuple[Level, ...] = ("urgent", "medical", "crisis")

_FILE = "learned.txt"
_WINDOW = 45  # words weighed together; more would drown one sentence in the others
_MOST = 240  # words looked at: the first and the last of a longer text; the lists read all of it
_FAINT = 1e-4  # the least and, from 1, the most that a chance counts as when it is weighed
# The last figure of each span that is weighed as one: it matters whether a sugar is 34 or 102, not whether 102 or 104.
_FIGURES = (12, 39, 54, 69, 89, 100, 102, 108, 139, 179, 299, 600)
_SENTENCES = 4  # how many openings of a short text are tried


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found.

    hashed: one column for no emergency, then one for each level.
    together: what the log-odds of any level count beside the lists, then what each of `circumstances.NAMES` counts,
        then the bias.
    """

    version: str
    hashed: Hashed
    together: tuple[float, ...]

    def likely(self, words: Sequence[str], listed: Urgency, chances: Mapping[Level, float]) -> float:
        """How likely the words are any emergency, 0 to 1, with what the lists heard in them."""
        seen = (log_odds(sum(chances.values())), *circumstances(words, listed), 1.0)
        score = sum(weight * value for weight, value in zip(self.together, seen, strict=True))
        return 1 / (1 + math.exp(-score))

    def chances(self, words: Sequence[str]) -> dict[Level, float]:
        """How likely the words are each level; what is missing from 1 is no emergency. At the worst of its windows."""
        worst: NDArray[np.float32] | None = None
        for window in _windows(words):
            found = self._chances(window)
            if worst is None or found[0] < worst[0]:
                worst = found
        return {} if worst is None else {level: float(worst[at + 1]) for at, level in enumerate(LEVELS)}

    def _chances(self, words: Sequence[str]) -> NDArray[np.float32]:
        score = self.hashed.score(told(words))
        grown = np.exp(score - score.max())
        chances: NDArray[np.float32] = grown / grown.sum()
        return chances


def told(words: Sequence[str]) -> list[str]:
    """The words as they are weighed: between a mark of the beginning and one of the end, a figure as the span it lies
    in, a misspelling as the one word of the lists it may stand for.
    """
    return ["^", *map(_told, words), "$"]


@lru_cache(maxsize=1 << 12)
def _told(word: str) -> str:
    if word.isdigit():
        return f"#{bisect_left(_FIGURES, int(word))}"
    found = readings(word)
    return found[1] if len(found) == 2 else word


def log_odds(chance: float) -> float:
    """The log-odds of a chance, bounded."""
    bounded = min(max(chance, _FAINT), 1 - _FAINT)
    return math.log(bounded / (1 - bounded))


def _windows(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """The text, and the text without its first sentences, so that small talk before an alarm does not drown it.

    A long text is cut to windows that overlap by half, and a very long one to its first and last words.
    """
    plain = [word for word in words if word != END]
    if len(plain) > _MOST:
        plain = plain[: _MOST // 2] + plain[-_MOST // 2 :]
    if not plain:
        return
    if len(plain) <= _WINDOW:
        for start in _openings(words)[:_SENTENCES]:
            yield plain[start:]
        return
    for start in range(0, max(1, len(plain) - _WINDOW // 2), _WINDOW // 2):
        yield plain[start : start + _WINDOW]


def _openings(words: Sequence[str]) -> list[int]:
    """Where sentences begin, counted in words without the marks that end them."""
    openings, count = [0], 0
    for word in words:
        if word != END:
            count += 1
        elif openings[-1] != count:
            openings.append(count)
    return [start for start in openings if start < count] or [0]


@cache
def load() -> Weights:
    """The shipped weights, read once.

    Raises: ValueError if the file is damaged.
    """
    return unpack(files(__package__).joinpath(_FILE).read_text(encoding="ascii"))


def pack(weights: Weights) -> str:
    """The file's text."""
    return packed(weights.version, weights.together, weights.hashed)


def unpack(text: str) -> Weights:
    """The weights that `pack` wrote. Raises ValueError if the text is not of that form."""
    try:
        version, together, hashed = unpacked(text, together=len(NAMES) + 2, columns=len(LEVELS) + 1)
    except ValueError as damaged:
        raise ValueError("bots/urgent/learned.txt is damaged: train it anew") from damaged
    return Weights(version=version, hashed=hashed, together=together)

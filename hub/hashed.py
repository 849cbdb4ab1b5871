"""A text as numbered features, and weights as text: what the learned halves of the screens are made of.

Features are hashed, so nothing that anybody wrote can be read back from the weights.
"""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 16

_PIECES = (3, 4, 5, 6)  # letters and spaces in a row
_STEP = np.uint32(0x01000193)
_SPREAD = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - (BUCKETS - 1).bit_length())


def features(words: Sequence[str]) -> tuple[NDArray[np.uint32], ...]:
    """Three groups of numbers below `BUCKETS`, each number once: the words and the pairs of neighbours; pairs with one
    or two words between; the pieces of three to six letters and spaces.
    """
    near = [f"w{word}" for word in words] + [f"p{first} {second}" for first, second in pairwise(words)]
    far = [f"s{first} {second}" for gap in (2, 3) for first, second in zip(words, words[gap:], strict=False)]
    return _numbers(near), _numbers(far), _pieces(" ".join(words))


def _numbers(named: Sequence[str]) -> NDArray[np.uint32]:
    return np.unique(np.array([crc32(name.encode()) % BUCKETS for name in named], dtype=np.uint32))


def _pieces(text: str) -> NDArray[np.uint32]:
    """Every piece of the text between two spaces; all of one length are hashed at once, each from the one shorter."""
    letters = np.frombuffer(f" {text} ".encode(), np.uint8).astype(np.uint32)
    rolled, found = letters, []
    for size in range(2, _PIECES[-1] + 1):
        if letters.size < size:
            break
        rolled = rolled[:-1] * _STEP ^ letters[size - 1 :]
        if size in _PIECES:
            found.append((rolled * _SPREAD + np.uint32(size)) * _SPREAD >> _SHIFT)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Hashed:
    """What training found, each number a byte of its array's own scale.

    rare: how much each feature tells by its rarity, of any scale. weights: a row for each feature, a column for each
    thing told apart, times `scale`. bias: one for each column.
    """

    rare: NDArray[np.int8]
    weights: NDArray[np.int8]
    scale: float
    bias: NDArray[np.float32]

    @classmethod
    def of(cls, rare: NDArray[np.floating], weights: NDArray[np.floating], bias: NDArray[np.floating]) -> "Hashed":
        """The same in bytes."""
        scale = float(np.abs(weights).max()) / 127
        return cls(
            rare=np.round(rare * (127 / float(np.abs(rare).max()))).astype(np.int8),
            weights=np.round(weights / scale).astype(np.int8),
            scale=scale,
            bias=np.asarray(bias, dtype=np.float32),
        )

    def score(self, words: Sequence[str]) -> NDArray[np.float32]:
        """The score of each column for the words: each group of features counts by rarity, at length one."""
        score = self.bias.copy()
        for group in features(words):
            if group.size:
                told = self.rare[group].astype(np.float32)
                score += (told * (self.scale / float(np.sqrt(told @ told) or 1))) @ self.weights[group]
        return score

    def written(self) -> list[str]:
        """The two arrays, a line of text each; `scale` and `bias` are kept beside them."""
        return [b85encode(zlib.compress(array.tobytes(), 9)).decode("ascii") for array in (self.rare, self.weights)]

    @classmethod
    def read(cls, lines: Sequence[str], scale: float, bias: Sequence[float]) -> "Hashed":
        """What `written` wrote. Raises ValueError or zlib.error when the lines are none."""
        rare, weights = (np.frombuffer(zlib.decompress(b85decode(line)), dtype=np.int8) for line in lines)
        return cls(
            rare=rare.reshape(BUCKETS),
            weights=weights.reshape(BUCKETS, len(bias)),
            scale=scale,
            bias=np.array(bias, dtype=np.float32),
        )

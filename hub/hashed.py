"""A text as numbered features, and weights as text: what the learned halves of the screens are made of.

Features are hashed, so nothing that anybody wrote can be read back from the weights.
"""

import zlib
from base64 import b85decode, b85encode
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15


def features(words: Sequence[str]) -> tuple[list[int], list[int]]:
    """The words and pairs of words, and the pieces of three to five letters, each once, as numbers below `BUCKETS`."""
    whole = {_bucket(f"w{word}") for word in words}
    whole.update(_bucket(f"p{first} {second}") for first, second in pairwise(words))
    pieces: set[int] = set()
    for word in words:
        pieces.update(_pieces(word))
    return sorted(whole), sorted(pieces)


@lru_cache(maxsize=1 << 14)
def _pieces(word: str) -> tuple[int, ...]:
    framed = f"<{word}>"
    return tuple(
        _bucket(f"c{framed[start : start + size]}") for size in (3, 4, 5) for start in range(len(framed) - size + 1)
    )


def _bucket(feature: str) -> int:
    return crc32(feature.encode()) % BUCKETS


def weighed(
    words: Sequence[str], rare: NDArray[np.float32], weights: NDArray[np.float32], bias: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The score of each column of `weights` for the words: each group of features counts by rarity, at length one."""
    score = bias.copy()
    for group in features(words):
        if group:
            told = rare[group]
            score += (told / np.sqrt(told @ told)) @ weights[group]
    return score


def written(array: NDArray[np.float32]) -> tuple[float, str]:
    """The array in a line of text, as bytes of a scale; and that scale."""
    scale = float(np.abs(array).max()) / 127
    small = np.round(array / scale).astype(np.int8)
    return scale, b85encode(zlib.compress(small.tobytes(), 9)).decode("ascii")


def read(line: str, scale: float) -> NDArray[np.float32]:
    """The array that `written` wrote, flat. Raises ValueError or zlib.error when the line is none."""
    return np.frombuffer(zlib.decompress(b85decode(line)), dtype=np.int8).astype(np.float32) * np.float32(scale)

"""Turns the words of a text into the numbered features that the learned screen weighs."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

BUCKETS = 1 << 15


def features(words: Sequence[str]) -> tuple[list[int], list[int]]:
    """The words and pairs of words, and the pieces of three to five letters, each once, as numbers below `BUCKETS`.

    Features are hashed, so nothing that anybody wrote can be read back from the weights.
    """
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

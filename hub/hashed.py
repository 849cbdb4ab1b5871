"""A text as numbered features, and weights as text: what the learned halves of the screens are made of.

Features are hashed, so nothing that anybody wrote can be read back from the weights.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_PIECES = (3, 4, 5, 6)  # letters and spaces in a row
_STEP = np.uint32(0x01000193)
_SPREAD = np.uint32(0x9E3779B1)


def features(words: Sequence[str], bits: int) -> tuple[NDArray[np.uint32], ...]:
    """Three groups of numbers of so many bits, each number once: the words and the pairs of neighbours; pairs with one
    or two words between; the pieces of three to six letters and spaces.

    Too few bits, and features that mean different things share a number: a screen that learns from a million of them
    hears less in the words of people whom it never saw.
    """
    near = [f"w{word}" for word in words] + [f"p{first} {second}" for first, second in pairwise(words)]
    far = [f"s{first} {second}" for gap in (2, 3) for first, second in zip(words, words[gap:], strict=False)]
    return _numbers(near, bits), _numbers(far, bits), _pieces(" ".join(words), bits)


def _numbers(named: Sequence[str], bits: int) -> NDArray[np.uint32]:
    return np.unique(np.array([crc32(name.encode()) & (1 << bits) - 1 for name in named], dtype=np.uint32))


def _pieces(text: str, bits: int) -> NDArray[np.uint32]:
    """Every piece of the text between two spaces; all of one length are hashed at once, each from the one shorter."""
    shift = np.uint32(32 - bits)
    letters = np.frombuffer(f" {text} ".encode(), np.uint8).astype(np.uint32)
    rolled, found = letters, []
    for size in range(2, _PIECES[-1] + 1):
        if letters.size < size:
            break
        rolled = rolled[:-1] * _STEP ^ letters[size - 1 :]
        if size in _PIECES:
            found.append((rolled * _SPREAD + np.uint32(size)) * _SPREAD >> shift)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Hashed:
    """What training found, each number a byte of its array's own scale.

    rare: how much each feature tells by its rarity, of any scale; as many as its bits can number. weights: a row for
    each feature, a column for each thing told apart, times `scale`. bias: one for each column.
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
        for group in features(words, self.rare.size.bit_length() - 1):
            if group.size:
                told = self.rare[group].astype(np.float32)
                score += (told * (self.scale / float(np.sqrt(told @ told) or 1))) @ self.weights[group]
        return score


def packed(version: str, together: Sequence[float], hashed: Hashed) -> str:
    """The text of a file of weights: a header line, then a line for each array.

    version: of what they were trained from. together: what a second step makes of their scores and what else it knows.
    """
    head = {
        "version": version,
        "together": [round(one, 4) for one in together],
        "bias": [round(float(one), 5) for one in hashed.bias],
        "scale": hashed.scale,
    }
    arrays = (b64encode(zlib.compress(array.tobytes(), 9)).decode("ascii") for array in (hashed.rare, hashed.weights))
    return "\n".join([json.dumps(head), *arrays]) + "\n"


def unpacked(text: str, *, together: int, columns: int) -> tuple[str, tuple[float, ...], Hashed]:
    """What `packed` wrote, of so many weights together and so many columns.

    Raises: ValueError where the text is not of that form.
    """
    try:
        head_row, *lines = text.splitlines()
        head = json.loads(head_row)
        second = tuple(float(one) for one in head["together"])
        bias = np.array(head["bias"], dtype=np.float32)
        if (len(second), bias.shape) != (together, (columns,)):
            raise ValueError
        rare, weights = (
            np.frombuffer(zlib.decompress(b64decode(line, validate=True)), dtype=np.int8) for line in lines
        )
        if rare.size.bit_count() != 1:
            raise ValueError
        hashed = Hashed(rare, weights.reshape(rare.size, columns), float(head["scale"]), bias)
        return str(head["version"]), second, hashed
    except (KeyError, TypeError, ValueError, zlib.error) as damaged:
        raise ValueError("these are no weights") from damaged

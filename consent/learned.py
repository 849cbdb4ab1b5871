"""The learned second screen for opt-outs: how likely a text asks for silence, by weights trained on our own examples.

1. `scores`: what the words themselves say, as a whole and in the worst of their sentences.
2. `likely`: those two, what the phrase lists heard, and what stands around it, weighed together.

Its weights lie in `learned.txt`: a header line with those of the second step, then one line for each array of the
first; `python -m consent.train` makes them of `examples/opt_out.jsonl`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hub.hashed import Hashed, packed, unpacked

HEARD = 0.55
"""How likely it must be to be heard."""
DOUBTED = 0.25
"""How likely, for the writer to be asked whether they mean it."""

SIGNS = ("listed", "kept", "wish", "listed&kept", "listed&wish", "words")

_FILE = "learned.txt"
_MOST = 120  # words of the whole text that are weighed
_LONG = 24  # words of a sentence that is weighed in one; a longer one, such as a spoken text, in windows that overlap
_WINDOW = 16
_PARTS = 12  # the first and the last ones of a long text


@dataclass(frozen=True, slots=True)
class Weights:
    """What training found. together: what the whole, the worst part and each of `SIGNS` count, then the bias.
    version: of examples and thresholds.
    """

    version: str
    hashed: Hashed
    together: tuple[float, ...]

    def likely(self, folded: str, signs: Sequence[float]) -> float:
        """How likely folded text asks for silence, 0 to 1, with what the lists heard in it."""
        seen = (*self.scores(folded), *signs, 1.0)
        score = sum(weight * value for weight, value in zip(self.together, seen, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, score)))

    def scores(self, folded: str) -> tuple[float, float]:
        """The score of the whole text, and of its worst part."""
        whole = float(self.hashed.score(told(folded))[0])
        parts = [float(self.hashed.score(["^", *part, "$"])[0]) for part in _parts(folded)]
        return whole, max([whole, *parts])


def told(folded: str) -> list[str]:
    """The words of folded text as they are weighed: between a mark of the beginning and one of the end."""
    return ["^", *folded.replace("|", " ").split()[:_MOST], "$"]


def signs(folded: str, *, listed: bool, kept: bool, wish: bool) -> tuple[float, ...]:
    """What stands around the words, a number for each of `SIGNS`.

    listed: a phrase list heard an opt-out. kept: the texts are asked for. wish: fewer texts are, or another way.
    """
    about = (listed, kept, wish, listed and kept, listed and wish)
    return (*map(float, about), math.log(1 + len(folded.replace("|", " ").split())))


def _parts(folded: str) -> Iterator[list[str]]:
    """The sentences of a text that has several, and the windows of long ones."""
    parts: list[list[str]] = []
    for sentence in folded.split("|"):
        words = sentence.split()
        if len(words) <= _LONG:
            parts += [words] if words else []
        else:
            parts += [words[start : start + _WINDOW] for start in range(0, len(words) - _WINDOW // 2, _WINDOW // 2)]
    if len(parts) > 1:
        yield from parts if len(parts) <= _PARTS else (*parts[: _PARTS // 2], *parts[-_PARTS // 2 :])


@cache
def load() -> Weights:
    """The shipped weights, read once. Raises: ValueError if the file is damaged."""
    return unpack(files(__package__).joinpath(_FILE).read_text(encoding="ascii"))


def pack(weights: Weights) -> str:
    """The file's text."""
    return packed(weights.version, weights.together, weights.hashed)


def unpack(text: str) -> Weights:
    """The weights that `pack` wrote. Raises ValueError if the text is not of that form."""
    try:
        version, together, hashed = unpacked(text, together=len(SIGNS) + 3, columns=1)
    except ValueError as damaged:
        raise ValueError("consent/learned.txt is damaged: train it anew") from damaged
    return Weights(version=version, hashed=hashed, together=together)

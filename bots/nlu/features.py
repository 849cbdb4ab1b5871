"""What the classifier sees of a text: words, pairs of words, and pieces of words.

1. The text is folded: lower case, no accents, no apostrophes ("don't" is "dont", "sí" is "si").
2. Words that differ without meaning another wish become classes: days, months, clock times, numbers, names after
   "Dr", specialties. A handful of examples then teaches all of them.
3. Counts come out in two groups, `words` and `pieces`; the classifier weighs and normalises each group by itself.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bots.nlu.lexicon import CLASSES

MAX_CHARS = 1_000
UNKNOWN = "0unk"
_PIECE_SIZES = (2, 3, 4, 5)
_MAX_WORD = 24

_CLOCK = re.compile(r"\b(?:\d{1,2}[:.]\d{2}\s*(?:[ap]\.?m\b\.?|hrs?\b)?|\d{1,2}\s*[ap]\.?m\b\.?|\d{1,2}\s*o.?clock\b)")
_DATE = re.compile(r"\b\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b")
_NTH = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)\b")
_TITLE = re.compile(r"\b(dr|dra)\b\.?\s*([a-z]{2,})")
_TOKEN = re.compile(r"0(?:clock|date|nth|name)|\d+|[^\W\d_]+|[?!]|[^\w\s.,;:'\"()\-/…]")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_CAPITAL = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
# Apostrophes, and characters that take no room: joiners, soft hyphens, the emoji selector.
_DROPPED = str.maketrans("", "", "'’‘`´\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0f\ufeff")


class Features(NamedTuple):
    """How often each feature occurs in a text, in its two groups."""

    words: Counter[str]
    pieces: Counter[str]


def fold(text: str) -> str:
    """`text` in lower case, without accents and apostrophes, so that spellings people mix come out the same."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_DROPPED).lower())
    if decomposed.isascii():
        return decomposed
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """The bare folded words and numbers of a text, nothing classed."""
    return _PLAIN_WORD.findall(fold(text[:MAX_CHARS]))


def tokens(text: str) -> list[str]:
    """The words of a text after folding and classing; emoji and question marks count as words."""
    folded = fold(text[:MAX_CHARS])
    folded = _CLOCK.sub(" 0clock ", folded)
    folded = _DATE.sub(" 0date ", folded)
    folded = _NTH.sub(" 0nth ", folded)
    folded = _TITLE.sub(r"\1 0name ", folded)
    return [token[:_MAX_WORD] for token in _TOKEN.findall(folded)]


def extract(text: str) -> Features:
    """The features of a text, as counts. Never raises; a text without a word gives only its length and shape."""
    found = tokens(text)
    classed = [_class_of(token) for token in found]
    words: Counter[str] = Counter()
    line = ["^", *classed, "$"]
    for raw, cls in zip(found, classed, strict=True):
        words[cls] += 1
        if raw != cls:
            words[raw] += 1
    words.update(f"{a} {b}" for a, b in pairwise(line))
    words.update(f"{a} {b} {c}" for a, b, c in zip(line, line[1:], line[2:], strict=False))
    words[f"0len{_length_band(len(found))}"] += 1
    if _CAPITAL.search(text[:MAX_CHARS]):
        words["0cap"] += 1
    pieces: Counter[str] = Counter()
    for token in found:
        pieces.update(_pieces(token))
    return Features(words, pieces)


def _class_of(token: str) -> str:
    if token.isdigit():
        return token if len(token) == 1 else f"0num{min(len(token), 4)}"
    return CLASSES.get(token, token)


def _length_band(count: int) -> int:
    return count if count < 4 else 4 if count < 6 else 6 if count < 10 else 10 if count < 20 else 20


@lru_cache(maxsize=4_096)
def _pieces(token: str) -> tuple[str, ...]:
    if not token[0].isalpha():
        return ()
    padded = f" {token} "
    return tuple(padded[i : i + n] for n in _PIECE_SIZES for i in range(len(padded) - n + 1))

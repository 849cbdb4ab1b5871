"""Phrase lists as versioned data, folded text, and the compiled patterns of a list.

A list is TOML: `words` names alternatives that patterns may use as `{name}`; each `pattern` has an id and matches whole
folded words. Repetitions are bounded, so the time to search is linear in the text.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# Letters written as digits, only inside a word ("st0p"), never in a number.
_LEET = str.maketrans("01345", "oleas")
_LEET_WORD = re.compile(r"\b(?=\w*[a-z]{2})(?=\w*[01345])[a-z01345]+\b")
_DIGIT = re.compile(r"[01345]")
_APOSTROPHES = re.compile(r"['\u2019\u2018`\u00b4]")
_CLAUSE_END = re.compile(r"[.!?;\n\r…|]+")
_NOT_WORD = re.compile(r"[^a-z0-9|]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOTTED = re.compile(r"(?<=\b[a-z])[.*_\-](?=[a-z]\b)")
_QUE = re.compile(r" (?:q|ke)(?= )")
# Signs that say it without a word, the rest of them are dropped.
_SAID_BY_SIGN = {
    "🛑": "stop", "🚫": "no", "⛔": "no", "❌": "no", "🙅": "no", "🔕": "silence", "🔇": "silence", "🤐": "silence",
    "📵": "no phone", "✋": "hand", "🖕": "angry", "🤬": "angry", "😡": "angry", "😠": "angry",
}  # fmt: skip
_SIGNS = re.compile("|".join(_SAID_BY_SIGN))
_SPELT_OUT = re.compile(r"(?<![^ ])(?:[a-z] ){2,}[a-z](?![^ ])")


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase that a list found: its id, its marks, the folded words it stands on, and two that follow them."""

    id: str
    marks: tuple[str, ...]
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class PhraseList:
    """A compiled list. `version` is recorded with what it found."""

    version: str
    patterns: tuple[re.Pattern[str], ...]
    ids: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...]
    lists: dict[str, frozenset[str]]

    def first(self, folded: str) -> Found | None:
        """The phrase that begins first in folded text, or None; of several, the one listed first.

        Each pattern is searched by itself: twice as fast as all of them as alternatives of one.
        """
        best: tuple[int, int, re.Match[str]] | None = None
        for index, pattern in enumerate(self.patterns):
            found = pattern.search(folded)
            if found is not None and (best is None or found.start() < best[0]):
                best = (found.start(), index, found)
        if best is None:
            return None
        _, index, found = best
        after = folded[found.end() :].split(" | ", 1)[0].split()[:2]
        return Found(self.ids[index], self.marks[index], found.group(), " ".join(after))


def _as_word(sign: re.Match[str]) -> str:
    return f" {_SAID_BY_SIGN[sign.group()]} "


def _as_letters(word: re.Match[str]) -> str:
    return word.group().translate(_LEET)


def fold(text: str) -> str:
    """The words of `text` in plain lower-case letters, between single spaces; `|` stands where a sentence ends.

    Accents, apostrophes, punctuation and most emoji are dropped, some emoji read as a word; stretched letters shortened
    ("stooop"), digits inside a word read as letters ("st0p"), letters set apart joined ("s t o p"); Spanish "q" is
    "que".
    """
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKD", text.casefold())
    if not plain.isascii():
        plain = _SIGNS.sub(_as_word, plain)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _DOTTED.sub("", plain)
    plain = _NOT_WORD.sub(" ", _CLAUSE_END.sub(" | ", _APOSTROPHES.sub("", plain)))
    plain = _STRETCHED.sub(r"\1", plain)
    plain = _LEET_WORD.sub(_as_letters, plain) if _DIGIT.search(plain) else plain
    plain = _SPELT_OUT.sub(lambda letters: letters.group().replace(" ", ""), plain.strip())
    return _QUE.sub(" que", f" {plain.strip()} ")


@cache
def load(name: str) -> PhraseList:
    """The list in `consent/phrases/<name>.toml`, read and compiled once.

    Raises: ValueError that names the list if it cannot be read.
    """
    try:
        return _compiled(tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, re.error) as broken:
        raise ValueError(f"consent/phrases/{name}.toml cannot be read: {broken}") from broken


def _compiled(raw: dict[str, Any]) -> PhraseList:
    words: dict[str, str] = {}
    for key, alternatives in raw.get("words", {}).items():
        words[key] = f"(?:{_fill(alternatives, words)})"
    patterns: list[dict[str, Any]] = raw.get("pattern", [])
    return PhraseList(
        version=raw["version"],
        patterns=tuple(re.compile(rf" (?:{_fill(row['match'], words)})(?= )") for row in patterns),
        ids=tuple(row["id"] for row in patterns),
        marks=tuple(tuple(row.get("marks", ())) for row in patterns),
        lists={key: frozenset(entries) for key, entries in raw.get("lists", {}).items()},
    )


def _fill(pattern: str, words: dict[str, str]) -> str:
    """`pattern` with each `{name}` replaced by its alternatives; counts such as `{0,3}` stay."""
    return re.sub(r"\{([a-z_]+)\}", lambda name: words[name.group(1)], pattern)

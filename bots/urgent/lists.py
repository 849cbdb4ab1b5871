"""The phrase lists of both languages, read from TOML and indexed for one pass over a text.

A phrase is a row of items. An item is a set of words (`{name}` from `[words]`, or `this/that` in place; a word of
several tokens is written with underscores); `*3` lets up to three other tokens of the same sentence stand between.
The rows of `match` are read in order; those of `near` in any order, within a few tokens of one sentence.

A calm row with a level ("urgent") does not silence the alarms it overlaps, it lowers them to that level. It may end
with `~4`: then it reaches over up to four further tokens. A `loud` row is heard through calm readings.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from bots.urgent.model import RANK, Level
from bots.urgent.words import Speller, speller
from hub.types import Language

_FILES: Mapping[Language, str] = {"en": "phrases_en.toml", "es": "phrases_es.toml"}
_MARKERS = ("negators", "fillers", "distant", "present")
_EVERYDAY = "everyday.txt"
_GAP = re.compile(r"\*(\d)")
_REACH = re.compile(r"~(\d)")
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One row of items, as indexes of word sets, each with the gap allowed before it.

    level: of an alarm; what a calm reading leaves of the alarms inside it (None: nothing).
    items, ordered: the word sets with their gaps, and whether they stand in this order.
    needs: the word sets, all of which a text must hold.
    denies: says no by itself, so that no denial lowers it. loud: heard through calm readings.
    reach: tokens after its end that a calm reading covers too.
    """

    id: str
    language: Language
    level: Level | None
    items: tuple[tuple[int, int], ...]
    needs: tuple[int, ...]
    denies: bool
    ordered: bool
    loud: bool
    reach: int

    @property
    def window(self) -> int:
        """How many tokens apart the first and the last item of an unordered phrase may begin."""
        return 6 * len(self.items)


@dataclass(frozen=True, slots=True)
class Start:
    """What may begin with a token: the numbers of the word sets that hold it.

    alone: as a whole word. longer: by the second token, the further ones and the numbers, longest first.
    """

    alone: tuple[int, ...]
    longer: Mapping[str, tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]]


@dataclass(frozen=True, slots=True)
class Filed:
    """Phrases in the order of their list, each filed under the one of its word sets that the fewest phrases need.

    by_set: (place in the list, phrase), by the number of the word set.
    """

    by_set: Mapping[int, tuple[tuple[int, Phrase], ...]]

    @classmethod
    def of(cls, phrases: Iterable[Phrase]) -> "Filed":
        """`phrases`, filed."""
        rows = list(phrases)
        wanted = Counter(number for phrase in rows for number in {number for _, number in phrase.items})
        by_set: dict[int, list[tuple[int, Phrase]]] = {}
        for place, phrase in enumerate(rows):
            rarest = min((number for _, number in phrase.items), key=lambda number: wanted[number])
            by_set.setdefault(rarest, []).append((place, phrase))
        return cls({number: tuple(filed) for number, filed in by_set.items()})

    def within(self, present: set[int]) -> list[Phrase]:
        """The phrases all of whose word sets are `present`, in the order of the list: a few of a thousand."""
        found = [
            filed for number in present for filed in self.by_set.get(number, ()) if present.issuperset(filed[1].needs)
        ]
        return [phrase for _, phrase in sorted(found, key=_place)]


def _place(filed: tuple[int, Phrase]) -> int:
    return filed[0]


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything that screening looks up.

    starts: what may begin with a token.
    fillers, negators: what may stand between a denial and what it denies, and the denial.
    distant, present: sets of words that place a text long ago, or now.
    crises: the ids of phrases of that level.
    """

    version: str
    phrases: Filed
    calm: Filed
    starts: Mapping[str, Start]
    spelling: Speller
    negators: frozenset[str]
    fillers: frozenset[str]
    distant: int
    present: int
    crises: frozenset[str]


class _Index:
    """Word sets by their number, while lists are being read."""

    def __init__(self) -> None:
        self.sets: dict[frozenset[str], int] = {}

    def number(self, words: Iterable[str]) -> int:
        return self.sets.setdefault(frozenset(words), len(self.sets))


@cache
def load() -> Lists:
    """The lists of both languages as one, read and indexed once.

    Raises: ValueError that names the file, and the row, of a list that cannot be read.
    """
    raws = {language: _raw(name) for language, name in _FILES.items()}
    index = _Index()
    phrases: list[Phrase] = []
    calm: list[Phrase] = []
    markers: dict[str, set[str]] = {key: set() for key in _MARKERS}
    for language, raw in raws.items():
        named = {name: _each(row.split()) for name, row in raw["words"].items()}
        for name, words in named.items():
            named[name] = _words(words, named, f"{_FILES[language]}, [words] {name}")
        for row in raw["phrase"]:
            phrases += _phrases(row, language, named, index)
        for row in raw["calm"]:
            calm += _phrases(row, language, named, index)
        for key, marked in markers.items():
            marked.update(_each(raw["markers"][key].split()))
    distant, present = index.number(markers["distant"]), index.number(markers["present"])
    vocabulary = frozenset(part for words in index.sets for word in words for part in _each(word.split("_")))
    everyday = files(__package__).joinpath(_EVERYDAY).read_text(encoding="utf-8").splitlines()
    real = markers["fillers"] | markers["negators"]
    real.update(word for line in everyday if not line.startswith("#") for word in line.split())
    return Lists(
        version="+".join(raw["version"] for raw in raws.values()),
        phrases=Filed.of(phrases),
        calm=Filed.of(calm),
        starts=_starts(index),
        spelling=speller(vocabulary, frozenset(real)),
        negators=frozenset(markers["negators"]),
        fillers=frozenset(markers["fillers"]),
        distant=distant,
        present=present,
        crises=frozenset(phrase.id for phrase in phrases if phrase.level == "crisis"),
    )


@lru_cache(maxsize=1 << 15)
def readings(word: str) -> tuple[str, ...]:
    """The words of the lists that a token may stand for, itself first."""
    return load().spelling.readings(word)


def _raw(name: str) -> dict[str, Any]:
    try:
        raw = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise ValueError(f"bots/urgent/{name} cannot be read: {broken}") from broken
    missing = [key for key in ("version", "words", "phrase", "calm", "markers") if key not in raw]
    missing += [f"markers.{key}" for key in _MARKERS if key not in raw.get("markers", {})]
    if missing:
        raise ValueError(f"bots/urgent/{name} lacks {', '.join(missing)}")
    for row in [*raw["phrase"], *raw["calm"]]:
        if "id" not in row or not (row.get("match") or row.get("near")):
            raise ValueError(f"bots/urgent/{name}: a row has no id or nothing to match: {row.get('id')}")
    for row in raw["phrase"]:
        if row.get("level") not in RANK:
            raise ValueError(f"bots/urgent/{name}: {row['id']} has no level of {', '.join(filter(None, RANK))}")
    return raw


def _words(entries: Iterable[str], named: Mapping[str, list[str]], where: str) -> list[str]:
    """The words of `entries`, with each `{name}` replaced by the words it names."""
    words: list[str] = []
    for entry in entries:
        if not entry or ("{" in entry and entry[1:-1] not in named):
            raise ValueError(f"bots/urgent/{where}: {entry or 'an empty word'} is not in [words]")
        words += named[entry[1:-1]] if entry[0] == "{" else [entry]
    return words


def _each(words: Iterable[str]) -> list[str]:
    """The words, each kept once: most stand in the lists a dozen times."""
    return list(map(sys.intern, words))


def _phrases(
    row: Mapping[str, Any], language: Language, named: Mapping[str, list[str]], index: _Index
) -> Iterable[Phrase]:
    for match in row.get("match", ()):
        yield _phrase(row, match, language, named, index, ordered=True)
    for match in row.get("near", ()):
        yield _phrase(row, match, language, named, index, ordered=False)


def _phrase(
    row: Mapping[str, Any],
    match: str,
    language: Language,
    named: Mapping[str, list[str]],
    index: _Index,
    *,
    ordered: bool,
) -> Phrase:
    items: list[tuple[int, int]] = []
    gap = reach = 0
    for part in match.split():
        reaching = _REACH.fullmatch(part)
        if reaching:
            reach = int(reaching.group(1))
            continue
        skipping = _GAP.fullmatch(part)
        if skipping:
            gap = int(skipping.group(1))
            continue
        number = index.number(_words(_each(part.split("/")), named, f"{_FILES[language]}, {row['id']}"))
        items.append((gap, number))
        gap = 0
    return Phrase(
        id=row["id"],
        language=language,
        level=row.get("level"),
        items=tuple(items),
        needs=tuple({number for _, number in items}),
        denies=bool(row.get("denies", False)),
        ordered=ordered,
        loud=bool(row.get("loud", False)),
        reach=reach,
    )


def _starts(index: _Index) -> dict[str, Start]:
    within: dict[str, list[int]] = {}
    for words, number in index.sets.items():
        for word in words:
            within.setdefault(word, []).append(number)
    # Many words stand in the same sets alone: their numbers are kept once for all of them.
    once: dict[tuple[int, ...], tuple[int, ...]] = {}
    alone: dict[str, tuple[int, ...]] = {}
    longer: dict[str, dict[str, list[tuple[tuple[str, ...], tuple[int, ...]]]]] = {}
    for word, found in within.items():
        numbers = once.setdefault(tuple(found), tuple(found))
        first, *further = _each(word.split("_"))
        if not further:
            alone[first] = numbers
        else:
            longer.setdefault(first, {}).setdefault(further[0], []).append((tuple(further[1:]), numbers))
    return {
        first: Start(
            alone.get(first, ()),
            {second: tuple(sorted(rows, key=lambda row: -len(row[0]))) for second, rows in longer[first].items()}
            if first in longer
            else _NOTHING,
        )
        for first in alone.keys() | longer.keys()
    }

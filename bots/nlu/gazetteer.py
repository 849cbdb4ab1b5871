"""The clinic's own names found in a text: providers, specialties and visit types, spelling errors included.

1. The catalogue is compiled once: each entry gets the phrases by which people ask for it (training data synonyms).
2. Each word of the text becomes the catalogue word it is, or is a misspelling of.
3. Phrases are looked for, the longest first; providers by their name as written, else by title and surname, full
   name, or surname alone. What any practice may be called ("dental", "clinic") names none by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from rapidfuzz import fuzz, process

from bots.nlu.corpus import read_synonyms
from bots.nlu.features import words_of
from bots.nlu.lexicon import CLASSES, NEAR_CONCEPTS, OF_PRACTICES, ORDINARY_NAMES, VISIT_CONCEPTS
from bots.nlu.model import Catalogue

_TITLES = frozenset({"dr", "dra", "doctor", "doctora", "doc", "drs"})
_SHORT_TITLES = frozenset({"dr", "dra", "drs"})
_COMMON_CLASSES = frozenset({"0spec", "0visit", "0kin"})
_SUFFIXES = frozenset({"md", "do", "dds", "dmd", "np", "pa", "phd", "rn", "od", "dpm", "mr", "mrs", "ms", "sr", "sra"})
_TOWARDS = frozenset({"with", "w", "con", "see", "ver", "seeing", "for", "to", "is", "does", "a", "visit", "prefer"})
_GENERIC = frozenset({"visit", "appointment", "exam", "cita", "consulta", "the", "a", "de", "of"})
_LONGEST = 4
_FUZZY_FROM = 5
_ALIKE = 84.0
_ALIKE_AFTER_TITLE = 66.0
_MAX_WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What of the catalogue a text names."""

    provider: str | None = None
    specialty: str | None = None
    visit_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """phrases: the whole name, as written and with the given name first."""

    canonical: str
    first: str
    others: tuple[str, ...]
    phrases: frozenset[tuple[str, ...]]

    @property
    def is_person(self) -> bool:
        """Whether it has a surname: of a practice ("Willow Salon") the first word tells it from others."""
        return any(not _common(part) for part in self.others)


class Gazetteer:
    """One catalogue, ready to be looked for in texts. Make it with `gazetteer()`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = [name for name in map(_name, catalogue.providers) if name is not None]
        self._surnames: dict[str, list[_Name]] = {}
        for name in self._names:
            for part in name.others if name.is_person else (name.first, *name.others):
                self._surnames.setdefault(part, []).append(name)
        self._firsts: dict[str, list[_Name]] = {}
        for name in self._names:
            self._firsts.setdefault(name.first, []).append(name)
        self._misspelt = [part for part in self._surnames if not _common(part)]
        self._specialties = _phrases(catalogue.specialties)
        self._visit_types = _phrases(catalogue.visit_types)
        phrase_words = {w for phrase in (*self._specialties, *self._visit_types) for w in phrase}
        self._words = sorted(w for w in phrase_words if len(w) >= _FUZZY_FROM)
        self._exact = frozenset(phrase_words)

    def find(self, text: str, *, provider_asked: bool = False, names_asked: bool = False) -> Named:
        """What `text` names.

        provider_asked: a bare first name may be a provider's. names_asked: the person's own name is awaited, so
        only a title makes a provider.
        """
        words = words_of(text)[:_MAX_WORDS]
        settled = [self._settle(word) for word in words]
        return Named(
            provider=self._provider(words, provider_asked=provider_asked, names_asked=names_asked),
            specialty=_longest(settled, self._specialties),
            visit_type=_longest(settled, self._visit_types),
        )

    def _settle(self, word: str) -> str:
        """The catalogue word that `word` is or misspells; itself when it is neither."""
        if word in self._exact or len(word) < _FUZZY_FROM or word in CLASSES:
            return word
        singular = word.removesuffix("s")
        if singular in self._exact:
            return singular
        best = process.extractOne(word, self._words, scorer=fuzz.ratio, score_cutoff=_ALIKE)
        return str(best[0]) if best and best[0][0] == word[0] else word

    def _provider(self, words: Sequence[str], *, provider_asked: bool, names_asked: bool) -> str | None:
        written = self._written(words, provider_asked=provider_asked)
        if written is not None:
            return written
        best = 0
        found: dict[str, int] = {}
        for at, word in enumerate(words):
            before = words[at - 1] if at else ""
            titled = before in _TITLES
            for name in self._called(word, titled=titled):
                strength = self._strength(name, words, at, provider_asked=provider_asked, names_asked=names_asked)
                if strength > best:
                    best, found = strength, {}
                if strength and strength == best:
                    found[name.canonical] = len({name.first, *name.others} & set(words))
        # Where several fit, the one of whom most words were said.
        most = [canonical for canonical, said in found.items() if said == max(found.values())]
        return most[0] if len(most) == 1 else None

    def _written(self, words: Sequence[str], *, provider_asked: bool) -> str | None:
        """The provider whose whole name stands in the text, the longest such name; None when two are as long."""
        bare = [word for word in words if word not in _TITLES | _SUFFIXES]
        sizes: dict[str, int] = {}
        for name in self._names:
            for phrase in name.phrases:
                own = provider_asked or len(bare) <= len(phrase) + 1 or not all(map(_common, phrase))
                if len(phrase) > 1 and own and _within(phrase, bare):
                    sizes[name.canonical] = len(phrase)
        longest = [canonical for canonical, size in sizes.items() if size == max(sizes.values())]
        return longest[0] if len(longest) == 1 else None

    def _called(self, word: str, *, titled: bool) -> Iterable[_Name]:
        found = [*self._surnames.get(word, ()), *self._firsts.get(word, ())]
        if found:
            return found
        if word in CLASSES or len(word) < (3 if titled else _FUZZY_FROM):
            return ()
        cutoff = _ALIKE_AFTER_TITLE if titled else _ALIKE
        best = process.extractOne(word, self._misspelt, scorer=fuzz.ratio, score_cutoff=cutoff)
        return self._surnames[best[0]] if best and best[0][0] == word[0] else ()

    def _strength(self, name: _Name, words: Sequence[str], at: int, *, provider_asked: bool, names_asked: bool) -> int:
        """How sure it is that the word at `at` means `name`: 0 not, 4 first and last name."""
        word = words[at]
        before = words[at - 1] if at else ""
        is_surname = word != name.first or not name.is_person
        if _common(word):
            return 3 if is_surname and before in _SHORT_TITLES else 0
        if is_surname and before == name.first and not _common(before):
            return 4
        if before in _TITLES:
            return 3 if is_surname else 2
        if names_asked or (word in ORDINARY_NAMES and not provider_asked):
            return 0
        if is_surname:
            return 2 if before in _TOWARDS or provider_asked or len(words) <= 2 else 1
        return 1 if provider_asked else 0


@lru_cache(maxsize=32)
def gazetteer(catalogue: Catalogue) -> Gazetteer:
    """The gazetteer of `catalogue`; the same catalogue gives the same one."""
    return Gazetteer(catalogue)


def foreign_visit(text: str, catalogue: Catalogue) -> str | None:
    """The general name of a kind of visit that `text` names and the clinic does not have ("flu shot")."""
    named = gazetteer(catalogue).find(text)
    if named.visit_type or named.specialty or not catalogue.visit_types:
        return None
    return _foreign(catalogue).find(text).visit_type


@lru_cache(maxsize=32)
def _foreign(catalogue: Catalogue) -> Gazetteer:
    """The kinds of visit in general that none of the clinic's own is one of."""
    here = {_concept_of(entry) for entry in (*catalogue.visit_types, *catalogue.specialties)}
    near = {one for concept in here for one in NEAR_CONCEPTS.get(concept or "", ())}
    visits = (name for name in _concepts() if name in VISIT_CONCEPTS and name not in here | near)
    return Gazetteer(Catalogue(providers=(), specialties=(), visit_types=tuple(visits)))


def _name(canonical: str) -> _Name | None:
    """How a provider may be called; None for a name without a word in it."""
    family, comma, given = canonical.partition(",")
    ordered = f"{given} {family}" if comma and not set(words_of(given)) <= _SUFFIXES else family
    parts = [word for word in words_of(ordered) if word not in _TITLES | _SUFFIXES]
    if not parts:
        return None
    written = tuple(word for word in words_of(canonical) if word not in _TITLES | _SUFFIXES)
    return _Name(
        canonical=canonical,
        first=parts[0],
        others=tuple(p for p in parts[1:] if len(p) > 1),
        phrases=frozenset((tuple(parts), written)),
    )


def _common(word: str) -> bool:
    """Whether any practice may be called so: it says what is looked for, not who."""
    return word in OF_PRACTICES or CLASSES.get(word) in _COMMON_CLASSES


def _phrases(entries: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Every phrase by which one of `entries` may be asked for. A phrase that fits several goes to the first."""
    phrases: dict[tuple[str, ...], str] = {}
    for entry in entries:
        own = tuple(words_of(entry))
        if own:
            phrases.setdefault(own, entry)
    concepts = {entry: _concept_of(entry) for entry in entries}
    for entry, concept in concepts.items():
        for phrase in _concepts().get(concept or "", ()):
            phrases.setdefault(phrase, entry)
    for entry, concept in concepts.items():
        for near in NEAR_CONCEPTS.get(concept or "", ()):
            for phrase in _concepts().get(near, ()):
                phrases.setdefault(phrase, entry)
        bare = tuple(word for word in words_of(entry) if word not in _GENERIC)
        if bare:
            phrases.setdefault(bare, entry)
    return phrases


def _concept_of(entry: str) -> str | None:
    """The concept that `entry` names: the one whose phrases it holds the most of."""
    own = words_of(entry)
    best: tuple[int, int, str | None] = (0, 0, None)
    for concept, phrases in _concepts().items():
        for phrase in phrases:
            size = (len(phrase), sum(map(len, phrase)))
            if size > best[:2] and _within(phrase, own):
                best = (*size, concept)
    return best[2]


def _within(phrase: Sequence[str], words: Sequence[str]) -> bool:
    return any(tuple(words[i : i + len(phrase)]) == tuple(phrase) for i in range(len(words) - len(phrase) + 1))


@cache
def _concepts() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    return {
        name: tuple(sorted({tuple(words_of(phrase)) for phrase in phrases if words_of(phrase)}))
        for name, phrases in read_synonyms().items()
    }


def _longest(words: Sequence[str], phrases: Mapping[tuple[str, ...], str]) -> str | None:
    for size in range(_LONGEST, 0, -1):
        for at in range(len(words) - size + 1):
            entry = phrases.get(tuple(words[at : at + size]))
            if entry is not None:
                return entry
    return None

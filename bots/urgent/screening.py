"""Finds what in a text may be an emergency, and weighs what stands around it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterator, Set
from dataclasses import dataclass, replace
from itertools import accumulate

from bots.urgent.arranging import arranges
from bots.urgent.learned import Weights
from bots.urgent.learned import load as weights
from bots.urgent.lists import Lists, Phrase, Start, load, readings
from bots.urgent.model import RANK, Level, Urgency
from bots.urgent.names import Names, names
from bots.urgent.words import END, tokens

LEARNED = "learned"  # the phrase id of what the learned screen heard
HEARD = 0.2  # how likely an emergency of any level must be: staff are told,
DENIED = 0.6  # where a list heard it denied or in the past,
APART = 0.6  # or of one sentence by itself, in which no list heard anything: it says little without the others,
ANSWERED = 0.35  # and how likely for more than "urgent": the writer is told to call 911 or 988,
LIKELY = 0.4  # how likely its level must be to the learned screen alone, else it is "urgent",
SURE = 0.6  # and how likely for it to raise what the lists heard
_SENTENCES = 8  # how many sentences of a text are judged by themselves, too: the first and the last ones
_BEFORE = 8  # how many fillers may stand between a denial and what it denies
_AROUND = 9  # how far from an alarm a word of time may stand and still speak of it


@dataclass(frozen=True, slots=True)
class _Alarm:
    """One phrase found at [start, end), with what its surroundings make of it."""

    phrase: Phrase
    level: Level | None
    negated: bool
    history: bool


def screen(text: str) -> Urgency:
    """How urgent `text` is. Pure; never raises: a text that cannot be screened comes back "urgent" and `failed`.

    What the lists hear and what the learned screen hears are weighed together, over the whole text and sentence by
    sentence; the worst counts. A denied or past crisis ("I'm not suicidal") is lowered to "urgent", never dropped.
    """
    try:
        return heard_by(text, weights())
    except Exception:  # the one place where anything goes: a broken screen must still reach a nurse
        return Urgency(level="urgent", failed=True)


def heard_by(text: str, learned: Weights) -> Urgency:
    """How urgent `text` is to the lists and to weights given, such as those of a trial of the training."""
    words, named = tokens(text), names(text)
    found = [_judged(words, by_lists(words, named), learned, HEARD)]
    found += [_judged(part, by_lists(part, named), learned, APART) for part in _sentences(words)]
    # The first of the worst: what the whole text says, unless a sentence says worse.
    return max(found, key=lambda urgency: RANK[urgency.level])


def _sentences(words: list[str]) -> list[list[str]]:
    """The sentences of a text that has several."""
    ends = [at + 1 for at, word in enumerate(words) if word == END]
    if len(ends) < 2:
        return []
    parts = [words[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return parts if len(parts) <= _SENTENCES else [*parts[: _SENTENCES // 2], *parts[-_SENTENCES // 2 :]]


def by_lists(words: list[str], named: Names) -> Urgency:
    """What the lists alone hear in the words of a text."""
    lists = load()
    reading = _Reading(words, named, lists)
    alarms = [alarm for phrase in reading.alarms for alarm in _strongest(phrase, reading, lists)]
    if not alarms:
        return Urgency(list_version=lists.version)
    alarms.sort(key=lambda alarm: -RANK[alarm.level])
    first = alarms[0]
    return Urgency(
        level=first.level,
        phrase_id=first.phrase.id,
        list_version=lists.version,
        negated=first.negated,
        history=first.history,
        language=first.phrase.language,
        matched=tuple(dict.fromkeys(alarm.phrase.id for alarm in alarms)),
    )


def _judged(words: list[str], listed: Urgency, learned: Weights, least: float) -> Urgency:
    """What the lists heard, kept, raised, lowered or dropped by the learned screen.

    What is hardly likely is "urgent", whatever was heard: a person reads it, and nobody is sent to 911 by a guess. It
    drops nothing that was denied or lies in the past and that the lists kept as "urgent" for being a crisis.
    """
    chances = {} if listed.level is None and arranges(words) else learned.chances(words)
    if not chances:
        return listed
    listed = replace(listed, list_version=f"{listed.list_version}+{LEARNED}-{learned.version}")
    kept = listed.level is not None and listed.negated | listed.history and listed.phrase_id in load().crises
    chance = learned.likely(words, listed, chances)
    lowered = listed.negated or listed.history
    if chance < (DENIED if lowered else least if listed.level is None else HEARD):
        if listed.level is None or kept:
            return listed
        return replace(listed, level=None, phrase_id=LEARNED, matched=(LEARNED, *listed.matched))
    likely = max(chances, key=lambda level: chances[level])
    level: Level = likely if chances[likely] >= LIKELY and chance >= ANSWERED else "urgent"
    weighed = listed.level is not None and lowered
    doubtful = listed.phrase_id is not None and chances[likely] < SURE
    if weighed or doubtful or RANK[level] <= RANK[listed.level]:
        if listed.level in ("medical", "crisis") and chance < ANSWERED:
            return replace(listed, level="urgent", matched=(*listed.matched, LEARNED))
        return listed
    return replace(listed, level=level, phrase_id=LEARNED, matched=(LEARNED, *listed.matched))


class _Reading:
    """A text with the word sets that begin at each place: number → the ends of its words."""

    def __init__(self, words: list[str], named: Names, lists: Lists) -> None:
        self.words = words
        self.lists = lists
        known: dict[str, tuple[str, ...]] = {name: (name,) for name in named.exact}
        known |= dict.fromkeys(named.hidden, ())
        self.readings: list[tuple[str, ...]] = []
        for word in words:
            if word not in known:
                known[word] = readings(word)
            self.readings.append(known[word])
        self.at: list[list[tuple[tuple[int, ...], int]]] = []
        present: set[int] = set()
        begins: dict[str, list[Start]] = {}
        for place, word in enumerate(words):
            starts = begins.get(word)
            if starts is None:
                starts = [lists.starts[one] for one in self.readings[place] if one in lists.starts]
                begins[word] = starts
            hits = [hit for start in starts for hit in self._words_at(place, start)]
            for numbers, _ in hits:
                present.update(numbers)
            self.at.append(hits)
        self.alarms, self.calms = lists.phrases.within(present), lists.calm.within(present)
        self.where = self._places()
        self.sentence = list(accumulate(word == END for word in words))
        self.calm: set[int] = set()
        self.lowered: set[int] = set()
        for phrase in self.calms:
            quiet = self.calm if phrase.level is None else self.lowered
            for first, last in self.find(phrase):
                quiet.update(range(first, self._reach(last, phrase.reach)))

    def _words_at(self, place: int, found: Start) -> list[tuple[tuple[int, ...], int]]:
        """The words that begin at `place` with a first token already found, the longer ones first."""
        hits: list[tuple[tuple[int, ...], int]] = []
        if found.longer and place + 1 < len(self.words):
            for second in self.readings[place + 1]:
                for rest, numbers in found.longer.get(second, ()):
                    end = place + 2 + len(rest)
                    if end <= len(self.words) and all(
                        part in self.readings[place + 2 + offset] for offset, part in enumerate(rest)
                    ):
                        hits.append((numbers, end))
        if found.alone:
            hits.append((found.alone, place + 1))
        return hits

    def _places(self) -> dict[int, list[tuple[int, int]]]:
        """Where the words of each set stand that a possible phrase needs."""
        needed = {number for phrase in (*self.alarms, *self.calms) for number in phrase.needs}
        where: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, hits in enumerate(self.at):
            for numbers, end in hits:
                for number in numbers:
                    if number in needed:
                        where[number].append((place, end))
        return where

    def find(self, phrase: Phrase) -> Iterator[tuple[int, int]]:
        """Every [start, end) at which the phrase stands, its items in order."""
        for start, end in self.where.get(phrase.items[0][1], ()):
            last = self._match(phrase, 1, end)
            if last is not None:
                yield start, last

    def spans(self, phrase: Phrase) -> Iterator[tuple[int, int]]:
        """Every place at which an alarm stands outside the calm readings."""
        if not phrase.ordered:
            yield from self._together(phrase)
            return
        for start, end in self.find(phrase):
            if phrase.loud or self.calm.isdisjoint(range(start, end)):
                yield start, end

    def _together(self, phrase: Phrase) -> Iterator[tuple[int, int]]:
        """Every [start, end) within which all the phrase's items stand, each at its own place, in whatever order.

        Of three items or more, a calm reading may hold one ("ate my blood pressure pills").
        """
        rows = sorted((self.where.get(number, []) for _, number in phrase.items), key=len)
        for at, end in rows[0]:
            taken = {at: end}
            for row in rows[1:]:
                near = self._nearest(row, at, phrase.window, taken)
                if near is None:
                    break
                taken[near[0]] = near[1]
            else:
                low = min(taken)
                if max(taken) - low <= phrase.window and (phrase.loud or self._stands(taken.keys())):
                    yield low, max(taken.values())

    def _nearest(
        self, row: list[tuple[int, int]], at: int, window: int, taken: Container[int]
    ) -> tuple[int, int] | None:
        """The word of `row` nearest to `at`, in the same sentence and at no place that is taken."""
        best: tuple[int, int] | None = None
        for index in range(bisect_left(row, (at - window,)), len(row)):
            place = row[index][0]
            if place > at + window:
                break
            if place in taken or self.sentence[place] != self.sentence[at]:
                continue
            if best is None or abs(place - at) < abs(best[0] - at):
                best = row[index]
        return best

    def _reach(self, end: int, further: int) -> int:
        stop = min(end + further, len(self.words))
        return next((place for place in range(end, stop) if self.words[place] == END), stop)

    def _stands(self, places: Set[int]) -> bool:
        return len(places & self.calm) <= len(places) // 3

    def _match(self, phrase: Phrase, item: int, place: int) -> int | None:
        if item == len(phrase.items):
            return place
        gap, number = phrase.items[item]
        for at in range(place, min(place + gap + 1, len(self.words))):
            for numbers, end in self.at[at]:
                if number in numbers:
                    last = self._match(phrase, item + 1, end)
                    if last is not None:
                        return last
            if self.words[at] == END:
                return None
        return None

    def holds(self, number: int, start: int, end: int) -> bool:
        """Whether a word of the set begins near [start, end), within the same sentence."""
        low, high = start, end
        while low > max(0, start - _AROUND) and self.words[low - 1] != END:
            low -= 1
        while high < min(len(self.words), end + _AROUND) and self.words[high] != END:
            high += 1
        return any(number in numbers for place in range(low, high) for numbers, _ in self.at[place])


def _strongest(phrase: Phrase, reading: _Reading, lists: Lists) -> Iterator[_Alarm]:
    """The alarm this phrase raises at its worst place, if any."""
    best: _Alarm | None = None
    for start, end in reading.spans(phrase):
        alarm = _weigh(phrase, start, end, reading, lists)
        if best is None or RANK[alarm.level] > RANK[best.level]:
            best = alarm
        if best is not None and best.level == phrase.level:
            break
    if best is not None:
        yield best


def _weigh(phrase: Phrase, start: int, end: int, reading: _Reading, lists: Lists) -> _Alarm:
    if not phrase.denies and _denied(start, reading, lists):
        return _Alarm(phrase, "urgent" if phrase.level != "urgent" else None, negated=True, history=False)
    if reading.holds(lists.distant, start, end) and not reading.holds(lists.present, start, end):
        level: Level | None = "urgent" if phrase.level == "crisis" else None
        return _Alarm(phrase, level, negated=False, history=True)
    if not reading.lowered.isdisjoint(range(start, end)):
        return _Alarm(phrase, "urgent", negated=False, history=False)
    return _Alarm(phrase, phrase.level, negated=False, history=False)


def _denied(start: int, reading: _Reading, lists: Lists) -> bool:
    """Whether only fillers stand between a denial and the place."""
    for place in range(start - 1, max(-1, start - 1 - _BEFORE), -1):
        word = reading.words[place]
        if word in lists.negators:
            return True
        if word not in lists.fillers:
            return False
    return False

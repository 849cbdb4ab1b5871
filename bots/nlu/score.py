"""How well an engine understands: its answers to labelled texts, counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bots.nlu.model import Meaning, Question
from hub.types import Language

SLOTS = ("date", "time", "part_of_day")
_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text and what it means. `accept` holds every intent that counts as right, `intent` among them.

    intent: None where the text is labelled for its slots alone. now: aware; None for any moment.
    slots: of `SLOTS`, what the text names, for those that are labelled; None says that it names none.
    """

    text: str = field(repr=False)
    intent: str | None
    accept: frozenset[str] = frozenset()
    question: Question | None = None
    language: Language | None = None
    now: datetime | None = None
    slots: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of a test.

    accuracy: share of answers equal to the label, 0 to 1; lenient: share among the accepted.
    f1: of each label that occurs; macro_f1 is their mean, macro_f1_lenient the same with accepted answers as right.
    confusion: (label, answer) → how often, for answers that were not accepted.
    """

    rows: int
    accuracy: float
    lenient: float
    f1: Mapping[str, float]
    macro_f1: float
    macro_f1_lenient: float
    confusion: Mapping[tuple[str, str], int]


def score(rows: Iterable[Labelled], answer: Callable[[Labelled], str]) -> Score:
    """Ask `answer` for the intent of each row that has one and count. Raises ValueError when there are no rows."""
    pairs: list[tuple[str, str]] = []
    eased: list[tuple[str, str]] = []
    confusion: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.intent is None:
            continue
        given = answer(row)
        right = given == row.intent or given in row.accept
        pairs.append((row.intent, given))
        eased.append((row.intent, row.intent if right else given))
        if not right:
            confusion[row.intent, given] += 1
    if not pairs:
        raise ValueError("there is nothing to score: no labelled rows")
    strict, lenient = _f1(pairs), _f1(eased)
    return Score(
        rows=len(pairs),
        accuracy=sum(a == b for a, b in pairs) / len(pairs),
        lenient=1 - confusion.total() / len(pairs),
        f1=strict,
        macro_f1=sum(strict.values()) / len(strict),
        macro_f1_lenient=sum(lenient.values()) / len(lenient),
        confusion=dict(confusion.most_common()),
    )


def _f1(pairs: list[tuple[str, str]]) -> dict[str, float]:
    labels = Counter(label for label, _ in pairs)
    answers = Counter(given for _, given in pairs)
    right = Counter(label for label, given in pairs if label == given)
    return {label: 2 * right[label] / (n + answers[label]) for label, n in sorted(labels.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers of about one confidence: how many, how sure they were on average, and how many of them were right."""

    answers: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Whether confidence is how often an answer is right. ece: the expected calibration error, 0 to 1."""

    ece: float
    bins: tuple[Bin, ...]


def calibration(answers: Sequence[tuple[float, bool]]) -> Calibration:
    """Of (confidence, right) pairs, in ten bins of equal width; empty bins are left out.

    Source: Naeini, Cooper, Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015.
    """
    grouped: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in answers:
        grouped.setdefault(min(int(confidence * _BINS), _BINS - 1), []).append((confidence, right))
    bins = tuple(
        Bin(
            answers=len(some),
            confidence=sum(sure for sure, _ in some) / len(some),
            right=sum(right for _, right in some) / len(some),
        )
        for _, some in sorted(grouped.items())
    )
    off = sum(one.answers * abs(one.confidence - one.right) for one in bins)
    return Calibration(ece=off / len(answers) if answers else 0.0, bins=bins)


def auroc(scored: Iterable[tuple[float, bool]]) -> float | None:
    """How often one of the true has a higher score than one of the false, ties half; None where either is missing."""
    pairs = sorted(scored)
    true = sum(is_true for _, is_true in pairs)
    false = len(pairs) - true
    if not true or not false:
        return None
    ranks = 0.0
    at = 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and pairs[end][0] == pairs[at][0]:
            end += 1
        ranks += sum(is_true for _, is_true in pairs[at:end]) * (at + 1 + end) / 2
        at = end
    return (ranks - true * (true + 1) / 2) / (true * false)


def foreign(meaning: Meaning) -> float:
    """How likely a text is out of scope, by its answer alone."""
    return meaning.confidence if meaning.intent == "out_of_scope" else 1 - meaning.confidence


def named(meaning: Meaning) -> dict[str, str | None]:
    """What a text names of `SLOTS`, written as in labelled files."""
    when = meaning.entities.when
    return {
        "date": when.date.isoformat() if when.date else None,
        "time": when.time.strftime("%H:%M") if when.time else None,
        "part_of_day": when.part_of_day,
    }


def slot_matches(rows: Iterable[tuple[Labelled, Meaning]]) -> dict[str, tuple[int, int]]:
    """Of each slot that is labelled anywhere: how many rows name it as labelled, of how many."""
    counts: dict[str, list[bool]] = {}
    for row, meaning in rows:
        said = named(meaning)
        for name, value in row.slots:
            counts.setdefault(name, []).append(said[name] == value)
    return {name: (sum(counts[name]), len(counts[name])) for name in SLOTS if name in counts}

"""How well an engine understands: its answers to labelled texts, counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bots.nlu.model import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text and what it means. `accept` holds every intent that counts as right, `intent` among them."""

    text: str = field(repr=False)
    intent: str
    accept: frozenset[str] = frozenset()
    question: Question | None = None


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
    """Ask `answer` for the intent of each row and count. Raises ValueError when there are no rows."""
    pairs: list[tuple[str, str]] = []
    eased: list[tuple[str, str]] = []
    confusion: Counter[tuple[str, str]] = Counter()
    for row in rows:
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

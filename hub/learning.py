"""Trains the learned halves of the screens: weights for hashed features, from labelled texts.

scikit-learn is needed here and where the screens are trained, never where they run.
"""

import random
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from hub.hashed import Hashed, features

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

W = TypeVar("W", bound="DataclassInstance")
"""The weights of a screen: a dataclass whose `together` is what the second step came to."""
Seen = dict[int, tuple[float, ...]]
"""What the second step is given of rows, by their places."""

EVERYDAY = "-"
"""The writer of the sentences that the bot learns from: what a screen that never saw them says of them is what it says
of everyday texts."""

_STEEP = 1.5  # how much more than by its plain logarithm a rare feature counts
_BITS = 19  # of a feature's number
_HELD = 2  # texts that hold a feature, at the least, for it to be learned
_STRENGTH = 50.0
_ROUNDS = 400
_HANDS = 4
_TRIED = 8  # hands in which a measure leaves the writers out
_SLIPS = 6  # one word in so many is mistyped, and at least one
_TYPED = 4  # letters of a word that is


class Counted:
    """Texts as the features that they hold, counted once, to be learned from in parts."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        """`texts` as words."""
        found = [features(words, _BITS) for words in texts]
        self._groups = [_held([groups[which] for groups in found]) for which in range(3)]

    def fit(self, rows: NDArray[np.intp], answers: NDArray[np.int_], weights: NDArray[np.float64]) -> Hashed:
        """The weights that the texts of `rows` give. `answers` and `weights` are those of all texts, as they were
        given; answers count from 0, and two of them make one column.
        """
        groups = [group[rows] for group in self._groups]
        held = np.sum([np.asarray(group.sum(axis=0)).ravel() for group in groups], axis=0)
        rare = (np.log((1 + len(rows)) / (1 + held)) + 1) ** _STEEP
        # As it is stored: a byte each.
        rare = np.round(rare * (127 / rare.max()))
        # What one text alone holds counts in its length, as what is new in a stranger's text will: it teaches nothing.
        known = np.flatnonzero(held >= _HELD)
        matrix = sum(_at_length_one(group, rare)[:, known] for group in groups)
        model = LogisticRegression(C=_STRENGTH, max_iter=_ROUNDS)
        model.fit(matrix, answers[rows], sample_weight=weights[rows])
        learned = np.zeros((held.size, model.coef_.shape[0]))
        learned[known] = model.coef_.T
        return Hashed.of(rare, learned, model.intercept_)


def _held(found: Sequence[NDArray[np.uint32]]) -> csr_matrix:
    ends = np.cumsum([0, *(group.size for group in found)])
    columns = np.concatenate(found)
    return csr_matrix((np.ones(columns.size), columns, ends), shape=(len(found), 1 << _BITS))


def _at_length_one(held: csr_matrix, rare: NDArray[np.float64]) -> csr_matrix:
    told = held @ diags(rare)
    length = np.sqrt(np.asarray(told.multiply(told).sum(axis=1)).ravel())
    return diags(1 / np.maximum(length, 1)) @ told


def slipped(text: str) -> str:
    """`text` as a hurried thumb may type it: in some of its longer words two letters changed places, one was left out
    or came twice, or the vowels are missing. The same text gives the same slips.
    """
    chance = random.Random(zlib.crc32(text.encode()))  # noqa: S311 - guards nothing
    words = text.split()
    places = [place for place, word in enumerate(words) if len(word) >= _TYPED]
    chance.shuffle(places)
    for place in places[: 1 + len(words) // _SLIPS]:
        words[place] = _mistyped(words[place], chance)
    return " ".join(words)


def _mistyped(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word) - 1)
    before, here, there, after = word[:at], word[at], word[at + 1], word[at + 2 :]
    bare = word[0] + "".join(letter for letter in word[1:] if letter not in "aeiou")
    return chance.choice(
        (before + there + here + after, before + there + after, before + here + here + there + after, bare)
    )


class Trial(Protocol[W]):
    """A screen's examples, ready to be learned from in parts. writer: of each row; nobody's is ""."""

    writer: NDArray[np.str_]

    def fit(self, rows: NDArray[np.intp], together: tuple[float, ...] = ()) -> W:
        """The first step, learned from some rows alone."""

    def seen(self, weights: W, rows: NDArray[np.intp]) -> Seen:
        """What the second step is given of those of the rows that it is to learn from."""

    def together(self, seen: Seen) -> tuple[float, ...]:
        """The second step, learned from what is given of some rows."""


def taught(trial: Trial[W]) -> W:
    """The weights that all examples give: the second step learns from what the first says of writers left out."""
    seen: Seen = {}
    for _, _, given in _left_out(trial, _HANDS):
        seen |= given
    return trial.fit(np.arange(trial.writer.size), trial.together(seen))


def tried(trial: Trial[W]) -> Iterator[tuple[W, NDArray[np.intp]]]:
    """The weights that the examples give without some writers, and the rows of these, until each was left out."""
    parts = list(_left_out(trial, _TRIED))
    for this, (first, rows, _) in enumerate(parts):
        others: Seen = {}
        for other, (_, _, given) in enumerate(parts):
            others |= given if other != this else {}
        yield replace(first, together=trial.together(others)), rows


def _left_out(trial: Trial[W], hands: int) -> Iterator[tuple[W, NDArray[np.intp], Seen]]:
    """The first step without a hand of writers, the rows of these, and what it gives of them to the second."""
    for hidden in dealt(trial.writer, hands):
        first, rows = trial.fit(np.flatnonzero(~hidden)), np.flatnonzero(hidden)
        yield first, rows, trial.seen(first, rows)


def dealt(writers: NDArray[np.str_], hands: int) -> list[NDArray[np.bool_]]:
    """The rows of the writers, dealt into a few hands, each as a mask; nobody's rows ("") are in none."""
    names = sorted(set(map(str, writers)) - {""})
    return [np.isin(writers, names[start::hands]) for start in range(min(hands, len(names)))]


def table(kinds: Mapping[str, Sequence[tuple[float, bool]]], heard: float, doubted: float, allowed: float) -> str:
    """How a screen does on each kind of text, a row each. Of a text is given how likely it is what is screened for,
    and whether it is.

    heard, doubted: the thresholds. allowed: how many of the others may be heard, as a share.
    """
    ends = f"heard at {100 * allowed:g} % false, false at 99 %"
    lines = [f"{'':<18}{'texts':>6} {'heard':>7} {'+ asked':>8} {'others':>7} {'false':>7} {'+ asked':>8}  {ends}"]
    for kind, rows in kinds.items():
        wanted = np.sort([chance for chance, is_one in rows if is_one])
        others = np.sort([chance for chance, is_one in rows if not is_one])
        if not wanted.size or not others.size:
            continue
        at_limit = np.mean(wanted > others[-1 - int(allowed * others.size)])
        at_goal = np.mean(others >= wanted[int(0.01 * wanted.size)])
        shares = [float(np.mean(some >= least)) for some in (wanted, others) for least in (heard, doubted)]
        told = [f"{100 * share:.1f} %" for share in (*shares, float(at_limit), float(at_goal))]
        lines.append(
            f"{kind:<18}{wanted.size:>6} {told[0]:>7} {told[1]:>8} {others.size:>7} {told[2]:>7} {told[3]:>8}"
            f"  {told[4]:>7} {told[5]:>7}"
        )
    return "\n".join(lines)


def shares(kinds: Mapping[str, Sequence[tuple[float, bool]]], least: Mapping[str, float]) -> str:
    """How a screen does on each kind of text, a row each: of what is screened for, and of the others, the share that
    has at least each figure of `least`. Of a text is given what the screen says, and whether it is one.
    """
    lines = [f"{'':<18}{'texts':>6} {'others':>7}  {', '.join(least)}: of the texts; of the others"]
    for kind, rows in kinds.items():
        wanted, others = ([said for said, is_one in rows if is_one is one] for one in (True, False))
        told = [
            [100 * float(np.mean(np.array(some) >= bound)) for bound in least.values()]
            for some in (wanted, others)
            if some
        ]
        parts = "; ".join(", ".join(f"{share:.1f} %" for share in one) for one in told)
        lines.append(f"{kind:<18}{len(wanted):>6} {len(others):>7}  {parts}")
    return "\n".join(lines)

"""Counting how well an engine does."""

import pytest

from bots.nlu.score import Labelled, score

ROWS = [
    Labelled(text="a", intent="book"),
    Labelled(text="b", intent="book", accept=frozenset({"book", "confirm"})),
    Labelled(text="c", intent="cancel"),
    Labelled(text="d", intent="cancel"),
]


def test_answers_are_counted_strictly_and_leniently() -> None:
    given = {"a": "book", "b": "confirm", "c": "cancel", "d": "book"}

    result = score(ROWS, lambda row: given[row.text])

    assert result.rows == 4
    assert result.accuracy == 0.5
    assert result.lenient == 0.75
    assert result.confusion == {("cancel", "book"): 1}
    assert result.f1 == {"book": pytest.approx(0.5), "cancel": pytest.approx(2 / 3)}
    assert result.macro_f1 == pytest.approx((0.5 + 2 / 3) / 2)
    assert result.macro_f1_lenient == pytest.approx((0.8 + 2 / 3) / 2)


def test_a_perfect_engine_scores_one() -> None:
    result = score(ROWS, lambda row: row.intent)

    assert (result.accuracy, result.lenient, result.macro_f1, result.confusion) == (1, 1, 1, {})


def test_nothing_to_score_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        score([], lambda row: row.intent)

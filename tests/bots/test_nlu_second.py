"""The second stage by itself: what it learns, how it is weighed, and its file."""

from pathlib import Path

import numpy as np
import pytest

from bots.nlu.encoders import Hashed
from bots.nlu.second import SecondStage, Weighing
from bots.nlu.second_artefact import second_kept, second_path
from tests.bots.second_stage import hashed, taught

TWO = ["book", "cancel"]


def test_a_stage_says_the_same_after_it_was_saved_and_loaded(tmp_path: Path) -> None:
    _, stage = hashed()
    stage.save(tmp_path / "stage.npz")

    copy = SecondStage.load(tmp_path / "stage.npz")

    vector = Hashed().encode(["book me friday"])[0]
    first = np.zeros(len(stage.intents), dtype=np.float32)
    assert (copy.intents, copy.weighing) == (stage.intents, stage.weighing)
    assert (copy.weighed(first, vector) == stage.weighed(first, vector)).all()


def test_the_same_examples_make_the_same_stage() -> None:
    one, two = (taught(Hashed()) for _ in range(2))

    assert one.weighing == two.weighing
    assert (one.weights == two.weights).all()
    assert (one.bias == two.bias).all()


def test_a_stage_is_kept_for_its_encoder_alone_and_a_broken_file_is_none(tmp_path: Path) -> None:
    _, stage = hashed()
    stage.save(second_path(tmp_path, "hashed-1"))
    second_path(tmp_path, "hashed-2").write_bytes(b"PK\x03\x04 not a stage")

    assert second_kept(tmp_path, "hashed-1") is not None
    assert second_kept(tmp_path, "hashed-2") is None
    assert second_kept(tmp_path, "hashed-3") is None


def test_scores_are_the_sum_of_both_each_by_its_share() -> None:
    stage = SecondStage(
        intents=TWO,
        weights=np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32),
        bias=np.array([0.0, 1.0], dtype=np.float32),
        weighing=Weighing(first=0.5, second=2.0, threshold=0.6),
    )

    scores = stage.weighed(np.array([4.0, 2.0], dtype=np.float32), np.array([3.0, 1.0], dtype=np.float32))

    assert scores.tolist() == [0.5 * 4 + 2 * 3, 0.5 * 2 + 2 * (1 + 1)]
    assert (stage.doubts(0.59), stage.doubts(0.6)) == (True, False)


SURE, UNSURE, WRONG = [4.0, 0.0], [0.2, 0.0], [0.0, 0.3]
"""What a first stage may say of a text that is to book."""
BOOK = np.zeros(100, dtype=np.int64)


def test_a_stage_that_knows_what_the_first_does_not_is_asked_where_the_first_is_unsure() -> None:
    from bots.nlu.second_train import weighing_of  # takes a second to load

    scores = [SURE] * 60 + [UNSURE] * 20 + [WRONG] * 20
    second = np.array([[1.0, 0.0]] * 100)

    chosen = weighing_of(np.array(scores), second, BOOK)

    # WRONG is 57 % sure, SURE 98 %.
    assert chosen.second > 0
    assert chosen.threshold == pytest.approx(0.6)


@pytest.mark.parametrize("second", [[[0.0, 0.0]] * 100, [[0.0, 2.0]] * 100], ids=["says nothing", "says what is wrong"])
def test_a_stage_that_knows_nothing_more_is_never_asked(second: list[list[float]]) -> None:
    from bots.nlu.second_train import weighing_of  # takes a second to load

    scores = [SURE] * 60 + [UNSURE] * 20 + [WRONG] * 20

    chosen = weighing_of(np.array(scores), np.array(second), BOOK)

    assert chosen.threshold == 0

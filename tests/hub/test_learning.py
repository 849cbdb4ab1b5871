"""Slips of the thumb, which the screens learn from, and the hands in which writers are left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.learning import dealt, slipped

_WORDS = st.text("abcdeilnorstu", min_size=1, max_size=9)


@given(st.lists(_WORDS, max_size=20).map(" ".join))
@settings(max_examples=50)
def test_a_text_slips_alike_each_time_and_only_in_some_longer_words(text: str) -> None:
    words, after = text.split(), slipped(text).split()
    changed = [(word, typed) for word, typed in zip(words, after, strict=True) if word != typed]

    assert slipped(text) == slipped(text)
    assert len(changed) <= 1 + len(words) // 6
    assert all(len(word) >= 4 and typed[0] in word[:2] and set(typed) <= set(word) for word, typed in changed)


@pytest.mark.parametrize("text", ["", "no", "me da mas"])
def test_short_words_do_not_slip(text: str) -> None:
    assert slipped(text) == text


def test_each_writer_is_dealt_into_one_hand_and_nobodys_texts_into_none() -> None:
    writers = np.array(["a", "", "b", "c", "a", "-", "d"])

    hands = dealt(writers, 3)

    assert np.sum(hands, axis=0).tolist() == [1, 0, 1, 1, 1, 1, 1]
    assert all(len(set(writers[hand])) <= 2 for hand in hands)
    assert any(hand[0] and hand[4] for hand in hands)

"""Where one wish of a text ends and the next begins."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.nlu.clauses import MAX_CLAUSES, clauses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("book me friday", ["book me friday"]),
        ("Yes please. I also need a visit", ["Yes please.", "I also need a visit"]),
        ("Yes, book it", ["Yes", "book it"]),
        ("see Dr. Kim on friday", ["see Dr. Kim on friday"]),
        ("what are your hours and do you take aetna", ["what are your hours", "do you take aetna"]),
        ("my son and my daughter", ["my son", "my daughter"]),
        ("I need a refill and an appointment", ["I need a refill", "an appointment"]),
        ("cancel friday and get me a refill", ["cancel friday", "get me a refill"]),
        ("fever and headache", ["fever and headache"]),
        ("quiero una cita y cuánto cuesta", ["quiero una cita", "cuánto cuesta"]),
        ("thanks!\nbye", ["thanks!", "bye"]),
        ("", []),
    ],
)
def test_a_text_falls_into_its_wishes(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_there_are_never_more_than_the_limit(text: str) -> None:
    assert len(clauses(text)) <= MAX_CLAUSES


def test_what_is_beyond_the_limit_stays_in_the_last() -> None:
    parts = clauses("One. Two. Three. Four. Five. Six. Seven. Eight.")

    assert len(parts) == MAX_CLAUSES
    assert parts[-1].endswith("Eight.")

"""What of a text is looked for."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.search import postings, words
from hub.types import new_ids


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("My KNEE hurts, knee!", ["knee", "hurts"], id="once each, without case"),
        pytest.param("¿Cuándo es la próxima visita?", ["proxim", "visita"], id="accents and stop words"),
        pytest.param("refill_of a-b 20mg", ["refill", "20mg"], id="joined, and single letters"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_text_is_kept_by_the_beginnings_of_its_words(text: str, kept: list[str]) -> None:
    assert words.kept(text) == kept


@pytest.mark.parametrize(
    ("q", "text", "fits"),
    [
        ("refill", "Two refills, please", True),
        ("REFILLS", "one refill", False),
        ("knee", "both knees", False),
        ("visit move", "Can I move my visit?", True),
        ("visit knee", "Can I move my visit?", False),
        ("proxima", "la próxima", True),
    ],
)
def test_all_words_must_be_there_and_long_ones_may_go_on(q: str, text: str, fits: bool) -> None:
    assert words.fits(words.said(q), text) is fits


@settings(max_examples=50)
@given(st.text(max_size=80))
def test_what_fits_a_text_is_found_by_what_is_kept_of_it(text: str) -> None:
    assert words.fits(words.said(text), text)
    assert set(words.kept(" ".join(words.said(text)))) == set(words.kept(text))


@pytest.mark.parametrize(
    ("q", "day"),
    [
        ("1987-03-14", date(1987, 3, 14)),
        ("03/14/1987", date(1987, 3, 14)),
        ("14.3.1987", date(1987, 3, 14)),
        ("3/14/1987 ", date(1987, 3, 14)),
        ("31/31/1987", None),
        ("2025550123", None),
        ("on 1987-03-14", None),
    ],
)
def test_a_birth_date_is_told_from_words(q: str, day: date | None) -> None:
    assert words.birth_date(q) == day


def test_the_head_of_an_id_finds_it_and_none_beside_it() -> None:
    one, other = new_ids(2)

    low, high = postings.ids_between(postings.head_of(one))

    assert low <= one <= high < other

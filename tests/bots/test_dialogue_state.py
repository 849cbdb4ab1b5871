"""What is remembered between two texts, and what is forgotten."""

from datetime import timedelta

import pytest

from bots.dialogue import Phase, State, decode, encode, fresh
from bots.dialogue.state import EXPECTS, RESTING, Wish
from tests.bots.talk import NOW, SLOTS, TUE, on

FULL = State(
    phase=Phase.CHOOSE_SLOT,
    job="book",
    wish=Wish(visit_type="Check-up", when=on(TUE, "14:30", excluded=(TUE,))),
    offered=SLOTS[:3],
    name="Ana Soler",
    language="es",
    updated_at=NOW,
)


def test_a_state_survives_its_stored_form() -> None:
    assert decode(encode(FULL)) == FULL


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b'{"version": 0}', id="older version"),
        pytest.param(b'{"version": 2}', id="newer version"),
        pytest.param(b'{"phase": "unheard of"}', id="unknown phase"),
        pytest.param(b"[]", id="not an object"),
    ],
)
def test_what_cannot_be_read_is_a_new_conversation(stored: bytes) -> None:
    assert decode(stored) == State()


@pytest.mark.parametrize(("hours", "kept"), [(1, True), (24, True), (25, False)])
def test_a_state_is_fresh_for_a_day(hours: int, kept: bool) -> None:
    assert (fresh(FULL, NOW + timedelta(hours=hours)) == FULL) is kept


def test_a_state_shows_neither_name_nor_slots() -> None:
    assert repr(FULL) == "State(phase='choose_slot', job='book')"


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_that_waits_says_what_it_expects(phase: Phase) -> None:
    assert (phase in EXPECTS) is (phase not in RESTING)

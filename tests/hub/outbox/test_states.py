"""A delivery only moves forward (invariant 6)."""

from hypothesis import given
from hypothesis import strategies as st

from hub.outbox.states import FINAL, OPEN, may_become, sources
from hub.types import DeliveryState as S

REPORTED = (S.SENT, S.DELIVERED, S.READ, S.FAILED)
_HEIGHT = {S.QUEUED: 0, S.HELD: 0, S.SENDING: 0, S.SENT: 1, S.DELIVERED: 2, S.FAILED: 3, S.SUPPRESSED: 3, S.READ: 3}


@given(st.sampled_from(OPEN), st.lists(st.sampled_from(REPORTED), max_size=12))
def test_reports_in_any_order_and_number_never_move_it_back(start: S, reports: list[S]) -> None:
    state, height = start, _HEIGHT[start]
    for report in reports:
        if may_become(state, report):
            state = report
        assert _HEIGHT[state] >= height
        height = _HEIGHT[state]


@given(st.permutations([S.SENT, S.DELIVERED, S.READ]), st.lists(st.sampled_from([S.SENT, S.DELIVERED, S.READ])))
def test_once_all_was_reported_it_is_read_whatever_the_order(order: list[S], more: list[S]) -> None:
    state = S.SENDING
    for report in (*order, *more):
        state = report if may_become(state, report) else state

    assert state is S.READ


@given(st.sampled_from(sorted(FINAL)), st.sampled_from(list(S)))
def test_nothing_leaves_a_final_state(final: S, any_state: S) -> None:
    assert not may_become(final, any_state)


@given(st.sampled_from(list(S)))
def test_no_state_becomes_itself(state: S) -> None:
    assert state not in sources(state)


def test_what_was_delivered_never_fails_and_never_returns_to_the_queue() -> None:
    assert not may_become(S.DELIVERED, S.FAILED)
    assert not any(may_become(sent, state) for sent in (S.SENT, S.DELIVERED, S.READ) for state in OPEN)

"""The circuit breaker: whom it lets ask, whatever happens in whatever order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from bots.nlu.breaker import Breaker, Permit

LIMIT, PAUSE, LONGEST = 3, 2.0, 16.0


class AnyOrder(RuleBasedStateMachine):
    """Questions, answers and time in any order, beside a model of what must be."""

    out = Bundle("out")

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(failures=LIMIT, pause=PAUSE, longest=LONGEST)
        self.now = 0.0
        self.in_a_row = 0
        self.opened_at: float | None = None
        self.pause = PAUSE
        self.probe: Permit | None = None
        self.fresh: list[Permit] = []

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=out)
    def ask(self) -> Permit | None:
        permit = self.breaker.ask(self.now)
        if self.opened_at is None:
            assert permit is not None
        elif self.probe is not None or self.now < self.opened_at + self.pause:
            assert permit is None
        else:
            assert permit is not None
            self.probe = permit
        if permit is not None:
            self.fresh.append(permit)
        return permit

    @rule(permit=consumes(out))
    def it_answers(self, permit: Permit | None) -> None:
        if permit is None:
            return
        closed = self.breaker.succeeded(permit)
        if permit is self.probe:
            assert closed
            self._start_anew(None)
            self.pause = PAUSE
        else:
            assert not closed
            if self._counts(permit):
                self.in_a_row = 0

    @rule(permit=consumes(out))
    def it_fails(self, permit: Permit | None) -> None:
        if permit is None:
            return
        opened = self.breaker.failed(permit, self.now)
        if permit is self.probe:
            assert opened
            self.pause = min(self.pause * 2, LONGEST)
            self._start_anew(self.now)
        elif self._counts(permit):
            self.in_a_row += 1
            assert opened == (self.in_a_row == LIMIT)
            if opened:
                self._start_anew(self.now)
        else:
            assert not opened

    @rule(permit=consumes(out))
    def nobody_waits(self, permit: Permit | None) -> None:
        if permit is None:
            return
        self.breaker.withdrawn(permit)
        if permit is self.probe:
            self.probe = None

    @invariant()
    def it_says_where_it_stands(self) -> None:
        expected = "closed" if self.opened_at is None else "open" if self.probe is None else "half-open"
        assert self.breaker.state == expected

    def _counts(self, permit: Permit) -> bool:
        """Whether the question was asked since the breaker last closed, and it is closed."""
        return self.opened_at is None and any(permit is one for one in self.fresh)

    def _start_anew(self, opened_at: float | None) -> None:
        self.opened_at, self.probe, self.in_a_row = opened_at, None, 0
        self.fresh.clear()


AnyOrder.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def test_it_opens_after_so_many_failures_in_a_row_and_a_success_between_starts_the_count_anew() -> None:
    breaker = Breaker(failures=2, pause=1.0)

    told = []
    for failed in (True, False, True, True):
        permit = breaker.ask(0.0)
        assert permit is not None
        told.append(breaker.failed(permit, 0.0) if failed else breaker.succeeded(permit))

    assert told == [False, False, False, True]
    assert breaker.ask(0.5) is None


def test_of_a_crowd_one_alone_asks_whether_the_server_is_well_again() -> None:
    breaker = Breaker(failures=1, pause=1.0)
    first = breaker.ask(0.0)
    assert first is not None
    breaker.failed(first, 0.0)

    crowd = [breaker.ask(1.0) for _ in range(5)]

    assert [permit is not None for permit in crowd] == [True, False, False, False, False]
    assert crowd[0] is not None
    assert breaker.succeeded(crowd[0])
    assert all(breaker.ask(1.0) for _ in range(5))


def test_the_pause_grows_up_to_the_longest_and_is_short_again_once_the_server_answered() -> None:
    breaker = Breaker(failures=1, pause=2.0, longest=5.0)
    now = 0.0
    permit = breaker.ask(now)
    for pause in (2.0, 4.0, 5.0, 5.0):
        assert permit is not None
        breaker.failed(permit, now)
        assert breaker.ask(now + pause - 0.01) is None
        now += pause
        permit = breaker.ask(now)
    assert permit is not None

    breaker.succeeded(permit)
    again = breaker.ask(now)
    assert again is not None
    breaker.failed(again, now)

    assert breaker.ask(now + 1.99) is None
    assert breaker.ask(now + 2.0) is not None


@pytest.mark.parametrize(
    "values", [{"failures": 0}, {"pause": 0.0}, {"pause": 9.0, "longest": 5.0}], ids=lambda values: "/".join(values)
)
def test_numbers_that_make_no_breaker_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="breaker"):
        Breaker(**values)

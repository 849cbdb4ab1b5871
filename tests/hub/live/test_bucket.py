"""The sender's rate holds over time, and bulk never holds up an answer."""

from hypothesis import given
from hypothesis import strategies as st

from hub.live.bucket import Bucket
from hub.types import Lane


class Seconds:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_bulk_stops_while_there_is_room_for_answers() -> None:
    bucket = Bucket(10.0, Seconds())
    for _ in range(8):
        bucket.take(1)

    assert bucket.available(Lane.BULK) == 0.0
    assert bucket.available(Lane.REPLY) == 2.0
    assert bucket.available(Lane.SAFETY) == 2.0


def test_a_text_longer_than_the_bucket_leaves_and_is_paid_for_afterwards() -> None:
    seconds = Seconds()
    bucket = Bucket(1.0, seconds)
    assert bucket.available(Lane.REPLY) > 0

    bucket.take(5)

    assert bucket.available(Lane.REPLY) == 0.0
    seconds.at += 3.9
    assert bucket.available(Lane.REPLY) == 0.0
    seconds.at += 0.2
    assert bucket.available(Lane.REPLY) > 0


def test_a_quiet_night_does_not_save_up_for_a_burst() -> None:
    seconds = Seconds()
    bucket = Bucket(5.0, seconds)

    seconds.at += 36_000

    assert bucket.available(Lane.REPLY) == 5.0


@given(
    st.floats(0.1, 100.0),
    st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(1, 6), st.sampled_from(list(Lane))), max_size=60),
)
def test_over_any_time_no_more_leaves_than_the_rate_a_burst_and_one_text(
    rate: float, asked: list[tuple[float, int, Lane]]
) -> None:
    seconds = Seconds()
    bucket = Bucket(rate, seconds)
    began, sent, longest = seconds.at, 0, 0
    for pause, segments, lane in asked:
        seconds.at += pause
        if bucket.available(lane) > 0:
            bucket.take(segments)
            sent, longest = sent + segments, max(longest, segments)

    assert sent <= (seconds.at - began) * rate + max(1.0, rate) + longest + 1e-6


@given(st.floats(0.1, 100.0), st.integers(1, 20), st.sampled_from(list(Lane)))
def test_after_the_wait_that_it_names_the_lane_may_send(rate: float, taken: int, lane: Lane) -> None:
    seconds = Seconds()
    bucket = Bucket(rate, seconds)
    bucket.take(taken)

    seconds.at += bucket.wait(lane)

    assert bucket.available(lane) > 0
    assert bucket.wait(lane) == 0.0

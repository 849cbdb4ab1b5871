"""The clock that the hub asks, and the one that stands still."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.clock import FixedClock, SystemClock


def test_the_machines_clock_gives_aware_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))

    first = clock.now()
    clock.advance(timedelta(minutes=5))

    assert first == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert clock.now() == datetime(2026, 3, 2, 15, 5, tzinfo=UTC)


def test_a_fixed_clock_speaks_utc_whatever_zone_it_was_set_in() -> None:
    clock = FixedClock(datetime(2026, 3, 8, 3, 30, tzinfo=ZoneInfo("America/New_York")))

    assert clock.now().tzinfo is UTC
    assert clock.now() == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)


def test_advancing_over_a_change_of_clocks_adds_real_time() -> None:
    clock = FixedClock(datetime(2026, 3, 8, 1, 30, tzinfo=ZoneInfo("America/New_York")))

    clock.advance(timedelta(hours=1))

    assert clock.now().astimezone(ZoneInfo("America/New_York")).hour == 3


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        FixedClock(datetime(2026, 3, 2, 15, 0))  # noqa: DTZ001 - what is refused

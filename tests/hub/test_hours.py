"""Opening hours as an operator writes them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.hours import OpeningHours

ZONE = ZoneInfo("America/New_York")
USUAL = OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00")


def at(text: str) -> datetime:
    """A moment by the wall clock of the clinic."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        pytest.param("2026-11-23T08:00", True, id="opens"),
        pytest.param("2026-11-23T07:59", False, id="before"),
        pytest.param("2026-11-27T17:59", True, id="last-minute"),
        pytest.param("2026-11-27T18:00", False, id="closes"),
        pytest.param("2026-11-28T12:00", True, id="saturday"),
        pytest.param("2026-11-28T13:00", False, id="saturday-afternoon"),
        pytest.param("2026-11-29T10:00", False, id="sunday"),
    ],
)
def test_it_is_open_from_the_first_minute_to_before_the_last(moment: str, is_open: bool) -> None:
    assert USUAL.is_open(at(moment), ZONE) is is_open


def test_the_zone_of_the_clinic_decides() -> None:
    assert USUAL.is_open(datetime(2026, 11, 23, 13, 0, tzinfo=UTC), ZONE)
    assert not USUAL.is_open(datetime(2026, 11, 23, 12, 59, tzinfo=UTC), ZONE)
    # In summer the same wall time is an hour earlier.
    assert USUAL.is_open(datetime(2026, 7, 20, 12, 0, tzinfo=UTC), ZONE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("Mon 09:00-17:00", "Mon 09:00-17:00", id="day"),
        pytest.param("mon-wed 09:00-12:00,13:00-17:00", "Mon 09:00-12:00, 13:00-17:00; Tue 09:00-12:00, 13:00-17:00; "
                     "Wed 09:00-12:00, 13:00-17:00", id="lunch"),
        pytest.param("Sat-Mon 10:00-11:00", "Mon 10:00-11:00; Sat 10:00-11:00; Sun 10:00-11:00", id="over-the-weekend"),
        pytest.param("Fri 13:00-17:00; Fri 08:00-12:00", "Fri 08:00-12:00, 13:00-17:00", id="named-twice"),
        pytest.param(" Sun  00:00 - 24:00 ; ", "Sun 00:00-24:00", id="all-day"),
    ],
)  # fmt: skip
def test_what_is_written_is_understood(text: str, told: str) -> None:
    assert str(OpeningHours.parse(text)) == told


@pytest.mark.parametrize(
    "text",
    ["", ";", "Mon", "09:00-17:00", "Mon 9-17", "Mon 9:00-17:00", "Mon 09:00-25:00", "Mon 17:00-09:00",
     "Mon 09:00-09:00", "Funday 09:00-17:00", "Mon-Fr 09:00-17:00", "Mon 09:00-17:00 Tue 09:00-17:00",
     "Mon 09:60-17:00", "Mon 24:00-24:00"],
)  # fmt: skip
def test_what_is_no_opening_hour_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Mon-Fri 08:00-18:00; Sat 09:00-13:00"):
        OpeningHours.parse(text)


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1438)).flatmap(
            lambda one: st.tuples(st.just(one[0]), st.just(one[1]), st.integers(one[1] + 1, 1439))
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 7 * 1440 - 1),
)
def test_it_says_of_every_minute_what_was_written(spans: list[tuple[int, int, int]], minute: int) -> None:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    written = [f"{names[day]} {_clock(first)}-{_clock(last)}" for day, first, last in spans]
    hours = OpeningHours.parse("; ".join(written))
    monday = datetime(2026, 11, 23, tzinfo=UTC)

    found = hours.is_open(monday + timedelta(minutes=minute), ZoneInfo("UTC"))

    day, rest = divmod(minute, 1440)
    assert found is any(day == one and first <= rest < last for one, first, last in spans)
    assert OpeningHours.parse(str(hours)) == hours


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("moment", "span", "then"),
    [
        pytest.param("2026-11-23T09:00", minutes(60), "2026-11-23T10:00", id="within the day"),
        pytest.param("2026-11-23T17:30", minutes(60), "2026-11-24T08:30", id="over the night"),
        pytest.param("2026-11-23T20:00", minutes(60), "2026-11-24T09:00", id="after closing"),
        pytest.param("2026-11-28T12:30", minutes(60), "2026-11-30T08:30", id="over the Sunday"),
        pytest.param("2026-11-23T17:00", minutes(60), "2026-11-23T18:00", id="until it closes"),
        pytest.param("2026-11-23T17:00", minutes(0), "2026-11-23T17:00", id="open now"),
        pytest.param("2026-11-28T13:00", minutes(0), "2026-11-30T08:00", id="opens next"),
        pytest.param("2026-03-06T17:00", minutes(6 * 60), "2026-03-09T09:00", id="over the change of clocks"),
    ],
)
def test_time_passes_only_while_it_is_open(moment: str, span: timedelta, then: str) -> None:
    assert USUAL.later(at(moment), span, ZONE) == at(then)


def test_hours_over_a_change_of_clocks_are_as_long_as_they_are() -> None:
    always = OpeningHours.parse("Mon-Sun 00:00-24:00")
    night = OpeningHours.parse("Sun 01:00-04:00")

    # The day has 23 hours in spring: eight of them are eight of them.
    evening = at("2026-03-07T22:00").astimezone(UTC)
    assert always.later(evening, minutes(480), ZONE) == evening + minutes(480)
    # Of that Sunday's three hours one is skipped: the third comes a week later.
    assert night.later(at("2026-03-08T00:00"), minutes(150), ZONE) == at("2026-03-15T01:30")
    # In autumn one is gone through twice.
    assert night.later(at("2026-11-01T00:00"), minutes(240), ZONE) == at("2026-11-01T04:00")


@given(
    st.integers(0, 366 * 24 * 60),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_spans_add_up_and_end_while_it_is_open(minute: int, first: int, second: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + minutes(minute)
    middle = USUAL.later(moment, minutes(first), ZONE)

    assert middle >= moment + minutes(first)
    if second:
        # Of no more time at all the moment is the same, or the next at which it opens.
        assert USUAL.later(middle, minutes(second), ZONE) == USUAL.later(moment, minutes(first + second), ZONE)
    assert USUAL.is_open(middle, ZONE) or (first > 0 and USUAL.is_open(middle - timedelta(seconds=1), ZONE))

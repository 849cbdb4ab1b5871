"""Moments as HL7 writes them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.hl7 import times

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("20260310140000", datetime(2026, 3, 10, 18, tzinfo=UTC), id="the clinic's wall time"),
        pytest.param("20260110140000", datetime(2026, 1, 10, 19, tzinfo=UTC), id="and in winter"),
        pytest.param("202603101400", datetime(2026, 3, 10, 18, tzinfo=UTC), id="to the minute"),
        pytest.param("20260310140000.1234-0800", datetime(2026, 3, 10, 22, 0, 0, 123400, UTC), id="its own offset"),
        pytest.param("20260310140000+0000", datetime(2026, 3, 10, 14, tzinfo=UTC), id="no offset from UTC"),
        pytest.param("20261101013000", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), id="one that comes twice: the first"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_a_moment_is_read(text: str, meant: datetime | None) -> None:
    assert times.moment(text, NEW_YORK) == meant


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("20260308023000", id="clocks skip it"),
        pytest.param("20260310", id="a day alone"),
        pytest.param("2026031025", id="no hour"),
        pytest.param("202613101400", id="no month"),
        pytest.param("20260310140000+9900", id="no offset"),
        pytest.param("00000000000000", id="zeros"),
        pytest.param("2026-03-10T14:00", id="another form"),
        pytest.param("190001011200", id="long ago"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        times.moment(text, NEW_YORK)


def test_in_the_hour_that_comes_twice_what_is_told_later_is_later() -> None:
    first = datetime(2026, 11, 1, 5, 55, tzinfo=UTC)
    second = first + timedelta(minutes=10)

    assert times.event("20261101015500", NEW_YORK, first) == first
    assert times.event("20261101010500", NEW_YORK, second) == second


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
@settings(max_examples=50)
def test_what_is_written_is_read_again(plain: datetime) -> None:
    at = plain.replace(microsecond=0, tzinfo=UTC)

    assert times.moment(times.written(at, NEW_YORK), ZoneInfo("Asia/Tokyo")) == at


def test_a_day_is_read() -> None:
    assert times.day("19850423") == times.day("198504231130") == date(1985, 4, 23)
    assert times.day("1985") is None
    for wrong in ("19850231", "1985-04-23"):
        with pytest.raises(ValueError, match=r"."):
            times.day(wrong)

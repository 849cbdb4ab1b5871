"""Column types: a moment comes back as the same moment, on either database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql, sqlite

from hub.db.columns import Id, Moment, Number

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect()
DIALECTS = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - made aware by the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@DIALECTS
@given(moment=moments)
def test_a_moment_comes_back_the_same_in_utc(dialect: sa.Dialect, moment: datetime) -> None:
    stored = Moment().process_bind_param(moment, dialect)

    back = Moment().process_result_value(stored, dialect)

    assert back == moment
    assert back is not None
    assert back.tzinfo is UTC


@given(one=moments, other=moments)
def test_moments_sort_in_the_file_as_they_do_in_time(one: datetime, other: datetime) -> None:
    column = Moment()

    stored = [column.process_bind_param(moment, SQLITE) for moment in (one, other)]

    assert (stored[0] < stored[1]) == (one < other)


@DIALECTS
def test_no_moment_stays_none(dialect: sa.Dialect) -> None:
    assert Moment().process_bind_param(None, dialect) is None
    assert Moment().process_result_value(None, dialect) is None


@DIALECTS
def test_a_naive_moment_is_refused(dialect: sa.Dialect) -> None:
    with pytest.raises(ValueError, match="naive"):
        Moment().process_bind_param(datetime(2026, 3, 2), dialect)  # noqa: DTZ001 - what is refused


@pytest.mark.parametrize(
    ("dialect", "kinds"),
    [
        pytest.param(SQLITE, ("VARCHAR(36)", "BIGINT", "INTEGER"), id="sqlite"),
        pytest.param(POSTGRESQL, ("UUID", "TIMESTAMP WITH TIME ZONE", "BIGINT"), id="postgresql"),
    ],
)
def test_each_database_has_its_own_best_type(dialect: sa.Dialect, kinds: tuple[str, ...]) -> None:
    assert tuple(kind.compile(dialect=dialect) for kind in (Id(), Moment(), Number())) == kinds

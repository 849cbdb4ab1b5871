"""Nobody is woken, and every hold ends."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.quiet_hours import Hours, next_open

DAILY = Hours(((time(8), time(20)),) * 7)
WORKDAYS = Hours((((time(9), time(18)),) * 5) + (None, None))
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Honolulu",
        "America/St_Johns",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Guam",
        "America/Havana",
    )
]
NEW_YORK, LOS_ANGELES, HONOLULU = ZONES[:3]


def at(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone)


@pytest.mark.parametrize(
    ("now", "zones", "hours", "opens"),
    [
        pytest.param(at(NEW_YORK, 2026, 3, 2, 12), [NEW_YORK], DAILY, None, id="noon is open"),
        pytest.param(at(NEW_YORK, 2026, 3, 2, 8), [NEW_YORK], DAILY, None, id="the first minute is open"),
        pytest.param(
            at(NEW_YORK, 2026, 3, 2, 20), [NEW_YORK], DAILY, at(NEW_YORK, 2026, 3, 3, 8), id="the end is closed"
        ),
        pytest.param(
            at(NEW_YORK, 2026, 3, 7, 23), [NEW_YORK], DAILY, at(NEW_YORK, 2026, 3, 8, 8), id="night the clock goes on"
        ),
        pytest.param(
            at(NEW_YORK, 2026, 10, 31, 23), [NEW_YORK], DAILY, at(NEW_YORK, 2026, 11, 1, 8), id="night it goes back"
        ),
        pytest.param(
            at(NEW_YORK, 2026, 3, 2, 9),
            [NEW_YORK, HONOLULU],
            DAILY,
            at(HONOLULU, 2026, 3, 2, 8),
            id="two zones share their afternoon",
        ),
        pytest.param(
            at(NEW_YORK, 2026, 3, 6, 19), [NEW_YORK], WORKDAYS, at(NEW_YORK, 2026, 3, 9, 9), id="over the weekend"
        ),
    ],
)
def test_the_next_open_moment(now, zones, hours, opens):
    assert next_open(now.astimezone(UTC), zones, hours) == opens


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda one: one.replace(tzinfo=UTC)),  # noqa: DTZ001
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=4, unique=True),
    hours=st.sampled_from([DAILY, WORKDAYS]),
)
def test_a_hold_ends_within_eight_days_and_inside_the_hours_wherever_the_zones_share_any(now, zones, hours):
    opens = next_open(now, zones, hours)

    moment = now if opens is None else opens
    assert now <= moment <= now + timedelta(days=8)
    week = [now + timedelta(minutes=15 * step) for step in range(4 * 24 * 8)]
    if any(all(hours.open_at(one.astimezone(zone)) for zone in zones) for one in week):
        assert all(hours.open_at(moment.astimezone(zone)) for zone in zones)


def test_zones_that_share_nothing_still_end_the_hold_where_most_are_open():
    guam = ZoneInfo("Pacific/Guam")
    now = at(NEW_YORK, 2026, 3, 2, 3).astimezone(UTC)

    opens = next_open(now, [NEW_YORK, LOS_ANGELES, guam], WORKDAYS)

    assert opens == at(LOS_ANGELES, 2026, 3, 2, 9)


@pytest.mark.parametrize(
    "days",
    [(), (None,) * 7, ((time(9), time(9)),) * 7],
    ids=["no week", "never open", "ends as it begins"],
)
def test_hours_that_could_hold_forever_are_refused(days):
    with pytest.raises(ValueError, match="hours"):
        Hours(days)

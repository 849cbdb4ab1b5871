"""Where a wish makes the calendar look, and what is picked of what is found there."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dates.model import When, Window
from bots.scheduling.base import Slot
from bots.scheduling.wish import Season, around, choose, within

ZONES = [ZoneInfo(name) for name in ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata")]
FIRST, LAST = date(2026, 3, 1), date(2026, 4, 10)

_days = st.none() | st.dates(FIRST - timedelta(days=5), LAST + timedelta(days=5))
_times = st.none() | st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Any window a text may be read as."""
    earliest = draw(_times)
    exact = earliest is not None and draw(st.booleans())
    about = earliest is not None and not exact and draw(st.booleans())
    latest = draw(_times) if not exact and not about else None
    return Window(first=draw(_days), last=draw(_days), earliest=earliest, latest=latest, exact=exact, about=about)


def season(zone: ZoneInfo, **ruled_out: object) -> Season:
    """Six weeks around two changes of clocks."""
    return Season(first=FIRST, last=LAST, when=When(**ruled_out), zone=zone)  # type: ignore[arg-type]


def slot(number: int, start: datetime) -> Slot:
    """A slot that starts then."""
    return Slot(id=str(number), provider="P", specialty="S", visit_type="V", location="L", start=start, minutes=15)


def quarters(start: datetime, low: int, high: int) -> st.SearchStrategy[datetime]:
    """Moments so many quarters of an hour after `start`."""
    return st.integers(low, high).map(lambda n: start + timedelta(minutes=15 * n))


CHANGES = [
    datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # London
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, by half an hour, backwards
]
_any_time = quarters(datetime(2026, 3, 1, tzinfo=UTC), 0, 40 * 96)
_near_a_change = st.one_of(*(quarters(change, -10, 10) for change in CHANGES))


@settings(max_examples=300)
@given(windows(), st.sampled_from(ZONES), _any_time | _near_a_change)
def test_every_start_that_suits_lies_in_a_cell(window: Window, zone: ZoneInfo, start: datetime) -> None:
    local = start.astimezone(zone)

    cells = list(within(window, season(zone)))

    if window.suits(local) and FIRST <= local.date() <= LAST:
        assert any(cell.first <= start <= cell.last for cell in cells)


@given(windows(), st.sampled_from(ZONES), st.integers(0, 6), st.dates(FIRST, LAST))
def test_no_cell_lies_on_a_day_ruled_out(window: Window, zone: ZoneInfo, weekday: int, ruled_out: date) -> None:
    there = season(zone, excluded=(ruled_out,), excluded_weekdays=(weekday,))

    for cell in (*within(window, there), *around(window, there)):
        day = (cell.aim or cell.first).astimezone(zone).date()
        assert day != ruled_out
        assert day.weekday() != weekday
        assert FIRST <= day <= LAST


@given(windows(), st.sampled_from(ZONES))
def test_what_is_nearest_is_looked_for_on_every_day_once(window: Window, zone: ZoneInfo) -> None:
    days = [(cell.aim or cell.first).astimezone(zone).date() for cell in around(window, season(zone))]

    seen = list(dict.fromkeys(days))
    assert sum(a != b for a, b in pairwise(days)) == len(seen) - 1
    assert set(seen) == {FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)}


def test_days_are_tried_outward_from_the_day_wished_for() -> None:
    day = date(2026, 3, 10)

    cells = around(Window(first=day, last=day, earliest=time(15), exact=True), season(ZONES[0]))

    tried = [cell.aim.astimezone(ZONES[0]).date() - day for cell in cells if cell.aim]
    assert [one.days for one in tried[:5]] == [0, 1, -1, 2, -2]


@pytest.mark.parametrize("spread", [True, False], ids=["spread", "in order"])
@given(data=st.data())
def test_what_is_picked_is_new_and_as_much_as_there_is(spread: bool, data: st.DataObject) -> None:
    start = datetime(2026, 3, 3, 8, tzinfo=ZONES[0])
    offsets = data.draw(st.lists(st.integers(0, 40), max_size=12))
    found = [slot(n, start + timedelta(minutes=15 * offset)) for n, offset in enumerate(offsets)]
    beside = found[:2]
    limit = data.draw(st.integers(0, 5))

    picked = choose(found, limit, spread=spread, beside=beside)

    assert len(picked) == min(limit, len(found) - len(beside))
    assert len({one.id for one in (*picked, *beside)}) == len(picked) + len(beside)
    if picked and not beside:
        assert found[0] in picked


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param([9, 9.25, 9.5, 14, 14.25], [9, 9.25, 14], id="both halves of the day"),
        pytest.param([9, 9.25, 9.5, 10, 11, 11.5], [9, 10, 11], id="hours apart in one half"),
        pytest.param([9, 9.25, 9.5], [9, 9.25, 9.5], id="in a row when there is nothing else"),
    ],
)
def test_a_vague_wish_is_offered_different_times(hours: list[float], expected: list[float]) -> None:
    midnight = datetime(2026, 3, 3, tzinfo=ZONES[0])
    found = [slot(n, midnight + timedelta(hours=hour)) for n, hour in enumerate(hours)]

    picked = choose(found, 3, spread=True)

    assert [one.start.hour + one.start.minute / 60 for one in picked] == expected

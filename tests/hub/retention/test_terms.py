"""When a record is past its time: adults, minors, strangers, leap days; and which policy holds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import SettingsError
from hub.retention.terms import Persons, ends, policies, policy_for, years_on

ZONE = ZoneInfo("America/New_York")
TERMS = Persons(years=10, majority=18, minor_years=6, stranger_years=4)
DAYS = st.dates(date(1940, 1, 1), date(2030, 12, 31))


def on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "born", "stranger", "until"),
    [
        (on(2016, 3, 2), date(1980, 1, 1), False, date(2026, 3, 3)),
        (on(2016, 3, 2), None, False, date(2026, 3, 3)),
        (on(2016, 2, 29), date(1980, 1, 1), False, date(2026, 3, 1)),
        (on(2016, 3, 2), date(2010, 5, 6), False, date(2034, 5, 7)),
        (on(2016, 3, 2), date(1998, 3, 3), False, date(2026, 3, 3)),
        (on(2016, 3, 2), None, True, date(2020, 3, 3)),
    ],
    ids=["adult", "age unknown", "leap day", "child", "nearly of age: the longer of both", "stranger"],
)
def test_a_record_is_kept_for_whole_years(last: datetime, born: date | None, stranger: bool, until: date) -> None:
    found = ends(TERMS, last, born, ZONE, stranger=stranger)

    assert (found.date(), found.hour, found.tzinfo) == (until, 0, ZONE)


@given(last=DAYS, born=st.none() | DAYS, later=st.integers(0, 4000))
@settings(max_examples=50)
def test_nothing_shortens_what_is_kept(last: date, born: date | None, later: int) -> None:
    """A later contact, or an age that is known, never ends it sooner."""
    at = datetime.combine(last, datetime.min.time(), ZONE)
    plain, known = ends(TERMS, at, None, ZONE), ends(TERMS, at, born, ZONE)
    again = ends(TERMS, at + timedelta(days=later), None, ZONE)

    assert plain <= known
    assert plain <= again
    assert (plain.date() - last).days >= 3652


@pytest.mark.parametrize(
    ("named", "state", "found"),
    [("", "FL", "us-fl"), ("", "OH", "us"), ("", "", "us"), ("us-nv", "FL", "us-nv")],
)
def test_the_policy_is_the_one_named_else_of_the_state_else_of_the_country(named: str, state: str, found: str) -> None:
    assert policy_for(named, "US", state).name == found


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "neither"), ("a =", "no TOML"), ('name = "x"', "no policy")],
    ids=["missing", "broken", "wanting"],
)
def test_a_file_that_is_no_policy_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "own.toml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(SettingsError) as refused:
        policy_for(str(file), "US", "")

    assert said in refused.value.problems[0]


def test_where_no_policy_is_known_nothing_is_guessed() -> None:
    with pytest.raises(SettingsError):
        policy_for("", "DE", "")


def test_every_policy_keeps_adults_for_at_least_what_documentation_is_kept_for() -> None:
    """45 CFR 164.316(b)(2)(i): six years. North Carolina: until the thirtieth birthday; Nevada: the twenty-third."""
    until = {"us-nc": 30, "us-nv": 23, "us-fl": 24, "us": 28}

    for one in policies().values():
        assert one.persons.years >= 6
        assert one.persons.majority + one.persons.minor_years >= until[one.name]
    assert years_on(date(2024, 2, 29), 1) == date(2025, 2, 28)

"""Who hears and who may act, day by day: the birthdays are where it is decided."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.facts import PHONE, ConsentState, Fact, Source, standing
from consent.guardians import (
    NOTHING,
    SCOPES,
    Right,
    ages,
    birthday,
    comes_of_age,
    hears,
    holds,
    outlived,
    own_decisions,
    parse,
    stage,
)
from hub.types import ChannelKind, Purpose

NEW_YORK = ZoneInfo("America/New_York")
US = ages()
births = st.dates(date(1990, 1, 1), date(2024, 12, 31)) | st.sampled_from(
    [date(year, 2, 29) for year in range(1992, 2025, 4)]
)
zones = st.sampled_from([NEW_YORK, ZoneInfo("Pacific/Honolulu"), ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")])


def right(kind: str = "parent", since: datetime | None = None, **more: datetime) -> Right:
    begun = since or datetime(1985, 1, 1, tzinfo=UTC)
    return Right(kind=kind, scope=frozenset(SCOPES), since=begun, **more)  # type: ignore[arg-type]


@settings(max_examples=50)
@given(born=births, zone=zones)
def test_the_day_of_majority_ends_the_right_and_not_a_moment_earlier(born: date, zone: ZoneInfo) -> None:
    of_age = comes_of_age(born, US, zone)
    before = of_age.astimezone(UTC) - timedelta(microseconds=1)

    assert (stage(born, before, US, zone), stage(born, of_age, US, zone)) == ("teen", "adult")
    assert holds(right(), born, before, US, zone) == US.teen_scope
    for kind in ("parent", "guardian", "caregiver"):
        assert holds(right(kind), born, of_age, US, zone) == NOTHING
        assert outlived(right(kind), born, of_age, US, zone)
        assert not outlived(right(kind), born, before, US, zone)


@settings(max_examples=50)
@given(born=births, zone=zones)
def test_teen_access_narrows_the_right_on_its_day(born: date, zone: ZoneInfo) -> None:
    day = birthday(born, US.teen_access)
    begins = datetime.combine(day, time(), zone)
    before = begins.astimezone(UTC) - timedelta(microseconds=1)

    assert (stage(born, before, US, zone), stage(born, begins, US, zone)) == ("child", "teen")
    assert holds(right(), born, before, US, zone) == US.child_scope
    assert "messages" not in holds(right(), born, begins, US, zone)


@settings(max_examples=50)
@given(born=births, years=st.integers(0, 40))
def test_a_birthday_is_the_first_day_on_which_so_many_years_are_complete(born: date, years: int) -> None:
    day = birthday(born, years)

    assert day.year - born.year == years
    assert (day.month, day.day) == (born.month, born.day) or (day.month, day.day) == (3, 1)
    assert (day - timedelta(days=1)).replace(year=2000) < day.replace(year=2000) or day.month == day.day == 1


def test_whoever_is_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    born = date(2008, 2, 29)

    assert comes_of_age(born, US, NEW_YORK) == datetime(2026, 3, 1, tzinfo=NEW_YORK)
    assert birthday(born, 12) == date(2020, 2, 29)


def test_the_day_begins_where_the_person_is() -> None:
    born, moment = date(2008, 6, 1), datetime(2026, 6, 1, 5, 0, tzinfo=UTC)

    assert stage(born, moment, US, NEW_YORK) == "adult"
    assert stage(born, moment, US, ZoneInfo("Pacific/Honolulu")) == "teen"


def test_an_adults_caregiver_is_named_by_the_adult() -> None:
    born = date(1950, 1, 1)
    now = datetime(2026, 3, 2, tzinfo=UTC)
    lately = datetime(2026, 1, 1, tzinfo=UTC)

    assert holds(right("caregiver", lately), born, now, US, NEW_YORK) == frozenset(SCOPES)
    assert holds(right("parent", lately), born, now, US, NEW_YORK) == NOTHING
    assert holds(right("guardian", lately), born, now, US, NEW_YORK) == frozenset(SCOPES)


@pytest.mark.parametrize("when", ["until", "ended"])
def test_a_right_that_was_ended_holds_no_longer(when: str) -> None:
    born, now = date(2018, 1, 1), datetime(2026, 3, 2, tzinfo=UTC)

    assert holds(right(**{when: now}), born, now, US, NEW_YORK) == NOTHING
    assert holds(right(**{when: now + timedelta(seconds=1)}), born, now, US, NEW_YORK) == US.child_scope
    assert holds(right(since=now + timedelta(seconds=1)), born, now, US, NEW_YORK) == NOTHING


def test_nobody_acts_for_one_whose_age_is_not_known_as_for_a_child() -> None:
    assert stage(None, datetime(2026, 3, 2, tzinfo=UTC), US, NEW_YORK) == "adult"
    assert holds(right(), None, datetime(2026, 3, 2, tzinfo=UTC), US, NEW_YORK) == NOTHING


@pytest.mark.parametrize("at", ["child", "teen", "adult"])
@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("has_own", [True, False])
def test_of_a_confidential_visit_no_guardian_ever_hears(at: str, guarded: bool, has_own: bool) -> None:
    told = hears(at, confidential=True, has_own=has_own, guarded=guarded)  # type: ignore[arg-type]

    assert told == ("patient" if has_own else "nobody")


@pytest.mark.parametrize(
    ("at", "has_own", "guarded", "told"),
    [
        pytest.param("child", True, True, "guardian", id="a child's guardian"),
        pytest.param("child", True, False, "patient", id="a child nobody is named for"),
        pytest.param("teen", True, True, "patient", id="a teen with a phone of their own"),
        pytest.param("teen", False, True, "guardian", id="a teen without one"),
        pytest.param("adult", False, True, "patient", id="an adult"),
    ],
)
def test_who_is_written_to(at: str, has_own: bool, guarded: bool, told: str) -> None:
    assert hears(at, confidential=False, has_own=has_own, guarded=guarded) == told  # type: ignore[arg-type]


def test_what_was_agreed_to_before_majority_is_asked_anew_and_what_was_refused_is_not() -> None:
    of_age = datetime(2026, 3, 1, tzinfo=NEW_YORK)

    def fact(name: str, days: int, state: ConsentState, source: Source = Source.FORM) -> Fact:
        return Fact(id=name, at=of_age + timedelta(days=days), scope=PHONE, state=state, source=source)

    asked = own_decisions(standing([fact("1", -9, ConsentState.GRANT)]), of_age)
    renewed = own_decisions(standing([fact("1", -9, ConsentState.GRANT), fact("2", 0, ConsentState.GRANT)]), of_age)
    refused = own_decisions(standing([fact("1", -9, ConsentState.REVOKE, Source.STOP)]), of_age)

    assert asked.of(ChannelKind.SMS, Purpose.CARE).state is None
    assert renewed.of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.GRANT
    assert refused.of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.REVOKE


@pytest.mark.parametrize(("state", "majority", "teen"), [("", 18, 12), ("al", 19, 14), ("MS", 21, 12), ("TX", 18, 12)])
def test_a_state_adds_its_own_figures_to_the_default_ones(state: str, majority: int, teen: int) -> None:
    assert (ages(state).majority, ages(state).teen_access) == (majority, teen)


def test_figures_that_contradict_each_other_are_refused() -> None:
    row = "[default]\nmajority = 18\nteen_access = 19\nchild_scope = []\nteen_scope = []"
    text = f'version = "x"\nleap_day = "03-01"\n{row}'
    with pytest.raises(ValueError, match="after majority"):
        parse(text)
    with pytest.raises(ValueError, match="scope"):
        parse(text.replace("teen_scope = []", 'teen_scope = ["everything"]'))

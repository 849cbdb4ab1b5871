"""What is unusual, and what is not: the rules over made-up days."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.accounts.permissions import PERMISSIONS
from hub.errors import SettingsError
from hub.hours import OpeningHours
from hub.unusual.rules import Day, Known, Look, found, rules_for, same_family, same_person

ZONE = ZoneInfo("America/New_York")
HOURS = OpeningHours.parse("Mon-Fri 08:00-18:00")
NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
RULES = rules_for(None)
STRANGER = Known(given="Nora", family="Feldman")


def day(*looks: Look, name: str = "Alex Moreno", listed: int = 0, past: tuple[tuple[int, int], ...] = ()) -> Day:
    return Day(
        user_id="u",
        name=name,
        role="agent",
        looks=looks,
        listed=listed,
        last_listed=NOON if listed else None,
        past=past,
    )


def raised(one: Day, **persons: Known) -> list[tuple[str, str | None]]:
    return [(each.rule, each.person_id) for each in found(one, persons, RULES, HOURS, ZONE)]


@pytest.mark.parametrize(
    ("staff", "given", "family", "family_too", "self_too"),
    [
        ("Alex Moreno", "Rosa", "Moreno", True, False),
        ("Alex Moreno", "Alex", "MORENO", True, True),
        ("Alex Moreno", "Rosa", "Moreno-García", True, False),
        ("García, Ana", "ana maría", "Garcia", True, True),
        ("Ana de la Cruz", "Luis", "de la Vega", False, False),
        ("Sinéad O’Neill", "Sinead", "O'Neill", True, True),
        ("Moreno", "Rosa", "Moreno", False, False),
        ("Alex Moreno", "Moreno", "Alexander", False, False),
        ("Alex Moreno", "", "", False, False),
    ],
)
def test_names_are_compared_as_people_would(
    staff: str, given: str, family: str, family_too: bool, self_too: bool
) -> None:
    assert (same_family(staff, family), same_person(staff, given, family)) == (family_too, self_too)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=50)
def test_any_name_can_be_compared_and_the_same_person_is_of_the_same_family(a: str, b: str, c: str) -> None:
    assert same_family(a, c) or not same_person(a, b, c)


def test_an_ordinary_day_raises_nothing() -> None:
    assert raised(day(Look(NOON, "p"), listed=200), p=STRANGER) == []


def test_of_a_person_the_gravest_is_asked_about_once() -> None:
    look = Look(NOON, "p")
    dead = NOON - timedelta(days=40)
    own = Known(given="Alex", family="Moreno", deceased_at=dead, marked=True)

    assert raised(day(look, look), p=own) == [("own_record", "p")]
    assert raised(day(look), p=Known(given="N", family="Feldman", reached_by=frozenset("u"))) == [("own_record", "p")]
    assert raised(day(look), p=Known(given="Rosa", family="Moreno", deceased_at=dead)) == [("deceased", "p")]
    assert raised(day(look), p=Known(given="Rosa", family="Moreno", marked=True)) == [("marked", "p")]
    assert raised(day(look), p=Known(given="Rosa", family="Moreno")) == [("own_name", "p")]


def test_who_died_lately_or_is_assigned_is_work() -> None:
    look = Look(NOON, "p")

    assert raised(day(look), p=Known(given="N", family="F", deceased_at=NOON - timedelta(days=30))) == []
    assert raised(day(look), p=Known(given="N", family="F", marked=True, assignee="u")) == []
    assert raised(day(look)) == [], "whoever was disposed of is nobody to ask about"


@pytest.mark.parametrize(
    ("hour", "count", "late"), [(22, 3, True), (22, 2, False), (19, 3, False), (6, 3, False), (5, 3, True)]
)
def test_outside_working_hours_several_records_are_asked_about(hour: int, count: int, late: bool) -> None:
    at = datetime(2026, 3, 2, hour, 30, tzinfo=ZONE)
    looks = [Look(at, f"p{number}") for number in range(count)]

    assert raised(day(*looks)) == ([("off_hours", None)] if late else [])


@given(
    st.integers(0, 400),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5000)), max_size=20),
    st.sampled_from(sorted(PERMISSIONS)),
)
@settings(max_examples=50)
def test_many_is_more_than_the_floor_and_than_ones_own_days(
    opened: int, past: list[tuple[int, int]], role: str
) -> None:
    looks = [Look(NOON, f"p{number}") for number in range(opened)]
    one = Day(user_id="u", name="A B", role=role, looks=looks, past=past)  # type: ignore[arg-type]
    limit = RULES.opened.limit(one.role, [each for each, _ in past if each])

    rules = [each for each in found(one, {}, RULES, HOURS, ZONE) if each.rule == "many_opened"]

    assert limit >= RULES.opened.floor[one.role]
    assert [(each.count, each.usual) for each in rules] == ([(opened, limit)] if opened > limit else [])


def test_ones_own_past_raises_what_is_usual_once_it_is_long_enough() -> None:
    looks = [Look(NOON, f"p{number}") for number in range(100)]

    assert raised(day(*looks)) == [("many_opened", None)]
    assert raised(day(*looks, past=((60, 0),) * 4)) == [("many_opened", None)]
    assert raised(day(*looks, past=((60, 0),) * 5)) == []


def test_lists_are_counted_apart() -> None:
    assert raised(day(listed=1501)) == [("many_listed", None)]
    assert raised(day(listed=1501, past=((0, 600),) * 5)) == []


def test_a_file_of_ones_own_is_read_and_a_bad_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    with pytest.raises(SettingsError) as missing:
        rules_for(file)
    file.write_text("name = 'x'")
    with pytest.raises(SettingsError) as wrong:
        rules_for(file)

    assert "cannot be read" in missing.value.problems[0]
    assert "HUB_ACCESS_RULES" in wrong.value.problems[0]

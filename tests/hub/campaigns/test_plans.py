"""Plans are refused with the reason when they could not run; what ships can."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.campaigns import facts, plans, timing
from hub.campaigns.plans import Step
from hub.errors import InputError

HERE = ZoneInfo("America/New_York")
PLAN = """
name: one
version: 1
title: One
kind: reminder
purpose: appointment
audience: { of: visits }
steps: [{ name: first, before: 1d, template: reminder.appointment }]
"""


def test_the_plans_that_ship_can_run_and_survive_being_kept() -> None:
    assert {"appointment-reminder", "recall", "waitlist", "post-visit"} <= set(plans.built_in())
    for plan in plans.built_in().values():
        assert plans.decode(plans.encode(plan)) == plan


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        pytest.param("kind: reminder", "kind: remainder", "Invalid enum value 'remainder'", id="no such kind"),
        pytest.param("purpose: appointment", "purpose: marketing", "cannot have the purpose", id="another purpose"),
        pytest.param("template: reminder.appointment", "template: nothing.here", "no template nothing", id="no text"),
        pytest.param("before: 1d", "before: 1w", "match", id="no length of time"),
        pytest.param("before: 1d", "before: 1d, sent: true", "unknown field", id="an unknown field"),
        pytest.param("before: 1d, ", "", "needs `before` or `after`", id="no time"),
        pytest.param("of: visits", "of: persons", "`before` needs visits", id="no visits"),
        pytest.param("version: 1", "version: one", "Expected `int`", id="a word for a number"),
        pytest.param("steps: [", "steps: [[", "YAML in line", id="no YAML"),
        pytest.param(
            "before: 1d", "before: 2h, between: ['10:00', '12:00']", "whole days only", id="hours in a window"
        ),
    ],
)
def test_a_plan_that_could_not_run_is_refused_with_the_reason(before: str, after: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plans.parse(PLAN.replace(before, after))


def test_a_text_that_wants_what_the_audience_has_not_is_refused() -> None:
    text = (
        PLAN.replace("of: visits", "of: persons")
        .replace("before: 1d", 'after: "0"')
        .replace("reminder", "broadcast", 1)
    )

    with pytest.raises(InputError, match=r"wants start \(moment\), which this audience does not have"):
        plans.parse(text)


def at(step: Step, start: datetime, key: str = "k", closed: frozenset[date] = frozenset()) -> datetime:
    return timing.nominal(step, start, here=HERE, there=HERE, key=key, closed=closed)


@given(key=st.text(max_size=20), day=st.dates(date(2026, 1, 1), date(2027, 12, 31)))
@settings(max_examples=50)
def test_everybody_gets_a_minute_of_the_window_the_same_each_time(key: str, day: date) -> None:
    step = Step(name="s", template="t", before="3d", between=("10:00", "17:00"))
    start = datetime(day.year, day.month, day.day, 9, tzinfo=HERE)

    moment = at(step, start, key)

    local = moment.astimezone(HERE)
    assert (start.date() - local.date()).days == 3
    assert 10 <= local.hour < 17
    assert (local.second, moment) == (0, at(step, start, key))


def test_a_reminder_comes_before_a_holiday_and_a_follow_up_after_it() -> None:
    christmas = frozenset({date(2026, 12, 25)})
    start = datetime(2026, 12, 26, 9, tzinfo=HERE)
    before = Step(name="s", template="t", before="1d", between=("10:00", "11:00"))
    after = Step(name="s", template="t", after="1d", between=("10:00", "11:00"))

    assert at(before, start, closed=christmas).astimezone(HERE).date() == date(2026, 12, 24)
    assert at(after, datetime(2026, 12, 24, 9, tzinfo=HERE), closed=christmas).astimezone(HERE).date() == date(
        2026, 12, 26
    )


def test_wordings_are_shared_out_by_their_shares_and_stay() -> None:
    step = Step(
        name="s",
        wordings=(plans.Wording(name="a", template="one", share=3), plans.Wording(name="b", template="two")),
    )

    found = [timing.wording(step, f"person-{n}") for n in range(400)]

    assert found == [timing.wording(step, f"person-{n}") for n in range(400)]
    assert 60 <= sum(one == ("b", "two") for one in found) <= 140


def test_the_holidays_are_read_and_what_is_none_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    wrong = tmp_path / "days.toml"
    wrong.write_text('dates = ["soon"]')

    assert date(2026, 11, 26) in timing.holidays()
    with pytest.raises(InputError, match="must be days"):
        timing.holidays(wrong)


@pytest.mark.parametrize(("missed", "kept", "high"), [(0, 0, False), (1, 0, True), (1, 5, False), (2, 4, True)])
def test_one_missed_visit_of_one_is_no_certainty_and_two_of_six_are_a_risk(missed: int, kept: int, high: bool) -> None:
    assert facts.Facts(missed=missed, kept=kept).high_risk is high


def test_times_are_in_utc() -> None:
    step = Step(name="s", template="t", before="2h")

    assert at(step, datetime(2026, 3, 8, 9, tzinfo=HERE).astimezone(UTC)) == datetime(2026, 3, 8, 11, tzinfo=UTC)

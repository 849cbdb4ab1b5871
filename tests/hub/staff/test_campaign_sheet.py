"""The form that builds plans: every plan that ships goes through it unchanged, and nothing typed into it breaks it."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.campaigns import plans
from hub.staff.campaign_reading import read
from hub.staff.campaign_sheet import changed, new, posted, sheet_of
from hub.staff.drawing import words


def fields(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A sheet as a browser posts it: what is not ticked is not there."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from fields(one, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from fields(one, f"{name}.{number}")
    elif value:
        yield name, value


@pytest.mark.parametrize("name", sorted(plans.built_in()))
def test_a_plan_that_ships_comes_through_the_form_and_its_file_as_it_was(name: str) -> None:
    plan = plans.built_in()[name]

    found = read(posted(fields(sheet_of(plan))), plan.name, plan.version)

    assert (found.plan, found.flaws) == (plan, {})
    assert plans.parse(plans.written(plan)) == plan


def test_every_fault_is_told_at_its_field_and_in_both_languages() -> None:
    sheet = new() | {"kind": "balance"}
    sheet["audience"] |= {"within": {"n": "soon", "unit": "d"}}
    step = sheet["steps"][0] | {"n": "2", "unit": "h"}
    step["w"] = [step["w"][0] | {"template": "own", "en": "Reply CANCEL, {name", "es": "Hola {nadie}."}]
    step["a"] = [{"says": " , ", "reply": "nothing.here", "staff": "", "step": "nowhere"}]
    sheet["steps"] = [step, step | {"w": [step["w"][0] | {"template": ""}], "between": "yes", "from": "18:00"}]

    found = read(sheet, "", 1)

    assert {at: one.code for at, one in found.flaws.items()} == {
        "title": "title",
        "purpose": "purpose",
        "audience.within.n": "span",
        "steps.0.between": "whole-days",
        "steps.0.w.0.en": "braces",
        "steps.0.w.0.es": "variable",
        "steps.0.a.0.says": "says",
        "steps.0.a.0.step": "branch",
        "steps.0.a.0.reply": "no-template",
        "steps.1.name": "twice",
        "steps.1.between": "window",
        "steps.1.w.0.template": "no-text",
        "steps.1.a.0.says": "says",
        "steps.1.a.0.step": "branch",
        "steps.1.a.0.reply": "no-template",
    }
    for language in ("en", "es"):
        t = words(language)
        assert [one.code for one in found.flaws.values() if f"build_wrong_{one.code}" not in t] == []


def test_a_text_that_carriers_take_for_an_opt_out_or_that_reveals_more_than_it_says_is_refused() -> None:
    sheet = new() | {"title": "One"}
    wording = sheet["steps"][0]["w"][0]
    wording |= {"template": "own", "en": "Reply CANCEL to cancel.", "es": "Hola {name}.", "level": "none"}

    found = read(sheet, "", 1)

    assert {at: one.code for at, one in found.flaws.items()} == {
        "steps.0.w.0.en": "opt-out",
        "steps.0.w.0.es": "variables",
        "steps.0.w.0.level": "level",
    }


_NAMES = [name for name, _ in fields(sheet_of(plans.built_in()["check-in"]))]


@given(
    typed=st.dictionaries(
        st.sampled_from(_NAMES) | st.text("steps.w01a", max_size=12), st.text(max_size=8) | st.just("0"), max_size=12
    ),
    button=st.sampled_from(["look", "add-step", "drop-step:0", "up:1", "down:0", "add-answer:9", "drop-wording:0:3"]),
)
@settings(max_examples=50)
def test_whatever_is_posted_the_form_comes_back(typed: dict[str, str], button: str) -> None:
    whole = dict(fields(sheet_of(plans.built_in()["check-in"]))) | typed

    sheet = changed(posted(whole.items()), button)

    found = read(sheet, "", 1)
    assert found.plan is not None or found.flaws
    assert posted(fields(sheet))["title"] == sheet["title"]

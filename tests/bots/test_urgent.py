"""Screening: what is an emergency is heard, what only sounds like one is not."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.urgent import screen
from bots.urgent.lists import load
from bots.urgent.model import RANK

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


EMERGENCIES = rows("urgent_emergencies.jsonl")
LOOKALIKES = rows("urgent_lookalikes.jsonl")


def test_at_least_99_percent_of_emergencies_are_heard():
    missed = [row["text"] for row in EMERGENCIES if screen(row["text"]).level is None]

    assert len(missed) <= len(EMERGENCIES) // 100, missed


@pytest.mark.parametrize("by", ["category", "language", "style"])
def test_no_kind_of_emergency_is_heard_less_than_85_times_in_100(by):
    heard: dict[str, list[bool]] = defaultdict(list)
    for row in EMERGENCIES:
        heard[row[by]].append(screen(row["text"]).level is not None)

    weak = {kind: sum(hits) / len(hits) for kind, hits in heard.items() if sum(hits) < 0.85 * len(hits)}

    assert not weak


def test_at_least_97_percent_of_emergencies_reach_their_level():
    low = [row["text"] for row in EMERGENCIES if RANK[screen(row["text"]).level] < RANK[row["level"]]]

    assert len(low) <= 0.03 * len(EMERGENCIES), low


def test_at_most_5_percent_of_lookalikes_raise_an_alarm():
    alarms = [
        row["text"]
        for row in LOOKALIKES
        if (level := screen(row["text"]).level) is not None and (row["level"] == "none" or level != "urgent")
    ]

    assert len(alarms) <= 0.05 * len(LOOKALIKES), alarms


@pytest.mark.parametrize(
    ("text", "level"),
    [
        pytest.param("no chest pain, just a cough", "urgent", id="a denial lowers to urgent"),
        pytest.param("no tengo dolor de pecho", "urgent", id="a denial in Spanish lowers to urgent"),
        pytest.param("I'm not suicidal", "urgent", id="a denied crisis stays urgent"),
        pytest.param("had chest pain last year", None, id="a distant past is none"),
        pytest.param("I tried to kill myself last year", "urgent", id="a past crisis stays urgent"),
        pytest.param("had a stroke in 2015 and my face is drooping again now", "medical", id="now beats then"),
        pytest.param("I have no chest pain but I can't breathe", "medical", id="one denial does not cover the next"),
        pytest.param("I don't know what to do my chest hurts", "medical", id="not knowing is no denial"),
        pytest.param("this traffic is killing me and I have chest pain", "medical", id="an idiom hides nothing else"),
        pytest.param("CAN'T BREATHE!!! 😭", "medical", id="shouting and emoji"),
        pytest.param("i wanna k1ll myself", "crisis", id="digits for letters"),
        pytest.param("can’t breathe", "medical", id="typographic apostrophe"),
    ],
)
def test_what_stands_around_an_alarm_is_weighed(text, level):
    found = screen(text)

    assert found.level == level
    assert not found.failed


def test_a_denial_and_a_past_are_marked_as_such():
    assert screen("no chest pain").negated
    assert screen("had chest pain last year").history


def test_the_answer_names_its_phrases_and_lists_but_no_text():
    found = screen("I can't breathe and I want to die")

    assert found.level == "crisis"
    assert found.phrase_id == found.matched[0]
    assert "breathing" in found.matched
    assert found.list_version == load().version
    assert "breathe and" not in repr(found)


@given(st.text(max_size=300))
def test_screening_answers_whatever_the_text(text):
    assert not screen(text).failed


@given(st.lists(st.sampled_from(["no", "cant", "my", "pain", "chest", ".", "breathe", "want", "die", "years", "ago"])))
def test_screening_answers_whatever_the_order_of_its_own_words(words):
    assert not screen(" ".join(words)).failed


@given(before=st.sampled_from(["Hi, ", "Ok thanks. ", "Tuesday works. "]), row=st.sampled_from(EMERGENCIES))
def test_small_talk_before_an_emergency_hides_nothing(before, row):
    assert screen(before + row["text"]).level is not None


@pytest.mark.parametrize(
    "unit", ["a", "no puedo ", "cant breathe ", "want to be with my kids ", "no respira bien ", "took my meds to end "]
)
def test_a_long_text_is_judged_as_its_parts_are(unit):
    """What is said once too often is still said: length neither hides an alarm nor makes one."""
    once, often = screen(unit * 3), screen(unit * (10_000 // len(unit)))

    assert (often.level, often.failed) == (once.level, False)


def test_a_broken_screen_flags_the_text_for_staff(monkeypatch):
    monkeypatch.setattr("bots.urgent.screening.load", lambda: None)

    found = screen("hello")

    assert found.failed
    assert found.level == "urgent"

"""Labelled files of several forms, and what a trial on them tells."""

import asyncio
import json
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dates import When
from bots.nlu.chart import chart
from bots.nlu.labelled import asked, labelled, read_labelled
from bots.nlu.model import Entities, Meaning, Question
from bots.nlu.score import Labelled, auroc, calibration
from bots.nlu.trial import Trial, tried
from hub.types import Language

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 9, tzinfo=ZONE)


class Parrot:
    """Says what each text itself says: "book 0.9"."""

    async def understand(self, text: str, *, now: datetime, language: Language | None = None, **_: object) -> Meaning:
        intent, sure = text.split()
        return Meaning(intent=intent, confidence=float(sure), intents=(intent,), entities=Entities(when=When()))


def trial(*rows: Labelled) -> Trial:
    return asyncio.run(tried(Parrot(), rows, NOW))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        pytest.param(
            {"text": "a", "intent": "book", "accept": ["confirm"], "language": "es", "now": "2026-03-02T10:00"},
            Labelled(
                text="a",
                intent="book",
                accept=frozenset({"book", "confirm"}),
                language="es",
                now=datetime(2026, 3, 2, 10, tzinfo=ZONE),
            ),
            id="our own form",
        ),
        pytest.param(
            {"text": "a", "intent": "oos", "lang": "en", "prev_system": "Should I book it?"},
            Labelled(
                text="a",
                intent="out_of_scope",
                accept=frozenset({"out_of_scope"}),
                language="en",
                question=Question(expects="yes_no"),
            ),
            id="another set's names, and what was asked",
        ),
        pytest.param(
            {"text": "a", "gold_date": None, "gold_time": "16:45", "reference": "2019-03-01T09:00"},
            Labelled(
                text="a",
                intent=None,
                now=datetime(2019, 3, 1, 9, tzinfo=ZONE),
                slots=(("date", None), ("time", "16:45")),
            ),
            id="dates alone",
        ),
        pytest.param(
            {"text": "a", "slots": {"date": {"canonical": "2019-03-09"}, "time": {"canonical": "any"}, "city": {}}},
            Labelled(text="a", intent=None, slots=(("date", "2019-03-09"),)),
            id="slots with spans",
        ),
        pytest.param(
            {"text": "2", "question": {"expects": "choice", "options": 3}, "part_of_day": None},
            Labelled(
                text="2", intent=None, question=Question(expects="choice", options=3), slots=(("part_of_day", None),)
            ),
            id="a question",
        ),
    ],
)
def test_rows_of_every_form_are_read(raw, row) -> None:
    assert labelled(raw, ZONE) == row


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 2 is not JSON"),
        ("[]", 'line 2: a row is an object with a "text"'),
        ('{"text": 5}', 'line 2: a row is an object with a "text"'),
        ('{"text": "secret", "intent": "dance"}', 'line 2: "intent" or "accept" names none of: book'),
        ('{"text": "secret", "intent": 4}', 'line 2: "intent" or "accept" names none of: book'),
        ('{"text": "secret", "language": "fr"}', 'line 2: "language" is en or es'),
        ('{"text": "secret", "now": "soon"}', 'line 2: "now" is not an ISO 8601 time'),
        ('{"text": "secret", "date": "tomorrow"}', 'line 2: "date" is YYYY-MM-DD or null'),
        ('{"text": "secret", "part_of_day": "noon"}', 'line 2: "part_of_day" is morning'),
        ('{"text": "secret", "question": {"expects": "love"}}', 'line 2: "question" has "expects"'),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_not_quoted(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(")) as refused:
        read_labelled(['{"text": "fine"}', line], ZONE)

    assert "secret" not in str(refused.value)


@given(
    st.recursive(st.none() | st.booleans() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner))
)
@settings(max_examples=40)
def test_reading_any_json_gives_a_row_or_a_reason(raw) -> None:
    for row in (
        raw,
        {"text": "a", "intent": raw, "slots": raw},
        {"text": "a", "intent": "book", "accept": raw, "time": raw},
        {"text": "a", "now": raw, "question": raw},
    ):
        why = ""
        try:
            read_labelled([json.dumps(row)], ZONE)
        except ValueError as refused:
            why = str(refused)
        assert why == "" or why.startswith("line 1")


def test_what_the_other_side_said_comes_to_a_question() -> None:
    assert asked("What day would you like?") == Question(expects="when")
    assert asked("I found 10 dentists. How about Albert Lee?") == Question(expects="choice", options=1)
    assert asked(None) is None


def test_calibration_is_how_far_confidence_is_from_being_right() -> None:
    sure = calibration([(0.95, True), (0.95, True), (0.55, True), (0.55, False), (1.0, False)])

    assert [(one.answers, round(one.right, 2)) for one in sure.bins] == [(2, 0.5), (3, 0.67)]
    assert sure.ece == pytest.approx((2 * 0.05 + 3 * abs(2.9 / 3 - 2 / 3)) / 5)
    assert calibration([]).ece == 0


@pytest.mark.parametrize(
    ("scored", "area"),
    [
        ([(0.9, True), (0.1, False)], 1.0),
        ([(0.1, True), (0.9, False)], 0.0),
        ([(0.5, True), (0.5, False)], 0.5),
        ([(0.9, True), (0.5, False), (0.5, True), (0.1, False)], 0.875),
        ([(0.5, True)], None),
    ],
)
def test_the_area_is_how_often_the_true_come_first(scored, area) -> None:
    assert auroc(scored) == area


def test_a_trial_counts_intents_slots_rejection_and_time() -> None:
    result = trial(
        Labelled(text="book 0.9", intent="book", accept=frozenset({"book"}), slots=(("date", None), ("time", "09:00"))),
        Labelled(text="cancel 0.6", intent="book", accept=frozenset({"book"})),
        Labelled(text="out_of_scope 0.8", intent="out_of_scope", accept=frozenset({"out_of_scope"})),
        Labelled(text="book 0.5", intent=None, slots=(("time", None),)),
    ).plain()

    assert (result["texts"], result["labelled"], result["accuracy"]) == (4, 3, 0.6667)
    assert result["confusion"] == [["book", "cancel", 1]]
    assert result["out_of_scope_auroc"] == 1.0
    assert result["slots"] == {"date": {"right": 1, "of": 1}, "time": {"right": 1, "of": 2}}
    assert 0 <= result["p50_ms"] <= result["p95_ms"]
    assert json.loads(json.dumps(result)) == result


def test_a_trial_of_slots_alone_tells_no_intents() -> None:
    result = trial(Labelled(text="book 0.9", intent=None, slots=(("date", None),)))

    assert (result.score, result.calibration, result.rejection) == (None, None, None)
    assert result.plain()["accuracy"] is None


def test_a_trial_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        trial()


def test_the_chart_is_one_picture_that_stands_alone_and_names_its_figures() -> None:
    picture = chart(
        trial(
            Labelled(text="book 0.9", intent="book", accept=frozenset({"book"})),
            Labelled(text="cancel 0.6", intent="book", accept=frozenset({"book"})),
        ),
        "Tried & told <here>",
    )

    root = ElementTree.fromstring(picture)
    words = " ".join(root.itertext())
    assert "Tried & told <here>" in words
    assert "book taken for cancel: 1" in words
    assert "1 answers: 0.60 sure, 0.00 right" in words
    assert not {"script", "image"} & {one.tag.rpartition("}")[2] for one in root.iter()}
    assert "http" not in picture.replace('xmlns="http://www.w3.org/2000/svg"', "")

"""How well the embedded engine does on what people wrote elsewhere, trained on our own sentences alone."""

import json
import re
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from bots.nlu.corpus import read_examples
from bots.nlu.features import fold
from bots.nlu.labelled import ALIASES, asked, labelled
from bots.nlu.model import Meaning, Question
from bots.nlu.score import Labelled, Score, score
from tests.bots.nlu_engine import trained
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 9, tzinfo=ZONE)
EVERY = 3


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", fold(text)).strip()


@cache
def _rows() -> list[tuple[dict, Labelled]]:
    """Every third row that has an honest label and whose text does not stand in our training data."""
    learned = {_plain(example.text) for example in read_examples()}
    rows = []
    for line in (SHARED / "data" / "utterances-dev.jsonl").read_text(encoding="utf-8").splitlines()[::EVERY]:
        raw = json.loads(line)
        if raw["intent"] is None or _plain(raw["text"]) in learned:
            continue
        rows.append((raw, labelled(raw, ZONE)))
    return rows


def _meaning(row: Labelled) -> Meaning:
    return trained().meaning(row.text, now=NOW, question=row.question)


@cache
def _answers() -> dict[Labelled, Meaning]:
    return {row: _meaning(row) for _, row in _rows()}


def _score(rows: list[Labelled]) -> Score:
    result = score(rows, lambda row: _answers()[row].intent)
    print(
        f"rows {result.rows} accuracy {result.accuracy:.3f} lenient {result.lenient:.3f} "
        f"macro-F1 {result.macro_f1:.3f} lenient {result.macro_f1_lenient:.3f}"
    )
    print({label: round(value, 2) for label, value in result.f1.items()})
    print(list(result.confusion.items())[:12])
    return result


def test_wishes_of_all_sources_are_understood() -> None:
    result = _score([row for _, row in _rows()])

    assert result.rows > 3_000
    assert result.lenient >= 0.88
    assert result.macro_f1_lenient >= 0.83


def test_wishes_in_booking_dialogues_are_understood() -> None:
    result = _score([row for raw, row in _rows() if raw["source"].startswith("sgd")])

    assert result.lenient >= 0.92
    assert result.macro_f1_lenient >= 0.91


def test_what_is_not_ours_is_rejected_and_real_requests_seldom() -> None:
    foreign = [row for _, row in _rows() if row.intent == "out_of_scope"]
    ours = [row for _, row in _rows() if row.intent != "out_of_scope"]

    caught = sum(_answers()[row].intent == "out_of_scope" for row in foreign) / len(foreign)
    lost = sum(_answers()[row].intent == "out_of_scope" for row in ours) / len(ours)

    print(f"out of scope caught {caught:.3f}, real requests rejected {lost:.3f}")
    assert caught >= 0.83
    assert lost <= 0.045


def test_confidence_is_how_often_the_answer_is_right() -> None:
    sure = [row for row, meaning in _answers().items() if meaning.confidence >= 0.9]
    unsure = [row for row, meaning in _answers().items() if meaning.confidence < 0.6]

    def right(rows: list[Labelled]) -> float:
        return sum(_answers()[row].intent in row.accept for row in rows) / len(rows)

    print(f"sure {len(sure)}: {right(sure):.3f}; unsure {len(unsure)}: {right(unsure):.3f}")
    assert right(sure) >= 0.93
    assert 0.35 <= right(unsure) <= 0.75


def test_both_wishes_of_a_text_are_found() -> None:
    alike = {
        "confirm": {"confirm", "thanks", "select"},
        "goodbye": {"goodbye", "thanks", "decline"},
        "inform": {"inform", "book", "find_provider", "alternatives"},
        "book": {"book", "inform"},
        "decline": {"decline", "inform", "alternatives"},
    }
    found = total = 0
    for line in (SHARED / "data" / "utterances-dev.jsonl").read_text(encoding="utf-8").splitlines()[::EVERY]:
        raw = json.loads(line)
        wishes = {ALIASES.get(name, name) for name in raw.get("intents", ())}
        if len(wishes) < 2 or not raw["source"].startswith("sgd"):
            continue
        meaning = trained().meaning(raw["text"], now=NOW, question=asked(raw.get("prev_system")))
        total += 1
        found += all(alike.get(wish, {wish}) & set(meaning.intents) for wish in wishes)

    print(f"all wishes found in {found} of {total}: {found / total:.3f}")
    assert found / total >= 0.81


@pytest.mark.parametrize(("slot", "asked"), [("name", "ask_name"), ("visit_type", "doctor_ask_symptoms")])
def test_bare_answers_of_real_patients_are_answers(slot, asked: str) -> None:
    rows = [json.loads(x) for x in (SHARED / "data" / "utterances-dev.jsonl").read_text(encoding="utf-8").splitlines()]
    texts = [row["text"] for row in rows if row["orig"] == [f"star:prev={asked}"]]

    answered = ["inform" in trained().meaning(text, now=NOW, question=Question(expects=slot)).intents for text in texts]

    print(f"{slot}: {sum(answered)} of {len(answered)}")
    assert len(answered) > 20
    assert sum(answered) / len(answered) >= 0.9

"""`hub understand` and `hub bot train`: one JSON object a line in, one a line out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bots.nlu.artefact import fingerprint
from tests.bots.bad_server import ANSWER, bad_server_aside, whole
from tests.bots.nlu_engine import MODELS, trained
from tests.bots.second_stage import ABSENT
from tests.hub.cli.running import Ended, Run

EMERGENCY = "I have crushing chest pain and can't breathe"


@pytest.fixture
def taught(data: Path) -> Path:
    """A data folder that holds the trained model."""
    trained()
    for folder in (data, data / "models"):
        folder.mkdir(exist_ok=True, mode=0o700)
    name = f"nlu-{fingerprint()}.npz"
    shutil.copy(MODELS / name, data / "models" / name)
    return data


def answers(ended: Ended) -> list[dict[str, Any]]:
    assert (ended.code, ended.err) == (0, "")
    return [json.loads(line) for line in ended.out.splitlines()]


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_each_line_is_answered_in_order_with_what_the_contract_names(run: Run, taught: Path) -> None:
    told = answers(
        run(
            "understand",
            stdin=lines(
                {"text": "I'd like to book an appointment", "language": "en"},
                {"text": "quiero cancelar mi cita", "language": "es"},
                {"text": "thanks!"},
            ),
        )
    )

    assert [set(one) for one in told] == [{"intent", "confidence", "entities", "emergency", "opt_out"}] * 3
    assert [one["intent"] for one in told] == ["book", "cancel", "thanks"]
    assert all(0 <= one["confidence"] <= 1 for one in told)
    assert {one["emergency"] for one in told} == {None}
    assert {one["opt_out"] for one in told} == {False}


@pytest.mark.parametrize(
    ("now", "date"),
    [
        pytest.param("2026-03-02T10:00:00", "2026-03-03", id="the clinic's wall time"),
        pytest.param("2026-03-03T02:00:00+00:00", "2026-03-03", id="an offset: still Monday at the clinic"),
        pytest.param("2026-03-03T06:00:00Z", "2026-03-04", id="an offset: Tuesday at the clinic"),
    ],
)
def test_times_are_told_as_dates_and_hours_of_the_clinic(run: Run, taught: Path, now: str, date: str) -> None:
    (told,) = answers(run("understand", stdin=lines({"text": "book me tomorrow at 3:30 pm", "now": now})))

    assert (told["entities"]["date"], told["entities"]["time"]) == (date, "15:30")


def test_a_part_of_the_day_is_told_by_its_name(run: Run, taught: Path) -> None:
    (told,) = answers(run("understand", stdin=lines({"text": "tomorrow morning", "now": "2026-03-02T10:00:00"})))

    assert told["entities"]["part_of_day"] == "morning"


def test_emergencies_and_opt_outs_are_told_apart(run: Run, taught: Path) -> None:
    told = answers(run("understand", stdin=lines({"text": EMERGENCY}, {"text": "STOP"}, {"text": "START"})))

    assert [one["emergency"] for one in told] == ["medical", None, None]
    assert [one["opt_out"] for one in told] == [False, True, False]


def test_empty_lines_are_passed_over_and_no_line_is_no_answer(run: Run, taught: Path) -> None:
    assert len(answers(run("understand", stdin="\n  \n" + lines({"text": "hi"}) + "\n"))) == 1
    assert answers(run("understand", stdin="")) == []


def test_a_text_may_hold_anything_that_json_can(run: Run, taught: Path) -> None:
    told = answers(run("understand", stdin='{"text": "\\ud83d \\u0000 ¿mañana? 😀"}\n' + lines({"text": ""})))

    assert len(told) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "line 2 is not JSON in UTF-8"),
        ("[" * 9999, "line 2 is not JSON in UTF-8"),
        ("[]", 'line 2 needs a "text"'),
        ('{"language": "en"}', 'line 2 needs a "text"'),
        ('{"text": 7}', 'line 2 needs a "text"'),
        ('{"text": "Zanzibar", "language": "fr"}', 'line 2: "language" is en or es'),
        ('{"text": "Zanzibar", "language": ["en"]}', 'line 2: "language" is en or es'),
        ('{"text": "Zanzibar", "now": "soon"}', 'line 2: "now" is not an ISO 8601 time'),
        ('{"text": "Zanzibar", "now": "0001-01-01T00:00:00+14:00"}', 'line 2: "now" is not an ISO 8601 time'),
    ],
    ids=lambda value: value[:48],
)
def test_a_line_that_cannot_be_used_ends_it_with_its_number(run: Run, taught: Path, line: str, words: str) -> None:
    ended = run("understand", stdin=lines({"text": "hi"}) + line + "\n")

    assert ended.code == 2
    assert ended.lines == [f"hub: {words}"]
    assert len(ended.out.splitlines()) == 1


def test_what_is_not_utf_8_is_told_in_one_line(run: Run, taught: Path) -> None:
    ended = run("understand", stdin=lines({"text": "hi"}).encode() + b'{"text": "ma\xf1ana"}\n')

    assert (ended.code, ended.lines) == (2, ["hub: line 2 is not JSON in UTF-8"])
    assert len(ended.out.splitlines()) == 1


def test_rasa_without_a_server_says_what_to_set(run: Run, data: Path) -> None:
    ended = run("understand", "--engine", "rasa")

    assert (ended.code, ended.out) == (2, "")
    assert ended.lines == ["hub: HUB_RASA_URL must name a Rasa server: `hub bot rasa-serve` runs one (docs/rasa.md)"]


def test_by_rasa_the_intent_is_the_servers_and_emergencies_and_days_are_ours(run: Run, taught: Path) -> None:
    texts = lines({"text": "book me tomorrow", "now": "2026-03-02T10:00"}, {"text": EMERGENCY}, {"text": "STOP"})

    with bad_server_aside(whole(ANSWER)) as url:
        told = answers(run("understand", "--engine", "rasa", stdin=texts, HUB_RASA_URL=url))

    assert [one["intent"] for one in told] == ["cancel"] * 3
    assert told[0]["entities"] == {"date": "2026-03-03"}
    assert (told[1]["emergency"], told[2]["opt_out"]) == ("medical", True)


def test_a_server_that_does_not_answer_is_told_of_in_the_end(run: Run, taught: Path) -> None:
    with bad_server_aside(b"") as url:
        ended = run("understand", "--engine", "rasa", stdin=lines(*[{"text": "book me"}] * 5), HUB_RASA_URL=url)

    assert [json.loads(line)["intent"] for line in ended.out.splitlines()] == ["book"] * 5
    assert ended.code == 0
    assert ended.lines[-2:] == [
        "hub: Rasa did not answer 3 texts (unreachable): the embedded engine did",
        "hub: Rasa did not answer 2 texts (open): the embedded engine did",
    ]


@pytest.mark.parametrize("words", [("train", "--engine", "rasa"), ("rasa-serve",)], ids=" ".join)
def test_without_rasas_environment_one_line_says_what_makes_it(run: Run, data: Path, words: tuple[str, ...]) -> None:
    ended = run("bot", *words, HUB_RASA_ENV=str(data.parent / "none"))

    assert (ended.code, ended.out) == (2, "")
    assert len(ended.lines) == 1
    assert "hub bot rasa-setup" in ended.lines[0]


def test_rasa_is_not_served_to_others_without_a_token(run: Run, data: Path) -> None:
    ended = run("bot", "rasa-serve", "--host", "0.0.0.0")

    assert (ended.code, ended.lines) == (
        2,
        ["hub: without HUB_RASA_TOKEN anybody could ask the server: set it, or leave --host alone"],
    )


def test_rasa_is_not_installed_by_another_python(run: Run, data: Path) -> None:
    ended = run("bot", "rasa-setup", "--python", "/bin/false")

    assert (ended.code, ended.lines) == (2, ["hub: /bin/false is not a Python 3.10"])


def test_training_again_finds_what_was_trained(run: Run, taught: Path) -> None:
    before = {one.name: one.stat().st_mtime_ns for one in (taught / "models").iterdir()}

    ended = run("bot", "train")

    assert (ended.code, ended.out) == (0, "")
    assert ended.err.startswith("the engine was trained and kept already: ")
    assert fingerprint() in ended.err
    assert {one.name: one.stat().st_mtime_ns for one in (taught / "models").iterdir()} == before


def test_what_the_screens_heard_is_explained_when_asked(run: Run, taught: Path) -> None:
    [alarm, denied, stop] = answers(
        run(
            "understand",
            "--explain",
            stdin=lines(
                {"text": EMERGENCY}, {"text": "no chest pain, just a refill"}, {"text": "please stop texting me"}
            ),
        )
    )

    assert {one["matched"]["understood_by"] for one in (alarm, denied, stop)} == {"embedded"}
    assert "breathing" in alarm["matched"]["emergency"]
    assert alarm["matched"]["emergency_version"].startswith("en-")
    assert (denied["emergency"], denied["matched"]["denied"]) == (None, True)
    assert (stop["opt_out"], stop["matched"]["opt_out"]) == (True, "stop-contacting")


def test_without_its_second_stage_it_says_what_is_lacking_and_answers_all_the_same(run: Run, taught: Path) -> None:
    ended = run("understand", stdin=lines({"text": "I'd like to book an appointment"}), HUB_EMBEDDING="on")

    lacks = "package is not installed" if ABSENT else "the second stage is not trained for this release"
    assert (ended.code, json.loads(ended.out)["intent"]) == (0, "book")
    assert lacks in ended.err
    assert len(ended.lines) == 1


ROWS = (
    {"text": "I'd like to book an appointment", "intent": "book"},
    {"text": "tomorrow at 9", "now": "2026-03-02T10:00", "date": "2026-03-03", "time": "09:00", "part_of_day": None},
    {"text": "who won the game", "intent": "oos"},
)


def test_a_labelled_file_is_scored_and_drawn(run: Run, taught: Path) -> None:
    file, picture = taught / "rows.jsonl", taught / "chart.svg"
    file.write_text(lines(*ROWS), encoding="utf-8")

    ended = run("bot", "test", str(file), "--json", "--chart", str(picture))

    told = json.loads(ended.out)
    assert ended.code == 0
    assert (told["engine"], told["texts"], told["labelled"], told["accuracy"]) == ("embedded", 3, 2, 1.0)
    assert told["slots"] == {name: {"right": 1, "of": 1} for name in ("date", "time", "part_of_day")}
    assert told["out_of_scope_auroc"] == 1.0
    assert picture.read_text(encoding="utf-8").startswith("<svg ")


def test_the_same_as_a_table(run: Run, taught: Path) -> None:
    ended = run("bot", "test", "-", stdin=lines(*ROWS))

    assert (ended.code, ended.err) == (0, "")
    assert "macro-F1    1.000" in ended.out
    assert "date        1.000   1 of 1 exactly as labelled" in ended.out


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "the file holds no rows"), ('{"text": "a", "intent": "dance"}\n', 'line 1: "intent" or "accept" names none')],
)
def test_a_file_that_cannot_be_scored_is_told_in_one_line(run: Run, taught: Path, content: str, words: str) -> None:
    ended = run("bot", "test", "-", stdin=content)

    assert ended.code == 2
    assert words in ended.lines[0]
    assert len(ended.lines) == 1

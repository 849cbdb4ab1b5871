"""The files that Rasa works by fit the training data, the actions and each other."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bots.nlu.corpus import read_examples
from bots.nlu.model import INTENTS
from bots.rasa.environment import HERE, RasaEnvironment, model_in, python_310
from hub.errors import SettingsError

_SPAN = re.compile(r"(?P<before>\S*)\[(?P<value>[^\]]+)\](?:\(\w+\)|\{[^}]*\})(?P<after>\S*)")


@cache
def _file(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    return found


@cache
def _actions() -> tuple[set[str], set[str]]:
    """The names of the actions, and of the responses that they say."""
    text = (HERE / "actions.py").read_text(encoding="utf-8")
    words = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    named = {word for word in words if isinstance(word, str)}
    return {one for one in named if re.fullmatch(r"action_\w+", one)}, {
        one for one in named if one.startswith("utter_")
    }


def test_the_domain_knows_every_intent_and_entity_of_the_training_data() -> None:
    domain = _file("domain.yml")

    assert domain["intents"] == list(INTENTS)
    assert set(domain["entities"]) == {entity for example in read_examples() for _, entity in example.spans}


def test_every_intent_has_one_rule_that_leads_to_something_that_is_there() -> None:
    domain, steps = _file("domain.yml"), [rule["steps"] for rule in _file("rules.yml")["rules"]]

    assert sorted(intent["intent"] for intent, _ in steps) == sorted((*INTENTS, "nlu_fallback"))
    # Never to words alone: the hub's screens are asked by the actions.
    assert {action["action"] for _, action in steps} <= set(domain["actions"])


def test_every_action_of_the_domain_is_written() -> None:
    written, _ = _actions()

    assert set(_file("domain.yml")["actions"]) == written - {"action_listen"}


def test_everything_that_is_said_is_there_in_both_languages_with_the_same_blanks() -> None:
    responses = _file("domain.yml")["responses"]
    _, said = _actions()
    by_rule = {step["action"] for rule in _file("rules.yml")["rules"] for step in rule["steps"][1:]}

    # `utter_ask_cancel` and `utter_ask_move` are put together.
    assert {*said, *by_rule} - {"utter_ask_"} <= {*responses, *_file("domain.yml")["actions"]}
    for name, ways in responses.items():
        spanish, english = ways
        assert spanish["condition"] == [{"type": "slot", "name": "language", "value": "es"}], name
        assert set(re.findall(r"\{\w+\}", spanish["text"])) == set(re.findall(r"\{\w+\}", english["text"])), name


def test_a_marked_value_begins_and_ends_where_a_word_does() -> None:
    """Rasa parts words at spaces and apostrophes and takes marks off their ends: what is marked otherwise it drops."""
    wrong = []
    for example in read_examples():
        for found in _SPAN.finditer(example.template):
            value, before, after = found["value"], found["before"], found["after"]
            whole = value[0].isalnum() and value[-1].isalnum()
            if not whole or any(c.isalnum() for c in before + re.sub(r"['’\[].*", "", after)):
                wrong.append(example.template)

    assert wrong == []


def test_the_environment_pins_what_it_installs() -> None:
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in (HERE / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]

    assert "-c constraints.txt" in wanted
    assert "rasa==3.6.21" in wanted
    assert all(re.fullmatch(r"[\w.\-]+==[\w.]+", line) for line in pinned)
    assert any(line.startswith("rasa-sdk==3.6.") for line in pinned)


# --- the environment


def test_where_there_is_no_environment_one_line_says_what_makes_it(tmp_path: Path) -> None:
    environment = RasaEnvironment(tmp_path / "none")

    assert environment.version() is None
    for ask in (environment.needed, lambda: environment.train(tmp_path)):
        with pytest.raises(SettingsError, match="hub bot rasa-setup") as refused:
            ask()
        assert len(refused.value.problems) == 1


def test_a_python_without_rasa_is_no_environment(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho 1.10.2\n", encoding="utf-8")
    python.chmod(0o700)

    assert RasaEnvironment(tmp_path).version() is None


def test_without_a_trained_model_there_is_nothing_to_serve(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hub bot train --engine rasa"):
        model_in(tmp_path)


@pytest.mark.parametrize("said", ["3.11", ""], ids=["another Python", "nothing"])
def test_a_python_that_is_not_3_10_is_refused(tmp_path: Path, said: str) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '{said}'\n", encoding="utf-8")
    python.chmod(0o700)

    with pytest.raises(SettingsError, match=r"is not a Python 3\.10"):
        python_310(str(python))


def test_where_no_python_3_10_is_found_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    with pytest.raises(SettingsError, match="none was found"):
        python_310()


def test_what_runs_in_the_environment_is_given_nothing_of_the_hubs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\nenv > {seen}\necho 3.6.21\n", encoding="utf-8")
    python.chmod(0o700)
    monkeypatch.setenv("HUB_TWILIO_AUTH_TOKEN", "not-to-be-seen")
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt")

    assert RasaEnvironment(tmp_path).version() == "3.6.21"

    told = seen.read_text(encoding="utf-8")
    assert "not-to-be-seen" not in told
    assert "PIP_CONSTRAINT" not in told
    assert "RASA_TELEMETRY_ENABLED=false" in told

"""How commands end: 0, 1 or 2, and in one clear line that says what to mend."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hub.cli import hub
from hub.errors import (
    AuditBroken,
    InputError,
    KeyringMissing,
    KeyringWrong,
    SchemaOutdated,
    SettingsError,
    StorageError,
)
from tests.hub.cli.running import Run

# Every command that needs the settings, with words enough to reach them.
READING = [
    ("serve",),
    ("web",),
    ("dispatcher",),
    ("clock",),
    ("worker",),
    ("migrate",),
    ("keys", "new"),
    ("keys", "rotate"),
    ("tokens", "new", "ehr", "--scope", "*"),
    ("patients", "import", "file.csv"),
    ("schedule", "import", "file.csv"),
    ("appointments", "import", "file.csv"),
    ("understand",),
    ("bot", "train"),
    ("audit", "verify"),
    ("demo", "--check"),
]
EVERY = pytest.mark.parametrize("words", READING, ids=" ".join)


@pytest.fixture
def breaking() -> Iterator[dict[str, BaseException]]:
    """A command `hub breaking` that ends with the error put in."""
    holder: dict[str, BaseException] = {}

    @click.command()
    def command() -> None:
        raise holder["error"]

    hub.add_command(command, "breaking")
    yield holder
    del hub.commands["breaking"]


@EVERY
def test_wrong_settings_are_told_one_a_line_and_exit_with_2(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file.csv").touch()

    ended = run(*words, HUB_PORT="eighty", HUB_CLINIC_NMAE="x")

    assert ended.code == 2
    assert ended.out == ""
    assert sorted(ended.lines) == [
        "hub: HUB_CLINIC_NMAE is not a setting: did you mean HUB_CLINIC_NAME?",
        "hub: HUB_PORT must be a whole number from 0 to 65535",
    ]


@pytest.mark.parametrize("words", [one for one in READING if one[0] != "demo"], ids=" ".join)
def test_a_data_folder_that_cannot_be_one_is_told_in_one_line(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file.csv").touch()

    ended = run(*words, HUB_DATA=str(tmp_path / "file.csv"))

    assert ended.code in (1, 2)
    assert ended.out == ""
    assert "please report it" not in ended.err
    assert ended.lines[-1].startswith("hub: ")


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("serve", "--no-such-option"),
        ("serve", "--port", "eighty"),
        ("serve", "--port", "70000"),
        ("tokens", "new"),
        ("tokens", "new", "ehr"),
        ("patients", "import"),
        ("patients", "import", "no-such-file.csv"),
        ("understand", "--engine", "oracle"),
        ("audit", "verify", "everything"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.lines[-1].startswith("Error: ")


@pytest.mark.parametrize("words", [(), ("keys",), ("patients",)], ids=["hub", "hub keys", "hub patients"])
def test_a_group_alone_shows_its_help_and_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words)

    assert ended.code == 2
    assert "Example:" in ended.out + ended.err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("mend this"), 2, "hub: mend this"),
        (SettingsError(["mend this"]), 2, "hub: mend this"),
        (SchemaOutdated("mend this"), 2, "hub: mend this"),
        (KeyringMissing("mend this"), 2, "hub: mend this"),
        (KeyringWrong("mend this"), 2, "hub: mend this"),
        (StorageError("gone"), 1, "hub: gone"),
        (AuditBroken("link 3 is missing"), 1, "hub: link 3 is missing"),
        (KeyboardInterrupt(), 1, "stopped"),
        (click.Abort(), 1, "stopped"),
        (click.UsageError("not so"), 2, "Error: not so"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_kind_of_trouble_has_its_code_and_line(
    run: Run, breaking: dict[str, BaseException], error: BaseException, code: int, line: str
) -> None:
    breaking["error"] = error

    ended = run("breaking")

    assert (ended.code, ended.out) == (code, "")
    assert ended.lines[-1] == line


def test_the_unforeseen_is_told_without_traceback_and_without_what_was_worked_on(
    run: Run, breaking: dict[str, BaseException]
) -> None:
    breaking["error"] = ValueError("could not parse 'Nora Quinn, 202-555-0123'")

    ended = run("breaking")

    assert (ended.code, ended.out) == (1, "")
    assert len(ended.lines) == 1
    assert "ValueError" in ended.err
    assert f"{__name__}:" in ended.err
    assert "Nora" not in ended.err


def test_a_reader_that_went_away_ends_it_quietly(run: Run, breaking: dict[str, BaseException]) -> None:
    breaking["error"] = BrokenPipeError()

    ended = run("breaking")

    assert (ended.code, ended.out, ended.err) == (1, "", "")


def test_a_command_that_did_its_work_exits_with_0() -> None:
    code = "from hub.cli import main; main()"

    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")

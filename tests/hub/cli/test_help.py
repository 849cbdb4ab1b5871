"""Every command explains itself, with examples that would run."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click

from hub.cli import hub
from tests.hub.cli.running import Run
from tests.rows import every

HEAVY = ("sqlalchemy", "aiohttp", "numpy", "sklearn", "alembic", "twilio", "cryptography", "jinja2", "uvloop")
EXAMPLE = re.compile(r"^\s+(?:echo .* \| )?(?:[A-Z_]+=\S+ )*hub (?P<words>.+)$", re.MULTILINE)


def commands(group: click.Group = hub, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


EVERY = every("words", list(commands()), lambda words: " ".join(("hub", *words)))


def test_the_commands_are_those_of_the_contract() -> None:
    leaves = {" ".join(words) for words in commands()}

    assert {
        "demo",
        "serve",
        "web",
        "dispatcher",
        "clock",
        "worker",
        "migrate",
        "doctor",
        "keys new",
        "keys rotate",
        "tokens new",
        "patients import",
        "schedule import",
        "appointments import",
        "understand",
        "audit verify",
        "bot train",
    } <= leaves


@EVERY
@every("flag", ["--help", "-h"])
def test_help_says_what_it_does_and_shows_an_example(run: Run, words: tuple[str, ...], flag: str) -> None:
    ended = run(*words, flag)

    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"Usage: {' '.join(('hub', *words))}")
    assert "Example:\n" in ended.out
    assert "\b" not in ended.out
    assert "\\b" not in ended.out


@EVERY
def test_every_example_names_a_command_and_options_that_are_there(run: Run, words: tuple[str, ...]) -> None:
    examples = [shlex.split(found["words"]) for found in EXAMPLE.finditer(run(*words, "--help").out)]

    assert examples
    for example in examples:
        found: click.Command = hub
        rest = list(example)
        # A group that does something by itself is given options, too.
        while isinstance(found, click.Group) and not (found.invoke_without_command and rest[0].startswith("-")):
            found = found.commands[rest.pop(0)]
        known = {option for parameter in found.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known
        assert tuple(example[: len(words)]) == words


def test_the_version_is_the_packages(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"hub, version {version('carehub')}\n"


def test_help_comes_without_loading_what_only_commands_need() -> None:
    code = f"import hub.cli, sys; print([name for name in {HEAVY!r} if name in sys.modules])"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout == "[]\n"

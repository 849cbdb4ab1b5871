"""The documents say what is there: settings, commands, addresses, links, metrics, and examples that run."""

import configparser
import dataclasses
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from joserfc.jwk import ECKey

from bots.nlu import corpus
from channels.mailhost import MailHost
from hub.api.application import application as api_application
from hub.api.tokens import FHIR_SCOPES, SCOPES
from hub.cli import hub as command_line
from hub.crypto import Keyring
from hub.demo import Outside
from hub.demo import routes as demo_routes
from hub.ehr.published import routes as ehr_routes
from hub.fhir import PATH as FHIR_PATH
from hub.fhir import application as fhir_application
from hub.imports import import_appointments, import_patients, import_schedule
from hub.metrics import Metrics
from hub.portal import application as portal_application
from hub.settings import Secret, Settings, described
from hub.slack import routes as slack_routes
from hub.staff.application import applications as staff_applications
from hub.web.server import build
from templates.catalog import shipped
from tests.hub_rig import open_rig
from tests.rows import every
from tests.stores import either_will_do

ROOT = Path(__file__).resolve().parents[1]
EHR_KEY = ECKey.generate_key("P-384").as_pem(private=True).decode()
README = ROOT / "README.md"
ARCHITECTURE, BOT, CHANNELS, OPERATIONS = (
    ROOT / "docs" / f"{name}.md" for name in ("architecture", "bot", "channels", "operations")
)
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = ("/etc/", "/srv/", "/opt/", "/backup/")
"""Where an operator's own files lie, by way of example."""
ROOMS = ("hub", "channels", "bots", "consent", "templates")

every_document = every("document", DOCUMENTS, lambda path: path.name)


def _table(document: Path, first: str) -> list[list[str]]:
    """The rows of the table whose first heading is `first`."""
    lines = document.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return rows


def _prose(document: Path) -> str:
    """The text outside of blocks."""
    text = document.read_text(encoding="utf-8")
    return re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)


def _blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _spans(document: Path) -> list[str]:
    """What stands between single backticks, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", _prose(document))


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _leaves(command, (*path, name))
            if command.invoke_without_command:
                yield (*path, name)
        else:
            yield (*path, name)


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that `words` name, and the words after its name. Raises: KeyError."""
    found: click.Command = command_line
    while isinstance(found, click.Group):
        if not words or words[0].startswith("-"):
            break
        found, words = found.commands[words[0]], words[1:]
    return found, words


_CALL = re.compile(r"(?:^|[\s(]|&& )hub ((?:[a-z][a-z0-9-]*(?:\.hl7)?|[A-Z.-]+|'[^']*'|--?\S+|\S+\.csv|\[[^]]*\]|\s)*)")


def _said_commands(document: Path) -> list[str]:
    """Every call of `hub` in prose and shell blocks, without what stands around it."""
    lines = [line for block in _blocks(document, "sh") for line in block.splitlines()]
    said = []
    for text in (*_spans(document), *lines):
        said += _CALL.findall(text)
    return [one.strip() for one in said if one.strip()]


# --- settings


def test_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    shown = [(name.strip("`"), default, meaning) for name, default, meaning in _table(README, "setting")]

    assert shown == described()


@every_document
def test_every_setting_that_is_named_exists(document: Path) -> None:
    names = {name for name, _, _ in described()}
    known = names | {f"{name}_FILE" for name in names} | {"HUB_"}

    named = set(re.findall(r"\bHUB_[A-Z_]*", document.read_text(encoding="utf-8")))

    assert named <= known


# --- commands


def test_readme_lists_every_command() -> None:
    listed = set()
    for first, _ in _table(README, "command"):
        words = first.strip("`").split()[1:]
        listed.add(tuple(word for word in words if re.fullmatch(r"[a-z][a-z0-9]*(-[a-z]+)*", word)))

    assert listed == set(_leaves(command_line))


@every_document
def test_every_command_and_option_that_is_named_exists(document: Path) -> None:
    for said in _said_commands(document):
        words = shlex.split(said.replace("[", " ").replace("]", " "))

        command, rest = _command(words)

        options = {option for parameter in command.params for option in parameter.opts} | {"--help", "--version"}
        assert {word for word in rest if word.startswith("--")} <= options, said


def test_commands_are_found_in_the_documents() -> None:
    """Else the test above would pass over nothing."""
    assert len(_said_commands(README)) > 30


def test_readme_names_every_scope_of_a_token() -> None:
    assert {*SCOPES, *FHIR_SCOPES} <= set(_spans(README))


# --- web addresses


@pytest.fixture
async def addresses(database_url: str, tmp_path: Path, keyring: Keyring) -> set[str]:
    """Every address of the hub with the demo and every channel, as `METHOD /path`."""
    changes = {"voice_from": "+12025550100", "slack_bot_token": Secret("xoxb-of-nobody"), "slack_channel": "C0NOBODY"}
    async with open_rig(database_url, tmp_path, keyring, engine=False, started=False, **changes) as rig:
        parts = rig.parts
        mounts = {"/api/v1": api_application(parts), "/portal": portal_application(parts)}
        mounts[FHIR_PATH] = fhir_application(parts)
        mounts |= staff_applications(parts)
        key = dataclasses.replace(parts.settings, fhir_private_key=Secret(EHR_KEY))
        extra = [*slack_routes(parts), *ehr_routes(key), *demo_routes(parts, Outside(rig.carrier, MailHost()))]
        app = build(parts, extra=extra, mounts=mounts)
        found = {f"{route.method} {route.resource.canonical}" for route in app.router.routes() if route.resource}
    return {one for one in found if one.startswith(("GET ", "POST "))}


@either_will_do
async def test_readme_lists_every_web_address(addresses: set[str]) -> None:
    listed = [address for first, _ in _table(README, "address") for address in re.findall(r"`([^`]+)`", first)]

    assert set(listed) <= addresses
    assert sorted(filter(_outside, listed)) == sorted(filter(_outside, addresses))


def _outside(address: str) -> bool:
    """Whether it is none of the staff's own pages, of which README names where they begin."""
    ours = ("/inbox", "/campaigns", "/compliance", "/settings", "/sign-in", "/staff")
    return not address.partition(" ")[2].startswith(ours)


def _said_addresses(document: Path) -> set[str]:
    """The paths that prose and shell lines name, with `{}` for each variable."""
    text = document.read_text(encoding="utf-8")
    said = {span.removeprefix("GET ").removeprefix("POST ") for span in _spans(document)}
    paths = {one for one in said if one.startswith("/") and not one.startswith(FOLDERS)}
    paths |= set(re.findall(r"https?://(?:127\.0\.0\.1:8080|hub\.example\.org)(/[^\s`\"]*)", text))
    paths |= {f"/api/v1{path}" for path in re.findall(r'\$API(/[^"\s]*)', text)}
    return {re.sub(r"\{\w+\}|\$[A-Z]+", "{}", path.partition("?")[0]) for path in paths}


@either_will_do
@every_document
def test_every_web_address_that_is_named_exists(addresses: set[str], document: Path) -> None:
    there = {re.sub(r"\{\w+\}", "{}", one.partition(" ")[2]) for one in addresses}

    assert _said_addresses(document) <= there | {"/api/v1", FHIR_PATH}


def test_addresses_are_found_in_the_documents() -> None:
    """Else the test above would pass over nothing."""
    assert {"/demo", "/webhooks/twilio/sms", "/api/v1/patients"} <= _said_addresses(README)
    assert {"/readyz", "/api/v1/threads/{}/messages"} <= _said_addresses(OPERATIONS)


# --- links


def _anchors(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@every_document
def test_every_link_inside_leads_somewhere(document: Path) -> None:
    words = re.sub(r"`[^`\n]+`", "", _prose(document))
    for target in re.findall(r"\]\(([^)\s]+)\)", words):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document

        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


@every_document
def test_every_file_that_is_named_exists(document: Path) -> None:
    folders = (*ROOMS, "docs", "tests")
    for said in _spans(document):
        if re.fullmatch(rf"(?:{'|'.join(folders)})/[\w./-]+(?:::\w+)?", said):
            path, _, test = said.partition("::")

            assert (ROOT / path).exists() or said == "tests/channels/test_gateway.py", said
            assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), said


@every_document
def test_no_machine_and_no_registry_is_named(document: Path) -> None:
    text = document.read_text(encoding="utf-8").lower()

    for word in ("/root", "/work", "/home/", "/tmp", "pypi", "pythonhosted", "artifactory", "npmjs", "docker.io"):
        assert word not in text, word


# --- rooms


def test_the_order_of_the_rooms_is_the_one_that_is_held() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter", encoding="utf-8")
    held = contract["importlinter:contract:layers"]["layers"].split("\n")
    section = ARCHITECTURE.read_text(encoding="utf-8").partition("## Rooms")[2]
    drawn = section.partition("```\n")[2].partition("```")[0].splitlines()

    assert [re.split(r"\s{2,}", line)[0] for line in drawn] == [line.strip() for line in held if line.strip()]


def test_every_invariant_has_its_row() -> None:
    assert [number for number, *_ in _table(ARCHITECTURE, "no.")] == [str(n) for n in range(1, 16)]


# --- metrics and log lines


def _metric_names() -> set[str]:
    names = set()
    for family in Metrics().registry.collect():
        names.add(f"{family.name}_total" if family.type == "counter" else family.name)
    return names


def test_every_metric_is_listed() -> None:
    listed = {first.strip("`") for first, *_ in _table(OPERATIONS, "metric")}

    assert listed == _metric_names()


@every_document
def test_every_metric_that_is_named_exists(document: Path) -> None:
    said = {span.partition("{")[0] for span in _spans(document) if re.fullmatch(r"hub_[a-z_]+(\{.*\})?", span)}

    assert said <= _metric_names()


def test_every_log_line_that_is_listed_is_written() -> None:
    code = "".join(path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py"))

    for first, *_ in _table(OPERATIONS, "line"):
        for event in re.findall(r"`(\w+)`", first):
            assert f'"{event}"' in code, event


# --- examples


async def test_the_files_of_the_tour_are_taken_as_they_stand(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    patients, slots, visits = (tmp_path / name for name in ("patients.csv", "slots.csv", "visits.csv"))
    for path, text in zip((patients, slots, visits), _blocks(README, "csv"), strict=True):
        path.write_text(text, encoding="utf-8")

    async with open_rig(database_url, tmp_path, keyring, engine=False, started=False) as rig:
        parts = rig.parts
        common = {"db": parts.db, "clock": parts.clock}
        given = await import_patients(patients, **common, people=parts.people, ledger=parts.ledger, region="US")
        opened = await import_schedule(slots, **common, vault=parts.vault, trail=parts.trail)
        booked = await import_appointments(visits, **common, vault=parts.vault, trail=parts.trail)

    assert [report.problems for report in (given, opened, booked)] == [(), (), ()]
    assert [report.created for report in (given, opened, booked)] == [2, 2, 1]


def test_the_examples_of_training_data_are_of_the_kind_that_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "en").mkdir()
    blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", BOT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        (tmp_path / "en" / f"{number}.yml").write_text(textwrap.dedent(block), encoding="utf-8")
    monkeypatch.setattr(corpus, "DATA", tmp_path)

    examples, synonyms = corpus.read_examples(), corpus.read_synonyms()

    assert {example.intent for example in examples} == {"book"}
    assert {entity for example in examples for _, entity in example.spans} == {"provider", "date", "visit_type"}
    assert synonyms == {"dentistry": ["dentistry", "dentist", "tooth doctor"]}


def test_every_reason_to_hand_over_is_listed_for_staff() -> None:
    """A reason to hand over has a text of its own in the library."""
    reasons = {key.removeprefix("handoff.") for key in shipped().keys("en") if key.startswith("handoff.")}
    listed = {span for first, *_ in _table(OPERATIONS, "attention") for span in re.findall(r"`(\w+)`", first)}

    assert reasons <= listed


def _example(document: Path, path: str) -> str:
    """The code of an example, by the file that it says it is."""
    text = document.read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {re.escape(path)} -->\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{document.name} has no example {path}"
    return found[1]


def _module(name: str, code: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(code, f"<{name}>", "exec"), module.__dict__)
    return module


channel = _module("channels.gateway", _example(README, "channels/gateway.py"))
suite = _module("gateway_suite", _example(CHANNELS, "tests/channels/test_gateway.py"))


class TestTheExampleOfAChannel(suite.TestGatewayContract):  # type: ignore[misc,name-defined]
    """The channel of README, under the suite of docs/channels.md."""


async def test_the_example_of_a_channel_needs_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert channel.GatewayChannel.from_settings(Settings()) is None

    monkeypatch.setenv("GATEWAY_URL", "https://gateway.example.org")
    monkeypatch.setenv("GATEWAY_SECRET", "secret")
    made = channel.GatewayChannel.from_settings(Settings())

    assert isinstance(made, channel.GatewayChannel)
    await made.close()

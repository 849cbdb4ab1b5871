"""`hub hl7`: messages that could not be applied, listed, tried again and given up; and a sender."""

import asyncio
import json
from pathlib import Path

import pytest

from hub import app
from hub.hl7 import Inbox
from hub.settings import load
from tests.hub.cli.running import Ended, Run
from tests.hub.cli.test_doctor import elsewhere, findings
from tests.hub.hl7.messages import adt, siu

UNKNOWN = "019aa2f0-7c31-7d52-9b1e-3f60c2d4a581"


def taken(*contents: bytes) -> None:
    """Have the hub of the settings take messages."""

    async def work() -> None:
        hub = await app.Hub.open(load(dotenv=None), roles=())
        try:
            inbox = Inbox(hub.parts)
            for content in contents:
                await inbox.take(content)
        finally:
            await hub.stop()

    asyncio.run(work())


def listed(ended: Ended) -> list[dict[str, object]]:
    """What a listing shows."""
    assert ended.code == 0
    return [json.loads(line) for line in ended.out.splitlines()]


def test_what_failed_is_listed_tried_again_and_given_up(run: Run, founded: Path) -> None:
    nameless = {"f5": ""}
    taken(siu("S12", "1", pid=nameless), siu("S12", "2", sch={"start": "soon"}, pid={"mrn": "M2"}))

    second, first = listed(run("hl7", "list"))
    assert (first["kind"], first["code"], first["place"], first["reason"]) == ("SIU_S12", 101, "PID-5", "name")
    assert "LOPEZ" not in str(second).upper()
    again = run("hl7", "retry", str(first["id"]))
    assert (again.code, again.out) == (1, "")
    taken(adt("A28", "3"))

    done = run("hl7", "retry", "--all-failed")
    assert (done.code, done.lines[-2:]) == (
        1,
        ["1 applied, 1 failed", "hub: some failed again: `hub hl7 list` says why"],
    )
    (left,) = listed(run("hl7", "list"))
    assert (left["id"], left["attempts"]) == (second["id"], 2)
    found = findings(run("doctor", HUB_MLLP_PORT="2575"))
    assert found["hl7"] == ("note", "1 could not be applied and wait: see `hub hl7 list`")

    assert run("hl7", "drop", str(left["id"])).code == 0
    assert listed(run("hl7", "list")) == []
    assert len(listed(run("hl7", "list", "--state", "dropped"))) == 1


@pytest.mark.parametrize(
    ("given", "state", "said"),
    [
        ({}, "ok", "taken on 127.0.0.1:2575, from this machine alone"),
        ({"HUB_MLLP_HOST": "10.1.0.5"}, "note", "set HUB_MLLP_PEERS"),
        ({"HUB_MLLP_HOST": "10.1.0.5", "HUB_MLLP_PEERS": "10.1.0.0/16"}, "note", "and not encrypted"),
        ({"HUB_MLLP_CERT_FILE": "none.pem"}, "wrong", "HUB_MLLP_CERT_FILE"),
    ],
)
def test_doctor_says_how_messages_are_taken(run: Run, data: Path, given: dict[str, str], state: str, said: str) -> None:
    found = findings(run("doctor", HUB_MLLP_PORT="2575", **given))

    assert found["hl7"][0] == state
    assert said in found["hl7"][1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("retry", UNKNOWN), "no message that failed has this id"),
        (("drop", UNKNOWN), "no message that failed has this id"),
        (("drop", "7"), "that is not the id of a message"),
        (("retry",), "name one message by its ID, or give --all-failed"),
        (("send", "note.txt"), "give --port, or set HUB_MLLP_PORT"),
        (("send", "note.txt", "--port", "9"), "holds no HL7 message"),
        (("send", "empty.hl7", "--port", "1"), "nobody takes HL7 messages on 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(run: Run, founded: Path, words: tuple[str, ...], said: str) -> None:
    Path("note.txt").write_text("hello")
    Path("empty.hl7").write_bytes(siu())

    ended = run("hl7", *words)

    assert ended.code == 2
    assert said in ended.lines[-1]


def test_a_file_is_sent_and_the_answers_printed(run: Run, founded: Path) -> None:
    Path("two.hl7").write_bytes(
        (siu("S12", "1") + siu("S15", "2", sch={"filler": "", "placer": ""})).replace(b"\r", b"\n")
    )

    with elsewhere() as there:

        async def begin() -> app.Hub:
            hub = await app.Hub.open(
                load(environ={"HUB_DATA": str(founded), "HUB_MLLP_PORT": "0"}, dotenv=None), roles=()
            )
            from hub.hl7 import Hl7Room

            hub.hl7 = Hl7Room(hub.parts, 0)
            await hub.hl7.start()
            return hub

        hub = there(begin())
        assert hub.hl7 is not None
        ended = run("hl7", "send", "two.hl7", "--port", str(hub.hl7.port))
        there(hub.stop())

    assert ended.code == 1
    assert [line for line in ended.out.splitlines() if line.startswith(("MSA", "ERR"))] == [
        "MSA|AA|1",
        "MSA|AE|2",
        "ERR||SCH^1^2|101^Required field missing^HL70357|E",
    ]
    assert ended.lines[-1] == "hub: not every message was accepted"

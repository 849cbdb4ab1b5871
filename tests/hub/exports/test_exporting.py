"""Exports hold all that was asked for, once, in order; go on where they were broken off; and are audited first."""

import dataclasses
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.clock import FixedClock
from hub.db.tables import audit_event, data_key
from hub.errors import InputError
from hub.exports import Asked, Folder, Format, cutting, export, exporting, redaction, signed_manifest, verified
from hub.exports.formats import KINDS
from hub.exports.sources import Sources
from hub.exports.walking import Walk
from hub.types import ChannelKind, Purpose
from tests.hub.exports.clinic import HELLO, PICTURE, SINCE, Clinic
from tests.stores import embedded_only

CLI = Actor("system", "cli")


def records(folder: Path, kind: str = "message") -> list[dict[str, Any]]:
    """The records of a kind, in the order of the files."""
    found = [json.loads(line) for one in sorted(folder.glob("*.jsonl")) for line in one.read_bytes().splitlines()]
    return [one for one in found if one.get("record") == kind]


async def test_every_message_is_there_once_with_all_that_became_of_it(clinic: Clinic, tmp_path: Path) -> None:
    """Delivery history, the decision and consent at the send, readings and files; and it verifies."""
    out = tmp_path / "out"

    manifest = await export(clinic.parts, Asked(), Folder(out), CLI)

    assert (manifest.totals.messages, manifest.totals.threads, manifest.totals.reads) == (15, 3, 2)
    assert not list(verified(out, signed_manifest(out, None)))
    found = records(out)
    assert [one["thread"] for one in found] == sorted(one["thread"] for one in found)
    of_first = [one for one in found if one.get("mrn") == "EXP-0"]
    assert [one["seq"] for one in of_first] == list(range(1, 11))
    assert of_first[0]["body"] == HELLO
    assert of_first[0]["address"] == "+12025550150"
    (way,) = of_first[1]["deliveries"]
    assert [step["state"] for step in way["history"]] == ["queued", "sending", "sent", "delivered"]
    assert way["decided"]["rule"] == "care-reply"
    assert (way["consent"]["state"], way["consent"]["source"]) == ("grant", "form")
    (file,) = of_first[3]["attachments"]
    assert (out / file["path"]).read_bytes() == PICTURE
    assert {one["by"] for one in records(out, "read")} == {"staff"}
    assert [one["name"] for one in records(out, "thread")] == [
        next(message["name"] for message in found if message["thread"] == thread) for thread in clinic.threads
    ]


FILTERS: list[tuple[dict[str, Any], int]] = [
    ({"channel": ChannelKind.SMS}, 11),
    ({"channel": ChannelKind.EMAIL}, 0),
    ({"purpose": Purpose.CARE}, 4),
    ({"since": timedelta(hours=2), "until": timedelta(hours=4)}, 4),
]


async def test_what_does_not_fit_is_not_there(clinic: Clinic, clock: FixedClock, tmp_path: Path) -> None:
    """By channel, by purpose, by time; an empty export is one, too."""
    begun = clock.now() - SINCE
    for number, (asked, count) in enumerate(FILTERS):
        given: dict[str, Any] = {
            name: begun + value if isinstance(value, timedelta) else value for name, value in asked.items()
        }
        out = tmp_path / str(number)

        manifest = await export(clinic.parts, Asked(**given), Folder(out), CLI)

        assert manifest.totals.messages == len(records(out)) == count
        assert not list(verified(out, signed_manifest(out, None)))


@embedded_only
async def test_one_person_or_one_thread(clinic: Clinic, tmp_path: Path) -> None:
    """Only theirs; and the audit says whose."""
    of_person = await export(clinic.parts, Asked(person_id=clinic.persons[0]), Folder(tmp_path / "a"), CLI)
    of_thread = await export(clinic.parts, Asked(thread_id=clinic.threads[0]), Folder(tmp_path / "b"), CLI)

    assert {one["person"] for one in records(tmp_path / "a")} == {clinic.persons[0]}
    assert records(tmp_path / "a") == records(tmp_path / "b")
    async with clinic.parts.db.read() as conn:
        query = sa.select(audit_event.c.person_id, audit_event.c.object_id).where(
            audit_event.c.action == "export.create"
        )
        told = {row.object_id: row.person_id for row in await conn.execute(query)}
    assert told == {of_person.id: clinic.persons[0], of_thread.id: clinic.persons[0]}


@embedded_only
async def test_it_is_audited_before_anything_is_read(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the audit cannot be written, nothing is exported."""

    async def refused(*_: object) -> None:
        raise RuntimeError("the audit is full")

    monkeypatch.setattr(clinic.parts.trail, "record", refused)

    with pytest.raises(RuntimeError, match="full"):
        await export(clinic.parts, Asked(), Folder(tmp_path / "out"), CLI)

    assert not list((tmp_path / "out").glob("*"))


class Broken(Exception):
    """The process ends here."""


@embedded_only
async def test_broken_off_anywhere_it_goes_on_and_verifies(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off at each write of a file or of the progress in turn, it ends as if nothing had happened."""
    monkeypatch.setattr(cutting, "MOST_BYTES", 4500)
    put, note = Folder.put, Folder.note
    writes, after = 0, 0

    def counted(real: Any) -> Any:
        def write(self: Folder, name: str, content: bytes) -> Any:
            nonlocal writes
            writes += 1
            if writes == after:
                (self.path / f"{name}.part").write_bytes(content[: len(content) // 2])
                raise Broken
            return real(self, name, content)

        return write

    monkeypatch.setattr(Folder, "put", counted(put))
    monkeypatch.setattr(Folder, "note", counted(note))
    while True:
        writes, after = 0, after + 1
        out = tmp_path / str(after)
        try:
            await export(clinic.parts, Asked(), Folder(out), CLI)
        except Broken:
            if after > 1:
                (out / "messages-000099.jsonl").write_bytes(b"half a fi")
        else:
            break

        manifest = await export(clinic.parts, Asked(), Folder(out), CLI)

        assert not list(verified(out, signed_manifest(out, None)))
        assert manifest.totals.messages == len(records(out)) == len({one["id"] for one in records(out)}) == 15
        assert (manifest.totals.threads, manifest.totals.reads) == (3, len(records(out, "read")))
        assert {one["id"] for one in records(out, "thread")} == set(clinic.threads)
    assert after > 6


@embedded_only
async def test_a_folder_that_holds_something_else_is_left_as_it_is(clinic: Clinic, tmp_path: Path) -> None:
    """A finished export, an export of something else, and anybody's files."""
    out, other = tmp_path / "out", tmp_path / "other"
    await export(clinic.parts, Asked(), Folder(out), CLI)
    other.mkdir()
    (other / "thesis.doc").write_text("mine")

    with pytest.raises(InputError, match="finished"):
        await export(clinic.parts, Asked(), Folder(out), CLI)
    with pytest.raises(InputError, match="not empty"):
        await export(clinic.parts, Asked(), Folder(other), CLI)

    assert (other / "thesis.doc").read_text() == "mine"


@embedded_only
async def test_whose_key_was_destroyed_is_there_without_a_word(clinic: Clinic, tmp_path: Path) -> None:
    """That there was a message is told, and why nothing of it can be read."""
    person = clinic.persons[0]
    update = sa.update(data_key).where(data_key.c.owner_id == person).values(wrapped=None)
    await clinic.parts.db.write(lambda conn: conn.execute(update))
    clinic.parts.vault.forget(person)

    await export(clinic.parts, Asked(), Folder(tmp_path / "out"), CLI)

    of_them = [one for one in records(tmp_path / "out") if one["person"] == person]
    assert of_them
    assert all("destroyed" in one["unreadable"] and "body" not in one and "name" not in one for one in of_them)


@embedded_only
async def test_pages_of_any_size_are_the_same_walk(clinic: Clinic) -> None:
    """Nothing is passed over and nothing comes twice between two pages."""
    whole = []
    for size in (1, 2, 7, 100):
        walk, place, found = Walk(Sources.of(clinic.parts), Asked(), redaction("full"), size=size), None, []
        while (page := await walk.page(place)).rows:
            found += [msgspec.json.encode(one) for one in page.messages()]
            place = page.end
        whole.append(found)
    assert whole[0] == whole[1] == whole[2] == whole[3]
    assert len(whole[0]) == 15


@embedded_only
async def test_helpers_beside_each_other_make_the_same(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records, in the order in which one process would write them, files included; and it verifies."""
    monkeypatch.setattr(exporting, "KINDS", {**KINDS, Format.JSONL: dataclasses.replace(KINDS[Format.JSONL], most=4)})
    one, two = tmp_path / "one", tmp_path / "two"

    alone = await export(clinic.parts, Asked(), Folder(one), CLI)
    beside = await export(clinic.parts, Asked(), Folder(two), CLI, helpers=2)

    assert records(one) == records(two)
    assert (alone.totals.messages, alone.totals.threads) == (beside.totals.messages, beside.totals.threads) == (15, 3)
    assert not list(verified(two, signed_manifest(two, None)))
    assert len(list(two.glob("messages-*"))) == 4
    assert [file.read_bytes() for file in (two / "files").iterdir()] == [PICTURE]

"""Requests are kept with their clock, answered once, sealed; disclosures are accounted for, those by exports too."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.clock import FixedClock
from hub.db.tables import audit_event, message
from hub.errors import InputError
from hub.exports import Asked, Folder, export
from hub.rights import Disclosure, Disclosures, Kind, NewRequest, Requests
from hub.sealed import open_body
from tests.hub.exports.clinic import Clinic
from tests.stores import Disk, embedded_only

COMPLIANCE = Actor("staff", "018f0000-0000-7000-8000-00000000bbbb")
SECRET = "wegen der Sache mit Zebulon"


async def opened(clinic: Clinic, kind: Kind = Kind.ACCESS, words: str = SECRET, **values: str) -> str:
    parts = clinic.parts
    new = NewRequest(
        person_id=clinic.persons[0], kind=kind, received_at=parts.clock.now(), words=words, message_id=values.get("of")
    )
    return await parts.db.write(lambda conn: Requests(parts).open(conn, new, COMPLIANCE))


async def test_a_request_from_open_to_fulfilled(clinic: Clinic, clock: FixedClock, disk: Disk) -> None:
    """Put off once with a reason, fulfilled once; its words are sealed, and every step is audited."""
    parts, book = clinic.parts, Requests(clinic.parts)
    one = await opened(clinic)

    with pytest.raises(InputError, match="why"):
        await parts.db.write(lambda conn: book.extend(conn, one, " ", COMPLIANCE))
    later = await parts.db.write(lambda conn: book.extend(conn, one, "with the archive", COMPLIANCE))
    with pytest.raises(InputError, match="put off"):
        await parts.db.write(lambda conn: book.extend(conn, one, "again", COMPLIANCE))
    done = await parts.db.write(lambda conn: book.end(conn, one, "fulfilled", "", COMPLIANCE))
    with pytest.raises(InputError, match="answered"):
        await parts.db.write(lambda conn: book.end(conn, one, "denied", "no", COMPLIANCE))

    assert (later.clock.days, later.details.extension) == (60, "with the archive")
    assert (done.state, done.details.words, done.clock.overdue) == ("fulfilled", SECRET, False)
    assert SECRET.encode() not in disk()
    async with parts.db.read() as conn:
        query = sa.select(audit_event.c.action).where(audit_event.c.object_id == one).order_by(audit_event.c.id)
        assert list((await conn.execute(query)).scalars()) == ["rights.open", "rights.extend", "rights.fulfilled"]
        assert await book.page(conn, state="open") == []
        assert [each.id for each in await book.page(conn, person_id=clinic.persons[0])] == [one]


@embedded_only
async def test_a_denial_says_why_and_the_late_are_told_of_first(clinic: Clinic, clock: FixedClock) -> None:
    """What is due first is at the top; a request that is late says so and cannot be put off."""
    parts, book = clinic.parts, Requests(clinic.parts)
    slow, quick = await opened(clinic, Kind.DISCLOSURES), await opened(clinic)
    clock.advance(timedelta(days=31))

    async with parts.db.read() as conn:
        first, second = await book.page(conn, state="open")
    with pytest.raises(InputError, match="why"):
        await parts.db.write(lambda conn: book.end(conn, quick, "denied", "", COMPLIANCE))
    with pytest.raises(InputError, match="put off"):
        await parts.db.write(lambda conn: book.extend(conn, quick, "late", COMPLIANCE))

    assert (first.id, first.clock.overdue, first.clock.days) == (quick, True, -1)
    assert (second.id, second.clock.overdue) == (slow, False)


@embedded_only
async def test_an_amendment_and_its_answer_are_notes_in_the_thread(clinic: Clinic) -> None:
    """With the entry that it is of; one of another's thread is refused."""
    parts, book = clinic.parts, Requests(clinic.parts)
    async with parts.db.read() as conn:
        first = sa.select(message.c.id).where(message.c.seq == 1)
        own = (await conn.execute(first.where(message.c.thread_id == clinic.threads[0]))).scalar_one()
        foreign = (await conn.execute(first.where(message.c.thread_id == clinic.threads[1]))).scalar_one()
    with pytest.raises(InputError, match="not of that person"):
        await opened(clinic, Kind.AMENDMENT, of=foreign)
    with pytest.raises(InputError, match="in words"):
        await opened(clinic, Kind.AMENDMENT, words="")

    one = await opened(clinic, Kind.AMENDMENT, "I never smoked", of=own)
    await parts.db.write(lambda conn: book.end(conn, one, "denied", "It is accurate.", COMPLIANCE))

    async with parts.db.read() as conn:
        notes = sa.select(message).where(message.c.thread_id == clinic.threads[0]).order_by(message.c.seq.desc())
        rows = (await conn.execute(notes.limit(2))).all()
        keys = await parts.vault.key(conn, clinic.persons[0])
    texts = [open_body(keys, clinic.persons[0], row.thread_id, row.id, row.body_sealed).text for row in rows]
    assert texts[1] == "Amendment asked for of entry 1: I never smoked"
    assert texts[0].startswith("Amendment denied of entry 1: It is accurate.")


async def test_disclosures_are_accounted_for(clinic: Clinic, tmp_path: Path, disk: Disk) -> None:
    """Those that staff write down, and an export to somebody else with each person in it, once."""
    parts, book = clinic.parts, Disclosures(clinic.parts)
    person = clinic.persons[0]
    told = Disclosure(to="County health office of Zebulon", what="a visit", why="reporting by law")
    await parts.db.write(lambda conn: book.record(conn, person, told, COMPLIANCE))
    disclosing = book.by_export("Zebulon & Partners", "court order 17", "conversations", COMPLIANCE)

    manifest = await export(parts, Asked(), Folder(tmp_path / "out"), COMPLIANCE, disclosing=disclosing)
    await disclosing(manifest.id, clinic.persons)

    async with parts.db.read() as conn:
        found = await book.of(conn, person)
        others = [await book.of(conn, one) for one in clinic.persons[1:]]
    assert sorted((one.source, one.told.to) for one in found) == [
        ("export", "Zebulon & Partners"),
        ("staff", "County health office of Zebulon"),
    ]
    assert [[one.export_id for one in each] for each in others] == [[manifest.id], [manifest.id]]
    assert b"Zebulon" not in disk()
    with pytest.raises(InputError, match="to whom"):
        await parts.db.write(lambda conn: book.record(conn, person, Disclosure(to="", what="x", why="y"), COMPLIANCE))

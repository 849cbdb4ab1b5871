"""Records under 42 CFR Part 2 in exports: withheld without consent, which is said; the notice goes along."""

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bots.scheduling.names import Names
from hub import part2
from hub.audit import Actor
from hub.db.tables import appointment, audit_event, person
from hub.errors import InputError
from hub.exports import Asked, Folder, Format, export
from hub.exports.beginning import Withheld
from hub.exports.runs import Handed, Runs
from hub.part2 import STATEMENT, Given
from hub.types import new_id
from tests.hub.exports.clinic import Clinic
from tests.stores import embedded_only

CLI = Actor("system", "cli")


async def label(clinic: Clinic, person_id: str) -> None:
    parts = clinic.parts
    await parts.db.write(lambda conn: part2.label(conn, person_id, parts.trail, CLI, parts.clock.now()))


async def consent(clinic: Clinic, person_id: str, signed_on: date) -> None:
    parts, now = clinic.parts, clinic.parts.clock.now()
    given = Given(signed_on=signed_on)

    async def unit(conn: Any) -> None:
        await part2.consent(conn, parts.vault, parts.trail, person_id, given, "safe 4", CLI, now, now.date())

    await parts.db.write(unit)


def text(out: Path) -> str:
    """All that messages' files hold."""
    found = ""
    for one in sorted(out.glob("messages-*")):
        content = one.read_bytes()
        if one.suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = b"\n".join(archive.read(name) for name in archive.namelist())
        found += content.decode("utf-8", "replace")
    return found


async def test_without_consent_a_labelled_thread_is_left_out_and_with_one_it_goes_with_the_notice(
    clinic: Clinic, tmp_path: Path
) -> None:
    ana, day = clinic.persons[0], clinic.parts.clock.now().date()
    await label(clinic, ana)

    without = await export(clinic.parts, Asked(basis="consent"), Folder(tmp_path / "a"), CLI)
    with pytest.raises(Withheld, match="no consent"):
        await export(clinic.parts, Asked(basis="consent", person_id=ana), Folder(tmp_path / "b"), CLI)
    handed = Handed(to="Counsel", because="a claim")
    with pytest.raises(Withheld):
        await clinic.parts.db.write(lambda conn: Runs(clinic.parts).ask(conn, Asked(person_id=ana), handed, CLI))
    ordered = await export(clinic.parts, Asked(basis="court-order"), Folder(tmp_path / "c"), CLI)
    await consent(clinic, ana, day - timedelta(days=3))
    with_it = await export(clinic.parts, Asked(basis="consent"), Folder(tmp_path / "d"), CLI)

    assert (without.totals.threads, without.totals.messages, without.totals.withheld) == (2, 5, 1)
    assert clinic.threads[0] not in text(tmp_path / "a")
    assert STATEMENT not in text(tmp_path / "a")
    assert (ordered.totals.threads, ordered.totals.withheld) == (3, 0)
    assert STATEMENT in text(tmp_path / "c")
    assert (with_it.totals.threads, with_it.totals.withheld) == (3, 0)
    assert f"consented in writing on {day - timedelta(days=3)}" in text(tmp_path / "d")


@embedded_only
@pytest.mark.parametrize("form", list(Format))
async def test_the_notice_goes_along_in_every_form(clinic: Clinic, tmp_path: Path, form: Format) -> None:
    asked = Asked(format=form, person_id=clinic.persons[1])
    await export(clinic.parts, asked, Folder(tmp_path / "before"), CLI)
    assert "42 CFR" not in text(tmp_path / "before")
    await label(clinic, clinic.persons[1])

    await export(clinic.parts, asked, Folder(tmp_path / "out"), CLI)

    found = text(tmp_path / "out")
    if form is Format.PDF:
        # Its text is compressed: the one line more is all that differs.
        assert len(found) > len(text(tmp_path / "before"))
    elif form is Format.FHIR:
        assert '"code":"42CFRPart2"' in found
        assert '"code":"NORDSCLCD"' in found
        assert STATEMENT in found
    else:
        assert STATEMENT in " ".join(found.split())


@embedded_only
async def test_whoever_has_a_visit_of_a_program_is_labelled_and_stays_so(clinic: Clinic) -> None:
    """Also: only visit types and specialties are marked, and one merged or disposed of has no label of their own."""
    parts, now = clinic.parts, clinic.parts.clock.now()

    async def visits(conn: Any) -> tuple[str, str]:
        names = [("provider", "Dr. Kim"), ("visit_type", "Recovery"), ("location", "Main St")]
        of = await Names(parts.vault).ensure(conn, names)  # type: ignore[arg-type]
        row = {"id": new_id(), "person_id": clinic.persons[0], "start": now, "minutes": 30, "status": "booked"}
        row |= {"version": 1, "created_at": now, "updated_at": now, "slot_id": None}
        row |= {f"{kind}_id": of[kind, name] for kind, name in names}  # type: ignore[index]
        await conn.execute(sa.insert(appointment), row)
        return of["visit_type", "Recovery"], of["location", "Main St"]

    async def all_labelled() -> set[str]:
        async with parts.db.read() as conn:
            return set(await part2.labelled(conn, clinic.persons))

    visit_type, place = await parts.db.write(visits)
    with pytest.raises(InputError):
        await parts.db.write(lambda conn: part2.mark(conn, place, True, parts.trail, CLI, now))
    assert await all_labelled() == set()
    count = await parts.db.write(lambda conn: part2.mark(conn, visit_type, True, parts.trail, CLI, now))
    assert (count, await all_labelled()) == (1, {clinic.persons[0]})
    async with parts.db.read() as conn:
        assert (await Names(parts.vault).read(conn)).part2 == {visit_type}
    with pytest.raises(InputError, match="stays"):
        await parts.db.write(lambda conn: part2.unlabel(conn, clinic.persons[0], parts.trail, CLI, now))

    await parts.db.write(lambda conn: conn.execute(sa.update(person).values(part2_at=None)))
    await parts.db.write(lambda conn: part2.by_visits(conn, clinic.persons, parts.trail, now))
    assert await all_labelled() == {clinic.persons[0]}
    async with parts.db.read() as conn:
        query = sa.select(sa.func.count()).where(audit_event.c.action == "part2.label")
        assert await conn.scalar(query) == 2

"""Exports as jobs: sealed while they are kept, taken by who may, gone when their time is over."""

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from pyrage import decrypt, x25519

from hub.api import tokens
from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import audit_event, export_run
from hub.errors import InputError
from hub.exports import Asked, Format, signed_manifest, verified
from hub.exports.handing import zipped
from hub.exports.runs import KEPT, Gone, Handed, Runs
from hub.jobs.kinds import expire_exports, write_export
from hub.rights import Disclosures, Requests
from tests.hub.exports.clinic import Clinic
from tests.hub.staff.signed_in import signed_in
from tests.hub_rig import Rig, open_rig
from tests.stores import either_will_do, embedded_only

COMPLIANCE = Actor("staff", "018f0000-0000-7000-8000-00000000bbbb")


async def asked_for(clinic: Clinic, handed: Handed | None = None, asked: Asked | None = None) -> str:
    runs = Runs(clinic.parts)
    return await clinic.parts.db.write(lambda conn: runs.ask(conn, asked or Asked(), handed or Handed(), COMPLIANCE))


async def test_it_is_kept_sealed_and_taken_whole(clinic: Clinic, clock: FixedClock, tmp_path: Path) -> None:
    """Nothing of it is readable on the disk; what is downloaded verifies; then it is gone for good."""
    parts, runs = clinic.parts, Runs(clinic.parts)
    run_id = await asked_for(clinic)
    await write_export(parts, run_id)
    folder = parts.settings.data / "exports" / run_id
    kept = b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())
    assert b"words 1 of person" not in kept
    assert b"Lopez" not in kept

    run, opened, archive = await runs.open(run_id, COMPLIANCE)

    assert (run.state, run.totals and run.totals.messages, archive) == ("done", 15, None)
    zipfile.ZipFile(io.BytesIO(b"".join(zipped(opened, "export")))).extractall(tmp_path)
    assert not list(verified(tmp_path / "export", signed_manifest(tmp_path / "export", None)))
    clock.advance(KEPT)
    with pytest.raises(Gone):
        await runs.open(run_id, COMPLIANCE)
    assert await expire_exports(parts) == {"expired": 1}
    assert not folder.exists()
    async with parts.db.read() as conn:
        row = (await conn.execute(sa.select(export_run).where(export_run.c.id == run_id))).one()
        told = sa.select(audit_event.c.action).where(audit_event.c.object_id == run_id).order_by(audit_event.c.id)
        actions = list((await conn.execute(told)).scalars())
    assert (row.state, row.key_sealed, row.downloads) == ("expired", None, 1)
    assert actions == ["export.ask", "export.create", "export.write", "export.download", "export.expire"]


@embedded_only
async def test_it_is_handed_over_encrypted_and_accounted_for(clinic: Clinic, tmp_path: Path) -> None:
    """With a public key only its owner opens it; each person in it can be told to whom it went."""
    parts, mine = clinic.parts, x25519.Identity.generate()
    handed = Handed(to="Counsel", because="court order", encrypt_to=str(mine.to_public()))
    with pytest.raises(InputError, match="age1"):
        await asked_for(clinic, Handed(encrypt_to="nobody"))
    run_id = await asked_for(clinic, handed, Asked(format=Format.CSV, profile="minimum", person_id=clinic.persons[0]))

    await write_export(parts, run_id)
    assert await write_export(parts, run_id) == {}

    _, _, archive = await Runs(parts).open(run_id, COMPLIANCE)
    assert archive is not None
    assert b"EXP-" in decrypt(archive.read_bytes(), [mine])
    async with parts.db.read() as conn:
        told = [[one.told.to for one in await Disclosures(parts).of(conn, person)] for person in clinic.persons]
    assert told == [["Counsel"], [], []]


# The pages


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Rig]:
    """A hub with its pages and no worker: jobs are done by hand."""
    async with open_rig(
        database_url, tmp_path, keyring, clock=clock, roles=("web",), engine=False, password_memory=1
    ) as one:
        yield one


@either_will_do
async def test_asked_for_and_taken_on_the_page(rig: Rig, clock: FixedClock) -> None:
    """What is wrong is said; what is done is downloaded; a request is answered by an export."""
    person = await rig.patient("MRN-1", "Ana", "Lopez", "+12025550123")
    parts = rig.parts
    await parts.db.write(lambda conn: parts.threads.open_for(conn, (person,)))
    clock.advance(timedelta(minutes=1))
    async with signed_in(parts, rig.base, "compliance") as officer, signed_in(parts, rig.base, "agent") as agent:
        assert (await agent.submit("/compliance/exports")).status == 403
        wrong = await officer.submit("/compliance/exports", mrn="nobody")
        assert wrong.status == 422
        assert "record number" in wrong.value
        assert (await officer.submit("/compliance/exports", to="Counsel")).status == 422
        asked = await officer.submit("/compliance/exports", mrn="MRN-1", format="jsonl", profile="full")
        assert asked.status == 200
        (one,) = (await officer.get("/exports")).value["items"]
        assert one["state"] == "queued"
        assert "not to be had" in await officer.page(f"/compliance/exports/{one['id']}/download")

        await write_export(parts, one["id"])
        async with officer.client.get(f"/compliance/exports/{one['id']}/download") as got:
            found = zipfile.ZipFile(io.BytesIO(await got.read()))
        assert f"export-{one['id']}/manifest.json" in found.namelist()
        async with agent.client.get(f"/compliance/exports/{one['id']}/download") as refused:
            assert refused.status == 403

        opened = await officer.submit("/compliance/requests", mrn="MRN-1", kind="access", received="2026-03-01")
        assert "29 days left" in opened.value
        assert "Lopez" in opened.value
        (request,) = await _requests(rig)
        assert (await officer.submit(f"/compliance/requests/{request}/deny")).status == 422
        copied = await officer.submit(f"/compliance/requests/{request}/export")
        assert "A copy was made" in copied.value
        assert "29 days left" in copied.value
        assert len((await officer.get("/exports")).value["items"]) == 2
        assert "Fulfilled" in (await officer.submit(f"/compliance/requests/{request}/fulfil")).value
        told = await officer.submit(
            f"/compliance/requests/{request}/disclosed", to="Health office", what="a visit", why="by law"
        )
        assert "Health office" in told.value


@either_will_do
async def test_another_system_asks_for_an_export(rig: Rig, clock: FixedClock) -> None:
    """By a token with the scope: asked for, followed, taken while it is kept; refused where it cannot be."""
    await rig.patient("MRN-1", "Ana", "Lopez", "+12025550123")
    parts, given = rig.parts, ("exports:write",)
    secret = await parts.db.write(
        lambda conn: tokens.new_token(conn, "archive", given, trail=parts.trail, clock=clock, actor=COMPLIANCE)
    )
    api, headers = f"{rig.base}/api/v1/exports", {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        for wrong, status in (
            ({"mrn": "nobody"}, 404),
            ({"profile": "everything"}, 422),
            ({"to": "Counsel"}, 422),
            ({"encrypt_to": "nobody"}, 422),
        ):
            async with client.post(api, json=wrong) as got:
                assert got.status == status, wrong
        async with client.post(api, json={"mrn": "MRN-1", "format": "fhir"}) as got:
            assert got.status == 202
            one = (await got.json())["id"]
        async with client.get(f"{api}/{one}/download") as got:
            assert got.status == 410

        await write_export(parts, one)

        async with client.get(f"{api}/{one}") as got:
            assert (await got.json())["state"] == "done"
        async with client.get(api) as got:
            assert [each["id"] for each in (await got.json())["items"]] == [one]
        async with client.get(f"{api}/{one}/download") as got:
            assert got.status == 200
            assert f"export-{one}/manifest.json" in zipfile.ZipFile(io.BytesIO(await got.read())).namelist()


async def _requests(rig: Rig) -> list[str]:
    async with rig.parts.db.read() as conn:
        return [one.id for one in await Requests(rig.parts).page(conn)]

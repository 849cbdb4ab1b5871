"""Importing booked visits."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import events
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import appointment, audit_event, slot
from hub.imports import Report, RowProblem, import_appointments, import_schedule
from hub.people import NewPatient, People
from hub.vault import Vault
from tests.stores import either_will_do

HEADER = "mrn,provider,visit_type,location,start,minutes,status"
ROW = "M1,Dr. Ana Lee,Check-up,Main Street,2026-03-03T09:00:00-05:00,30,booked"
SLOT = "Dr. Ana Lee,Family medicine,Check-up,Main Street,2026-03-03T09:00:00-05:00,30"


class Desk:
    """Imports visits, and slots beside them, into one database."""

    def __init__(self, folder: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None:
        self.folder, self.db, self.vault, self.clock, self.trail = folder, db, vault, clock, trail
        self.people = People(vault, trail, clock)

    async def know(self, *mrns: str) -> None:
        """Put patients on the books."""
        for mrn in mrns:
            patient = NewPatient(mrn=mrn, given_name="Test", family_name="Person")
            await self.db.write(lambda conn, patient=patient: self.people.upsert(conn, patient, Actor("system")))

    async def open(self, *rows: str) -> None:
        """Open slots."""
        path = self.folder / "schedule.csv"
        path.write_text("\n".join(("provider,specialty,visit_type,location,start,minutes", *rows)), encoding="utf-8")
        report = await import_schedule(path, db=self.db, vault=self.vault, clock=self.clock, trail=self.trail)
        assert not report.problems

    async def take(self, *rows: str) -> Report:
        """The report on a file of these visits."""
        path = self.folder / "visits.csv"
        path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
        return await import_appointments(path, db=self.db, vault=self.vault, clock=self.clock, trail=self.trail)

    async def visits(self) -> list[Any]:
        """All visits, oldest first."""
        async with self.db.read() as conn:
            return list((await conn.execute(sa.select(appointment).order_by(appointment.c.id))).all())

    async def slot_states(self) -> list[str]:
        """The states of all slots, by start."""
        async with self.db.read() as conn:
            return list((await conn.execute(sa.select(slot.c.state).order_by(slot.c.start, slot.c.id))).scalars())


@pytest.fixture
async def desk(tmp_path: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> Desk:
    """A desk that knows the patients M1 and M2."""
    made = Desk(tmp_path, db, vault, clock, trail)
    await made.know("M1", "M2")
    return made


async def test_a_booked_visit_takes_the_slot_that_fits_it(desk: Desk) -> None:
    await desk.open(SLOT, SLOT.replace("09:00", "10:00"))

    report = await desk.take(ROW)

    assert report == Report(created=1)
    (visit,) = await desk.visits()
    assert visit.slot_id is not None
    assert (visit.status, visit.version, visit.start) == ("booked", 1, datetime(2026, 3, 3, 14, 0, tzinfo=UTC))
    assert await desk.slot_states() == ["booked", "free"]


async def test_a_visit_without_a_slot_goes_in_and_finds_it_later(desk: Desk) -> None:
    await desk.take(ROW)
    await desk.open(SLOT)

    report = await desk.take(ROW)

    assert report == Report(unchanged=1)
    (visit,) = await desk.visits()
    assert visit.slot_id is not None
    assert visit.version == 1
    assert await desk.slot_states() == ["booked"]


async def test_importing_again_changes_nothing(desk: Desk) -> None:
    await desk.open(SLOT)
    await desk.take(ROW)
    before = await desk.visits()
    desk.clock.set(datetime(2026, 3, 2, 16, 0, tzinfo=UTC))

    report = await desk.take(ROW, ROW)

    assert report == Report(unchanged=2)
    assert await desk.visits() == before


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(ROW.replace(",30,", ",45,"), id="length"),
        pytest.param(ROW.replace("Check-up", "Vaccine"), id="visit type"),
        pytest.param(ROW.replace("Main Street", "North Wing"), id="place"),
        pytest.param(ROW.replace("booked", "noshow"), id="status"),
    ],
)
async def test_a_row_that_differs_changes_the_visit_and_its_version_grows(desk: Desk, changed: str) -> None:
    await desk.take(ROW)

    report = await desk.take(changed)

    assert report == Report(updated=1)
    (visit,) = await desk.visits()
    assert visit.version == 2


async def test_a_cancelled_visit_frees_its_slot_and_another_may_take_it(desk: Desk) -> None:
    await desk.open(SLOT)
    await desk.take(ROW)

    report = await desk.take(ROW.replace("M1", "M2"), ROW.replace("booked", "cancelled"), ROW.replace("M1", "M2"))

    assert report == Report(created=1, updated=1, unchanged=1)
    first, second = await desk.visits()
    assert (first.status, first.slot_id) == ("cancelled", None)
    assert (second.status, second.slot_id is None) == ("booked", False)
    assert await desk.slot_states() == ["booked"]


async def test_two_visits_at_one_time_share_no_slot(desk: Desk) -> None:
    await desk.open(SLOT)

    report = await desk.take(ROW, ROW.replace("M1", "M2"))

    assert report == Report(created=2)
    assert [visit.slot_id is None for visit in await desk.visits()] == [False, True]


async def test_a_visit_that_changes_its_type_changes_its_slot(desk: Desk) -> None:
    await desk.open(SLOT, SLOT.replace("Check-up", "Vaccine"))
    await desk.take(ROW)

    await desk.take(ROW.replace("Check-up", "Vaccine"))

    (visit,) = await desk.visits()
    async with desk.db.read() as conn:
        places = {row.id: row.state for row in await conn.execute(sa.select(slot))}
    assert places.pop(visit.slot_id) == "booked"
    assert list(places.values()) == ["free"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param(ROW.replace("M1", "M404"), "mrn is unknown", id="unknown mrn"),
        pytest.param(ROW.replace("M1", ""), "mrn is empty", id="no mrn"),
        pytest.param(
            ROW.replace("booked", "maybe"), "status must be one of booked, cancelled, fulfilled, noshow", id="status"
        ),
        pytest.param(
            ROW.replace("-05:00", ""), "start needs its offset, such as 2026-03-02T09:30:00-05:00", id="naive start"
        ),
    ],
)
@either_will_do
async def test_a_bad_row_is_reported_and_the_good_ones_go_in(desk: Desk, row: str, message: str) -> None:
    report = await desk.take(ROW, row)

    assert report == Report(created=1, problems=(RowProblem(3, message),))


async def test_each_visit_that_changed_is_audited_and_told(desk: Desk) -> None:
    await desk.take(ROW)
    await desk.take(ROW)
    await desk.take(ROW.replace(",30,", ",45,"))
    await desk.take(ROW.replace("booked", "cancelled"))

    (visit,) = await desk.visits()
    async with desk.db.read() as conn:
        query = sa.select(audit_event.c.object_id).where(audit_event.c.action == "appointment.import")
        audited = list((await conn.execute(query)).scalars())
        told = [
            change.type for _, change in await events.read(conn, 0, ["staff"]) if change.type.startswith("appointment")
        ]
    assert audited == [visit.id] * 3
    assert told == ["appointment.booked", "appointment.updated", "appointment.cancelled"]

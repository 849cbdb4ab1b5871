"""Importing open slots."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bots.scheduling.local import LocalScheduling
from hub import events
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import audit_event, resource, slot
from hub.imports import Report, RowProblem, import_schedule
from hub.types import new_id
from hub.vault import Vault
from tests.bots.scheduling_finding import at, starts, wish
from tests.stores import either_will_do

HEADER = "provider,specialty,visit_type,location,start,minutes"
ROW = "Dr. Ana Lee,Family medicine,Check-up,Main Street,2026-03-03T09:00:00-05:00,30"


class Desk:
    """Imports schedules into one database."""

    def __init__(self, path: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None:
        self.path, self.db, self.vault, self.clock, self.trail = path, db, vault, clock, trail

    async def take(self, *rows: str) -> Report:
        """The report on a file of these rows."""
        self.path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
        return await import_schedule(self.path, db=self.db, vault=self.vault, clock=self.clock, trail=self.trail)


@pytest.fixture
def desk(tmp_path: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> Desk:
    """A desk with a database of its own."""
    return Desk(tmp_path / "schedule.csv", db, vault, clock, trail)


async def test_slots_go_in_and_can_be_found(desk: Desk) -> None:
    zone = ZoneInfo("America/New_York")
    scheduling = LocalScheduling(desk.db, desk.vault, desk.clock, zone, desk.trail)
    await scheduling.catalogue()

    report = await desk.take(ROW, ROW.replace("09:00", "10:00"))

    assert report == Report(created=2)
    assert starts(await scheduling.find(wish(new_id(), provider="Dr. Ana Lee"))) == [at(9), at(10)]


async def test_importing_again_changes_nothing(desk: Desk) -> None:
    await desk.take(ROW)

    report = await desk.take(ROW, ROW.replace("09:00:00-05:00", "14:00:00Z"), ROW.replace("Dr. Ana", "DR. ANA"))

    assert report == Report(unchanged=3)


async def test_specialty_and_length_are_brought_up_to_date_and_the_state_stays(desk: Desk) -> None:
    await desk.take(ROW)
    await desk.db.write(lambda conn: conn.execute(sa.update(slot).values(state="booked")))

    report = await desk.take(ROW.replace(",30", ",45").replace("Family medicine", "Heart"))

    assert report == Report(updated=1)
    async with desk.db.read() as conn:
        row = (await conn.execute(sa.select(slot))).one()
        field = (await conn.execute(sa.select(resource.c.kind).where(resource.c.id == row.specialty_id))).scalar_one()
    assert (row.minutes, row.state, field) == (45, "booked", "specialty")


async def test_a_slot_named_twice_in_one_file_is_one_slot_and_the_last_row_holds(desk: Desk) -> None:
    report = await desk.take(ROW, ROW.replace(",30", ",60"))

    assert report == Report(created=1, updated=1)
    async with desk.db.read() as conn:
        assert (await conn.execute(sa.select(slot.c.minutes))).scalars().all() == [60]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param(ROW.replace("-05:00", ""), "start needs its offset", id="naive start"),
        pytest.param(ROW.replace("2026-03-03T09:00:00-05:00", "Tuesday"), "start must be a time", id="no time"),
        pytest.param(ROW.replace("2026", "0001"), "start must lie in a year", id="year one"),
        pytest.param(ROW.replace(",30", ",0"), "minutes must be a whole number from 1 to 1440", id="no minutes"),
        pytest.param(ROW.replace(",30", ",1441"), "minutes must be", id="longer than a day"),
        pytest.param(ROW.replace(",30", ",½"), "minutes must be", id="a fraction"),
        pytest.param(ROW.replace("Dr. Ana Lee", " "), "provider is empty", id="no provider"),
        pytest.param(ROW.replace("Dr. Ana Lee", "x" * 121), "provider is longer than 120", id="too long"),
        pytest.param(ROW.replace("Dr. Ana Lee", "Dr\x00"), "provider holds characters", id="control characters"),
    ],
)
@either_will_do
async def test_a_bad_row_is_reported_and_the_good_ones_go_in(desk: Desk, row: str, message: str) -> None:
    report = await desk.take(row, ROW)

    assert report.created == 1
    (problem,) = report.problems
    assert problem.line == 2
    assert problem.message.startswith(message)
    assert "Ana" not in problem.message


async def test_an_import_is_audited_and_told_once_a_batch(desk: Desk) -> None:
    await desk.take(ROW, ROW.replace("09:00", "10:00"))
    await desk.take(ROW)

    async with desk.db.read() as conn:
        actions = (await conn.execute(sa.select(audit_event.c.action))).scalars().all()
        told = [change.type for _, change in await events.read(conn, 0, ["staff"])]
    assert actions == ["schedule.import"]
    assert told == ["schedule.imported"]


async def test_the_report_has_line_numbers_across_batches(desk: Desk) -> None:
    rows = [
        ROW.replace("2026-03-03T09:00", f"2026-03-{d:02}T{h:02}:{m:02}")
        for d in range(4, 14)
        for h in range(24)
        for m in (0, 30)
    ]
    rows[250] = "too,few"

    report = await desk.take(*rows)

    assert report.created == 479
    assert report.problems == (RowProblem(252, "has 2 cells where the header has 6"),)

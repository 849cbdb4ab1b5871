"""Visits that systems outside tell of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub import events
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import appointment, audit_event, slot
from hub.imports import import_schedule
from hub.people import NewPatient, People
from hub.vault import Vault
from hub.visits import OutsideId, Told, ToldAt, ToldVisit, Visits
from tests.stores import Disk

NINE = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
NEWS = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EHR = Actor("system", "hl7")


class Office:
    """Hears of visits from outside, and has a patient."""

    def __init__(self, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None:
        self.db, self.vault, self.clock, self.trail = db, vault, clock, trail
        self.visits = Visits(vault, trail, clock)
        self.people = People(vault, trail, clock)
        self.ana = ""

    async def know(self, mrn: str) -> str:
        """The id of a patient."""
        patient = NewPatient(mrn=mrn, given_name="Test", family_name="Person")
        return (await self.db.write(lambda conn: self.people.upsert(conn, patient, EHR))).person_id

    async def tell(self, one: ToldVisit) -> Told:
        """What becomes of the news."""
        return await self.db.write(lambda conn: self.visits.tell(conn, one, EHR))

    def news(self, later: int = 0, **said: Any) -> ToldVisit:
        """News of the visit F1, so many minutes later than the first."""
        told = ToldAt(NEWS + timedelta(minutes=later))
        given: dict[str, Any] = {"ids": (_id("F1"),), "person_id": self.ana, "status": "booked", "told": told}
        return ToldVisit(**given | said)

    def first(self, **said: Any) -> ToldVisit:
        """The news that it was booked."""
        place: dict[str, Any] = {"provider": "Dr. Ana Lee", "visit_type": "Check-up", "location": "Main Street"}
        return self.news(**place | {"start": NINE, "minutes": 30} | said)

    async def rows(self) -> Sequence[Any]:
        """All visits, the oldest first."""
        async with self.db.read() as conn:
            return (await conn.execute(sa.select(appointment).order_by(appointment.c.id))).all()

    async def slot_states(self) -> list[str]:
        """The states of all slots, by start."""
        async with self.db.read() as conn:
            return list((await conn.execute(sa.select(slot.c.state).order_by(slot.c.start))).scalars())


def _id(value: str, space: str = "EHR") -> OutsideId:
    return OutsideId("hl7", space, value)


@pytest.fixture
async def office(db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> Office:
    """An office that knows Ana."""
    made = Office(db, vault, clock, trail)
    made.ana = await made.know("M1")
    return made


async def test_a_visit_is_booked_moved_and_cancelled_in_place(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "schedule.csv"
    place = "Dr. Ana Lee,Family medicine,Check-up,Main Street"
    rows = (
        "provider,specialty,visit_type,location,start,minutes",
        *(f"{place},2026-03-03T{h}-05:00,30" for h in ("09:00", "10:00")),
    )
    path.write_text("\n".join(rows), encoding="utf-8")
    await import_schedule(path, db=office.db, vault=office.vault, clock=office.clock, trail=office.trail)

    booked = await office.tell(office.first())
    states = [await office.slot_states()]
    moved = await office.tell(office.news(1, start=TEN))
    states.append(await office.slot_states())
    cancelled = await office.tell(office.news(2, status="cancelled"))
    states.append(await office.slot_states())

    (row,) = await office.rows()
    assert [booked.outcome, moved.outcome, cancelled.outcome] == ["created", "updated", "updated"]
    assert (row.id, row.start, row.minutes, row.status, row.version) == (booked.appointment_id, TEN, 30, "cancelled", 3)
    assert states == [["booked", "free"], ["free", "booked"], ["free", "free"]]
    async with office.db.read() as conn:
        audited = sa.select(audit_event.c.object_id).where(audit_event.c.action == "appointment.told")
        assert list((await conn.execute(audited)).scalars()) == [row.id] * 3
        told = [one.type for _, one in await events.read(conn, 0, ["staff"]) if one.type.startswith("appointment")]
    assert told == ["appointment.booked", "appointment.updated", "appointment.cancelled"]


async def test_the_same_news_again_change_nothing(office: Office) -> None:
    await office.tell(office.first())
    before = await office.rows()

    again = await office.tell(office.first())

    assert again.outcome == "unchanged"
    assert await office.rows() == before


async def test_in_whatever_order_news_come_the_newest_hold(office: Office) -> None:
    orders = [(0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 0, 3), (0, 3, 2, 1), (2, 3, 1, 0), (1, 0, 3, 2)]
    for number, order in enumerate(orders):
        ids, day = (_id(f"F{number}"),), timedelta(days=number)
        news = [
            office.first(ids=ids, start=NINE + day),
            office.first(ids=ids, start=TEN + day, told=ToldAt(NEWS + timedelta(minutes=1), 7)),
            # In the same second: the number says that it came first.
            office.first(ids=ids, start=NINE + day, status="cancelled", told=ToldAt(NEWS + timedelta(minutes=1), 6)),
            office.first(ids=ids, start=TEN + day, status="noshow", told=ToldAt(NEWS + timedelta(minutes=2))),
        ]
        for place in order:
            await office.tell(news[place])

    found = [(row.start, row.status) for row in await office.rows()]
    assert found == [(TEN + timedelta(days=number), "noshow") for number in range(len(orders))]


async def test_each_of_its_names_finds_the_visit_and_a_new_one_is_learnt(office: Office) -> None:
    placer, filler, later = _id("A1"), _id("F1"), _id("F2")
    await office.tell(office.first(ids=(filler, placer)))

    by_placer = await office.tell(office.news(1, ids=(placer,), start=TEN))
    learnt = await office.tell(office.news(2, ids=(later, placer)))
    by_later = await office.tell(office.news(3, ids=(later,), status="cancelled"))
    elsewhere = await office.tell(office.news(4, ids=(_id("F1", "OTHER"),)))

    assert [by_placer.outcome, learnt.outcome, by_later.outcome] == ["updated", "unchanged", "updated"]
    assert elsewhere.outcome == "incomplete"
    (row,) = await office.rows()
    async with office.db.read() as conn:
        assert await office.visits.appointment_of(conn, later) == row.id
        assert set(await office.visits.outside_ids(conn, row.id, "hl7")) == {"A1", "F1", "F2"}
        assert await office.visits.outside_ids(conn, row.id, "fhir") == ()


async def test_a_visit_that_was_known_already_gets_its_name(office: Office) -> None:
    first = await office.tell(office.first(ids=(OutsideId("fhir", "", "9"),)))

    same = await office.tell(office.first())
    other = await office.tell(office.first(ids=(_id("F2"),)))

    assert (same.outcome, same.appointment_id) == ("unchanged", first.appointment_id)
    assert other.outcome == "created"


async def test_a_visit_that_was_entered_for_another_person_ends_for_them(office: Office) -> None:
    ben = await office.know("M2")
    await office.tell(office.first(person_id=ben))

    await office.tell(office.news(1))

    theirs, hers = await office.rows()
    assert (theirs.person_id, theirs.status, theirs.version) == (ben, "cancelled", 2)
    assert (hers.person_id, hers.status, hers.version) == (office.ana, "booked", 1)


async def test_no_outside_id_is_readable_on_the_disk(office: Office, disk: Disk) -> None:
    await office.tell(office.first(ids=(_id("OUTSIDE-0815"),)))

    assert b"OUTSIDE-0815" not in disk()

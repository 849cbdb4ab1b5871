"""What the clinic's own staff change in the EHR becomes so here, and what speaks of it is void."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bots.scheduling.base import Appointment, Gone, Held, Taken
from hub.db.tables import appointment, audit_event, slot, slot_opening
from hub.errors import SchedulingError
from tests.bots.scheduling_backends import Opening
from tests.bots.scheduling_finding import at, booked, wish
from tests.hub.ehr.clinic import MRN, FhirBackend
from tests.servers.ehr import SmallEhr
from tests.stores import embedded_only

pytestmark = embedded_only

LATER = {"start": "2026-03-05T15:00:00Z", "end": "2026-03-05T15:45:00Z", "slot": []}


async def rows(backend: FhirBackend) -> list[Any]:
    """The hub's visits, in the order in which they were made."""
    async with backend.db.read() as conn:
        return list((await conn.execute(sa.select(appointment).order_by(appointment.c.id))).all())


async def remote_visit(backend: FhirBackend) -> dict[str, Any]:
    """The only visit that the EHR has."""
    (found,) = await backend.ehr.all("Appointment")
    return found


async def test_a_visit_that_staff_book_in_the_ehr_is_the_persons_here(backend: FhirBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9), minutes=45))
    remote = (await backend.remote_slot(slot_id))["id"]
    await backend.ehr.visit(backend.patients[0], remote)

    counts = await backend.scheduling.poll()

    assert counts["visits_created"] == 1
    (row,) = await rows(backend)
    assert (row.person_id, row.slot_id, row.minutes, row.status) == (backend.persons[0], slot_id, 45, "booked")
    (visit,) = await backend.scheduling.appointments(backend.persons[0], after=backend.clock.now())
    assert (visit.provider, visit.location, visit.visit_type) == ("Dr. Ana Lee", "Main Street", "Check-up")
    assert (await backend.scheduling.find(wish(backend.persons[1]))).slots == ()
    assert (await backend.scheduling.poll())["visits_unchanged"] == 1


async def test_a_visit_that_staff_move_is_the_same_visit_in_a_new_version(backend: FhirBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    visit = await booked(backend, slot_id)
    remote = await remote_visit(backend)

    await backend.ehr.change("Appointment", remote["id"], **LATER)
    await backend.scheduling.poll()

    (row,) = await rows(backend)
    assert (row.id, row.version, row.status, row.minutes) == (visit.id, 2, "booked", 45)
    (moved,) = await backend.scheduling.appointments(backend.persons[0], after=backend.clock.now())
    assert moved == replace(
        visit, start=at(10, day=at(9).date() + timedelta(days=2)), minutes=45, version=2, slot_id=None
    )


@pytest.mark.parametrize(
    ("status", "here"),
    [("cancelled", "cancelled"), ("noshow", "noshow"), ("fulfilled", "fulfilled"), ("waitlist", "cancelled")],
)
async def test_what_becomes_of_a_visit_in_the_ehr_becomes_of_it_here(
    backend: FhirBackend, status: str, here: str
) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    visit = await booked(backend, slot_id)

    await backend.ehr.change("Appointment", (await remote_visit(backend))["id"], status=status)
    await backend.scheduling.poll()

    (row,) = await rows(backend)
    assert (row.status, row.version) == (here, 2)
    assert await backend.scheduling.cancel(visit.id, backend.persons[0], "cancel") == Gone(visit.id)


async def test_what_is_booked_is_asked_in_the_ehr_at_once(backend: FhirBackend) -> None:
    """Nobody is told of a visit that staff cancelled a second ago, or not told of one that they made."""
    mine, theirs = await backend.open(Opening(start=at(9)), Opening(start=at(11)))
    await booked(backend, mine)
    await backend.ehr.change("Appointment", (await remote_visit(backend))["id"], status="cancelled")
    await backend.ehr.visit(backend.patients[0], (await backend.remote_slot(theirs))["id"])

    (visit,) = await backend.scheduling.appointments(backend.persons[0], after=backend.clock.now())

    assert visit.start == at(11)
    assert [row.status for row in await rows(backend)] == ["cancelled", "booked"]


async def test_a_visit_that_staff_cancelled_a_moment_ago_is_gone(backend: FhirBackend) -> None:
    (first, second) = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    visit = await booked(backend, first)
    await backend.ehr.change("Appointment", (await remote_visit(backend))["id"], status="cancelled")

    assert await backend.scheduling.confirm(visit.id, backend.persons[0], "confirm") == Gone(visit.id)
    assert await backend.scheduling.cancel(visit.id, backend.persons[0], "cancel") == Gone(visit.id)
    assert await backend.scheduling.move(visit.id, second, backend.persons[0], "move") == Gone(visit.id)
    (row,) = await rows(backend)
    assert (row.status, row.version) == ("cancelled", 2)


async def test_a_confirmed_visit_is_accepted_in_the_ehr(backend: FhirBackend) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    await backend.ehr.visit(backend.patients[0], (await backend.remote_slot(slot_id))["id"])
    remote = await remote_visit(backend)
    asked = [{**one, "status": "needs-action"} for one in remote["participant"]]
    await backend.ehr.change("Appointment", remote["id"], participant=asked)
    (visit,) = await backend.scheduling.appointments(backend.persons[0], after=backend.clock.now())

    assert await backend.scheduling.confirm(visit.id, backend.persons[0], "confirm") == visit
    assert await backend.scheduling.confirm(visit.id, backend.persons[0], "confirm") == visit

    assert (await remote_visit(backend))["participant"][0]["status"] == "accepted"
    assert (await rows(backend))[0].confirmed_at == backend.clock.now()
    assert (await backend.scheduling.poll())["visits_unchanged"] == 1


async def test_slots_that_staff_open_and_close_are_so_here(backend: FhirBackend) -> None:
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    await backend.ehr.change("Slot", (await backend.remote_slot(first))["id"], status="busy-unavailable")
    await backend.ehr.slots([Opening(start=at(11), visit_type="Vaccine")])

    before = await backend.scheduling.find(wish(backend.persons[0]))
    await backend.scheduling.poll()
    after = await backend.scheduling.find(wish(backend.persons[0]))

    assert [one.id for one in before.slots] == [second]
    assert [(one.start, one.visit_type) for one in after.slots] == [(at(10), "Check-up"), (at(11), "Vaccine")]


async def test_a_slot_that_is_offered_was_free_in_the_ehr_a_moment_ago(backend: FhirBackend) -> None:
    slots = await backend.open(*(Opening(start=at(hour)) for hour in range(8, 16)))
    for one in slots[:6]:
        await backend.ehr.change("Slot", (await backend.remote_slot(one))["id"], status="busy")

    offer = await backend.scheduling.find(wish(backend.persons[0]))

    assert {one.id for one in offer.slots} == set(slots[6:])


async def test_a_slot_that_is_deleted_is_taken(balky: FhirBackend, ehr: SmallEhr) -> None:
    slot_id, other = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    ehr.forget("Slot", (await balky.remote_slot(slot_id))["id"])

    assert [one.id for one in (await balky.scheduling.find(wish(balky.persons[0]))).slots] == [other]
    assert await balky.scheduling.hold(slot_id, balky.persons[0], "hold") == Taken(slot_id)


async def test_a_visit_that_is_deleted_is_cancelled(balky: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    await booked(balky, slot_id)
    ehr.forget("Appointment", ehr.all("Appointment")[0]["id"])

    assert await balky.scheduling.appointments(balky.persons[0], after=balky.clock.now()) == ()

    assert [row.status for row in await rows(balky)] == ["cancelled"]


async def test_a_slot_that_comes_free_is_there_for_who_waits(
    balky: FhirBackend, ehr: SmallEhr, monkeypatch: pytest.MonkeyPatch
) -> None:
    (slot_id,) = await balky.open(Opening(start=at(9)))
    remote = (await balky.remote_slot(slot_id))["id"]
    await balky.ehr.change("Slot", remote, status="busy")
    await balky.scheduling.poll()
    told: list[str] = []

    async def noted(conn: object, now: object, visits: object, freed: list[str]) -> None:
        told.extend(freed)

    monkeypatch.setattr((await balky.scheduling._ways.get()).calendar, "_on_change", noted)  # type: ignore[attr-defined]
    await balky.ehr.change("Slot", remote, status="free")
    await balky.scheduling.poll()

    assert told == [slot_id]
    async with balky.db.read() as conn:
        assert (await conn.execute(sa.select(slot.c.state))).scalar_one() == "free"
        assert (await conn.execute(sa.select(slot_opening))).all() == []


async def test_patients_whom_the_hub_does_not_know_are_let_be(backend: FhirBackend) -> None:
    stranger = await backend.ehr.patient("MRN-nobody")
    (slot_id,) = await backend.open(Opening(start=at(9)))
    await backend.ehr.visit(stranger, (await backend.remote_slot(slot_id))["id"])

    counts = await backend.scheduling.poll()

    assert counts["visits_unknown"] == 1
    assert await rows(backend) == []
    assert (await backend.scheduling.find(wish(backend.persons[0]))).slots == ()


class TestPatients:
    """Whom the EHR knows: by the record number alone."""

    async def test_one_whom_the_ehr_does_not_know_is_for_staff(self, balky: FhirBackend, ehr: SmallEhr) -> None:
        (slot_id,) = await balky.open(Opening(start=at(9)))
        ehr.forget("Patient", balky.patients[0])

        with pytest.raises(SchedulingError, match="enter them there first"):
            await balky.scheduling.book(slot_id, balky.persons[0], "book")

        assert (await balky.remote_slot(slot_id))["status"] == "free"
        assert isinstance(await balky.scheduling.book(slot_id, balky.persons[1], "other"), Appointment)

    async def test_one_of_two_of_the_same_number_is_for_staff(self, balky: FhirBackend, ehr: SmallEhr) -> None:
        (slot_id,) = await balky.open(Opening(start=at(9)))
        ehr.put({**ehr.all("Patient")[0], "id": "twin"})

        with pytest.raises(SchedulingError, match="several patients"):
            await balky.scheduling.book(slot_id, balky.persons[0], "book")

    async def test_the_same_number_of_another_system_is_somebody_else(self, balky: FhirBackend, ehr: SmallEhr) -> None:
        (slot_id,) = await balky.open(Opening(start=at(9)))
        other = ehr.all("Patient")[0]
        ehr.put({**other, "identifier": [{"system": "urn:other", "value": other["identifier"][0]["value"]}]})

        with pytest.raises(SchedulingError, match="enter them there first"):
            await balky.scheduling.book(slot_id, balky.persons[0], "book")

    async def test_one_is_entered_where_that_is_wished(self, balky: FhirBackend, ehr: SmallEhr) -> None:
        (slot_id,) = await balky.open(Opening(start=at(9)))
        entering = FhirBackend(balky.ehr.url, balky.db, balky.vault, balky.clock, balky.trail, creates_patients=True)
        await entering.populate(1, there=False)

        visit = await entering.scheduling.book(slot_id, entering.persons[0], "book")

        assert isinstance(visit, Appointment)
        made = ehr.all("Patient")[-1]
        assert made["identifier"][0]["system"] == MRN
        assert made["name"] == [{"use": "official", "family": "Person 0", "given": ["Test"]}]
        await entering.close()


async def test_each_change_leaves_its_audit_entry(backend: FhirBackend) -> None:
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    old = await booked(backend, first)
    new = await backend.scheduling.move(old.id, second, backend.persons[0], "move")
    assert isinstance(new, Appointment)
    await backend.scheduling.confirm(new.id, backend.persons[0], "confirm")
    await backend.scheduling.cancel(new.id, backend.persons[0], "cancel")

    async with backend.db.read() as conn:
        query = sa.select(audit_event.c.action, audit_event.c.object_id).order_by(audit_event.c.id)
        found = [tuple(row) for row in await conn.execute(query)]
    assert [one for one in found if one[0] not in ("person.create", "appointment.told")] == [
        ("appointment.book", old.id),
        ("appointment.move", new.id),
        ("appointment.confirm", new.id),
        ("appointment.cancel", new.id),
    ]
    assert found.count(("appointment.told", old.id)) == 2
    assert found.count(("appointment.told", new.id)) == 2


async def test_holding_lets_go_of_the_older_hold_in_the_ehr(balky: FhirBackend) -> None:
    first, second = await balky.open(Opening(start=at(9)), Opening(start=at(10)))
    await balky.scheduling.hold(first, balky.persons[0], "one")

    assert isinstance(await balky.scheduling.hold(second, balky.persons[0], "two"), Held)

    assert (await balky.remote_slot(first))["status"] == "free"
    assert (await balky.remote_slot(second))["status"] == "busy-tentative"

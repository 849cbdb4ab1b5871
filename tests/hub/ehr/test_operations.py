"""An EHR that proposes, keeps and books by operations of its own keeps the same contract."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from bots.dates.model import Window
from bots.scheduling.base import Appointment, Held, Taken
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import ehr_slot
from hub.ehr.errors import EhrUnknown
from hub.vault import Vault
from tests.bots.scheduling_backends import Opening
from tests.bots.scheduling_contract import BookingContract
from tests.bots.scheduling_finding import at, booked, wish
from tests.hub.ehr.clinic import FhirBackend
from tests.servers.ehr import Fault, Operations, SmallEhr
from tests.stores import Disk, embedded_only

pytestmark = embedded_only


@pytest.fixture
async def backend(
    ehr: SmallEhr, db: Database, vault: Vault, clock: FixedClock, trail: Trail
) -> AsyncIterator[FhirBackend]:
    """The calendar of an EHR with operations, with three patients on its books."""
    ehr.operations = Operations(ehr, clock.now)
    made = FhirBackend(ehr.url, db, vault, clock, trail)
    await made.populate(3)
    yield made
    await made.close()


class TestByOperations(BookingContract):
    """An EHR with operations keeps the contract. What is found among its times, the hub's own search finds."""


async def test_what_it_proposes_is_found_by_wish(backend: FhirBackend) -> None:
    november = at(9, day=date(2026, 11, 2))
    await backend.open(
        Opening(start=at(9)),
        Opening(start=at(10), provider="Dr. Bo Ruiz", visit_type="Vaccine"),
        Opening(start=november),
    )

    catalogue = await backend.scheduling.catalogue()
    vaccine = await backend.scheduling.find(wish(backend.persons[0], visit_type="Vaccine"))
    late = await backend.scheduling.find(wish(backend.persons[0], Window(first=november.date(), last=november.date())))

    assert (catalogue.providers, catalogue.specialties) == (("Dr. Ana Lee", "Dr. Bo Ruiz"), ("Family medicine",))
    assert [(one.provider, one.start, one.location) for one in vaccine.slots] == [
        ("Dr. Bo Ruiz", at(10), "Main Street")
    ]
    assert [one.start for one in late.slots] == [november]


async def test_the_operations_are_used_and_no_slot_is_touched(backend: FhirBackend, ehr: SmallEhr) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    ehr.asked.clear()

    await backend.scheduling.find(wish(backend.persons[0]))
    assert isinstance(await backend.scheduling.hold(slot_id, backend.persons[0], "hold"), Held)
    await booked(backend, slot_id)

    asked = [one for one in ehr.asked if one.startswith(("POST", "PUT")) and "_search" not in one]
    assert [one for one in asked if "$" in one] == [
        "POST Appointment/$find",
        "POST Appointment/$hold",
        "POST Appointment/$book",
    ]
    assert not any(one.startswith("PUT") for one in asked)


@pytest.mark.parametrize("status", [404, 409, 423])
async def test_a_time_that_is_no_longer_to_be_had_is_taken(backend: FhirBackend, ehr: SmallEhr, status: int) -> None:
    first, second = await backend.open(Opening(start=at(9)), Opening(start=at(10)))
    ehr.faults += [
        Fault("POST", "Appointment/$hold", status=status, times=9),
        Fault("POST", "Appointment/$book", status=status, times=9),
    ]

    assert await backend.scheduling.hold(first, backend.persons[0], "hold") == Taken(first)
    assert await backend.scheduling.book(second, backend.persons[0], "book") == Taken(second)
    assert [one for one in ehr.all("Appointment") if one["status"] == "booked"] == []


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
async def test_an_answer_that_is_lost_is_looked_after_and_never_asked_again_blindly(
    backend: FhirBackend, ehr: SmallEhr, done: bool
) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))
    ehr.faults.append(Fault("POST", "Appointment/$book", how="drop", done=done))

    if done:
        assert (await booked(backend, slot_id)).status == "booked"
    else:
        with pytest.raises(EhrUnknown):
            await booked(backend, slot_id)
        assert (await booked(backend, slot_id)).status == "booked"

    assert [one["status"] for one in ehr.all("Appointment")] == ["booked"]


async def test_an_ehr_that_keeps_no_name_of_ours_is_asked_by_patient_and_time(
    backend: FhirBackend, ehr: SmallEhr
) -> None:
    (slot_id,) = await backend.open(Opening(start=at(9)))

    def dropping(method: str, kind: str) -> None:
        for one in ehr.all("Appointment"):
            if one.pop("identifier", None):
                ehr.put(one)

    ehr.between = dropping
    ehr.faults.append(Fault("POST", "Appointment/$book", how="garbage", done=True))

    assert isinstance(await backend.scheduling.book(slot_id, backend.persons[0], "book"), Appointment)
    assert [one["status"] for one in ehr.all("Appointment")] == ["booked"]


async def test_what_the_ehr_proposed_is_sealed(backend: FhirBackend, disk: Disk) -> None:
    """Invariant 10: names of clinicians and kinds of visits are in it."""
    await backend.open(Opening(start=at(9), provider="Dr. Quillfeather", visit_type="Quillotomy"))

    stored = disk()

    assert ehr_slot.name.encode() in stored
    assert b"Quill" not in stored

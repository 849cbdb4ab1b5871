"""The calendar of an EHR keeps the port's contract, over a FHIR server of somebody else's making."""

import asyncio
from datetime import timedelta

from bots.scheduling.base import Appointment, Gone, Held, Taken
from tests.bots.scheduling_backends import Opening
from tests.bots.scheduling_contract import SchedulingContract
from tests.bots.scheduling_finding import at, booked, wish
from tests.hub.ehr.clinic import FhirBackend
from tests.stores import embedded_only, server_only


@embedded_only
class TestFhirScheduling(SchedulingContract):
    """An EHR's calendar keeps the contract."""


@server_only
async def test_a_visits_whole_life_over_a_database_server(backend: FhirBackend) -> None:
    """What locks and what only reads differs there; the rest of the contract is the same code."""
    calendar, person = backend.scheduling, backend.persons[0]
    first, second, third = await backend.open(*(Opening(start=at(hour)) for hour in (9, 10, 11)))

    assert len((await calendar.find(wish(person))).slots) == 3
    assert isinstance(await calendar.hold(first, person, "hold"), Held)
    rivals = await asyncio.gather(*(calendar.book(first, one, f"book:{one}") for one in backend.persons))
    assert [type(one) for one in rivals] == [Appointment, Taken, Taken]
    visit = await booked(backend, second, person=1, key="second")
    assert await calendar.confirm(visit.id, backend.persons[1], "confirm") == visit
    moved = await calendar.move(visit.id, third, backend.persons[1], "move")
    assert isinstance(moved, Appointment)
    assert await calendar.appointments(backend.persons[1], after=backend.clock.now()) == (moved,)
    assert isinstance(await calendar.cancel(moved.id, backend.persons[1], "cancel"), Appointment)
    assert await calendar.cancel(moved.id, backend.persons[1], "again") == Gone(moved.id)
    await calendar.hold(second, person, "lapses")
    backend.clock.advance(timedelta(minutes=11))
    assert await calendar.sweep_holds() >= 1
    assert (await backend.remote_slot(second))["status"] == "free"
    assert (await calendar.poll())["slots"] == 0

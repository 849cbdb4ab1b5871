"""Appointments as another system sees them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bots.scheduling.names import Names
from hub.app import Hub
from hub.db.tables import appointment
from hub.types import new_id
from tests.hub.api.calling import Api, audited, ids, patient
from tests.stores import either_will_do

NEW_YORK = ZoneInfo("America/New_York")


async def _visit(hub: Hub, person_id: str, start: datetime, status: str = "booked") -> str:
    """The id of a visit with Dr. Kim."""
    made = new_id()
    names = Names(hub.parts.vault)

    async def unit(conn) -> None:
        wanted = [("provider", "Dr. Kim"), ("visit_type", "Check-up"), ("location", "Main St")]
        known = await names.ensure(conn, wanted)
        row = {
            "id": made,
            "person_id": person_id,
            "provider_id": known[wanted[0]],
            "visit_type_id": known[wanted[1]],
            "location_id": known[wanted[2]],
            "start": start,
            "minutes": 30,
            "status": status,
            "version": 1,
            "created_at": hub.parts.clock.now(),
            "updated_at": hub.parts.clock.now(),
        }
        await conn.execute(sa.insert(appointment), row)

    await hub.parts.db.write(unit)
    return made


async def test_a_visit_is_told_in_the_clinics_zone(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    visit = await _visit(hub, one, datetime(2026, 3, 12, 14, 10, tzinfo=NEW_YORK), "cancelled")

    (shown,) = await api.every("/appointments", mrn="A-1")

    assert shown == {
        "id": visit,
        "mrn": "A-1",
        "patient": one,
        "provider": "Dr. Kim",
        "visit_type": "Check-up",
        "location": "Main St",
        "start": "2026-03-12T14:10:00-04:00",
        "minutes": 30,
        "status": "cancelled",
        "version": 1,
    }
    (entry,) = await audited(hub, "appointment.read")
    assert entry.person_id == one


FILTERS = {
    "none": ("", [0, 1, 2]),
    "mrn": ("mrn=A-2", [2]),
    "since, to the minute": ("since=2026-03-06T09:00:00-05:00", [1, 2]),
    "since, a second later": ("since=2026-03-06T09:00:01-05:00", [2]),
    "since, plus escaped": ("since=2026-03-06T09:00:00%2B00:00", [1, 2]),
    "since, plus not escaped": ("since=2026-03-06T14:00:01+00:00", [2]),
    "since, utc": ("since=2026-03-06T14:00:00Z", [1, 2]),
    "since a day": ("since=2026-03-06", [1, 2]),
    "both": ("since=2026-03-06&mrn=A-1", [1]),
}


async def test_filters_combine(hub: Hub, api: Api) -> None:
    first, second = await patient(hub), await patient(hub, "A-2", "+12025550124")
    start = datetime(2026, 3, 5, 9, 0, tzinfo=NEW_YORK)
    made = [
        await _visit(hub, first, start),
        await _visit(hub, first, start + timedelta(days=1)),
        await _visit(hub, second, start + timedelta(days=2)),
    ]

    answers = {name: await api.get(f"/appointments?{query}") for name, (query, _) in FILTERS.items()}

    assert {name: ids(answer.value["items"]) for name, answer in answers.items()} == {
        name: [made[n] for n in found] for name, (_, found) in FILTERS.items()
    }


async def test_pages_hold_every_visit_once(hub: Hub, api: Api) -> None:
    one = await patient(hub)
    start = datetime(2026, 3, 5, 9, 0, tzinfo=NEW_YORK)
    made = [await _visit(hub, one, start + timedelta(days=n % 2)) for n in range(5)]

    first = await api.get("/appointments", limit=2)
    made.append(await _visit(hub, one, start))
    rest = await api.get("/appointments", limit=100, cursor=first.value["next"])

    assert ids(first.value["items"] + rest.value["items"]) == made


@pytest.mark.parametrize("since", ["tomorrow", "2026-13-01", "2026-03-06T09:00:00", "12", "2026-W10"])
@either_will_do
async def test_a_time_that_cannot_be_placed_is_refused(api: Api, since) -> None:
    assert (await api.get("/appointments", since=since)).status == 422


async def test_an_mrn_that_is_nobodys_is_not_found(api: Api) -> None:
    assert (await api.get("/appointments", mrn="A-9")).status == 404

"""Visits of the EHR as the hub's own: what the EHR changes is changed here, and what was to be said of it is void.

The hub's reminders, campaigns, pages and exports read its own visits; this keeps them what the EHR has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Kind, Names
from hub.audit import Actor
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, ehr_request, ehr_slot, slot
from hub.ehr.calendar import OVERLAP, cursor, follow
from hub.ehr.client import Client
from hub.ehr.errors import EhrRefused
from hub.ehr.patients import Patients
from hub.ehr.reading import RemoteVisit, instant, read_slot, read_visit
from hub.ehr.schedules import PLACE, VISIT, Schedules
from hub.visits import OutsideId, ToldAt, ToldVisit, Visits

__all__ = ["Heard", "News"]

Outcome = Literal["created", "updated", "unchanged", "older", "incomplete", "unknown", "under_way", "refused"]
_EHR = Actor("system")
_PAGE = "100"
_BACK = timedelta(days=1)
"""How far back the first look goes: what was yesterday may still be marked as kept or missed."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Heard:
    """A visit of the EHR in the hub's words, and the slot that it has here, where that is known."""

    visit: ToldVisit
    slot_id: str | None = None


class News:
    """What becomes of the visits of one EHR."""

    def __init__(
        self,
        *,
        client: Client,
        patients: Patients,
        schedules: Schedules,
        visits: Visits,
        names: Names,
        db: Database,
        clock: Clock,
    ) -> None:
        self._client = client
        self._patients = patients
        self._schedules = schedules
        self._visits = visits
        self._names = names
        self._db = db
        self._clock = clock

    async def poll(self) -> dict[str, int]:
        """Take in the visits that changed since the last round, or all to come at the first one; what became of them.

        Raises: EhrError.
        """
        since = await cursor(self._db, "visits")
        if since is None:
            return await self._take([("date", f"ge{instant(self._clock.now() - _BACK)}"), ("_count", _PAGE)])
        try:
            return await self._take([("_lastUpdated", f"ge{instant(since - OVERLAP)}"), ("_count", _PAGE)])
        except EhrRefused:
            return await self._take([("date", f"ge{instant(self._clock.now() - _BACK)}"), ("_count", _PAGE)])

    async def about(self, person_id: str, after: datetime, known: Sequence[str]) -> None:
        """Take in what the EHR says now of a person's visits after a moment. Raises: SchedulingError, EhrError.

        known: the visits that are booked here, by the EHR's ids: what it no longer lists is asked for by itself.
        """
        patient = await self._patients.reference(person_id)
        params = [("patient", patient), ("date", f"ge{instant(after)}")]
        found = await self._client.search("Appointment", params, personal=True)
        listed = {str(one.get("id")) for one in found}
        for resource in found:
            if (visit := read_visit(resource)) is not None:
                await self.tell(visit, _EHR, person_id=person_id)
        for visit_id in known:
            if visit_id not in listed:
                await self.hear(visit_id, person_id)

    async def hear(self, visit_id: str, person_id: str) -> None:
        """Take in what the EHR has now of one visit. Raises: EhrError."""
        await self.tell(await self.now(visit_id), _EHR, person_id=person_id)

    async def now(self, visit_id: str) -> RemoteVisit:
        """A visit as the EHR has it now; one that it no longer has is cancelled. Raises: EhrError."""
        resource = await self._client.read("Appointment", visit_id)
        visit = read_visit(resource) if resource is not None else None
        return visit if visit is not None else _no_longer(visit_id)

    async def tell(self, visit: RemoteVisit, actor: Actor, person_id: str | None = None) -> Outcome:
        """Take one visit of the EHR in, in a transaction of its own. Raises: EhrError."""
        heard = await self.heard(visit, person_id)
        if heard is None:
            return "unknown"

        async def unit(conn: AsyncConnection) -> Outcome:
            known = await self._visits.appointment_of(conn, heard.visit.ids[0])
            leaving = sa.select(ehr_request.c.key).where(ehr_request.c.leaving_id == known).limit(1)
            if known is not None and (await conn.execute(leaving)).first() is not None:
                # We are cancelling it ourselves: what comes of that is recorded with the answer to it.
                return "under_way"
            return await self.write(conn, heard, actor)

        return await self._db.write(unit)

    async def write(self, conn: AsyncConnection, heard: Heard, actor: Actor) -> Outcome:
        """Take a visit in, in the caller's transaction. One that was never known, and is none, is let be."""
        if heard.visit.status != "booked" and await self._visits.appointment_of(conn, heard.visit.ids[0]) is None:
            return "unchanged"
        told = await self._visits.tell(conn, heard.visit, actor)
        if heard.slot_id is not None and told.appointment_id is not None and told.outcome in ("created", "updated"):
            await _seat(conn, told.appointment_id, heard.slot_id)
        return told.outcome

    async def heard(self, visit: RemoteVisit, person_id: str | None = None) -> Heard | None:
        """A visit of the EHR in the hub's words; None where its patient is not on the books. Raises: EhrError."""
        person_id = person_id or await self._patients.person(visit.patient)
        if person_id is None:
            return None
        names, slot_id = await self._named(visit) if visit.status == "booked" else ({}, None)
        told = ToldVisit(
            ids=(self.outside(visit.id),),
            told=ToldAt(visit.changed or _LONG_AGO, int(visit.version) if visit.version.isdigit() else None),
            person_id=person_id,
            status=visit.status or "cancelled",
            provider=names.get("provider"),
            visit_type=names.get("visit_type"),
            location=names.get("location"),
            start=visit.start,
            minutes=visit.minutes,
        )
        return Heard(told, slot_id)

    def outside(self, visit_id: str) -> OutsideId:
        """How the EHR names a visit."""
        return OutsideId("fhir", self._client.base_url, visit_id)

    async def remote_ids(self, conn: AsyncConnection, appointment_id: str) -> tuple[str, ...]:
        """How the EHR names a visit of ours; empty where it never told of it."""
        return await self._visits.outside_ids(conn, appointment_id, "fhir")

    async def appointment_of(self, conn: AsyncConnection, visit_id: str) -> str | None:
        """Which visit of ours the EHR names so."""
        return await self._visits.appointment_of(conn, self.outside(visit_id))

    async def _take(self, params: list[tuple[str, str]]) -> dict[str, int]:
        counts: dict[str, int] = {}
        newest: datetime | None = None
        async for page in self._client.pages("Appointment", params):
            for resource in page:
                visit = read_visit(resource)
                if visit is None:
                    continue
                try:
                    outcome = await self.tell(visit, _EHR)
                except EhrRefused:
                    # Records that are locked away from us must not keep all others out.
                    outcome = "refused"
                counts[outcome] = counts.get(outcome, 0) + 1
                if visit.changed is not None and (newest is None or visit.changed > newest):
                    newest = visit.changed
        await follow(self._db, "visits", newest)
        return counts

    async def _named(self, visit: RemoteVisit) -> tuple[dict[Kind, str], str | None]:
        """What a visit is called by: as its slot is, where that starts when the visit does; else by who takes part."""
        for reference in visit.slots:
            found, slot_id = await self._as_slot(reference, visit)
            if found:
                return found, slot_id
        called: dict[str, str] = {}
        for ref in visit.actors:
            called.setdefault(ref.partition("/")[0], await self._schedules.called(ref))
        location = visit.location or called.get("Location", "") or PLACE
        service = called.get("HealthcareService", "")
        provider = visit.provider or called.get("Practitioner") or called.get("PractitionerRole") or service or location
        names: dict[Kind, str] = {
            "provider": provider,
            "visit_type": visit.visit_type or service or VISIT,
            "location": location,
        }
        return names, None

    async def _as_slot(self, reference: str, visit: RemoteVisit) -> tuple[dict[Kind, str], str | None]:
        kind, _, remote_id = reference.partition("/")
        query = (
            sa.select(slot.c.id, slot.c.start, slot.c.provider_id, slot.c.visit_type_id, slot.c.location_id)
            .join(ehr_slot, ehr_slot.c.slot_id == slot.c.id)
            .where(ehr_slot.c.remote_id == remote_id)
        )
        async with self._db.read() as conn:
            row = (await conn.execute(query)).first()
            if row is not None and row.start == visit.start:
                directory = await self._names.read(conn)
                names: dict[Kind, str] = {
                    "provider": directory.name(row.provider_id),
                    "visit_type": directory.name(row.visit_type_id),
                    "location": directory.name(row.location_id),
                }
                return names, row.id
        resource = await self._client.read("Slot", remote_id) if kind == "Slot" else None
        remote = read_slot(resource) if resource is not None else None
        schedule = await self._schedules.get(remote.schedule) if remote is not None else None
        if remote is None or schedule is None or remote.start != visit.start:
            return {}, None
        return schedule.names(remote), None


async def _seat(conn: AsyncConnection, appointment_id: str, slot_id: str) -> None:
    """Let a booked visit have its slot, unless another one has it: that is taken, whoever heard of it first."""
    there = sa.select(appointment.c.id).where(appointment.c.slot_id == slot_id, appointment.c.status == "booked")
    if (await conn.execute(there.limit(1))).first() is not None:
        return
    mine = sa.update(appointment).where(appointment.c.id == appointment_id, appointment.c.status == "booked")
    if (await conn.execute(mine.values(slot_id=slot_id))).rowcount:
        taken = {"state": "booked", "held_by": None, "held_until": None}
        await conn.execute(sa.update(slot).where(slot.c.id == slot_id).values(**taken))


def _no_longer(visit_id: str) -> RemoteVisit:
    """What a visit that the EHR no longer has is taken for."""
    return RemoteVisit(
        id=visit_id,
        version="",
        status="cancelled",
        start=None,
        minutes=None,
        changed=datetime.now(UTC),
        patient="",
    )

"""Visits as Appointments, and the times of the calendar as Slots."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bots.scheduling.names import Directory, Names
from hub.db.tables import appointment, slot
from hub.exports.resources import APPOINTMENT as APPOINTMENT_SYSTEM
from hub.exports.resources import on_server, time_text
from hub.fhir.asking import codes, ids, within
from hub.fhir.guarding import SECURITY, labelled_as
from hub.fhir.kinds import Kind, Loaded, Parameter, Rows, Scene

__all__ = ["APPOINTMENT", "SLOT"]

_STATUS = "http://hl7.org/fhir/appointmentstatus"
_SLOT_STATUS = "http://hl7.org/fhir/slotstatus"
_RESOURCE = "urn:carehub:calendar"
_ACCEPTED = "accepted"


def _named(directory: Directory, kind: str, resource_id: str) -> dict[str, Any]:
    """A clinician or place, which are no resources here: by name and identifier."""
    identifier = {"system": _RESOURCE, "value": resource_id}
    return {"type": kind, "identifier": identifier, "display": directory.name(resource_id)}


def _instant(at: datetime, minutes: int = 0) -> str:
    return time_text(at + timedelta(minutes=minutes))


async def _appointments(scene: Scene, wanted: Sequence[str]) -> Loaded:
    parts = scene.parts
    async with parts.db.read() as conn:
        query = sa.select(appointment).where(appointment.c.id.in_(wanted))
        rows = {row.id: row for row in await conn.execute(query)}
        directory = await Names(parts.vault).read(conn)
    resources = {one: _appointment(row, directory) for one, row in rows.items()}
    return Loaded(resources=resources, persons={one: (row.person_id,) for one, row in rows.items()})


def _appointment(row: Any, directory: Directory) -> dict[str, Any]:
    answered = row.status != "booked" or row.confirmed_at is not None
    found: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": row.id,
        "meta": {"versionId": str(row.version), "lastUpdated": time_text(row.updated_at)},
        "identifier": [{"system": APPOINTMENT_SYSTEM, "value": row.id}],
        "status": row.status,
        "serviceType": [{"text": directory.name(row.visit_type_id)}],
        "start": _instant(row.start),
        "end": _instant(row.start, row.minutes),
        "minutesDuration": row.minutes,
        "created": time_text(row.created_at),
        "participant": [
            {"actor": on_server("Patient", row.person_id), "status": _ACCEPTED if answered else "needs-action"},
            {"actor": _named(directory, "Practitioner", row.provider_id), "status": _ACCEPTED},
            {"actor": _named(directory, "Location", row.location_id), "status": _ACCEPTED},
        ],
    }
    if row.slot_id is not None:
        found["slot"] = [on_server("Slot", row.slot_id)]
    return found


async def _slots(scene: Scene, wanted: Sequence[str]) -> Loaded:
    parts = scene.parts
    async with parts.db.read() as conn:
        rows = (await conn.execute(sa.select(slot, _state(scene).label("told")).where(slot.c.id.in_(wanted)))).all()
        directory = await Names(parts.vault).read(conn)
    return Loaded(resources={row.id: _slot(row, directory) for row in rows}, persons={})


def _slot(row: Any, directory: Directory) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "id": row.id,
        "serviceType": [{"text": directory.name(row.visit_type_id)}],
        "specialty": [{"text": directory.name(row.specialty_id)}],
        # A schedule is a clinician's calendar, which is no resource here.
        "schedule": _named(directory, "Schedule", row.provider_id),
        "status": row.told,
        "start": _instant(row.start),
        "end": _instant(row.start, row.minutes),
        "comment": directory.name(row.location_id),
    }


def _state(scene: Scene) -> sa.Case[str]:
    """What R4 calls the state of a slot; a hold past its time is none. Another visit that overlaps does not count."""
    held = sa.and_(slot.c.state == "held", slot.c.held_until > scene.parts.clock.now())
    return sa.case((slot.c.state == "booked", "busy"), (held, "busy-tentative"), else_="free")


def _when(column: sa.ColumnElement[Any]) -> Any:
    return lambda scene, value: within(column, value, scene.parts.settings.timezone)


def _patient(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return appointment.c.person_id.in_(ids(value, "Patient", scene.base))


_PATIENT = Parameter(kind="reference", says="Whose visit it is.")
_WHERE: Mapping[str, Any] = {
    "identifier": lambda scene, value: appointment.c.id.in_(codes(value, APPOINTMENT_SYSTEM)),
    "patient": _patient,
    "actor": _patient,
    "date": _when(appointment.c.start),
    "status": lambda scene, value: appointment.c.status.in_(codes(value, _STATUS)),
    "slot": lambda scene, value: appointment.c.slot_id.in_(ids(value, "Slot", scene.base)),
    **labelled_as(appointment.c.person_id),
}

APPOINTMENT = Kind(
    name="Appointment",
    action="appointment.read",
    says="A visit, of any status, as the hub knows it.",
    rows=(
        Rows(key=appointment.c.id, updated=appointment.c.updated_at, where=_WHERE, sorts={"date": appointment.c.start}),
    ),
    parameters={
        "identifier": Parameter(kind="token", says="The id of the visit."),
        "patient": _PATIENT,
        "actor": _PATIENT,
        "date": Parameter(kind="date", says="When it starts."),
        "status": Parameter(kind="token", says="booked, cancelled, fulfilled or noshow."),
        "slot": Parameter(kind="reference", says="The time that it takes."),
        "_security": SECURITY,
    },
    load=_appointments,
)
SLOT = Kind(
    name="Slot",
    action="slot.read",
    says="A time of the embedded calendar.",
    rows=(
        Rows(
            key=slot.c.id,
            sorts={"start": slot.c.start},
            where={
                "start": _when(slot.c.start),
                "status": lambda scene, value: _state(scene).in_(codes(value, _SLOT_STATUS)),
            },
        ),
    ),
    parameters={
        "start": Parameter(kind="date", says="When it starts."),
        "status": Parameter(kind="token", says="free, busy or busy-tentative."),
    },
    load=_slots,
)

"""What a resource of an EHR says of a slot or a visit, in the hub's words. Pure; a server may say anything.

Source: hl7.org/fhir/R4/slot.html, appointment.html, schedule.html, patient.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bots.scheduling.base import AppointmentStatus
from bots.scheduling.free import LONGEST
from hub.ehr.client import Resource

__all__ = [
    "BOOKING",
    "HOLDING",
    "RemoteSlot",
    "RemoteVisit",
    "bare",
    "concept",
    "concepts",
    "instant",
    "mapping",
    "mappings",
    "marked",
    "moment",
    "named",
    "operations",
    "read_slot",
    "read_visit",
    "references",
    "version",
]

BOOKING = "urn:carehub:booking"
"""The system of the identifier that a visit of ours bears: a retry finds it by that."""
HOLDING = "urn:carehub:hold"
"""The system of the identifier that a slot bears while this hub holds it."""

_STATUSES: Mapping[str, AppointmentStatus] = {
    "booked": "booked",
    "arrived": "booked",
    "checked-in": "booked",
    "fulfilled": "fulfilled",
    "noshow": "noshow",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
}
"""What is missing (proposed, pending, waitlist) is no visit that anybody was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteSlot:
    """A Slot. `start` is aware; `status` is the EHR's word; names are what the slot itself says, perhaps nothing."""

    id: str
    version: str
    schedule: str
    status: str
    start: datetime
    minutes: int
    changed: datetime | None
    visit_type: str = field(default="", repr=False)
    specialty: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteVisit:
    """An Appointment. `status` is None while it is no visit yet; references are `Kind/id`; names may be empty."""

    id: str
    version: str
    status: AppointmentStatus | None
    start: datetime | None
    minutes: int | None
    changed: datetime | None
    patient: str = field(repr=False)
    slots: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    provider: str = field(default="", repr=False)
    location: str = field(default="", repr=False)
    visit_type: str = field(default="", repr=False)


def read_slot(resource: Resource) -> RemoteSlot | None:
    """A Slot as far as it can be booked; None where it lacks its times or its schedule."""
    start, end = moment(resource.get("start")), moment(resource.get("end"))
    schedule = bare(mapping(resource.get("schedule")).get("reference"))
    minutes = _minutes(start, end)
    if start is None or minutes is None or not schedule or not resource.get("id"):
        return None
    return RemoteSlot(
        id=str(resource["id"]),
        version=version(resource),
        schedule=schedule,
        status=str(resource.get("status") or ""),
        start=start,
        minutes=minutes,
        changed=_changed(resource),
        visit_type=concept(resource.get("appointmentType")) or _first_concept(resource.get("serviceType")),
        specialty=_first_concept(resource.get("specialty")),
    )


def read_visit(resource: Resource) -> RemoteVisit | None:
    """An Appointment of one patient; None where it is nobody's."""
    actors = [mapping(one.get("actor")) for one in mappings(resource.get("participant"))]
    refs = [bare(one.get("reference")) for one in actors]
    patients = [ref for ref in refs if ref.startswith("Patient/")]
    if not patients or not resource.get("id"):
        return None
    start, end = moment(resource.get("start")), moment(resource.get("end"))
    said = resource.get("minutesDuration")
    minutes = _minutes(start, end) or (said if isinstance(said, int) and 0 < said <= LONGEST else None)
    shown = {ref.partition("/")[0]: str(one.get("display") or "") for ref, one in zip(refs, actors, strict=True)}
    return RemoteVisit(
        id=str(resource["id"]),
        version=version(resource),
        status=_STATUSES.get(str(resource.get("status"))),
        start=start,
        minutes=minutes,
        changed=_changed(resource),
        patient=patients[0],
        slots=tuple(references(resource.get("slot"))),
        actors=tuple(ref for ref in refs if ref and not ref.startswith("Patient/")),
        provider=shown.get("Practitioner") or shown.get("PractitionerRole") or "",
        location=shown.get("Location", ""),
        visit_type=concept(resource.get("appointmentType")) or _first_concept(resource.get("serviceType")),
    )


def moment(said: Any) -> datetime | None:
    """An instant as FHIR writes it; None for what is none, or lacks its offset."""
    if not isinstance(said, str):
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)


def instant(at: datetime) -> str:
    """A moment as FHIR writes it, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def bare(reference: Any) -> str:
    """A reference as `Kind/id`: without a server's address before it, or a version after it."""
    if not isinstance(reference, str):
        return ""
    parts = reference.partition("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:]) if len(parts) >= 2 and parts[-1] and parts[-2] else ""


def references(said: Any) -> Iterator[str]:
    """Each reference of a list, as `Kind/id`."""
    for one in mappings(said):
        if ref := bare(one.get("reference")):
            yield ref


def version(resource: Resource) -> str:
    """The version that a change must name."""
    return str(mapping(resource.get("meta")).get("versionId") or "")


def concept(said: Any) -> str:
    """What a CodeableConcept is called; empty where it has no words."""
    if not isinstance(said, dict):
        return ""
    words = said.get("text") or next((c.get("display") for c in mappings(said.get("coding")) if c.get("display")), "")
    return _clean(words)


def named(resource: Resource) -> str:
    """The name of a Practitioner, Location, HealthcareService or Device; empty where it has none."""
    name = resource.get("name")
    if isinstance(name, str):
        return _clean(name)
    for one in mappings(name):
        if one.get("text"):
            return _clean(one["text"])
        first = [words[0] for name in ("prefix", "given") if isinstance(words := one.get(name), list) and words]
        parts = [*first, one.get("family") or ""]
        if words := _clean(" ".join(str(part) for part in parts if part)):
            return words
    return ""


def operations(capabilities: Resource) -> frozenset[str]:
    """The operations on appointments that a server declares, such as find, hold and book."""
    found = set()
    for rest in mappings(capabilities.get("rest")):
        for resource in mappings(rest.get("resource")):
            if resource.get("type") == "Appointment":
                found |= {str(one.get("name") or "").lstrip("$") for one in mappings(resource.get("operation"))}
    return frozenset(found)


def marked(resource: Resource, system: str, value: str) -> bool:
    """Whether a resource bears an identifier."""
    return any(
        one.get("system") == system and one.get("value") == value for one in mappings(resource.get("identifier"))
    )


def concepts(said: Any) -> list[str]:
    """What the CodeableConcepts of a list are called, as far as they have words."""
    return [words for one in mappings(said) if (words := concept(one))]


def _first_concept(said: Any) -> str:
    return next(iter(concepts(said)), "")


def _changed(resource: Resource) -> datetime | None:
    return moment(mapping(resource.get("meta")).get("lastUpdated"))


def _minutes(start: datetime | None, end: datetime | None) -> int | None:
    if start is None or end is None:
        return None
    minutes = int((end - start).total_seconds() // 60)
    return minutes if 0 < minutes <= LONGEST else None


def mapping(said: Any) -> dict[str, Any]:
    """An object, or an empty one where there is none."""
    return said if isinstance(said, dict) else {}


def mappings(said: Any) -> list[dict[str, Any]]:
    """What of a list are objects: a server may say anything."""
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _clean(words: Any) -> str:
    return " ".join(str(words).split())[:120] if isinstance(words, str) else ""

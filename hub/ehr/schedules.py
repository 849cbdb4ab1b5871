"""Who and where an EHR's schedules are: the names that people know clinicians, specialties and places by."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bots.scheduling.names import Kind
from hub.ehr.client import Client, Resource
from hub.ehr.reading import RemoteSlot, bare, concepts, mapping, mappings, named, references

__all__ = ["Schedule", "Schedules"]

_GOOD_FOR = 600.0
"""Seconds for which a schedule is taken to be what it was."""
VISIT, FIELD, PLACE = "Visit", "General", "Clinic"
"""What is said where the EHR says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A Schedule: its actors as `Kind/id`, and what they are called."""

    actors: tuple[str, ...]
    provider: str = field(repr=False)
    specialty: str = field(repr=False)
    visit_type: str = field(repr=False)
    location: str = field(repr=False)

    def names(self, slot: RemoteSlot) -> dict[Kind, str]:
        """What a slot of this schedule is called by."""
        return {
            "provider": self.provider,
            "specialty": slot.specialty or self.specialty,
            "visit_type": slot.visit_type or self.visit_type,
            "location": self.location,
        }


class Schedules:
    """The schedules of one EHR, each read when it is first met and again after ten minutes."""

    def __init__(self, client: Client, since: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._since = since
        self._known: dict[str, tuple[float, Schedule | None]] = {}
        self._called: dict[str, tuple[float, Resource | None]] = {}

    async def get(self, reference: str) -> Schedule | None:
        """The schedule behind `Schedule/id`; None for one that is gone or nobody's. Raises: EhrError."""
        until, found = self._known.get(reference, (0.0, None))
        if until > self._since():
            return found
        kind, _, resource_id = reference.partition("/")
        resource = await self._client.read(kind, resource_id) if kind == "Schedule" else None
        found = None if resource is None else await self._read(resource)
        self._known[reference] = (self._since() + _GOOD_FOR, found)
        return found

    async def called(self, reference: str) -> str:
        """The name of whoever or whatever is behind `Kind/id`; empty where it has none. Raises: EhrError."""
        resource = await self._actor(reference)
        if resource is None:
            return ""
        if resource.get("resourceType") == "PractitionerRole":
            practitioner = mapping(resource.get("practitioner"))
            return str(practitioner.get("display") or "") or await self.called(bare(practitioner.get("reference")))
        return named(resource)

    async def _read(self, resource: Resource) -> Schedule | None:
        if resource.get("active") is False:
            return None
        shown: dict[str, str] = {}
        refs: list[str] = []
        for one in mappings(resource.get("actor")):
            ref = bare(one.get("reference"))
            if not ref:
                continue
            refs.append(ref)
            shown[ref.partition("/")[0]] = str(one.get("display") or "") or await self.called(ref)
        role = next((ref for ref in refs if ref.startswith("PractitionerRole/")), None)
        more = await self._of_role(role) if role else {}
        provider = next((shown[kind] for kind in ("Practitioner", "PractitionerRole", "Device") if shown.get(kind)), "")
        service, place = shown.get("HealthcareService", ""), shown.get("Location", "") or more.get("location", "")
        if not (provider or service or place):
            return None
        fields = concepts(resource.get("specialty"))
        visits = concepts(resource.get("serviceType"))
        return Schedule(
            actors=tuple(refs),
            provider=provider or service or place,
            specialty=fields[0] if fields else more.get("specialty") or FIELD,
            visit_type=visits[0] if visits else service or VISIT,
            location=place or PLACE,
        )

    async def _of_role(self, reference: str) -> dict[str, str]:
        """The place and the specialty of a PractitionerRole."""
        role = await self._actor(reference) or {}
        places = list(references(role.get("location")))
        fields = concepts(role.get("specialty"))
        return {
            "location": await self.called(places[0]) if places else "",
            "specialty": fields[0] if fields else "",
        }

    async def _actor(self, reference: str) -> Resource | None:
        until, found = self._called.get(reference, (0.0, None))
        if until > self._since() or not reference:
            return found
        kind, _, resource_id = reference.partition("/")
        found = await self._client.read(kind, resource_id)
        self._called[reference] = (self._since() + _GOOD_FOR, found)
        return found

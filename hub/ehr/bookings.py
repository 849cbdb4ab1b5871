"""Visits in the EHR: made under a name of ours, found by it, cancelled one version at a time, and read back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrConflict, EhrRefused, EhrUnknown
from hub.ehr.reading import BOOKING, RemoteVisit, bare, instant, mapping, mappings, marked, read_visit, version

__all__ = ["Bookings", "Wanted"]

_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A visit to be made. `mark` names it, whatever is tried again; `slot_id` is empty where the EHR sees to slots."""

    mark: str
    patient: str = field(repr=False)
    slot_id: str
    actors: tuple[str, ...]
    start: datetime
    minutes: int
    visit_type: str = field(repr=False)

    @property
    def end(self) -> datetime:
        """When it ends (aware)."""
        return self.start + timedelta(minutes=self.minutes)

    def resource(self, status: str) -> Resource:
        """The Appointment to ask for."""
        people = [self.patient, *self.actors]
        return {
            "resourceType": "Appointment",
            "identifier": [{"system": BOOKING, "value": self.mark}],
            "status": status,
            "serviceType": [{"text": self.visit_type}],
            "start": instant(self.start),
            "end": instant(self.end),
            "minutesDuration": self.minutes,
            "slot": [{"reference": f"Slot/{self.slot_id}"}],
            "participant": [{"actor": {"reference": ref}, "status": "accepted"} for ref in people],
        }

    def met_by(self, visit: RemoteVisit | None) -> bool:
        """Whether a visit, as read back, is the one that was wanted."""
        if visit is None or visit.status != "booked" or visit.patient != self.patient:
            return False
        there = not self.slot_id or not visit.slots or f"Slot/{self.slot_id}" in visit.slots
        who = [ref for ref in self.actors if ref.startswith(("Practitioner/", "PractitionerRole/"))]
        same = not who or not _practitioners(visit) or any(ref in visit.actors for ref in who)
        return visit.start == self.start and visit.minutes == self.minutes and there and same


class Bookings:
    """The visits of one EHR."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def made(self, mark: str) -> Resource | None:
        """The visit that was made under a name of ours; None when none was. Raises: EhrError."""
        found = await self._client.search("Appointment", [("identifier", f"{BOOKING}|{mark}")])
        ours = [one for one in found if marked(one, BOOKING, mark)]
        standing = [one for one in ours if one.get("status") == "booked"]
        return next(iter(standing or ours), None)

    async def made_for(self, wanted: Wanted) -> Resource | None:
        """The visit that was made as wanted, even by an EHR that keeps no name of ours; None when none was."""
        found = await self.made(wanted.mark)
        if found is not None:
            return found if found.get("status") == "booked" else None
        params = [("patient", wanted.patient), ("date", f"ge{instant(wanted.start)}")]
        theirs = await self._client.search("Appointment", params, personal=True)
        return next((one for one in theirs if wanted.met_by(read_visit(one))), None)

    async def withdraw(self, visit_id: str) -> None:
        """Cancel a visit that is only kept for us, if it still is. Raises: EhrError."""
        await self._change(
            visit_id,
            lambda resource: {**resource, "status": "cancelled"} if resource.get("status") == "pending" else None,
        )

    async def make(self, wanted: Wanted) -> Resource | None:
        """The visit as the EHR made it; None where it says that the time is taken.

        Raises: EhrUnknown when nobody knows even after looking; another EhrError when it was surely not made.
        """
        for last in (False, True):
            try:
                return await self._client.create(wanted.resource("booked"), unless=f"{BOOKING}|{wanted.mark}")
            except EhrConflict:
                return await self.made(wanted.mark)
            except EhrUnknown:
                found = await self.made(wanted.mark)
                if found is not None:
                    return found
                if last:
                    raise
        raise AssertionError("unreachable")

    async def others(self, slot_id: str, visit_id: str) -> bool:
        """Whether another visit than this one is booked in a slot, as far as the EHR can be asked. Raises: EhrError."""
        try:
            found = await self._client.search("Appointment", [("slot", f"Slot/{slot_id}")])
        except EhrRefused:
            return False
        return any(one.get("status") == "booked" and str(one.get("id")) != visit_id for one in found)

    async def read(self, visit_id: str) -> RemoteVisit | None:
        """A visit as the EHR has it now; None when it has none. Raises: EhrError."""
        resource = await self._client.read("Appointment", visit_id)
        return None if resource is None else read_visit(resource)

    async def cancel(self, visit_id: str) -> RemoteVisit | None:
        """Cancel a visit; as it was before if that was booked, None if it was no longer. Raises: EhrError."""
        before: RemoteVisit | None = None

        def judge(resource: Resource) -> Resource | None:
            nonlocal before
            visit = read_visit(resource)
            if visit is None or visit.status != "booked":
                return None
            before = visit
            return {**resource, "status": "cancelled"}

        await self._change(visit_id, judge)
        return before

    async def accept(self, visit_id: str) -> bool:
        """Note that the patient will come; False when the visit is no longer booked. Raises: EhrError."""
        booked = False

        def judge(resource: Resource) -> Resource | None:
            nonlocal booked
            visit = read_visit(resource)
            booked = visit is not None and visit.status == "booked"
            if visit is None or not booked:
                return None
            changed = [
                {**one, "status": "accepted"}
                if bare(mapping(one.get("actor")).get("reference")) == visit.patient
                else one
                for one in mappings(resource["participant"])
            ]
            return None if changed == resource["participant"] else {**resource, "participant": changed}

        await self._change(visit_id, judge)
        return booked

    async def _change(self, visit_id: str, judge: Callable[[Resource], Resource | None]) -> None:
        """Change a visit to what `judge` makes of it, until it says None: there is nothing to change."""
        for _ in range(_LOOKS):
            resource = await self._client.read("Appointment", visit_id)
            wanted = judge(resource) if resource is not None else None
            if resource is None or wanted is None:
                return
            try:
                await self._client.update(wanted, version(resource))
            except (EhrConflict, EhrUnknown):
                continue
        resource = await self._client.read("Appointment", visit_id)
        if resource is not None and judge(resource) is not None:
            raise EhrUnknown("an Appointment of the EHR does not come to rest")


def _practitioners(visit: RemoteVisit) -> list[str]:
    return [ref for ref in visit.actors if ref.startswith(("Practitioner/", "PractitionerRole/"))]

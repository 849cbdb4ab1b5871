"""Keeping and booking a time in an EHR: by the status of its slots, where it knows no operations for that."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from hub.ehr.bookings import Bookings, Wanted
from hub.ehr.calendar import Known
from hub.ehr.client import Client
from hub.ehr.errors import EhrUnknown
from hub.ehr.reading import RemoteVisit, read_slot, read_visit
from hub.ehr.schedules import Schedules
from hub.ehr.slots import Slots
from hub.errors import SchedulingError

__all__ = ["Booker", "Made", "SlotBooker"]


@dataclass(slots=True)
class Made:
    """What is known of a visit that is being made. `perhaps`: the EHR may have it from now on."""

    perhaps: bool = False
    slot_id: str = ""
    visit_id: str = ""
    visit: RemoteVisit | None = None


class Booker(ABC):
    """Keeps and books times of one EHR."""

    @abstractmethod
    async def hold(self, place: Known) -> bool:
        """Keep a time; False when it is not to be had. Raises: EhrError."""

    @abstractmethod
    async def give_back(self, place: Known) -> None:
        """Let others have a time that we keep. Raises: EhrError."""

    @abstractmethod
    async def free(self, visit: RemoteVisit) -> None:
        """Let others have the time of a visit that was cancelled. Raises: EhrError."""

    @abstractmethod
    async def book(self, place: Known, patient: str, mark: str, made: Made, *, again: bool) -> bool:
        """Book a time, and read the visit back into `made`; False when it is not to be had. Raises: SchedulingError.

        again: an earlier attempt may have done it.
        """

    @abstractmethod
    async def undo(self, made: Made) -> None:
        """Take a visit back that was made just now. Raises: EhrError."""


class SlotBooker(Booker):
    """By the status of slots: the slot is kept first, then the visit is made, then the slot is taken."""

    def __init__(self, client: Client, slots: Slots, schedules: Schedules, bookings: Bookings) -> None:
        self._client = client
        self._slots = slots
        self._schedules = schedules
        self._bookings = bookings

    async def hold(self, place: Known) -> bool:
        """Keep a slot; False when somebody else has it. Raises: EhrError."""
        return await self._slots.keep(place.remote_id)

    async def give_back(self, place: Known) -> None:
        """Let others have a slot that we keep. Raises: EhrError."""
        await self._slots.give_back(place.remote_id)

    async def free(self, visit: RemoteVisit) -> None:
        """Let others have the slots of a visit that was cancelled. Raises: EhrError."""
        for reference in visit.slots:
            kind, _, slot_id = reference.partition("/")
            if kind == "Slot":
                await self._slots.give_back(slot_id, booked=True)

    async def book(self, place: Known, patient: str, mark: str, made: Made, *, again: bool) -> bool:
        """Book a slot, and read the visit back into `made`; False when somebody else has it."""
        made.slot_id = place.remote_id
        found = None
        if again:
            made.perhaps = True
            found = await self._bookings.made(mark)
            made.perhaps = found is not None and found.get("status") == "booked"
        if found is None or found.get("status") != "booked":
            if found is not None or not await self._slots.keep(place.remote_id):
                return False
            wanted = await self._wanted(place, patient, mark)
            if wanted is None:
                return False
            made.perhaps = True
            try:
                found = await self._bookings.make(wanted)
            except EhrUnknown:
                raise
            except SchedulingError:
                made.perhaps = False
                raise
            if found is None or found.get("status") != "booked":
                made.perhaps = False
                return False
        made.visit_id = str(found["id"])
        made.visit = read_visit(found)
        if again:
            # It may have been given back since.
            await self._slots.keep(place.remote_id)
        took = await self._slots.take(place.remote_id)
        if took == "lost" or (took == "busy" and await self._bookings.others(place.remote_id, made.visit_id)):
            await self.undo(made, slot=False)
            return False
        made.visit = await self._bookings.read(made.visit_id)
        wanted = await self._wanted(place, patient, mark)
        if wanted is None or not wanted.met_by(made.visit):
            await self.undo(made)
            raise SchedulingError("the EHR booked something else than was asked for")
        return True

    async def undo(self, made: Made, *, slot: bool = True) -> None:
        """Take a visit back that was made just now, and unless not `slot` its slot. Raises: EhrError."""
        if made.visit_id:
            await self._bookings.cancel(made.visit_id)
            if slot:
                await self._slots.give_back(made.slot_id, booked=True)
        made.perhaps = False

    async def _wanted(self, place: Known, patient: str, mark: str) -> Wanted | None:
        """The visit to ask for, as the slot is now; None where that is no longer what was picked."""
        resource = await self._client.read("Slot", place.remote_id)
        remote = read_slot(resource) if resource is not None else None
        schedule = await self._schedules.get(remote.schedule) if remote is not None else None
        if remote is None or schedule is None or (remote.start, remote.minutes) != (place.start, place.minutes):
            return None
        return Wanted(
            mark=mark,
            patient=patient,
            slot_id=place.remote_id,
            actors=schedule.actors,
            start=remote.start,
            minutes=remote.minutes,
            visit_type=schedule.names(remote)["visit_type"],
        )

"""A calendar in memory that keeps the port's promises, and can be told to break them one at a time."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from bots.nlu.model import Catalogue
from bots.scheduling.base import HOLD_FOR, Appointment, Gone, Held, Offer, Query, Scheduling, Slot, Taken
from hub.errors import SchedulingError


class Calendar(Scheduling):
    """Slots and visits in dictionaries.

    rivals: ids of slots that somebody else takes the moment they are asked for.
    broken: names of calls that do not answer.
    misreads: visits read back with another time than was booked.
    """

    def __init__(self, now: datetime, slots: tuple[Slot, ...]) -> None:
        self.now = now
        self.open = {slot.id: slot for slot in slots}
        self.visits: dict[str, Appointment] = {}
        self.rivals: set[str] = set()
        self.broken: set[str] = set()
        self.misreads = False
        self.queries: list[Query] = []
        self.keys: list[str] = []
        self._answers: dict[str, Appointment] = {}
        self._ids = count(1)

    def give(self, slot_id: str, person_id: str) -> Appointment:
        """Book a slot before the conversation starts."""
        slot = self.open.pop(slot_id)
        visit = Appointment(
            id=f"v{next(self._ids)}",
            person_id=person_id,
            slot_id=slot.id,
            provider=slot.provider,
            visit_type=slot.visit_type,
            location=slot.location,
            start=slot.start,
            minutes=slot.minutes,
            status="booked",
            version=1,
        )
        self.visits[visit.id] = visit
        return visit

    async def catalogue(self) -> Catalogue:
        every = self.open.values()
        return Catalogue(
            providers=tuple(sorted({slot.provider for slot in every})),
            specialties=tuple(sorted({slot.specialty for slot in every})),
            visit_types=tuple(sorted({slot.visit_type for slot in every})),
        )

    async def find(self, query: Query) -> Offer:
        self._answering("find")
        self.queries.append(query)
        fit = [
            slot
            for slot in sorted(self.open.values(), key=lambda slot: (slot.start, slot.id))
            if slot.start >= query.not_before
            and slot.id not in query.exclude
            and query.visit_type in (None, slot.visit_type)
            and query.provider in (None, slot.provider)
            and query.specialty in (None, slot.specialty)
            and slot.start.date() not in query.when.excluded
            and slot.start.weekday() not in query.when.excluded_weekdays
        ]
        windows = query.when.windows
        if not windows:
            return Offer(slots=tuple(fit[: query.limit]), exact=True)
        met = [slot for window in windows for slot in fit if window.suits(slot.start)]
        met = list({slot.id: slot for slot in met}.values())
        if met:
            return Offer(slots=tuple(met[: query.limit]), exact=True)
        wished = windows[0].first or query.not_before.date()
        nearest = sorted(fit, key=lambda slot: (abs(slot.start.date() - wished), slot.start))
        return Offer(slots=tuple(nearest[: query.limit]), exact=False)

    async def hold(self, slot_id: str, person_id: str, key: str) -> Held | Taken:
        self._answering("hold", key)
        if slot_id in self.rivals:
            self.open.pop(slot_id, None)
        slot = self.open.get(slot_id)
        return Held(slot=slot, until=self.now + HOLD_FOR) if slot else Taken(slot_id)

    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        self._answering("book", key)
        if key in self._answers:
            return self._answers[key]
        if slot_id in self.rivals or slot_id not in self.open:
            self.open.pop(slot_id, None)
            return Taken(slot_id)
        visit = self.give(slot_id, person_id)
        if self.misreads:
            visit = self._changed(visit, start=visit.start + timedelta(hours=1))
        self._answers[key] = visit
        return visit

    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        self._answering("move", key)
        old = self.visits.get(appointment_id)
        if old is None or old.status != "booked":
            return Gone(appointment_id)
        new = await self.book(slot_id, person_id, key)
        if isinstance(new, Appointment):
            self._changed(old, status="cancelled")
        return new

    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        self._answering("cancel", key)
        visit = self.visits.get(appointment_id)
        if visit is None or visit.status != "booked" or visit.person_id != person_id:
            return Gone(appointment_id)
        return self._changed(visit, status="cancelled")

    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        self._answering("appointments")
        own = [visit for visit in self.visits.values() if visit.person_id == person_id and visit.status == "booked"]
        return tuple(sorted((visit for visit in own if visit.start > after), key=lambda visit: visit.start))

    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        self._answering("confirm", key)
        visit = self.visits.get(appointment_id)
        return visit if visit and visit.status == "booked" else Gone(appointment_id)

    def booked(self, person_id: str) -> list[str]:
        """The slots of the person's standing visits."""
        return sorted(
            v.slot_id or "" for v in self.visits.values() if v.person_id == person_id and v.status == "booked"
        )

    def _answering(self, call: str, key: str = "") -> None:
        if key:
            self.keys.append(key)
        if call in self.broken:
            raise SchedulingError("the calendar does not answer")

    def _changed(self, visit: Appointment, **changes: object) -> Appointment:
        changed = replace(visit, version=visit.version + 1, **changes)
        self.visits[visit.id] = changed
        return changed

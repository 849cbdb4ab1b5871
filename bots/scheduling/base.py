"""The port to a scheduling system: find, hold, book, move, cancel, read back.

A backend answers with values. `Taken`, `Gone` and `Refused` are answers, not errors; `SchedulingError` is
raised when the system does not answer as it must. Every writing call takes `key`: the same key gives the
same answer again and books nothing twice.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bots.dates.model import When
from bots.nlu.model import Catalogue

AppointmentStatus = Literal["booked", "cancelled", "fulfilled", "noshow"]
HOLD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An open time. `start` is aware, in the clinic's zone; `minutes` is its length."""

    id: str
    provider: str
    specialty: str
    visit_type: str
    location: str
    start: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """A person's visit. `version` grows by one with each change; a reminder belongs to one version."""

    id: str
    person_id: str
    slot_id: str | None
    provider: str
    visit_type: str
    location: str
    start: datetime
    minutes: int
    status: AppointmentStatus
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a person would like. Names are canonical, out of the catalogue; None means any.

    when: wishes, exclusions; without windows the soonest slots come first.
    not_before: never offer a slot that starts before this (aware).
    exclude: ids of slots already offered and declined.
    """

    person_id: str
    when: When
    not_before: datetime
    visit_type: str | None = None
    provider: str | None = None
    specialty: str | None = None
    exclude: tuple[str, ...] = ()
    limit: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Slots found, in the order of the wish; `exact` when they lie within the windows asked for."""

    slots: tuple[Slot, ...]
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The slot is kept for this person until `until` (aware)."""

    slot: Slot
    until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else has the slot."""

    slot_id: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The hold or appointment is no longer there (expired, cancelled, changed since)."""

    id: str


class Scheduling(ABC):
    """A scheduling system: the embedded one, a FHIR server, or another."""

    @abstractmethod
    async def catalogue(self) -> Catalogue:
        """The names by which this system knows providers, specialties, visit types and places."""

    @abstractmethod
    async def find(self, query: Query) -> Offer:
        """Open slots that fit `query`, or the nearest that do not quite (`exact` False), or none."""

    @abstractmethod
    async def hold(self, slot_id: str, person_id: str, key: str) -> Held | Taken:
        """Keep a slot for a person for `HOLD_FOR`; a person's newer hold releases the older one."""

    @abstractmethod
    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        """Book a slot and read it back; what is returned is what the system now holds."""

    @abstractmethod
    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        """Book the new slot, then cancel the old visit; the old one stands if the new one is taken."""

    @abstractmethod
    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Cancel a visit and free its slot."""

    @abstractmethod
    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        """The person's booked visits that start after `after`, soonest first."""

    @abstractmethod
    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Note that the person confirmed they will come."""

    async def sweep_holds(self) -> int:
        """Give back what was held past its time, and see to what a crash left; how much that was."""
        return 0

    async def poll(self) -> dict[str, int]:
        """Take in what others changed in the system since the last time; how much of what."""
        return {}

    async def close(self) -> None:
        """Let go of what connects to the system."""
        return

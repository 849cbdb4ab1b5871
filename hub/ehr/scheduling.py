"""The scheduling port over an EHR's FHIR server.

Every change is written down here, made there under a name that a retry finds again, read back, and only then recorded
here, in one transaction with its audit entry, its event and its answer. What nobody knows the end of stays written down
until the EHR was asked about it: by the same request again, or by the sweep.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bots.nlu.model import Catalogue
from bots.scheduling.base import Appointment, Gone, Held, Offer, Query, Scheduling, Taken
from bots.scheduling.local import Answer, LocalScheduling, OnChange, as_appointment
from bots.scheduling.names import Names
from hub.audit import Actor, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, slot
from hub.ehr.bookings import Bookings
from hub.ehr.calendar import Known, cursor, known
from hub.ehr.changing import Changes
from hub.ehr.client import Client
from hub.ehr.errors import EhrError
from hub.ehr.journal import Journal
from hub.ehr.news import News
from hub.ehr.patients import Patients
from hub.ehr.schedules import Schedules
from hub.ehr.ways import Ways
from hub.errors import HubError, SchedulingError
from hub.log import say
from hub.vault import Vault
from hub.visits import Visits

__all__ = ["FhirScheduling"]

_log = logging.getLogger(__name__)
_BOT = Actor("bot")
_ROUNDS = 6
"""How often a search is made anew because what it found turned out to be taken in the EHR."""


class FhirScheduling(Scheduling):
    """An EHR's calendar. Times it returns are in the clinic's zone; ids are the hub's own. `close` it at the end."""

    def __init__(
        self,
        *,
        client: Client,
        db: Database,
        vault: Vault,
        clock: Clock,
        zone: ZoneInfo,
        trail: Trail,
        visits: Visits,
        on_change: OnChange | None,
        mrn_system: str = "",
        creates_patients: bool = False,
    ) -> None:
        self._client = client
        self._db = db
        self._zone = zone
        self._names = Names(vault)
        self._here = LocalScheduling(db, vault, clock, zone, trail, on_change)
        self._journal = Journal(db, clock)
        self._bookings = Bookings(client)
        schedules = Schedules(client)
        patients = Patients(client, db, vault, system=mrn_system, creates=creates_patients)
        self._ways = Ways(
            client=client,
            db=db,
            vault=vault,
            clock=clock,
            names=self._names,
            schedules=schedules,
            bookings=self._bookings,
            on_change=on_change,
        )
        self._news = News(
            client=client,
            patients=patients,
            schedules=schedules,
            visits=visits,
            names=self._names,
            db=db,
            clock=clock,
        )
        self._changes = Changes(
            db=db,
            vault=vault,
            clock=clock,
            trail=trail,
            journal=self._journal,
            patients=patients,
            bookings=self._bookings,
            news=self._news,
            ways=self._ways,
        )
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._polled = False

    async def close(self) -> None:
        """Let go of the connections to the EHR."""
        await self._client.close()

    async def poll(self) -> dict[str, int]:
        """Take in what changed in the EHR. Raises: EhrError."""
        # Visits first: so each takes its slot, which is then no longer free in the slots' own news.
        counts = {f"visits_{what}": n for what, n in (await self._news.poll()).items()} if self._polled else {}
        counts["slots"] = await (await self._ways.get()).calendar.poll()
        if not self._polled:
            # At the first round there are no slots yet for them to take.
            counts |= {f"visits_{what}": n for what, n in (await self._news.poll()).items()}
        self._polled = True
        return counts

    async def catalogue(self) -> Catalogue:
        """Every name that the calendar knows."""
        try:
            await self._ready()
        except EhrError as error:
            # The names that were known before serve until it answers; what is asked of it then will tell.
            say(_log, "ehr_away", logging.WARNING, error=error)
        return await self._here.catalogue()

    async def find(self, query: Query) -> Offer:
        """Open slots for the wish, or the nearest to it; each was free in the EHR a moment ago."""
        await self._ready()
        lost: tuple[str, ...] = ()
        for _ in range(_ROUNDS):
            offer = await self._here.find(replace(query, exclude=(*query.exclude, *lost)))
            if not offer.slots:
                return offer
            missing = await (await self._ways.get()).calendar.recheck([one.id for one in offer.slots])
            if not missing:
                return offer
            lost = (*lost, *missing)
        return Offer(slots=tuple(one for one in offer.slots if one.id not in missing), exact=offer.exact)

    async def hold(self, slot_id: str, person_id: str, key: str) -> Held | Taken:
        """Keep a slot, here and in the EHR, and let go of what the person held before."""
        async with self._one_at_a_time(key):
            place = await self._place(slot_id)
            older = await self._journal.held_by(person_id)
            held = await self._here.hold(slot_id, person_id, key)
            if isinstance(held, Taken) or place is None:
                return Taken(slot_id)
            await self._journal.keep(slot_id, held.until)
            try:
                kept = await (await self._ways.get()).booker.hold(place)
            except EhrError:
                await self._journal.unkept(slot_id, person_id, older, taken=False)
                raise
            if not kept:
                await self._journal.unkept(slot_id, person_id, older, taken=True)
                await self._journal.given_back(slot_id)
                return Taken(slot_id)
            await self._changes.give_back([one for one, _ in older if one != slot_id])
            return held

    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        """Book a slot in the EHR and read it back."""
        async with self._one_at_a_time(key):
            begun = await self._journal.begin(key, "book", person_id, slot_id=slot_id)
            answer = begun if isinstance(begun, Answer) else await self._changes.book(begun)
            return Taken(slot_id) if answer.outcome != "done" else await self._read_back(answer, person_id)

    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        """Book the new slot in the EHR, then cancel the old visit there. The new visit has an id of its own."""
        async with self._one_at_a_time(key):
            begun = await self._journal.begin(key, "move", person_id, slot_id=slot_id, leaving_id=appointment_id)
            answer = begun if isinstance(begun, Answer) else await self._changes.book(begun)
            if answer.outcome == "gone":
                return Gone(appointment_id)
            return Taken(slot_id) if answer.outcome != "done" else await self._read_back(answer, person_id)

    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Cancel a visit in the EHR; its slot may be offered again."""
        async with self._one_at_a_time(key):
            slot_id = await self._slot_of(appointment_id)
            begun = await self._journal.begin(key, "cancel", person_id, leaving_id=appointment_id)
            answer = begun if isinstance(begun, Answer) else await self._changes.cancel(begun)
            if answer.outcome != "done":
                return Gone(appointment_id)
            return replace(await self._read_back(answer, person_id), slot_id=slot_id)

    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Note here and in the EHR that the person will come."""
        async with self._one_at_a_time(key):
            if await self._journal.known(key) is None and await self._is_theirs(appointment_id, person_id):
                remote_id = await self._changes.remote(appointment_id)
                if remote_id is not None and not await self._bookings.accept(remote_id):
                    await self._news.hear(remote_id, person_id)
            return await self._here.confirm(appointment_id, person_id, key)

    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        """The person's booked visits that start after `after`, as the EHR has them now, soonest first."""
        here = await self._here.appointments(person_id, after=after)
        remote = [found for one in here if (found := await self._changes.remote(one.id)) is not None]
        await self._news.about(person_id, after, remote)
        return await self._here.appointments(person_id, after=after)

    async def sweep_holds(self) -> int:
        """See to what was left behind: requests without an end, and holds past their time; how many there were."""
        seen = await self._here.sweep_holds()
        for request in await self._journal.left_behind():
            seen += 1
            try:
                async with self._one_at_a_time(request.key):
                    await self._changes.see_to(request)
            except HubError as error:
                say(_log, "ehr_request_open", logging.WARNING, error=error)
        lapsed = await self._journal.lapsed()
        await self._changes.give_back(lapsed)
        return seen + len(lapsed)

    async def _place(self, slot_id: str) -> Known | None:
        return next(iter(await known(self._db, [slot_id])), None)

    async def _is_theirs(self, appointment_id: str, person_id: str) -> bool:
        """Whether a visit is this person's, and booked as far as is known here."""
        query = sa.select(appointment.c.id).where(
            appointment.c.id == appointment_id,
            appointment.c.person_id == person_id,
            appointment.c.status == "booked",
        )
        async with self._db.read() as conn:
            return (await conn.execute(query)).first() is not None

    async def _slot_of(self, appointment_id: str) -> str | None:
        """The slot that a visit has, or had until the EHR's cancellation."""
        async with self._db.read() as conn:
            row = (await conn.execute(sa.select(appointment).where(appointment.c.id == appointment_id))).first()
            if row is None or row.slot_id is not None:
                return row.slot_id if row is not None else None
            fits = sa.select(slot.c.id).where(
                slot.c.provider_id == row.provider_id,
                slot.c.start == row.start,
                slot.c.visit_type_id == row.visit_type_id,
                slot.c.location_id == row.location_id,
            )
            return (await conn.execute(fits)).scalar_one_or_none()

    async def _read_back(self, answer: Answer, person_id: str) -> Appointment:
        """The visit as the calendar now holds it. Raises: SchedulingError when it is not there for this person."""
        async with self._db.read() as conn:
            row = (await conn.execute(sa.select(appointment).where(appointment.c.id == answer.appointment_id))).first()
            if row is None or row.person_id != person_id:
                raise SchedulingError("the visit could not be read back")
            return as_appointment(row, await self._names.read(conn), self._zone)

    async def _ready(self) -> None:
        """Where nothing was taken in yet, do it now: the first question may come before the first round."""
        if self._polled:
            return
        async with self._one_at_a_time("ready"):
            if not self._polled and await cursor(self._db, "slots") is None:
                await (await self._ways.get()).calendar.poll()
            self._polled = True

    @asynccontextmanager
    async def _one_at_a_time(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield

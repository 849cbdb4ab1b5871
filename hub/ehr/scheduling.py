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
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.nlu.model import Catalogue
from bots.scheduling.base import Appointment, Gone, Held, Offer, Query, Scheduling, Taken
from bots.scheduling.local import Answer, LocalScheduling, OnChange, as_appointment
from bots.scheduling.names import Names
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, ehr_hold, slot
from hub.ehr import journal
from hub.ehr.booker import Booker, Made
from hub.ehr.bookings import Bookings
from hub.ehr.calendar import Calendar, Known, cursor
from hub.ehr.client import Client
from hub.ehr.errors import EhrError, EhrUnknown
from hub.ehr.journal import Begun, Journal
from hub.ehr.news import News
from hub.ehr.patients import Patients
from hub.ehr.schedules import Schedules
from hub.ehr.slots import Slots
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
        self._vault = vault
        self._clock = clock
        self._zone = zone
        self._trail = trail
        self._names = Names(vault)
        self._here = LocalScheduling(db, vault, clock, zone, trail, on_change)
        self._journal = Journal(db, clock)
        slots = Slots(client, vault.blind.of("token", "ehr-hold").hex())
        schedules = Schedules(client)
        self._patients = Patients(client, db, vault, system=mrn_system, creates=creates_patients)
        self._bookings = Bookings(client)
        self._calendar = Calendar(
            client=client,
            slots=slots,
            schedules=schedules,
            db=db,
            names=self._names,
            clock=clock,
            on_change=on_change,
        )
        self._news = News(
            client=client,
            patients=self._patients,
            schedules=schedules,
            visits=visits,
            names=self._names,
            db=db,
            clock=clock,
        )
        self._booker = Booker(client, slots, schedules, self._bookings)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._polled = False

    async def close(self) -> None:
        """Let go of the connections to the EHR."""
        await self._client.close()

    async def poll(self) -> dict[str, int]:
        """Take in what changed in the EHR. Raises: EhrError."""
        # Visits first: so each takes its slot, which is then no longer free in the slots' own news.
        counts = {f"visits_{what}": n for what, n in (await self._news.poll()).items()} if self._polled else {}
        counts["slots"] = await self._calendar.poll()
        if not self._polled:
            # At the first round there are no slots yet for them to take.
            counts |= {f"visits_{what}": n for what, n in (await self._news.poll()).items()}
        self._polled = True
        return counts

    async def catalogue(self) -> Catalogue:
        """Every name that the calendar knows."""
        await self._ready()
        return await self._here.catalogue()

    async def find(self, query: Query) -> Offer:
        """Open slots for the wish, or the nearest to it; each was free in the EHR a moment ago."""
        await self._ready()
        lost: tuple[str, ...] = ()
        for _ in range(_ROUNDS):
            offer = await self._here.find(replace(query, exclude=(*query.exclude, *lost)))
            missing = await self._calendar.recheck([one.id for one in offer.slots]) if offer.slots else set()
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
                kept = await self._booker.hold(place)
            except EhrError:
                await self._journal.unkept(slot_id, person_id, older, taken=False)
                raise
            if not kept:
                await self._journal.unkept(slot_id, person_id, older, taken=True)
                await self._journal.given_back(slot_id)
                return Taken(slot_id)
            await self._give_back([one for one, _ in older if one != slot_id])
            return held

    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        """Book a slot in the EHR and read it back."""
        async with self._one_at_a_time(key):
            begun = await self._journal.begin(key, "book", person_id, slot_id=slot_id)
            answer = begun if isinstance(begun, Answer) else await self._change(begun)
            return Taken(slot_id) if answer.outcome != "done" else await self._read_back(answer, person_id)

    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        """Book the new slot in the EHR, then cancel the old visit there. The new visit has an id of its own."""
        async with self._one_at_a_time(key):
            begun = await self._journal.begin(key, "move", person_id, slot_id=slot_id, leaving_id=appointment_id)
            answer = begun if isinstance(begun, Answer) else await self._change(begun)
            if answer.outcome == "gone":
                return Gone(appointment_id)
            return Taken(slot_id) if answer.outcome != "done" else await self._read_back(answer, person_id)

    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Cancel a visit in the EHR; its slot may be offered again."""
        async with self._one_at_a_time(key):
            slot_id = await self._slot_of(appointment_id)
            begun = await self._journal.begin(key, "cancel", person_id, leaving_id=appointment_id)
            answer = begun if isinstance(begun, Answer) else await self._cancel(begun)
            if answer.outcome != "done":
                return Gone(appointment_id)
            return replace(await self._read_back(answer, person_id), slot_id=slot_id)

    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Note here and in the EHR that the person will come."""
        async with self._one_at_a_time(key):
            if await self._journal.known(key) is None:
                remote_id = await self._remote(appointment_id)
                if remote_id is not None and not await self._bookings.accept(remote_id):
                    await self._hear_of(remote_id, person_id)
            return await self._here.confirm(appointment_id, person_id, key)

    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        """The person's booked visits that start after `after`, as the EHR has them now, soonest first."""
        here = await self._here.appointments(person_id, after=after)
        known = [remote for one in here if (remote := await self._remote(one.id)) is not None]
        await self._news.about(person_id, after, known)
        return await self._here.appointments(person_id, after=after)

    async def sweep_holds(self) -> int:
        """See to what was left behind: requests without an end, and holds past their time; how many there were."""
        seen = await self._here.sweep_holds()
        for request in await self._journal.left_behind():
            seen += 1
            try:
                async with self._one_at_a_time(request.key):
                    await self._see_to(request)
            except HubError as error:
                say(_log, "ehr_request_open", logging.WARNING, error=error)
        lapsed = await self._journal.lapsed()
        await self._give_back(lapsed)
        return seen + len(lapsed)

    async def _change(self, request: Begun) -> Answer:
        """Do what a request to book or move asks; what came of it."""
        place = await self._place(request.slot_id or "")
        if place is None:
            await self._journal.refuse(request, "taken")
            return Answer(outcome="taken", slot_id=request.slot_id)
        made = Made()
        try:
            mark = self._mark(request.key)
            patient = await self._patients.reference(request.person_id)
            booked = await self._booker.book(place, patient, mark, made, again=request.again)
            if not booked or made.visit is None:
                await self._journal.refuse(request, "taken")
                await self._give_back([place.slot_id])
                return Answer(outcome="taken", slot_id=request.slot_id)
            left = await self._leave(request, made)
        except SchedulingError:
            if not made.perhaps:
                await self._journal.drop(request)
                await self._give_back([place.slot_id])
            raise
        return await self._record(request, made, left)

    async def _leave(self, request: Begun, made: Made) -> str | None:
        """Cancel the visit that is left for the new one, whose id in the EHR it gives; else the new one is undone."""
        if request.leaving_id is None:
            return None
        remote_id = await self._remote(request.leaving_id)
        if remote_id is None:
            return None
        try:
            before = await self._bookings.cancel(remote_id)
        except EhrUnknown:
            raise
        except EhrError:
            await self._booker.undo(made)
            raise
        if before is not None:
            await self._booker.free(before)
        return remote_id

    async def _cancel(self, request: Begun) -> Answer:
        remote_id = await self._remote(request.leaving_id or "")
        if remote_id is None:
            await self._journal.drop(request)
            raise SchedulingError("this visit is not in the EHR: staff must cancel it where it was made")
        try:
            before = await self._bookings.cancel(remote_id)
        except EhrUnknown:
            raise
        except SchedulingError:
            await self._journal.drop(request)
            raise
        after = await self._bookings.read(remote_id)
        if after is not None and after.status == "booked":
            raise EhrUnknown("a visit that was cancelled in the EHR is still booked there")
        if before is not None:
            await self._booker.free(before)
        ours = before is not None or request.again
        answer = Answer(outcome="done" if ours else "gone", appointment_id=request.leaving_id)
        told = await self._news.told(after, request.person_id) if after is not None else None

        async def unit(conn: AsyncConnection) -> None:
            now = self._clock.now()
            await journal.end(conn, request)
            await journal.record(conn, request.key, "cancel", answer, now)
            if told is not None:
                await self._news.write(conn, told, _BOT)
            if ours:
                await self._trail.record(conn, _entry("cancel", request.person_id, request.leaving_id or ""))

        await self._db.write(unit)
        return answer

    async def _record(self, request: Begun, made: Made, left: str | None) -> Answer:
        """Record what was read back in the EHR, and with it the answer."""
        if made.visit is None:
            raise SchedulingError("the visit could not be read back")
        told = await self._news.told(made.visit, request.person_id)
        after = await self._bookings.read(left) if left is not None else None
        old = await self._news.told(after, request.person_id) if after is not None else None
        if told is None:
            raise SchedulingError("the visit could not be read back")

        async def unit(conn: AsyncConnection) -> Answer:
            now = self._clock.now()
            await journal.end(conn, request)
            if old is not None:
                await self._news.write(conn, old, _BOT)
            await self._news.write(conn, told, _BOT)
            booked = await self._news.appointment_of(conn, made.visit_id)
            if booked is None:
                raise SchedulingError("the visit could not be recorded as the EHR has it")
            answer = Answer(outcome="done", slot_id=request.slot_id, appointment_id=booked)
            await journal.record(conn, request.key, request.kind, answer, now)
            await conn.execute(sa.delete(ehr_hold).where(ehr_hold.c.slot_id == request.slot_id))
            mine = sa.update(slot).where(slot.c.state == "held", slot.c.held_by == request.person_id)
            await conn.execute(mine.values(state="free", held_by=None, held_until=None))
            details = {} if request.leaving_id is None else {"replaces": request.leaving_id}
            await self._trail.record(conn, _entry(request.kind, request.person_id, booked, **details))
            return answer

        older = [one for one, _ in await self._journal.held_by(request.person_id) if one != request.slot_id]
        answer = await self._db.write(unit)
        await self._give_back(older)
        return answer

    async def _see_to(self, request: Begun) -> None:
        """End a request that its process left: what was done in the EHR is recorded, what was not is not done now."""
        if request.kind == "cancel":
            await self._cancel(request)
            return
        found = await self._bookings.made(self._mark(request.key))
        if found is not None and found.get("status") == "booked":
            await self._change(request)
            return
        await self._journal.drop(request)
        await self._give_back([request.slot_id] if request.slot_id is not None else [])

    async def _give_back(self, slot_ids: list[str]) -> None:
        """Let the EHR's others have slots that nobody here keeps any more. What fails is for the next sweep."""
        for place in await self._calendar.known(slot_ids):
            try:
                await self._booker.give_back(place)
            except EhrError as error:
                say(_log, "ehr_hold_kept", logging.WARNING, error=error)
            else:
                await self._journal.given_back(place.slot_id)

    async def _hear_of(self, remote_id: str, person_id: str) -> None:
        visit = await self._bookings.read(remote_id)
        if visit is not None:
            await self._news.tell(visit, Actor("system"), person_id=person_id)

    async def _place(self, slot_id: str) -> Known | None:
        return next(iter(await self._calendar.known([slot_id])), None)

    async def _remote(self, appointment_id: str) -> str | None:
        async with self._db.read() as conn:
            return next(iter(await self._news.remote_ids(conn, appointment_id)), None)

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
        if await cursor(self._db, "slots") is None:
            await self._calendar.poll()
        self._polled = True

    def _mark(self, key: str) -> str:
        """The name under which the EHR knows the visit of a request."""
        return self._vault.blind.of("idempotency", f"ehr\0{key}").hex()

    @asynccontextmanager
    async def _one_at_a_time(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            yield


def _entry(what: str, person_id: str, appointment_id: str, **details: str) -> Entry:
    return Entry(
        action=f"appointment.{what}", actor=_BOT, person_id=person_id, object_id=appointment_id, details=details
    )

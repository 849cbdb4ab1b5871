"""The embedded calendar: open slots and booked visits in the hub's own database.

1. `find` reads; what it offers is free at that moment, no more.
2. `hold`, `book`, `move`, `cancel` and `confirm` each are one unit of work: look, decide, write, with the audit
   entry, the event and the answer kept under the caller's key. The same key finds that answer and writes nothing.
3. What is told as booked is read again after the commit.
"""

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.nlu.model import Catalogue
from bots.scheduling import statements
from bots.scheduling.base import HOLD_FOR, Appointment, Gone, Held, Offer, Query, Scheduling, Slot, Taken
from bots.scheduling.names import Directory, Names
from bots.scheduling.search import Search, as_slot
from hub import events
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database, Unit
from hub.db.bulk import insert_rows
from hub.db.tables import appointment, scheduling_request
from hub.errors import SchedulingError, StorageError
from hub.events import Change
from hub.part2 import by_visits
from hub.types import new_id
from hub.vault import Vault

_BOT = Actor("bot")
_QUICK = 0.025
"""Seconds for which a search may hold everybody up. A large calendar that is booked out would take longer."""
_SLOW_FOR = 60.0
"""Seconds for which searches are made in a thread, after one was not quick: that costs each of them more."""
R = TypeVar("R")
OnChange = Callable[[AsyncConnection, datetime, Collection[str], Collection[str]], Awaitable[None]]
"""Told in the transaction that changes them: of visits that are not what they were, and of slots that came free."""
_Kind = Literal["hold", "book", "move", "cancel", "confirm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was decided under a key. `slot_id` is the slot asked about, None where only a visit was."""

    outcome: Literal["done", "taken", "gone"]
    slot_id: str | None = None
    appointment_id: str | None = None
    until: datetime | None = None


class LocalScheduling(Scheduling):
    """Scheduling over the hub's own tables. All times it returns are in the clinic's zone."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        zone: ZoneInfo,
        trail: Trail,
        on_change: OnChange | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._zone = zone
        self._trail = trail
        self._names = Names(vault)
        self._slow_until = 0.0
        self._on_change = on_change

    async def catalogue(self) -> Catalogue:
        """Every name that the calendar knows."""
        async with self._db.glance() as conn:
            return (await self._names.read(conn)).catalogue

    async def find(self, query: Query) -> Offer:
        """Open slots for the wish, or the nearest to it."""
        if time.monotonic() < self._slow_until:
            async with self._db.read() as conn:
                return await self._search(conn, query)
        # By the processor's time, not the wall's: on a busy machine everything takes long.
        began = time.thread_time()
        async with self._db.glance() as conn:
            offer = await self._search(conn, query)
        if time.thread_time() - began > _QUICK:
            self._slow_until = time.monotonic() + _SLOW_FOR
        return offer

    async def _search(self, conn: AsyncConnection, query: Query) -> Offer:
        directory = await self._names.read(conn)
        return await Search(conn, directory, query, self._clock.now(), self._zone).offer()

    async def hold(self, slot_id: str, person_id: str, key: str) -> Held | Taken:
        """Keep a slot for ten minutes, and let go of what the person held before."""

        async def act(conn: AsyncConnection, now: datetime) -> Answer:
            if await free_slot(conn, slot_id, person_id, now) is None:
                return Answer(outcome="taken", slot_id=slot_id)
            until = now + HOLD_FOR
            await conn.execute(statements.RELEASE_OWN, {"person_id": person_id})
            kept = {"slot": slot_id, "state": "held", "held_by": person_id, "held_until": until}
            await conn.execute(statements.SET_SLOT, kept)
            return Answer(outcome="done", slot_id=slot_id, until=until)

        answer = await self._once(key, "hold", slot_id, act)
        if answer.outcome != "done" or answer.until is None:
            return Taken(slot_id)
        async with self._db.glance() as conn:
            return Held(slot=await self._slot(conn, slot_id), until=answer.until.astimezone(self._zone))

    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        """Book a slot that is free or held for this person."""

        async def act(conn: AsyncConnection, now: datetime) -> Answer:
            wanted = await free_slot(conn, slot_id, person_id, now)
            if wanted is None:
                return Answer(outcome="taken", slot_id=slot_id)
            booked = await self._insert(conn, wanted, person_id, now)
            await self._tell(conn, now, "book", person_id, booked, Change("appointment.booked", booked))
            return Answer(outcome="done", slot_id=slot_id, appointment_id=booked)

        answer = await self._once(key, "book", slot_id, act)
        if answer.outcome != "done":
            return Taken(slot_id)
        return await self._read_back(answer, person_id)

    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        """Book the new slot and cancel the old visit, both or neither. The new visit has an id of its own."""

        async def act(conn: AsyncConnection, now: datetime) -> Answer:
            old = await booked_visit(conn, appointment_id, person_id)
            if old is None:
                return Answer(outcome="gone", slot_id=slot_id)
            wanted = await free_slot(conn, slot_id, person_id, now, leaving=appointment_id)
            if wanted is None:
                return Answer(outcome="taken", slot_id=slot_id)
            await self._cancel(conn, old, now)
            booked = await self._insert(conn, wanted, person_id, now)
            changes = (Change("appointment.cancelled", appointment_id), Change("appointment.booked", booked))
            await self._tell(conn, now, "move", person_id, booked, *changes, replaces=appointment_id)
            return Answer(outcome="done", slot_id=slot_id, appointment_id=booked)

        answer = await self._once(key, "move", slot_id, act)
        if answer.outcome == "gone":
            return Gone(appointment_id)
        if answer.outcome == "taken":
            return Taken(slot_id)
        return await self._read_back(answer, person_id)

    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Cancel a booked visit; its slot may be offered again."""

        async def act(conn: AsyncConnection, now: datetime) -> Answer:
            old = await booked_visit(conn, appointment_id, person_id)
            if old is None:
                return Answer(outcome="gone", appointment_id=appointment_id)
            await self._cancel(conn, old, now)
            change = Change("appointment.cancelled", appointment_id)
            await self._tell(conn, now, "cancel", person_id, appointment_id, change)
            return Answer(outcome="done", appointment_id=appointment_id)

        return await self._visit_or_gone(key, "cancel", appointment_id, person_id, act)

    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """Note that the person will come. The visit itself, and so its version, stays as it is."""

        async def act(conn: AsyncConnection, now: datetime) -> Answer:
            if await booked_visit(conn, appointment_id, person_id) is None:
                return Answer(outcome="gone", appointment_id=appointment_id)
            await conn.execute(statements.NOTE_CONFIRMED, {"visit": appointment_id, "now": now})
            change = Change("appointment.confirmed", appointment_id)
            await self._tell(conn, now, "confirm", person_id, appointment_id, change)
            return Answer(outcome="done", appointment_id=appointment_id)

        return await self._visit_or_gone(key, "confirm", appointment_id, person_id, act)

    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        """The person's booked visits that start after `after`, soonest first."""
        async with self._db.glance() as conn:
            directory = await self._names.read(conn)
            rows = await conn.execute(statements.COMING, {"person_id": person_id, "after": after})
            return tuple(as_appointment(row, directory, self._zone) for row in rows)

    async def sweep_holds(self) -> int:
        """Set free what was held past its time; returns how many. Housekeeping: no reader minds such a hold."""
        values = {"now": self._clock.now()}
        async with self._db.glance() as conn:
            if (await conn.execute(statements.ANY_LAPSED, values)).first() is None:
                return 0

        async def unit(conn: AsyncConnection) -> int:
            return int((await conn.execute(statements.RELEASE_LAPSED, values)).rowcount)

        return await self._write(unit)

    async def _once(
        self, key: str, kind: _Kind, target: str, act: Callable[[AsyncConnection, datetime], Awaitable[Answer]]
    ) -> Answer:
        """The answer kept under `key`, or that of `act`, kept with what it wrote."""

        async def unit(conn: AsyncConnection) -> Answer:
            known = (await conn.execute(statements.ASKED, {"key": key})).first()
            if known is not None:
                if known.kind != kind:
                    raise SchedulingError(f"the key of an earlier {known.kind} was used again to {kind}")
                return known_answer(known)
            now = self._clock.now()
            answer = await act(conn, now)
            await keep_answer(conn, key, kind, answer, now)
            return answer

        try:
            answer = await self._write(unit)
        except IntegrityError:
            # Another process was first with this slot or key: now its row is there to be seen.
            try:
                answer = await self._write(unit)
            except IntegrityError:
                raise SchedulingError("the calendar refused the visit: is the person on the books?") from None
        if (answer.slot_id or answer.appointment_id) != target:
            raise SchedulingError("the key of an earlier request was used again for another slot or visit")
        return answer

    async def _write(self, unit: Unit[R]) -> R:
        try:
            return await self._db.write(unit)
        except StorageError as error:
            raise SchedulingError(f"the calendar did not take the change ({error.code})") from error

    async def _visit_or_gone(
        self,
        key: str,
        kind: _Kind,
        appointment_id: str,
        person_id: str,
        act: Callable[[AsyncConnection, datetime], Awaitable[Answer]],
    ) -> Appointment | Gone:
        answer = await self._once(key, kind, appointment_id, act)
        if answer.outcome != "done":
            return Gone(appointment_id)
        return await self._read_back(answer, person_id)

    async def _insert(self, conn: AsyncConnection, wanted: Any, person_id: str, now: datetime) -> str:
        """A new visit in the slot, which it takes; returns its id. What else the person held is let go."""
        await conn.execute(statements.RELEASE_OWN, {"person_id": person_id})
        taken = {"slot": wanted.id, "state": "booked", "held_by": None, "held_until": None}
        await conn.execute(statements.SET_SLOT, taken)
        row = {
            "id": new_id(),
            "person_id": person_id,
            "slot_id": wanted.id,
            "provider_id": wanted.provider_id,
            "visit_type_id": wanted.visit_type_id,
            "location_id": wanted.location_id,
            "start": wanted.start,
            "minutes": wanted.minutes,
            "status": "booked",
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        await insert_rows(conn, appointment, [row])
        await by_visits(conn, (person_id,), self._trail, now)
        return str(row["id"])

    async def _cancel(self, conn: AsyncConnection, old: Any, now: datetime) -> None:
        ended = {"visit": old.id, "status": "cancelled", "version": old.version + 1, "updated_at": now}
        await conn.execute(statements.END_VISIT, ended)
        await conn.execute(
            statements.SET_SLOT, {"slot": old.slot_id, "state": "free", "held_by": None, "held_until": None}
        )
        if self._on_change is not None:
            await self._on_change(conn, now, (old.id,), (old.slot_id,) if old.slot_id is not None else ())

    async def _tell(
        self,
        conn: AsyncConnection,
        now: datetime,
        what: _Kind,
        person_id: str,
        appointment_id: str,
        *changes: Change,
        **details: str,
    ) -> None:
        entry = Entry(
            action=f"appointment.{what}", actor=_BOT, person_id=person_id, object_id=appointment_id, details=details
        )
        await self._trail.record(conn, entry)
        await events.publish(conn, now, changes)

    async def _slot(self, conn: AsyncConnection, slot_id: str) -> Slot:
        row = (await conn.execute(statements.SLOT, {"slot": slot_id})).first()
        if row is None:
            raise SchedulingError("a slot that was held is no longer in the calendar")
        return as_slot(row, await self._names.read(conn), self._zone)

    async def _read_back(self, answer: Answer, person_id: str) -> Appointment:
        """The visit as the calendar now holds it. Raises: SchedulingError when it is not there for this person."""
        async with self._db.glance() as conn:
            row = (await conn.execute(statements.VISIT, {"visit": answer.appointment_id})).first()
            if row is None or row.person_id != person_id:
                raise SchedulingError("the visit could not be read back")
            return as_appointment(row, await self._names.read(conn), self._zone)


async def free_slot(
    conn: AsyncConnection, slot_id: str, person_id: str, now: datetime, leaving: str | None = None
) -> Any:
    """The slot's row if this person may have it now, else None. It stays so until the unit of work ends."""
    if conn.dialect.name != "sqlite":
        # Visits that overlap are in other slots, perhaps not written yet: one at a time books with a clinician. The
        # look below is a statement of its own, and so sees what was written while this one waited.
        await conn.execute(statements.CLINICIAN, {"slot": slot_id})
    values = {"slot": slot_id, "person_id": person_id, "now": now}
    if leaving is None:
        return (await conn.execute(statements.FREE, values)).first()
    return (await conn.execute(statements.FREE_BUT_FOR, values | {"leaving": leaving})).first()


async def booked_visit(conn: AsyncConnection, appointment_id: str, person_id: str) -> Any:
    """The row of a visit if it is this person's and booked, else None. It stays so until the unit of work ends."""
    return (await conn.execute(statements.BOOKED_VISIT, {"visit": appointment_id, "person_id": person_id})).first()


async def keep_answer(conn: AsyncConnection, key: str, kind: str, answer: Answer, now: datetime) -> None:
    """Keep what came of a request under its key, in the caller's transaction."""
    row = {
        "key": key,
        "kind": kind,
        "outcome": answer.outcome,
        "slot_id": answer.slot_id,
        "appointment_id": answer.appointment_id,
        "until": answer.until,
        "at": now,
    }
    await insert_rows(conn, scheduling_request, [row])


def known_answer(row: Any) -> Answer:
    """What a row of `scheduling_request` says."""
    return Answer(outcome=row.outcome, slot_id=row.slot_id, appointment_id=row.appointment_id, until=row.until)


def as_appointment(row: Any, directory: Directory, zone: ZoneInfo) -> Appointment:
    """A row of `appointment` as the port shows it: names open, the start in the clinic's zone."""
    return Appointment(
        id=row.id,
        person_id=row.person_id,
        slot_id=row.slot_id,
        provider=directory.name(row.provider_id),
        visit_type=directory.name(row.visit_type_id),
        location=directory.name(row.location_id),
        start=row.start.astimezone(zone),
        minutes=row.minutes,
        status=row.status,
        version=row.version,
    )

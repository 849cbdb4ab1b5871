"""Changes of an EHR's calendar, from what was written down to what is recorded.

What is surely not done is struck out, so that the same key may ask again. What may be done stays written down: whoever
takes it up, the same request again or the sweep, looks in the EHR first.
"""

import logging

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.local import Answer, keep_answer
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import ehr_hold, slot
from hub.ehr import journal
from hub.ehr.booker import Booker, Made
from hub.ehr.bookings import Bookings
from hub.ehr.calendar import known
from hub.ehr.errors import EhrError, EhrUnknown
from hub.ehr.journal import Begun, Journal
from hub.ehr.news import News
from hub.ehr.patients import Patients
from hub.ehr.ways import Ways
from hub.errors import SchedulingError
from hub.log import say
from hub.vault import Vault

__all__ = ["Changes"]

_log = logging.getLogger(__name__)
_BOT = Actor("bot")


class Changes:
    """Does what the journal has: books, moves and cancels."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        clock: Clock,
        trail: Trail,
        journal: Journal,
        patients: Patients,
        bookings: Bookings,
        news: News,
        ways: Ways,
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._trail = trail
        self._journal = journal
        self._patients = patients
        self._bookings = bookings
        self._news = news
        self._ways = ways

    async def book(self, request: Begun) -> Answer:
        """Do what a request to book or to move asks; what came of it. Raises: SchedulingError."""
        place = next(iter(await known(self._db, [request.slot_id or ""])), None)
        if place is None:
            await self._journal.refuse(request, "taken")
            return Answer(outcome="taken", slot_id=request.slot_id)
        made = Made()
        try:
            ways = await self._ways.get()
            mark = self._mark(request.key)
            patient = await self._patients.reference(request.person_id)
            booked = await ways.booker.book(place, patient, mark, made, again=request.again)
            if not booked or made.visit is None:
                await self._journal.refuse(request, "taken")
                await self.give_back([place.slot_id])
                return Answer(outcome="taken", slot_id=request.slot_id)
            left = await self._leave(request, made, ways.booker)
        except SchedulingError:
            if not made.perhaps:
                await self._journal.drop(request)
                await self.give_back([place.slot_id])
            raise
        return await self._record(request, made, left)

    async def cancel(self, request: Begun) -> Answer:
        """Do what a request to cancel asks; what came of it. Raises: SchedulingError."""
        remote_id = await self.remote(request.leaving_id or "")
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
        after = await self._news.now(remote_id)
        if after.status == "booked":
            raise EhrUnknown("a visit that was cancelled in the EHR is still booked there")
        if before is not None:
            await (await self._ways.get()).booker.free(before)
        ours = before is not None or request.again
        answer = Answer(outcome="done" if ours else "gone", appointment_id=request.leaving_id)
        told = await self._news.heard(after, request.person_id)

        async def unit(conn: AsyncConnection) -> None:
            now = self._clock.now()
            await journal.end(conn, request)
            await keep_answer(conn, request.key, "cancel", answer, now)
            if told is not None:
                await self._news.write(conn, told, _BOT)
            if ours:
                await self._trail.record(conn, _entry("cancel", request.person_id, request.leaving_id or ""))

        await self._db.write(unit)
        return answer

    async def see_to(self, request: Begun) -> None:
        """End a request that its process left: what was done in the EHR is recorded, what was not is not done now."""
        if request.kind == "cancel":
            await self.cancel(request)
            return
        found = await self._bookings.made(self._mark(request.key))
        if found is not None and found.get("status") == "booked":
            await self.book(request)
            return
        await self._journal.drop(request)
        await self.give_back([request.slot_id] if request.slot_id is not None else [])

    async def give_back(self, slot_ids: list[str]) -> None:
        """Let the EHR's others have slots that nobody here keeps any more. What fails is for the next sweep."""
        for place in await known(self._db, slot_ids):
            try:
                await (await self._ways.get()).booker.give_back(place)
            except EhrError as error:
                say(_log, "ehr_hold_kept", logging.WARNING, error=error)
            else:
                await self._journal.given_back(place.slot_id)

    async def remote(self, appointment_id: str) -> str | None:
        """How the EHR names a visit of ours; None where it never told of it."""
        async with self._db.read() as conn:
            return next(iter(await self._news.remote_ids(conn, appointment_id)), None)

    async def _leave(self, request: Begun, made: Made, booker: Booker) -> str | None:
        """Cancel the visit that is left for the new one, whose id in the EHR it gives; else the new one is undone."""
        if request.leaving_id is None:
            return None
        remote_id = await self.remote(request.leaving_id)
        if remote_id is None:
            return None
        try:
            before = await self._bookings.cancel(remote_id)
        except EhrUnknown:
            raise
        except EhrError:
            await booker.undo(made)
            raise
        if before is not None:
            await booker.free(before)
        return remote_id

    async def _record(self, request: Begun, made: Made, left: str | None) -> Answer:
        """Record what was read back in the EHR, and with it the answer."""
        if made.visit is None:
            raise SchedulingError("the visit could not be read back")
        told = await self._news.heard(made.visit, request.person_id)
        after = await self._news.now(left) if left is not None else None
        old = await self._news.heard(after, request.person_id) if after is not None else None
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
            await keep_answer(conn, request.key, request.kind, answer, now)
            await conn.execute(sa.delete(ehr_hold).where(ehr_hold.c.slot_id == request.slot_id))
            mine = sa.update(slot).where(slot.c.state == "held", slot.c.held_by == request.person_id)
            await conn.execute(mine.values(state="free", held_by=None, held_until=None))
            details = {} if request.leaving_id is None else {"replaces": request.leaving_id}
            await self._trail.record(conn, _entry(request.kind, request.person_id, booked, **details))
            return answer

        older = [one for one, _ in await self._journal.held_by(request.person_id) if one != request.slot_id]
        answer = await self._db.write(unit)
        await self.give_back(older)
        return answer

    def _mark(self, key: str) -> str:
        """The name under which the EHR knows the visit of a request."""
        return self._vault.blind.of("idempotency", f"ehr\0{key}").hex()


def _entry(what: str, person_id: str, appointment_id: str, **details: str) -> Entry:
    return Entry(
        action=f"appointment.{what}", actor=_BOT, person_id=person_id, object_id=appointment_id, details=details
    )

"""What the hub is about to change in the EHR, written down before the EHR is asked.

A request is a row from before the first call until the transaction that records what came of it. Of a process that died
in between the row stays, and whoever finds it looks in the EHR what became of it. While it stands, its slot, and what
overlaps it with the same clinician, is asked for by nobody else of this hub.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.base import HOLD_FOR
from bots.scheduling.local import Answer, booked_visit, free_slot, keep_answer, known_answer
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import ehr_hold, ehr_request, scheduling_request, slot
from hub.errors import SchedulingError, StorageError

__all__ = ["Begun", "Journal", "Kind"]

Kind = Literal["book", "move", "cancel"]
_LEASE = timedelta(minutes=3)
"""Longer than everything that a request may wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A change under way. `again`: it was begun before, so the EHR may have done it already."""

    key: str
    kind: Kind
    person_id: str
    slot_id: str | None
    leaving_id: str | None
    again: bool


class Journal:
    """The requests and the holds that are under way."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def begin(
        self, key: str, kind: Kind, person_id: str, *, slot_id: str | None = None, leaving_id: str | None = None
    ) -> Begun | Answer:
        """Write a change down as begun, or say what came of it where that is known already.

        The slot is kept for the person from then on; where it cannot be, that is the answer, and is kept as such.
        Raises: SchedulingError when the key was used for something else.
        """

        async def unit(conn: AsyncConnection) -> Begun | Answer:
            now = self._clock.now()
            done = (await conn.execute(sa.select(scheduling_request).where(scheduling_request.c.key == key))).first()
            if done is not None:
                if done.kind != kind or (slot_id or leaving_id) != (done.slot_id or done.appointment_id):
                    raise SchedulingError("the key of an earlier request was used again for something else")
                return known_answer(done)
            open_ = (
                await conn.execute(sa.select(ehr_request).where(ehr_request.c.key == key).with_for_update())
            ).first()
            if open_ is not None:
                asked = (kind, person_id, slot_id, leaving_id)
                if (open_.kind, open_.person_id, open_.slot_id, open_.leaving_id) != asked:
                    raise SchedulingError("the key of an earlier request was used again for something else")
                await _lease(conn, key, now)
                return _begun(open_, again=True)
            refused = await self._refused(conn, now, person_id, slot_id, leaving_id)
            if refused is not None:
                await keep_answer(conn, key, kind, refused, now)
                return refused
            row = {
                "key": key,
                "kind": kind,
                "person_id": person_id,
                "slot_id": slot_id,
                "leaving_id": leaving_id,
                "leased_until": now + _LEASE,
            }
            await insert_rows(conn, ehr_request, [row])
            if slot_id is not None:
                kept = {"state": "held", "held_by": person_id, "held_until": now + HOLD_FOR}
                await conn.execute(sa.update(slot).where(slot.c.id == slot_id).values(**kept))
                await keep(conn, slot_id, now + HOLD_FOR)
            return Begun(key=key, kind=kind, person_id=person_id, slot_id=slot_id, leaving_id=leaving_id, again=False)

        try:
            return await self._db.write(unit)
        except IntegrityError:
            # Another process was first with this key: now its row is there to be seen.
            return await self._db.write(unit)
        except StorageError as error:
            raise SchedulingError(f"the calendar did not take the change ({error.code})") from error

    async def known(self, key: str) -> Answer | None:
        """What came of a request; None while nothing did."""
        async with self._db.read() as conn:
            row = (await conn.execute(sa.select(scheduling_request).where(scheduling_request.c.key == key))).first()
        return None if row is None else known_answer(row)

    async def refuse(self, request: Begun, outcome: Literal["taken", "gone"]) -> None:
        """End a request with a refusal, which the same key hears again; a slot that is taken is offered no more."""

        async def unit(conn: AsyncConnection) -> None:
            answer = Answer(outcome=outcome, slot_id=request.slot_id, appointment_id=request.leaving_id)
            await keep_answer(conn, request.key, request.kind, answer, self._clock.now())
            await end(conn, request)
            if request.slot_id is not None:
                state = "booked" if outcome == "taken" else "free"
                await _let_go(conn, request.slot_id, request.person_id, state)

        await self._db.write(unit)

    async def drop(self, request: Begun) -> None:
        """End a request of which surely nothing came, so that the same key may ask again."""

        async def unit(conn: AsyncConnection) -> None:
            await end(conn, request)
            if request.slot_id is not None:
                await _let_go(conn, request.slot_id, request.person_id, "free")

        await self._db.write(unit)

    async def left_behind(self) -> list[Begun]:
        """Requests that nobody is at work on any more; they are ours for a while from now on."""

        async def unit(conn: AsyncConnection) -> list[Begun]:
            now = self._clock.now()
            query = sa.select(ehr_request).where(ehr_request.c.leased_until <= now).limit(100)
            rows = (await conn.execute(query.with_for_update(skip_locked=True))).all()
            for row in rows:
                await _lease(conn, row.key, now)
            return [_begun(row, again=True) for row in rows]

        return await self._db.write(unit)

    async def held_by(self, person_id: str) -> list[tuple[str, datetime]]:
        """The slots that a person keeps now, and until when."""
        query = sa.select(slot.c.id, slot.c.held_until).where(
            slot.c.state == "held", slot.c.held_by == person_id, slot.c.held_until > self._clock.now()
        )
        async with self._db.read() as conn:
            return [(row.id, row.held_until) for row in await conn.execute(query)]

    async def keep(self, slot_id: str, until: datetime) -> None:
        """Note that the EHR is asked to keep a slot."""
        await self._db.write(lambda conn: keep(conn, slot_id, until))

    async def unkept(self, slot_id: str, person_id: str, older: Sequence[tuple[str, datetime]], *, taken: bool) -> None:
        """The EHR did not keep the slot: the person has what they kept before, and not this one."""

        async def unit(conn: AsyncConnection) -> None:
            await _let_go(conn, slot_id, person_id, "booked" if taken else "free")
            for one, until in older:
                if one != slot_id:
                    mine = sa.update(slot).where(slot.c.id == one, slot.c.state == "free")
                    await conn.execute(mine.values(state="held", held_by=person_id, held_until=until))

        await self._db.write(unit)

    async def lapsed(self) -> list[str]:
        """Slots that the EHR was asked to keep and that nobody here keeps any more."""
        now = self._clock.now()
        asked = sa.exists().where(ehr_request.c.slot_id == ehr_hold.c.slot_id)
        kept = sa.and_(slot.c.state == "held", slot.c.held_until > now)
        query = (
            sa.select(ehr_hold.c.slot_id)
            .join(slot, slot.c.id == ehr_hold.c.slot_id)
            .where(sa.or_(ehr_hold.c.until <= now, sa.not_(kept)), sa.not_(kept), sa.not_(asked))
            .limit(200)
        )
        async with self._db.read() as conn:
            return list((await conn.execute(query)).scalars())

    async def given_back(self, slot_id: str) -> None:
        """The EHR keeps this slot for us no more."""

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.delete(ehr_hold).where(ehr_hold.c.slot_id == slot_id))

        await self._db.write(unit)

    async def _refused(
        self, conn: AsyncConnection, now: datetime, person_id: str, slot_id: str | None, leaving_id: str | None
    ) -> Answer | None:
        """Why a change cannot even be asked for; None when it can."""
        if leaving_id is not None and await booked_visit(conn, leaving_id, person_id) is None:
            return Answer(outcome="gone", slot_id=slot_id, appointment_id=leaving_id)
        if slot_id is None:
            return None
        wanted = await free_slot(conn, slot_id, person_id, now, leaving=leaving_id)
        if wanted is None or await _overlapped(conn, wanted):
            return Answer(outcome="taken", slot_id=slot_id, appointment_id=None)
        return None


async def end(conn: AsyncConnection, request: Begun) -> None:
    """Strike a request out, in the caller's transaction."""
    await conn.execute(sa.delete(ehr_request).where(ehr_request.c.key == request.key))


async def keep(conn: AsyncConnection, slot_id: str, until: datetime) -> None:
    """Note that the EHR is asked to keep a slot, in the caller's transaction."""
    changed = await conn.execute(sa.update(ehr_hold).where(ehr_hold.c.slot_id == slot_id).values(until=until))
    if not changed.rowcount:
        await conn.execute(sa.insert(ehr_hold), {"slot_id": slot_id, "until": until})


async def _overlapped(conn: AsyncConnection, wanted: Any) -> bool:
    """Whether a change under way asks for the same time of the same clinician."""
    query = (
        sa.select(slot.c.start, slot.c.minutes)
        .join(ehr_request, ehr_request.c.slot_id == slot.c.id)
        .where(slot.c.provider_id == wanted.provider_id)
    )
    end_ = wanted.start + timedelta(minutes=wanted.minutes)
    rows = (await conn.execute(query)).all()
    return any(row.start < end_ and row.start + timedelta(minutes=row.minutes) > wanted.start for row in rows)


async def _let_go(conn: AsyncConnection, slot_id: str, person_id: str, state: str) -> None:
    mine = sa.update(slot).where(slot.c.id == slot_id, slot.c.state == "held", slot.c.held_by == person_id)
    await conn.execute(mine.values(state=state, held_by=None, held_until=None))


async def _lease(conn: AsyncConnection, key: str, now: datetime) -> None:
    await conn.execute(sa.update(ehr_request).where(ehr_request.c.key == key).values(leased_until=now + _LEASE))


def _begun(row: Any, *, again: bool) -> Begun:
    return Begun(
        key=row.key,
        kind=row.kind,
        person_id=row.person_id,
        slot_id=row.slot_id,
        leaving_id=row.leaving_id,
        again=again,
    )

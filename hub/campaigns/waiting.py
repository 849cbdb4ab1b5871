"""The waitlist: who gets on it, and to whom a time that came free is offered, batch by batch.

A round is one transaction: it looks whether the slot is still free, takes those who waited longest for an offer, asks
the policy about each, and queues what may be said now. Who may not be written to now is passed over: tomorrow the time
is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Directory, Names
from hub.audit import Actor, Entry, Trail
from hub.campaigns import plans
from hub.campaigns.audience import Subject, Visit
from hub.campaigns.deciding import Decided, Setting, decide
from hub.campaigns.facts import NOTHING
from hub.campaigns.library import PlanLibrary
from hub.campaigns.plans import Plan, Waiting, span
from hub.campaigns.rows import outcome
from hub.campaigns.wording import Words
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import appointment, campaign, campaign_step, slot, slot_opening, waitlist, waitlist_offer
from hub.router import Routed, Router, Sending
from hub.types import new_id

Source = Literal["bot", "api", "staff"]
_SYSTEM = Actor("system", "campaign")
_OPENINGS = 20
"""Openings that are seen to in one round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitWish:
    """What somebody waits for. Names are the calendar's; times are aware.

    appointment_id: the booked visit that is moved when an earlier time is taken; None for who has none.
    """

    person_id: str
    visit_type: str
    provider: str | None = None
    appointment_id: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


class Waitlist:
    """Who waits, and what they are offered."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        trail: Trail,
        router: Router,
        names: Names,
        words: Words,
        library: PlanLibrary,
        zone: ZoneInfo,
    ) -> None:
        self._db = db
        self._clock = clock
        self._trail = trail
        self._router = router
        self._names = names
        self._words = words
        self._library = library
        self._zone = zone

    async def join(self, conn: AsyncConnection, wish: VisitWish, source: Source, actor: Actor) -> str | None:
        """The id of the person's place, in the caller's transaction; None where the calendar knows no such visit type.

        Who waits for a visit of that type already keeps their place, and wishes what they now say.
        """
        now = self._clock.now()
        directory = await self._names.read(conn)
        visit_type = directory.id_of("visit_type", wish.visit_type)
        if visit_type is None:
            return None
        values = {
            "provider_id": directory.id_of("provider", wish.provider) if wish.provider else None,
            "appointment_id": wish.appointment_id,
            "earliest": wish.earliest or now,
            "latest": wish.latest,
            "source": source,
            "updated_at": now,
        }
        mine = sa.and_(
            waitlist.c.person_id == wish.person_id,
            waitlist.c.visit_type_id == visit_type,
            waitlist.c.state == "waiting",
        )
        there = (await conn.execute(sa.select(waitlist.c.id).where(mine).with_for_update())).scalar()
        place_id = str(there or new_id())
        if there is not None:
            await conn.execute(sa.update(waitlist).where(waitlist.c.id == place_id).values(**values))
        else:
            fixed = {"id": place_id, "person_id": wish.person_id, "visit_type_id": visit_type, "state": "waiting"}
            await insert_rows(conn, waitlist, [{**fixed, "created_at": now, **values}])
        await self._note(conn, "waitlist.join", wish.person_id, place_id, actor)
        return place_id

    async def leave(self, conn: AsyncConnection, place_id: str, actor: Actor) -> bool:
        """Take somebody off the list, in the caller's transaction; False where they were not on it."""
        query = sa.select(waitlist.c.person_id).where(waitlist.c.id == place_id, waitlist.c.state == "waiting")
        person_id = (await conn.execute(query.with_for_update())).scalar()
        if person_id is None:
            return False
        values = {"state": "left", "updated_at": self._clock.now()}
        await conn.execute(sa.update(waitlist).where(waitlist.c.id == place_id).values(**values))
        await self._note(conn, "waitlist.leave", person_id, place_id, actor)
        return True

    async def _note(self, conn: AsyncConnection, action: str, person_id: str, object_id: str, actor: Actor) -> None:
        entry = Entry(action=action, actor=actor, person_id=person_id, object_id=object_id)
        await self._trail.record(conn, entry)

    # --- rounds

    async def offer_due(self) -> int:
        """Make the rounds that are due; returns how many were offered a time."""
        async with self._db.glance() as conn:
            now = self._clock.now()
            query = (
                sa.select(slot_opening.c.id)
                .where(slot_opening.c.state == sa.literal_column("'open'"), slot_opening.c.due_at <= now)
                .order_by(slot_opening.c.due_at, slot_opening.c.id)
                .limit(_OPENINGS)
            )
            openings = list((await conn.execute(query)).scalars())
            running = sa.select(campaign.c.id).where(campaign.c.kind == "waitlist", campaign.c.state == "running")
            if not openings or (await conn.execute(running.limit(1))).first() is None:
                return 0
        offered = 0
        for opening_id in openings:

            async def unit(conn: AsyncConnection, opening_id: str = opening_id) -> list[Routed]:
                return await self._round(conn, opening_id)

            routed = await self._db.write(unit)
            if routed:
                self._router.announce(*routed)
            offered += len(routed)
        return offered

    async def _round(self, conn: AsyncConnection, opening_id: str) -> list[Routed]:
        now = self._clock.now()
        opening = (
            await conn.execute(sa.select(slot_opening).where(slot_opening.c.id == opening_id).with_for_update())
        ).first()
        run = (
            await conn.execute(
                sa.select(campaign.c.id, campaign.c.plan, campaign.c.plan_id)
                .where(campaign.c.kind == "waitlist", campaign.c.state == "running")
                .order_by(campaign.c.id.desc())
                .limit(1)
                .with_for_update(read=True)
            )
        ).first()
        if opening is None or run is None or opening.state != "open" or opening.due_at > now:
            return []
        plan = await self._library.complete(conn, plans.decode(run.plan), run.plan_id)
        assert isinstance(plan.audience, Waiting), "a plan of this kind has this audience"
        free: Any = (await conn.execute(sa.select(slot).where(slot.c.id == opening.slot_id))).one()
        if free.state != "free" or free.start <= now + span(plan.audience.notice):
            await self._end(conn, opening_id, now)
            return []
        routed = await self._offer(conn, plan, run.id, opening, free, now)
        if not routed:
            await self._end(conn, opening_id, now)
            return []
        values = {"rounds": opening.rounds + 1, "due_at": now + span(plan.audience.every)}
        await conn.execute(sa.update(slot_opening).where(slot_opening.c.id == opening_id).values(**values))
        return routed

    @staticmethod
    async def _end(conn: AsyncConnection, opening_id: str, now: datetime) -> None:
        values = {"state": "ended", "ended_at": now}
        await conn.execute(sa.update(slot_opening).where(slot_opening.c.id == opening_id).values(**values))

    async def _offer(
        self, conn: AsyncConnection, plan: Plan, campaign_id: str, opening: Any, free: Any, now: datetime
    ) -> list[Routed]:
        """Offer the slot to the next batch; who may not be written to now makes room for the one behind them."""
        assert isinstance(plan.audience, Waiting), "a plan of this kind has this audience"
        directory = await self._names.read(conn)
        step = plan.steps[0]
        closed: frozenset[date] = frozenset()
        setting = Setting(plan, campaign_id, self._zone, closed)
        time_free = _as_visit(free, directory)
        routed: list[Routed] = []
        while len(routed) < plan.audience.batch:
            waiting = await self._next(conn, opening, free, plan.audience.batch - len(routed))
            if not waiting:
                break
            batch = await self._router.batches.read(conn, {row.person_id: [""] for row in waiting}, plan.purpose, now)
            made: list[tuple[Any, str, Decided]] = []
            sendings: list[Sending] = []
            for row in waiting:
                offer_id = new_id()
                subject = Subject(row.person_id, offer_id, 0, time_free)
                one = decide(setting, step, subject, NOTHING, batch, now, now)
                made.append((row, offer_id, one))
                if one.decision == "send":
                    sendings.append(self._words.sending(plan, campaign_id, subject, one, batch, directory))
            queued = iter(await self._router.batches.queue(conn, batch, sendings, now))
            sent = {offer_id: next(queued) for _, offer_id, one in made if one.decision == "send"}
            await self._write(conn, campaign_id, opening, made, sent, now)
            routed += sent.values()
        return routed

    async def _next(self, conn: AsyncConnection, opening: Any, free: Any, count: int) -> Sequence[Any]:
        """Whoever waits for such a time and was not offered this one, least recently offered one first."""
        w, later = waitlist.c, appointment.alias("later")
        offered = sa.select(waitlist_offer.c.id).where(
            waitlist_offer.c.opening_id == opening.id, waitlist_offer.c.waitlist_id == w.id
        )
        has_later = sa.select(later.c.id).where(
            later.c.id == w.appointment_id, later.c.status == "booked", later.c.start > free.start
        )
        query = (
            sa.select(w.id, w.person_id)
            .where(
                w.state == sa.literal_column("'waiting'"),
                w.visit_type_id == free.visit_type_id,
                sa.or_(w.provider_id.is_(None), w.provider_id == free.provider_id),
                w.earliest <= free.start,
                sa.or_(w.latest.is_(None), w.latest >= free.start),
                sa.or_(w.appointment_id.is_(None), has_later.exists()),
                ~offered.exists(),
            )
            .order_by(w.offered_at.nulls_first(), w.created_at, w.id)
            .limit(count)
            .with_for_update(of=waitlist, skip_locked=True)
        )
        return (await conn.execute(query)).all()

    async def _write(
        self,
        conn: AsyncConnection,
        campaign_id: str,
        opening: Any,
        made: Sequence[tuple[Any, str, Decided]],
        sent: dict[str, Routed],
        now: datetime,
    ) -> None:
        offers, steps, entries = [], [], []
        for row, offer_id, one in made:
            routed = sent.get(offer_id)
            offers.append(
                {
                    "id": offer_id,
                    "opening_id": opening.id,
                    "waitlist_id": row.id,
                    "person_id": row.person_id,
                    "round": opening.rounds + 1,
                    "state": "offered" if routed is not None else "refused",
                    "rule": one.rule,
                    "delivery_id": routed.delivery_id if routed is not None else None,
                    "created_at": now,
                }
            )
            kept = outcome(one, routed, now)
            if routed is None and one.decision == "hold":
                kept |= {"state": "skipped", "decision": "skip"}
            steps.append(
                {
                    "id": new_id(),
                    "campaign_id": campaign_id,
                    "person_id": row.person_id,
                    "subject_id": offer_id,
                    "subject_version": 0,
                    "step": one.step.name,
                    "nominal_at": now,
                    "created_at": now,
                    **kept,
                }
            )
            entries.append(
                Entry(
                    action="waitlist.offer",
                    actor=_SYSTEM,
                    person_id=row.person_id,
                    object_id=offer_id,
                    details={"opening": opening.id, "slot": opening.slot_id, "rule": one.rule},
                )
            )
        await insert_rows(conn, waitlist_offer, offers)
        await insert_rows(conn, campaign_step, steps)
        told = [{"id": row.id, "offered_at": now} for row, offer_id, _ in made if offer_id in sent]
        await update_rows(conn, waitlist, told)
        await self._trail.record(conn, *entries)


def _as_visit(free: Any, directory: Directory) -> Visit:
    """An open slot, as a template speaks of a visit."""
    return Visit(
        id=free.id,
        person_id="",
        version=0,
        start=free.start,
        minutes=free.minutes,
        status="free",
        provider_id=free.provider_id,
        visit_type_id=free.visit_type_id,
        location_id=free.location_id,
        confirmed_at=None,
        discreet=free.specialty_id in directory.part2,
    )

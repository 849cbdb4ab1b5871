"""The planner: enrols an audience page by page, and decides about steps whose time has come.

Each page is one transaction: it looks at the run, reads the page and all that decides about it, writes a row for every
person and step, queues what is to leave now, and moves the run's place behind the page. Killed anywhere, it goes on
behind the last page that was committed; a row that is there is never written again (invariant 13).
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Directory, Names
from hub.audit import Actor, Entry, Trail
from hub.campaigns import audience as audiences
from hub.campaigns import facts as known
from hub.campaigns import plans, rows
from hub.campaigns.audience import Subject
from hub.campaigns.deciding import Decided, Setting, decide
from hub.campaigns.library import PlanLibrary
from hub.campaigns.plans import Persons, Plan, Visits
from hub.campaigns.wording import Words
from hub.clock import Clock
from hub.db import Database
from hub.db.batches import Batch as Rows
from hub.db.bulk import insert_rows, update_rows, write_rows
from hub.db.tables import campaign, campaign_step
from hub.events import Change, publish
from hub.router import Batch, Routed, Router
from hub.types import new_ids

BATCH = 750
"""Persons or visits of one transaction. On the embedded database it takes a seventh of a second, and others wait; with
fewer, each page of an index that they touch is written more often."""
_SYSTEM = Actor("system", "campaign")


@dataclass(frozen=True, slots=True)
class Planned:
    """One step for one person, as a preview shows it and a run keeps it. `mrn` is protected."""

    mrn: str
    decided: Decided


@dataclass(frozen=True, slots=True)
class Done:
    """What a page came to: subjects enrolled or steps decided, whether there may be more, and what was queued."""

    count: int
    more: bool
    routed: Sequence[Routed] = ()


class Planner:
    """Plans runs. `zone` is the clinic's, `closed` its holidays."""

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
        closed: Callable[[], frozenset[date]],
    ) -> None:
        self._db = db
        self._clock = clock
        self._trail = trail
        self._router = router
        self._names = names
        self._words = words
        self._library = library
        self._zone = zone
        self._closed = closed

    # --- a preview

    async def preview(self, plan: Plan, at: datetime, listed: Collection[str] = ()) -> AsyncIterator[list[Planned]]:
        """What a run that began `at` would decide, page by page; writes nothing."""
        people = plans.people_of(plan)
        if people is None:
            return
        setting = Setting(plan, "", self._zone, self._closed())
        place, more = "", True
        while more:
            async with self._db.read() as conn:
                directory = await self._names.read(conn)
                page = await audiences.page(conn, people, directory, at, place, BATCH, listed=listed)
                batch, subjects = await self._look(conn, plan, page.subjects, at)
                facts = await known.read(conn, plan, "", batch_persons(subjects), at)
            yield [
                Planned(one.profile.mrn if (one := batch.of(subject.person_id)) is not None else "", decided)
                for subject in subjects
                for decided in self._decided(setting, subject, facts.get(subject.person_id, known.NOTHING), batch, at)
            ]
            place, more = page.place, bool(page.place)

    # --- a run

    async def enrol(self, campaign_id: str) -> Done:
        """Take up the next page of a run's audience."""
        if not await self._anybody(campaign_id):
            return Done(0, more=False)

        async def unit(conn: AsyncConnection) -> Done:
            return await self._enrol(conn, campaign_id)

        done = await self._db.write(unit)
        if done.routed:
            self._router.announce(*done.routed)
        return done

    async def _anybody(self, campaign_id: str) -> bool:
        """Whether there may be somebody to take up. A walk that finds nobody is long, and is made without a lock."""
        async with self._db.read() as conn:
            run = (await conn.execute(sa.select(campaign).where(campaign.c.id == campaign_id))).first()
            people = plans.people_of(plans.decode(run.plan)) if run is not None else None
            if run is None or people is None or run.place or not run.passes:
                return people is not None
            now, directory = self._clock.now(), await self._names.read(conn)
            page = await audiences.page(conn, people, directory, now, "", 1, campaign_id=campaign_id)
            return people.rolling and bool(page.subjects)

    async def _enrol(self, conn: AsyncConnection, campaign_id: str) -> Done:
        now = self._clock.now()
        run = await held(conn, campaign_id)
        if run is None or run.state != "running":
            return Done(0, more=False)
        plan = await self._library.complete(conn, plans.decode(run.plan), run.plan_id)
        people = plans.people_of(plan)
        if people is None or (not people.rolling and run.passes):
            return Done(0, more=False)
        directory = await self._names.read(conn)
        frozen_at = None if people.rolling else run.started_at
        page = await audiences.page(
            conn, people, directory, now, run.place, BATCH, campaign_id=campaign_id, frozen_at=frozen_at
        )
        routed = await self._take(conn, plan, campaign_id, page.subjects, directory, now)
        passes = run.passes + (not page.place)
        if page.subjects or page.place != run.place or passes != run.passes:
            await conn.execute(
                sa.update(campaign)
                .where(campaign.c.id == campaign_id)
                .values(place=page.place, passes=passes, updated_at=now)
            )
        if page.subjects:
            await publish(conn, now, [Change("campaign.updated", campaign_id)])
        return Done(len(page.subjects), more=bool(page.place), routed=routed)

    async def _take(
        self,
        conn: AsyncConnection,
        plan: Plan,
        campaign_id: str,
        wanted: Sequence[Subject],
        directory: Directory,
        now: datetime,
    ) -> list[Routed]:
        """Enrol these: a row for every step, and what is to leave now is queued."""
        if not wanted:
            return []
        setting = Setting(plan, campaign_id, self._zone, self._closed())
        batch, subjects = await self._look(conn, plan, wanted, now)
        facts = await known.read(conn, plan, campaign_id, batch_persons(subjects), now)
        decided = [
            (subject, one)
            for subject in subjects
            for one in self._decided(setting, subject, facts.get(subject.person_id, known.NOTHING), batch, now)
        ]
        sendings = [
            (at, self._words.sending(plan, campaign_id, subject, one, batch, directory))
            for at, (subject, one) in enumerate(decided)
            if leaves(one, now)
        ]
        routed = await self._router.batches.queue(conn, batch, [one for _, one in sendings], now)
        queued = {at: one for (at, _), one in zip(sendings, routed, strict=True)}
        made = [
            rows.row(step_id, campaign_id, subject, one, queued.get(at), now)
            for at, (step_id, (subject, one)) in enumerate(zip(new_ids(len(decided)), decided, strict=True))
        ]
        await insert_rows(conn, campaign_step, made)
        await self._note_refused(conn, campaign_id, decided)
        return routed

    async def _look(
        self, conn: AsyncConnection, plan: Plan, wanted: Sequence[Subject], now: datetime
    ) -> tuple[Batch, list[Subject]]:
        """Everything about these, and those of them that the audience's ages leave."""
        tied = isinstance(plan.audience, Visits) and plan.audience.status == "booked"
        asked: dict[str, list[str]] = {}
        for one in wanted:
            asked.setdefault(one.person_id, []).append(one.visit.id if tied and one.visit is not None else "")
        batch = await self._router.batches.read(conn, asked, plan.purpose, now)
        if isinstance(plan.audience, Persons) and (plan.audience.from_age, plan.audience.to_age) != (None, None):
            today = now.astimezone(self._zone).date()
            wanted = [one for one in wanted if _of_age(plan.audience, batch, one.person_id, today)]
        return batch, list(wanted)

    def _decided(
        self, setting: Setting, subject: Subject, facts: known.Facts, batch: Batch, now: datetime
    ) -> list[Decided]:
        """What becomes of every step that does not wait for an answer, in the order in which they come."""
        anchor = now if subject.visit is None else subject.visit.start
        return [
            decide(setting, step, subject, facts, batch, anchor, now)
            for step in setting.plan.steps
            if not step.on_answer
        ]

    # --- steps whose time has come

    async def due(self, campaign_id: str) -> Done:
        """Decide anew about steps of a run that are due, and queue those that may leave."""

        async def unit(conn: AsyncConnection) -> Done:
            return await self._due(conn, campaign_id)

        done = await self._db.write(unit)
        if done.routed:
            self._router.announce(*done.routed)
        return done

    async def _due(self, conn: AsyncConnection, campaign_id: str) -> Done:
        now = self._clock.now()
        run = await held(conn, campaign_id)
        if run is None or run.state != "running":
            return Done(0, more=False)
        query = (
            sa.select(campaign_step)
            .where(
                campaign_step.c.state == sa.literal_column("'planned'"),
                campaign_step.c.due_at <= now,
                campaign_step.c.campaign_id == campaign_id,
            )
            .order_by(campaign_step.c.due_at, campaign_step.c.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        found = (await conn.execute(query)).all()
        if not found:
            return Done(0, more=False)
        plan = await self._library.complete(conn, plans.decode(run.plan), run.plan_id)
        routed = await self._decide_anew(conn, plan, campaign_id, found, now)
        await publish(conn, now, [Change("campaign.updated", campaign_id)])
        return Done(len(found), more=len(found) == BATCH, routed=routed)

    async def _decide_anew(
        self, conn: AsyncConnection, plan: Plan, campaign_id: str, due: Sequence[Any], now: datetime
    ) -> list[Routed]:
        tied = isinstance(plan.audience, Visits)
        visits = await audiences.visits(conn, [row.subject_id for row in due], lock=True) if tied else {}
        changed: list[dict[str, Any]] = []
        subjects: list[tuple[Any, Subject]] = []
        for row in due:
            visit = visits.get(row.subject_id)
            if tied and (visit is None or visit.version != row.subject_version or not _as_wanted(plan, visit.status)):
                changed.append(
                    rows.changed(row.id, "void", "skip", "appointment_changed", "The visit was changed.", now)
                )
                continue
            subjects.append((row, Subject(row.person_id, row.subject_id, row.subject_version, visit)))
        setting = Setting(plan, campaign_id, self._zone, self._closed())
        batch, _ = await self._look(conn, plan, [one for _, one in subjects], now)
        facts = await known.read(conn, plan, campaign_id, batch_persons(one for _, one in subjects), now)
        directory = await self._names.read(conn)
        decided: list[tuple[Any, Subject, Decided]] = []
        for row, subject in subjects:
            step = plan.step(row.step)
            if step is None:
                changed.append(rows.changed(row.id, "void", "skip", "no-step", "The plan has no such step.", now))
                continue
            about = facts.get(subject.person_id, known.NOTHING)
            anchor = row.created_at if subject.visit is None else subject.visit.start
            decided.append((row, subject, decide(setting, step, subject, about, batch, anchor, now, row.due_at)))
        sent = [(row, subject, one) for row, subject, one in decided if leaves(one, now)]
        sendings = [self._words.sending(plan, campaign_id, subject, one, batch, directory) for _, subject, one in sent]
        routed = await self._router.batches.queue(conn, batch, sendings, now)
        queued = {row.id: one for (row, _, _), one in zip(sent, routed, strict=True)}
        updates = [rows.decided_anew(row.id, one, queued.get(row.id), now) for row, _, one in decided]
        await write_rows(conn, Rows(campaign_step, updates, updates=True))
        await update_rows(conn, campaign_step, changed)
        await self._note_refused(conn, campaign_id, [(subject, one) for _, subject, one in decided])
        return routed

    async def _note_refused(
        self, conn: AsyncConnection, campaign_id: str, decided: Sequence[tuple[Subject, Decided]]
    ) -> None:
        """Refusals by the policy are written down one by one; what a plan leaves out of itself is no refusal."""
        await self._trail.record(
            conn,
            *(
                Entry(
                    action="send.refuse",
                    actor=_SYSTEM,
                    person_id=subject.person_id,
                    object_id=campaign_id,
                    details={"purpose": "", "author": "campaign", "rule": one.rule, "step": one.step.name},
                )
                for subject, one in decided
                if one.decision == "skip" and one.judged is not None
            ),
        )


async def held(conn: AsyncConnection, campaign_id: str) -> Any:
    """The run's row, which nobody else changes until the unit of work ends."""
    return (await conn.execute(_HELD, {"campaign": campaign_id})).first()


_HELD = (
    sa.select(campaign)
    .where(campaign.c.id == sa.bindparam("campaign", type_=campaign.c.id.type))
    .with_for_update(key_share=True)
)


def leaves(one: Decided, now: datetime) -> bool:
    """Whether a step is to be queued now."""
    return one.decision == "send" and one.send_at is not None and one.send_at <= now


def batch_persons(subjects: Iterable[Subject]) -> set[str]:
    """Whom the subjects are about."""
    return {one.person_id for one in subjects}


def _as_wanted(plan: Plan, status: str) -> bool:
    return isinstance(plan.audience, Visits) and status == plan.audience.status


def _of_age(audience: Persons, batch: Batch, person_id: str, today: date) -> bool:
    """Whether a person is as old as the audience is; whose birth date is not on file is not."""
    one = batch.of(person_id)
    born = one.profile.birth_date if one is not None else None
    if born is None:
        return False
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    youngest = audience.from_age if audience.from_age is not None else 0
    return youngest <= years and (audience.to_age is None or years <= audience.to_age)

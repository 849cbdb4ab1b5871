"""Runs of plans: begun, paused, resumed, stopped, counted; and the planner's round over all of them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Directory, Names
from hub.audit import Actor, Entry, Trail
from hub.campaigns import audience, plans
from hub.campaigns.library import PlanLibrary
from hub.campaigns.planner import Planned, Planner, held
from hub.campaigns.plans import Plan
from hub.campaigns.waiting import Waitlist
from hub.clock import Clock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import campaign, campaign_person, campaign_step, delivery
from hub.errors import InputError
from hub.events import Change, publish
from hub.outbox import halting
from hub.people import People
from hub.types import new_id

State = Literal["running", "paused", "stopped", "done"]
_ACTIONS: Mapping[State, str] = {"running": "resume", "paused": "pause", "stopped": "stop"}
_ROUND = timedelta(minutes=10)
"""How long a round of the planner goes on at most; the next comes within a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a plan."""

    id: str
    name: str
    kind: str
    state: State
    started_at: datetime
    ended_at: datetime | None
    passes: int
    plan: Plan = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a run has come. Each row of a step is counted once: in `steps`, and in `deliveries` where it was queued.

    steps: by state. skipped: by the rule that decided. deliveries: by state. answered: rows with an answer.
    """

    run: Run
    total: int
    steps: Mapping[str, int]
    skipped: Mapping[str, int]
    deliveries: Mapping[str, int]
    answered: int


class Campaigns:
    """What may be done with campaigns."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        trail: Trail,
        people: People,
        names: Names,
        planner: Planner,
        waiting: Waitlist,
        library: PlanLibrary,
    ) -> None:
        self._db = db
        self._clock = clock
        self._trail = trail
        self._people = people
        self._names = names
        self.planner = planner
        self.waiting = waiting
        self.library = library

    # --- looking

    async def plans(self) -> dict[str, Plan]:
        """Every plan in its newest version, by name: those that ship, and those built on the page."""
        async with self._db.read() as conn:
            return await self.library.all(conn)

    async def plan(self, name: str) -> Plan:
        """The plan of that name in its newest version. Raises: InputError."""
        async with self._db.read() as conn:
            return await self.plan_in(conn, name)

    async def directory(self, conn: AsyncConnection) -> Directory:
        """The calendar's names, which audiences are made of."""
        return await self._names.read(conn)

    async def plan_in(self, conn: AsyncConnection, name: str) -> Plan:
        """As `plan`, as `conn` sees it."""
        found = await self.library.get(conn, name)
        if found is None:
            known = sorted(await self.library.all(conn))
            raise InputError(f"there is no campaign of this name; there are {', '.join(known)}")
        return found

    async def newest(self) -> dict[str, Run]:
        """The newest run of each name."""
        async with self._db.read() as conn:
            newest = sa.select(sa.func.max(campaign.c.id)).group_by(campaign.c.name)
            if conn.dialect.name == "postgresql":
                newest = (
                    sa.select(campaign.c.id).distinct(campaign.c.name).order_by(campaign.c.name, campaign.c.id.desc())
                )
            rows = (await conn.execute(sa.select(campaign).where(campaign.c.id.in_(newest)))).all()
        return {row.name: _run(row) for row in rows}

    async def run(self, name: str) -> Run:
        """The newest run of a plan. Raises: InputError when it was never started."""
        async with self._db.read() as conn:
            return await _newest(conn, name)

    async def preview(
        self, plan: Plan, at: datetime | None, actor: Actor, mrns: Collection[str] = ()
    ) -> AsyncIterator[list[Planned]]:
        """What a run that began now, or `at`, would decide about every person and step; sends nothing."""
        moment = at or self._clock.now()
        async with self._db.read() as conn:
            listed = await self._listed(conn, plan, mrns)
            audience.check_names(plan.audience, await self._names.read(conn))
        entry = Entry(action="campaign.preview", actor=actor, details={"plan": plan.name, "version": plan.version})

        async def unit(conn: AsyncConnection) -> None:
            await self._trail.record(conn, entry)

        await self._db.write(unit)
        async for page in self.planner.preview(plan, moment, listed):
            yield page

    async def status(self, name: str) -> Status:
        """How far the newest run of a plan has come. Raises: InputError."""
        async with self._db.read() as conn:
            return await self.status_of(conn, await _newest(conn, name))

    @staticmethod
    async def status_of(conn: AsyncConnection, run: Run) -> Status:
        """How far a run has come."""
        s, d = campaign_step.c, delivery.c
        mine = s.campaign_id == run.id
        steps = sa.select(s.state, sa.func.count()).where(mine).group_by(s.state)
        skipped = sa.select(s.rule, sa.func.count()).where(mine, s.state == "skipped").group_by(s.rule)
        sent = (
            sa.select(d.state, sa.func.count()).join(campaign_step, s.delivery_id == d.id).where(mine).group_by(d.state)
        )
        answered = sa.select(sa.func.count()).where(mine, s.answered_at.is_not(None))
        counts = [{str(row[0]): int(row[1]) for row in await conn.execute(query)} for query in (steps, skipped, sent)]
        answers = int((await conn.execute(answered)).scalar_one())
        return Status(
            run=run,
            total=sum(counts[0].values()),
            steps=counts[0],
            skipped=counts[1],
            deliveries=counts[2],
            answered=answers,
        )

    # --- changing

    async def start(self, plan: Plan, actor: Actor, mrns: Collection[str] = ()) -> Run:
        """Begin a run of a plan, for the patients with these record numbers where it is for a list.

        Raises: InputError when one is under way, or the list does not fit.
        """

        async def unit(conn: AsyncConnection) -> Run:
            return await self.start_in(conn, plan, actor, mrns)

        try:
            return await self._db.write(unit)
        except IntegrityError:
            raise InputError(f"{plan.name} runs already: see `hub campaigns status {plan.name}`") from None

    async def start_in(self, conn: AsyncConnection, plan: Plan, actor: Actor, mrns: Collection[str] = ()) -> Run:
        """As `start`, in the caller's transaction."""
        now = self._clock.now()
        audience.check_names(plan.audience, await self._names.read(conn))
        active = sa.select(campaign.c.id).where(
            campaign.c.name == plan.name, campaign.c.state.in_(("running", "paused"))
        )
        if (await conn.execute(active)).first() is not None:
            raise InputError(f"{plan.name} runs already, or is paused: see `hub campaigns status {plan.name}`")
        listed = await self._listed(conn, plan, mrns)
        plan_id = await self._approved(conn, plan)
        row = {
            "id": new_id(),
            "name": plan.name,
            "kind": plan.kind,
            "plan": plans.encode(plan, texts=plan_id is None),
            "plan_id": plan_id,
            "state": "running",
            "started_by": f"{actor.kind}:{actor.id}"[:64],
            "started_at": now,
            "created_at": now,
            "updated_at": now,
        }
        await conn.execute(sa.insert(campaign), row)
        people = [{"campaign_id": row["id"], "person_id": one} for one in listed]
        await insert_rows(conn, campaign_person, people)
        await self._tell(conn, "start", str(row["id"]), actor, now, version=plan.version)
        return await _newest(conn, plan.name)

    async def _approved(self, conn: AsyncConnection, plan: Plan) -> str | None:
        """The version of a plan built on the page that may run; None for a plan of a file, which is the operator's.

        Raises: InputError for a version that nobody approved.
        """
        kept = None if plan.name in plans.built_in() else await self.library.find(conn, plan.name)
        if kept is None:
            return None
        if kept.plan != plan:
            raise InputError(f"{plan.name} was changed meanwhile")
        if not await self.library.approved(conn, kept.id):
            raise InputError(f"{plan.name} was built on the page, and nobody approved version {plan.version} of it yet")
        return kept.id

    async def _listed(self, conn: AsyncConnection, plan: Plan, mrns: Collection[str]) -> list[str]:
        """The persons with these record numbers. Raises: InputError, which names no number."""
        wants = isinstance(plan.audience, plans.Persons) and plan.audience.listed
        if wants is not bool(mrns):
            raise InputError(
                f"{plan.name} is for a list of record numbers: give one"
                if wants
                else f"{plan.name} finds its audience itself: it takes no list"
            )
        found = [await self._people.by_mrn(conn, mrn) for mrn in dict.fromkeys(mrns)]
        if missing := found.count(None):
            raise InputError(f"{missing} of the record numbers are not on the books")
        return sorted({one for one in found if one is not None})

    async def pause(self, name: str, actor: Actor) -> Run:
        """Let nothing more of a run leave, from this commit on. What a provider has already is beyond recall."""
        return await self._change(name, actor, "pause", ("running",), "paused")

    async def resume(self, name: str, actor: Actor) -> Run:
        """Go on where a run was paused."""
        run = await self._change(name, actor, "resume", ("paused",), "running")
        await self.release()
        return run

    async def stop(self, name: str, actor: Actor) -> Run:
        """End a run for good: what has not left never will."""
        run = await self._change(name, actor, "stop", ("running", "paused"), "stopped")
        await self.withdraw()
        return run

    async def _change(self, name: str, actor: Actor, action: str, before: Sequence[State], after: State) -> Run:
        async def unit(conn: AsyncConnection) -> Run:
            run = await _newest(conn, name)
            row = await held(conn, run.id)
            if row.state not in before:
                raise InputError(f"{name} is {row.state}: it cannot {action} now")
            return await self.change_in(conn, run.id, after, actor)

        return await self._db.write(unit)

    async def change_in(self, conn: AsyncConnection, run_id: str, after: State, actor: Actor) -> Run:
        """Let a run go on (`running`), pause or stop it, in the caller's transaction.

        Raises: InputError when there is no such run, or it ended already.
        """
        now = self._clock.now()
        row = await held(conn, run_id)
        if row is None:
            raise InputError("there is no such run")
        if row.state not in ("running", "paused"):
            raise InputError(f"{row.name} is {row.state}: it cannot be changed any more")
        if row.state != after:
            values: dict[str, Any] = {"state": after, "updated_at": now}
            if after == "stopped":
                values["ended_at"] = now
                mine = sa.and_(campaign_step.c.campaign_id == run_id, campaign_step.c.state == "planned")
                ended = {"state": "void", "decision": "skip", "rule": "stopped", "updated_at": now}
                reason = "The campaign was stopped."
                await conn.execute(sa.update(campaign_step).where(mine).values(**ended, reason=reason))
            await conn.execute(sa.update(campaign).where(campaign.c.id == run_id).values(**values))
            await self._tell(conn, _ACTIONS[after], run_id, actor, now)
        return await run_of(conn, run_id)

    async def _tell(
        self, conn: AsyncConnection, action: str, campaign_id: str, actor: Actor, now: datetime, **details: int
    ) -> None:
        entry = Entry(action=f"campaign.{action}", actor=actor, object_id=campaign_id, details=details)
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("campaign.updated", campaign_id)])

    async def withdraw(self) -> int:
        """Let what has not left of runs that were stopped never leave; returns how many."""
        count = 0
        while found := await self._db.write(lambda conn: halting.withdraw(conn, self._clock.now())):
            count += found
        return count

    # --- the planner's round

    async def release(self) -> int:
        """Let deliveries of runs that go on leave, which were held while these were paused; returns how many."""
        count = 0
        while found := await self._db.write(lambda conn: halting.release(conn, self._clock.now())):
            count += found
        return count

    async def plan_all(self) -> dict[str, int]:
        """A round of the planner: enrol what is new in every run, decide about what is due, end what is done."""
        ends = self._clock.now() + _ROUND
        count = {"enrolled": 0, "decided": 0, "released": await self.release()}
        count["withdrawn"] = await self.withdraw()
        count["offered"] = await self.waiting.offer_due()
        more = True
        while more and self._clock.now() < ends:
            more = False
            for campaign_id in await self._running():
                due = await self.planner.due(campaign_id)
                enrolled = await self.planner.enrol(campaign_id)
                count["decided"] += due.count
                count["enrolled"] += enrolled.count
                more = more or due.more or enrolled.more
        count["ended"] = await self._db.write(self._end_done)
        return count

    async def _running(self) -> list[str]:
        async with self._db.glance() as conn:
            query = sa.select(campaign.c.id).where(campaign.c.state == "running").order_by(campaign.c.id)
            return list((await conn.execute(query)).scalars())

    async def _end_done(self, conn: AsyncConnection) -> int:
        """End the runs of frozen audiences of which nothing is left to do."""
        now, count = self._clock.now(), 0
        query = sa.select(campaign).where(campaign.c.state == "running", campaign.c.passes > 0)
        for row in (await conn.execute(query.with_for_update(key_share=True))).all():
            plan = plans.decode(row.plan)
            left = sa.select(campaign_step.c.id).where(
                campaign_step.c.campaign_id == row.id, campaign_step.c.state == "planned"
            )
            under_way = (
                sa.select(campaign_step.c.id)
                .join(delivery, delivery.c.id == campaign_step.c.delivery_id)
                .where(campaign_step.c.campaign_id == row.id, delivery.c.state.in_(("queued", "held", "sending")))
            )
            if plan.audience.rolling:
                continue
            if any([(await conn.execute(query.limit(1))).first() is not None for query in (left, under_way)]):
                # While anything may yet leave it can be paused.
                continue
            values = {"state": "done", "ended_at": now, "updated_at": now}
            await conn.execute(sa.update(campaign).where(campaign.c.id == row.id).values(**values))
            await self._tell(conn, "end", row.id, Actor("system", "campaign"), now)
            count += 1
        return count


async def run_of(conn: AsyncConnection, run_id: str) -> Run:
    """The run with this id. Raises: InputError."""
    row = (await conn.execute(sa.select(campaign).where(campaign.c.id == run_id))).first()
    if row is None:
        raise InputError("there is no such run")
    return _run(row)


async def _newest(conn: AsyncConnection, name: str) -> Run:
    query = sa.select(campaign).where(campaign.c.name == name).order_by(campaign.c.id.desc()).limit(1)
    row = (await conn.execute(query)).first()
    if row is None:
        raise InputError(f"{name} was never started: `hub campaigns start {name}`")
    return _run(row)


def _run(row: Any) -> Run:
    return Run(
        id=row.id,
        name=row.name,
        kind=row.kind,
        state=row.state,
        started_at=row.started_at,
        ended_at=row.ended_at,
        passes=row.passes,
        plan=plans.decode(row.plan),
    )

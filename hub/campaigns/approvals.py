"""A second person's word: whoever asks on the pages that a plan may run does not decide it. The database holds it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.campaigns import plans
from hub.campaigns.library import NotKept
from hub.campaigns.plans import Persons, Plan
from hub.campaigns.runs import Campaigns, Run
from hub.clock import Clock
from hub.db.tables import campaign, campaign_approval
from hub.errors import InputError
from hub.events import Change, publish
from hub.types import new_id

State = Literal["asked", "approved", "refused", "withdrawn", "started"]
Why = Literal["listed", "running", "pending", "gone", "changed", "own", "not-approved", "names"]


class NotSo(InputError):
    """It cannot be done now; `why` is the code of the reason."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why: Why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was asked, by whom, and what came of it. The ids are of users.

    current: whether the plan is still as it was when it was asked for.
    """

    id: str
    name: str
    state: State
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    campaign_id: str | None
    current: bool
    plan: Plan = field(repr=False)


class Approvals:
    """Asking, deciding, and beginning what was approved. Each in the caller's transaction, with its audit entry."""

    def __init__(self, trail: Trail, clock: Clock, campaigns: Campaigns) -> None:
        self._trail = trail
        self._clock = clock
        self._campaigns = campaigns

    async def pending(self, conn: AsyncConnection, name: str, *, lock: bool = False) -> Approval | None:
        """What is asked or approved of a plan, and not begun; None for nothing."""
        query = sa.select(campaign_approval).where(
            campaign_approval.c.name == name, campaign_approval.c.state.in_(("asked", "approved"))
        )
        row = (await conn.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else await self._opened(conn, row)

    async def of_runs(self, conn: AsyncConnection, ids: Sequence[str]) -> dict[str, Approval]:
        """By which runs were begun, by the run's id; a run of the command line has none."""
        query = sa.select(campaign_approval).where(campaign_approval.c.campaign_id.in_(ids))
        rows = (await conn.execute(query)).all()
        return {row.campaign_id: await self._opened(conn, row) for row in rows}

    async def all_pending(self, conn: AsyncConnection) -> dict[str, Approval]:
        """What is asked or approved and not begun, by the plan's name."""
        query = sa.select(campaign_approval).where(campaign_approval.c.state.in_(("asked", "approved")))
        rows = (await conn.execute(query)).all()
        return {row.name: await self._opened(conn, row) for row in rows}

    async def ask(self, conn: AsyncConnection, plan: Plan, actor: Actor) -> None:
        """Ask that a plan may run. Raises: NotSo."""
        listed = isinstance(plan.audience, Persons) and plan.audience.listed
        # One that was built on the page is approved there, and then started with its list elsewhere.
        if listed and plan.name in plans.built_in():
            raise NotSo("listed", f"{plan.name} is for a list of record numbers, which no page takes")
        if await self.pending(conn, plan.name) is not None:
            raise NotSo("pending", f"{plan.name} is asked for already")
        await self._idle(conn, plan.name)
        now = self._clock.now()
        try:
            plan_id = None if plan.name in plans.built_in() else await self._campaigns.library.fix(conn, plan)
        except NotKept as refused:
            raise NotSo("changed", str(refused)) from None
        row = {
            "id": new_id(),
            "name": plan.name,
            "plan": plans.encode(plan, texts=plan_id is None),
            "plan_id": plan_id,
            "state": "asked",
            "asked_by": actor.id,
            "asked_at": now,
        }
        await conn.execute(sa.insert(campaign_approval), row)
        await self._tell(conn, "ask", str(row["id"]), actor, plan.version)

    async def withdraw(self, conn: AsyncConnection, name: str, actor: Actor) -> None:
        """Take back what was asked, or approved and not begun. Raises: NotSo."""
        found = await self._found(conn, name)
        await self._set(conn, found, {"state": "withdrawn"}, "withdraw", actor)

    async def decide(self, conn: AsyncConnection, name: str, actor: Actor, *, yes: bool) -> None:
        """Approve what somebody else asked, or refuse it. Raises: NotSo."""
        found = await self._found(conn, name)
        if found.state != "asked":
            raise NotSo("gone", f"{name} is decided already")
        if found.asked_by == actor.id:
            raise NotSo("own", "whoever asks does not approve: a second person does")
        if yes and not found.current:
            raise NotSo("changed", f"{name} was changed since it was asked for")
        values = {
            "state": "approved" if yes else "refused",
            "decided_by": actor.id,
            "decided_at": self._clock.now(),
        }
        await self._set(conn, found, values, "approve" if yes else "refuse", actor)

    async def start(self, conn: AsyncConnection, name: str, actor: Actor) -> Run:
        """Begin the run of what was approved, as it was approved. Raises: NotSo."""
        found = await self._found(conn, name)
        if found.state != "approved":
            raise NotSo("not-approved", f"{name} is not approved yet")
        if not found.current:
            raise NotSo("changed", f"{name} was changed since it was approved")
        await self._idle(conn, name)
        try:
            run = await self._campaigns.start_in(conn, found.plan, actor)
        except InputError as refused:
            raise NotSo("names", str(refused)) from None
        done = {"state": "started", "campaign_id": run.id}
        await conn.execute(sa.update(campaign_approval).where(campaign_approval.c.id == found.id).values(**done))
        return run

    async def _idle(self, conn: AsyncConnection, name: str) -> None:
        active = sa.select(campaign.c.id).where(campaign.c.name == name, campaign.c.state.in_(("running", "paused")))
        if (await conn.execute(active)).first() is not None:
            raise NotSo("running", f"{name} runs already, or is paused")

    async def _found(self, conn: AsyncConnection, name: str) -> Approval:
        found = await self.pending(conn, name, lock=True)
        if found is None:
            raise NotSo("gone", f"nobody asks for {name}")
        return found

    async def _set(
        self, conn: AsyncConnection, found: Approval, values: dict[str, Any], action: str, actor: Actor
    ) -> None:
        await conn.execute(sa.update(campaign_approval).where(campaign_approval.c.id == found.id).values(**values))
        await self._tell(conn, action, found.id, actor, found.plan.version)

    async def _tell(self, conn: AsyncConnection, action: str, approval_id: str, actor: Actor, version: int) -> None:
        entry = Entry(action=f"campaign.{action}", actor=actor, object_id=approval_id, details={"version": version})
        await self._trail.record(conn, entry)
        await publish(conn, self._clock.now(), [Change("campaign.updated", approval_id)])

    async def _opened(self, conn: AsyncConnection, row: Any) -> Approval:
        library = self._campaigns.library
        plan = await library.complete(conn, plans.decode(row.plan), row.plan_id)
        return Approval(
            id=row.id,
            name=row.name,
            state=row.state,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            campaign_id=row.campaign_id,
            current=await library.get(conn, row.name) == plan,
            plan=plan,
        )

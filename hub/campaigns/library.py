"""Every plan there is: those that ship as files, and those that were built on the page, version by version.

A version may change until somebody asks that it may run; from then on it is fixed, and a change makes the next one. So
what was approved, and what a run was begun with, is what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.campaigns import plans
from hub.campaigns.plans import Plan, Text
from hub.clock import Clock
from hub.crypto import Place
from hub.db.tables import campaign, campaign_approval, campaign_plan
from hub.errors import InputError
from hub.events import Change, publish
from hub.types import new_id
from hub.vault import HUB, Keys, Vault

Why = Literal["taken", "edited", "gone", "under-way"]


class NotKept(InputError):
    """A plan cannot be kept so; `why` is the code of the reason."""

    def __init__(self, why: Why, words: str) -> None:
        super().__init__(words)
        self.why: Why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One version of a plan that was built on the page. fixed: it changes no more. saved_by: the id of a user."""

    id: str
    fixed: bool
    revision: int
    saved_by: str
    updated_at: datetime
    plan: Plan = field(repr=False)


class PlanLibrary:
    """Finds plans and keeps those of the page. Each change has its audit entry in the caller's transaction."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock

    async def all(self, conn: AsyncConnection) -> dict[str, Plan]:
        """Every plan in its newest version, by name."""
        built = {name: one.plan for name, one in (await self.built(conn)).items()}
        return built | dict(plans.built_in())

    async def get(self, conn: AsyncConnection, name: str) -> Plan | None:
        """The plan of that name in its newest version; None where there is none."""
        shipped = plans.built_in().get(name)
        if shipped is not None:
            return shipped
        found = await self.find(conn, name)
        return None if found is None else found.plan

    async def built(self, conn: AsyncConnection) -> dict[str, Kept]:
        """The newest version of every plan that was built on the page, by name."""
        keys = await self._vault.key(conn, HUB)
        rows = (await conn.execute(_NEWEST)).all()
        return {row.name: _kept(keys, row) for row in rows if row.state != "dropped"}

    async def find(self, conn: AsyncConnection, name: str) -> Kept | None:
        """The newest version of a plan that was built on the page; None where there is none, or it was put away."""
        row = (await conn.execute(_NEWEST.where(campaign_plan.c.name == name))).first()
        return None if row is None or row.state == "dropped" else _kept(await self._vault.key(conn, HUB), row)

    async def complete(self, conn: AsyncConnection, plan: Plan, plan_id: str | None) -> Plan:
        """A plan as a run or an approval keeps it, with its own texts, which are not kept there."""
        if plan_id is None:
            return plan
        query = sa.select(campaign_plan.c.texts_sealed).where(campaign_plan.c.id == plan_id)
        sealed = (await conn.execute(query)).scalar_one()
        return _with_texts(await self._vault.key(conn, HUB), plan, plan_id, sealed)

    async def save(self, conn: AsyncConnection, plan: Plan, revision: int | None, actor: Actor) -> Kept:
        """`plan` as it is now kept: as it was, but for its version, which is the library's to say.

        revision: of the version that was changed; None for a new plan. Raises: NotKept.
        """
        now, keys = self._clock.now(), await self._vault.key(conn, HUB)
        query = _NEWEST.where(campaign_plan.c.name == plan.name)
        newest: Any = (await conn.execute(query.with_for_update())).first()
        there = newest is not None and newest.state != "dropped"
        if revision is None and (there or plan.name in plans.built_in()):
            raise NotKept("taken", f"there is a plan {plan.name} already")
        if revision is not None and not there:
            raise NotKept("gone", f"{plan.name} was put away meanwhile")
        if revision is not None and newest.revision != revision:
            raise NotKept("edited", f"somebody else changed {plan.name} meanwhile")
        draft = there and newest.state == "draft"
        version = 1 if newest is None else newest.version + (not draft)
        plan = structs.replace(plan, version=version)
        if there and not draft and structs.replace(_kept(keys, newest).plan, version=version) == plan:
            return _kept(keys, newest)
        plan_id = newest.id if draft else new_id()
        values: dict[str, Any] = {
            "plan": plans.encode(plan, texts=False),
            "texts_sealed": _sealed(keys, plan_id, plan.texts),
            "revision": 1 if newest is None else newest.revision + 1,
            "saved_by": actor.id,
            "updated_at": now,
        }
        if draft:
            await conn.execute(sa.update(campaign_plan).where(campaign_plan.c.id == plan_id).values(**values))
        else:
            made = {"id": plan_id, "name": plan.name, "version": version, "state": "draft", "created_at": now}
            await conn.execute(sa.insert(campaign_plan), made | values)
        await self._tell(conn, "save", plan_id, plan, actor)
        return Kept(id=plan_id, fixed=False, revision=values["revision"], saved_by=actor.id, updated_at=now, plan=plan)

    async def fix(self, conn: AsyncConnection, plan: Plan) -> str | None:
        """The id of the version that `plan` is, which changes no more; None for one that ships. Raises: NotKept."""
        query = _NEWEST.where(campaign_plan.c.name == plan.name, campaign_plan.c.state != "dropped")
        row = (await conn.execute(query.with_for_update())).first()
        if row is None:
            return None
        found = _kept(await self._vault.key(conn, HUB), row)
        if found.plan != plan:
            raise NotKept("edited", f"somebody else changed {plan.name} meanwhile")
        await conn.execute(sa.update(campaign_plan).where(campaign_plan.c.id == found.id).values(state="fixed"))
        return found.id

    async def drop(self, conn: AsyncConnection, name: str, actor: Actor) -> None:
        """Put a plan away. Its runs stay. Raises: NotKept."""
        found = await self.find(conn, name)
        if found is None:
            raise NotKept("gone", f"{name} was put away already")
        asked = sa.select(campaign_approval.c.id).where(
            campaign_approval.c.name == name, campaign_approval.c.state.in_(("asked", "approved"))
        )
        active = sa.select(campaign.c.id).where(campaign.c.name == name, campaign.c.state.in_(("running", "paused")))
        for query in (asked, active):
            if (await conn.execute(query)).first() is not None:
                raise NotKept("under-way", f"{name} is under way, or somebody asked for it")
        mine = campaign_plan.c.name == name
        await conn.execute(sa.update(campaign_plan).where(mine).values(state="dropped", updated_at=self._clock.now()))
        await self._tell(conn, "drop", found.id, found.plan, actor)

    async def approved(self, conn: AsyncConnection, plan_id: str) -> bool:
        """Whether a second person approved this version."""
        query = sa.select(campaign_approval.c.id).where(
            campaign_approval.c.plan_id == plan_id, campaign_approval.c.state.in_(("approved", "started"))
        )
        return (await conn.execute(query.limit(1))).first() is not None

    async def approved_before(self, conn: AsyncConnection, plan: Plan) -> Plan | None:
        """The last version before this one that a second person approved; None for a plan that is approved first."""
        query = (
            sa.select(campaign_plan)
            .join(campaign_approval, campaign_approval.c.plan_id == campaign_plan.c.id)
            .where(
                campaign_plan.c.name == plan.name,
                campaign_plan.c.version < plan.version,
                campaign_approval.c.decided_by.is_not(None),
                campaign_approval.c.state != "refused",
            )
            .order_by(campaign_plan.c.version.desc())
            .limit(1)
        )
        row = (await conn.execute(query)).first()
        return None if row is None else _kept(await self._vault.key(conn, HUB), row).plan

    async def _tell(self, conn: AsyncConnection, action: str, plan_id: str, plan: Plan, actor: Actor) -> None:
        details: Mapping[str, str | int] = {"plan": plan.name, "version": plan.version}
        entry = Entry(action=f"campaign.plan.{action}", actor=actor, object_id=plan_id, details=details)
        await self._trail.record(conn, entry)
        await publish(conn, self._clock.now(), [Change("campaign.updated", plan_id)])


_other = campaign_plan.alias("other")
_NEWEST = sa.select(campaign_plan).where(
    campaign_plan.c.version
    == sa.select(sa.func.max(_other.c.version)).where(_other.c.name == campaign_plan.c.name).scalar_subquery()
)


def _kept(keys: Keys, row: Any) -> Kept:
    return Kept(
        id=row.id,
        fixed=row.state == "fixed",
        revision=row.revision,
        saved_by=row.saved_by,
        updated_at=row.updated_at,
        plan=_with_texts(keys, plans.decode(row.plan), row.id, row.texts_sealed),
    )


def _sealed(keys: Keys, plan_id: str, texts: tuple[Text, ...]) -> bytes | None:
    return keys.seal(HUB, msgspec.json.encode(texts), _place(plan_id)) if texts else None


def _with_texts(keys: Keys, plan: Plan, plan_id: str, sealed: bytes | None) -> Plan:
    if sealed is None:
        return plan
    texts = msgspec.json.decode(keys.open(HUB, sealed, _place(plan_id)), type=tuple[Text, ...])
    return structs.replace(plan, texts=texts)


def _place(plan_id: str) -> Place:
    return Place("campaign_plan", "texts_sealed", plan_id, HUB)

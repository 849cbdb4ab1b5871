"""What failed, tried once more: as a further delivery of the same message, with consent, caps and hours asked anew.

The row of the person and step stays the one that it is, and so does the message: nobody gets two of a step. Whoever may
not be written to now is told of beforehand, with the reason; and is asked about again in the transaction that queues.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.campaigns import audience
from hub.campaigns.library import PlanLibrary
from hub.campaigns.plans import Plan, Visits, catalog_of
from hub.campaigns.results import Failure, failures_after, failures_of
from hub.campaigns.runs import Run
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import campaign, campaign_step, delivery, escalation, message
from hub.errors import CryptoError
from hub.events import Change, publish
from hub.outbox import locks
from hub.outbox.watch import Step
from hub.router import Following, Routed, Router
from hub.sealed import open_body
from hub.types import AuthorKind, ChannelKind, Intent, Lane, Skip, new_id
from hub.vault import Vault

_PAGE = 25
"""Failures of one transaction: it must be short."""
MOST = 500
"""Failures that one press of the button tries again at most."""
Refusal = tuple[str, str]
"""Why one is not tried again: the rule that says so, and its words."""
_STOPPED: Refusal = ("stopped", "The campaign was stopped.")
_CHANGED: Refusal = ("appointment_changed", "The visit was changed.")
_OVER: Refusal = ("visit-over", "The visit has begun.")
_GOES_ON: Refusal = ("goes-on", "It goes on by the next channel by itself.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What became of a retry: messages that were queued anew, and those that were refused."""

    queued: int = 0
    refused: int = 0


class Retrying:
    """Tries failures of a run again."""

    def __init__(
        self, *, db: Database, vault: Vault, clock: Clock, trail: Trail, router: Router, library: PlanLibrary
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._trail = trail
        self._router = router
        self._library = library

    async def refusals(self, conn: AsyncConnection, run: Run, lost: Sequence[Failure]) -> dict[str, Refusal]:
        """Why those of the failures that cannot be tried again now cannot, by the id of their step."""
        if run.state == "stopped":
            return dict.fromkeys((one.step_id for one in lost), _STOPPED)
        now, plan = self._clock.now(), await self._complete(conn, run)
        found = await self._of_visits(conn, plan, lost, now)
        watched = sa.select(escalation.c.message_id).where(
            escalation.c.message_id.in_([one.message_id for one in lost]), escalation.c.outcome == ""
        )
        going = set((await conn.execute(watched)).scalars())
        found |= {one.step_id: _GOES_ON for one in lost if one.message_id in going}
        left = [one for one in lost if one.step_id not in found]
        asked: dict[str, list[str]] = {}
        for one in left:
            asked.setdefault(one.person_id, []).append(one.subject_id if _tied(plan) else "")
        batch = await self._router.batches.read(conn, asked, plan.purpose, now)
        for one in left:
            step = plan.step(one.step)
            intent = Intent(
                key="",
                person_id=one.person_id,
                purpose=plan.purpose,
                author=AuthorKind.CAMPAIGN,
                body="",
                level=catalog_of(plan).get(step.templates[0], "en").level if step is not None else "limited",
                lane=Lane.BULK,
                appointment=(one.subject_id, one.subject_version) if _tied(plan) else None,
            )
            judged = batch.judge(intent, step.channels if step is not None else (), now)
            if isinstance(judged.decision, Skip):
                found[one.step_id] = (judged.rule, " ".join(judged.decision.reasons))
        return found

    async def _complete(self, conn: AsyncConnection, run: Run) -> Plan:
        plan_id = (await conn.execute(sa.select(campaign.c.plan_id).where(campaign.c.id == run.id))).scalar_one()
        return await self._library.complete(conn, run.plan, plan_id)

    @staticmethod
    async def _of_visits(
        conn: AsyncConnection, plan: Plan, lost: Sequence[Failure], now: datetime
    ) -> dict[str, Refusal]:
        if not _tied(plan):
            return {}
        visits = await audience.visits(conn, [one.subject_id for one in lost])
        found: dict[str, Refusal] = {}
        for one in lost:
            visit = visits.get(one.subject_id)
            if visit is None or visit.version != one.subject_version or visit.status != "booked":
                found[one.step_id] = _CHANGED
            elif visit.start <= now:
                found[one.step_id] = _OVER
        return found

    async def retry(self, run: Run, step_ids: Collection[str] | None, actor: Actor) -> Retried:
        """Try these failures again, or with None every one of the run, up to `MOST`."""
        queued = refused = 0
        place, left = "", MOST
        while left > 0:

            async def unit(conn: AsyncConnection, place: str = place) -> tuple[Sequence[Failure], list[Routed], int]:
                chosen = await (
                    failures_after(conn, run, place, _PAGE)
                    if step_ids is None
                    else failures_of(conn, run, list(step_ids)[:MOST])
                )
                routed, no = await self._again(conn, run, chosen, actor)
                return chosen, routed, no

            chosen, routed, no = await self._db.write(unit)
            if routed:
                self._router.announce(*routed)
            queued, refused, left = queued + len(routed), refused + no, left - len(chosen)
            if step_ids is not None or len(chosen) < _PAGE:
                break
            place = chosen[-1].step_id
        return Retried(queued=queued, refused=refused)

    async def _again(
        self, conn: AsyncConnection, run: Run, chosen: Sequence[Failure], actor: Actor
    ) -> tuple[list[Routed], int]:
        """Those that were queued anew, and how many were refused, in the caller's transaction."""
        ids = [one.message_id for one in chosen]
        of_them = sa.select(delivery.c.id).where(delivery.c.message_id.in_(ids))
        await locks.deliveries(conn, list((await conn.execute(of_them)).scalars()))
        # Somebody else may have tried one meanwhile: it was locked until now.
        still = {one.step_id for one in await failures_of(conn, run, [one.step_id for one in chosen])}
        chosen = [one for one in chosen if one.step_id in still]
        no = await self.refusals(conn, run, chosen)
        messages = {row.id: row for row in await conn.execute(sa.select(message).where(message.c.id.in_(ids)))}
        sent: dict[str, list[Any]] = {}
        query = sa.select(delivery).where(delivery.c.message_id.in_(ids)).order_by(delivery.c.step)
        for row in await conn.execute(query):
            sent.setdefault(row.message_id, []).append(row)
        plan = await self._complete(conn, run)
        routed = []
        for one in chosen:
            if one.step_id in no:
                continue
            went = await self._one(conn, plan, one, messages[one.message_id], sent[one.message_id], actor)
            if went is not None:
                routed.append(went)
        return routed, len(chosen) - len(routed)

    async def _one(
        self, conn: AsyncConnection, plan: Plan, one: Failure, of: Any, sent: Sequence[Any], actor: Actor
    ) -> Routed | None:
        now, step = self._clock.now(), plan.step(one.step)
        person_id = sent[0].person_id
        keys = await self._vault.keys(conn, (person_id,))
        if step is None or person_id not in keys:
            return None
        try:
            body = open_body(keys, person_id, of.thread_id, of.id, of.body_sealed)
        except CryptoError:
            return None
        number, delivery_id = sent[-1].step + 1, new_id()
        following = Following(
            step=Step(
                message_id=of.id,
                number=number,
                delivery_id=delivery_id,
                person_id=person_id,
                cause="failed",
                level=catalog_of(plan).get(step.templates[0], "en").level,
                alone=bool(step.channels),
            ),
            thread_id=of.thread_id,
            body=body,
            in_portal=of.channel == ChannelKind.PORTAL,
            sent=sent[0],
            # The same way may be tried again: what made it fail may be over.
            tried=frozenset(),
            only=frozenset(step.channels),
        )
        routed = await self._router.follow_in(conn, following)
        if isinstance(routed.decision, Skip):
            return None
        values = {"delivery_id": delivery_id, "channel": routed.decision.channel.value, "updated_at": now}
        await conn.execute(sa.update(campaign_step).where(campaign_step.c.id == one.step_id).values(**values))
        details = {"delivery": delivery_id, "channel": routed.decision.channel.value, "attempt": number}
        entry = Entry(
            action="campaign.retry", actor=actor, person_id=one.person_id, object_id=one.step_id, details=details
        )
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("campaign.updated", one.step_id)])
        return routed


def _tied(plan: Plan) -> bool:
    return isinstance(plan.audience, Visits) and plan.audience.status == "booked"

"""Taking the steps that are due: each in one transaction with the delivery that it queues, and so once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, attempt, delivery, escalation, message, thread
from hub.errors import CryptoError
from hub.events import Bell, Change, publish
from hub.failover.judging import Done, GoOn, Sent, Story, Wait, judge
from hub.metrics import Metrics
from hub.outbox import locks
from hub.outbox.settle import alert
from hub.outbox.watch import Step, Waits
from hub.router import Following, Routed, Router
from hub.sealed import open_body
from hub.types import ChannelKind, DeliveryState, Lane, Purpose, Skip, new_id
from hub.vault import Keys, Vault

_ACTOR = Actor("system", "failover")
_BATCH = 32
"""Messages looked at in one transaction: it must be short."""

Outcome = Literal["reached", "next", "staff", "void"]
Came = tuple[str, str]
"""What a step came to, for the count: why it went on, and where."""


class Failover:
    """Follows deliveries. `sweep` may be called by any number of processes at once."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        bell: Bell,
        router: Router,
        waits: Waits,
    ) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._bell = bell
        self._router = router
        self._waits = waits

    async def sweep(self) -> int:
        """How many steps ended, of those that were due to be looked at."""
        ended = 0
        while True:
            async with self._db.glance() as conn:
                due = (await conn.execute(_DUE, {"now": self._clock.now()})).all()
            if not due:
                return ended
            came, routed = await self._db.write(self._unit)
            for cause, to in came:
                self._metrics.steps.labels(cause, to).inc()
            if routed:
                self._router.announce(*routed)
            elif came:
                self._bell.ring()
            ended += len(came)
            if len(due) < _BATCH:
                return ended

    async def _unit(self, conn: AsyncConnection) -> tuple[list[Came], list[Routed]]:
        now = self._clock.now()
        # Deliveries first, as everybody locks them, then what is written of them.
        ids = [row.message_id for row in await conn.execute(_DUE, {"now": now})]
        await locks.deliveries(conn, [row.id for row in await conn.execute(_OF, {"ids": ids})])
        steps = (await conn.execute(_STEPS, {"ids": ids, "now": now})).all()
        if not steps:
            return [], []
        found = await _Found.read(conn, self._vault, steps)
        came: list[Came] = []
        routed: list[Routed] = []
        for step in steps:
            story = found.story(step, now)
            match judge(story, now, self._waits) if story else Done("void"):
                case Wait(until=until):
                    await _put_off(conn, step, until)
                case Done(how=how):
                    await _end(conn, step, how, now)
                    came.append(("done", how))
                case GoOn(cause=cause, staff=staff):
                    went = None if staff or step.alone else await self._go_on(conn, found, step, cause)
                    if went is None:
                        await self._to_staff(conn, found, step, cause, now)
                        came.append((cause, "staff"))
                    else:
                        await _end(conn, step, "next", now)
                        routed.append(went)
                        came.append((cause, _channel(went)))
        return came, routed

    async def _go_on(self, conn: AsyncConnection, found: "_Found", step: Any, cause: Any) -> Routed | None:
        """What was routed by the next way; None where there is none."""
        of = found.messages[step.message_id]
        deliveries = found.deliveries[step.message_id]
        try:
            body = open_body(found.keys, step.person_id, of.thread_id, of.id, of.body_sealed)
        except CryptoError:
            # One message that cannot be opened must not keep the others.
            return None
        following = Following(
            step=Step(
                message_id=step.message_id,
                number=step.step + 1,
                delivery_id=new_id(),
                person_id=step.person_id,
                cause=cause,
                level=step.level,
                alone=False,
            ),
            thread_id=of.thread_id,
            body=body,
            in_portal=of.channel == ChannelKind.PORTAL,
            sent=deliveries[0],
            tried=frozenset((one.channel, one.address_id) for one in deliveries),
        )
        routed = await self._router.follow_in(conn, following)
        return None if isinstance(routed.decision, Skip) else routed

    async def _to_staff(self, conn: AsyncConnection, found: "_Found", step: Any, cause: str, now: datetime) -> None:
        """Every way is spent: somebody of the staff is to see to it."""
        await _end(conn, step, "staff", now)
        thread_id = found.messages[step.message_id].thread_id
        await alert(conn, [(thread_id, cause)])
        entry = Entry(
            action="message.unreached",
            actor=_ACTOR,
            person_id=step.person_id,
            object_id=step.message_id,
            details={"steps": step.step + 1, "cause": cause},
        )
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("thread.updated", thread_id)])


class _Found:
    """What was read of the messages whose steps are looked at."""

    def __init__(self, keys: Keys, messages: Mapping[str, Any], deliveries: Mapping[str, Sequence[Any]]) -> None:
        self.keys = keys
        self.messages = messages
        self.deliveries = deliveries

    @classmethod
    async def read(cls, conn: AsyncConnection, vault: Vault, steps: Sequence[Any]) -> "_Found":
        ids = [step.message_id for step in steps]
        messages = {row.id: row for row in await conn.execute(_MESSAGES, {"ids": ids})}
        deliveries: dict[str, list[Any]] = {}
        for row in await conn.execute(_DELIVERIES, {"ids": ids}):
            deliveries.setdefault(row.message_id, []).append(row)
        return cls(await vault.keys(conn, {step.person_id for step in steps}), messages, deliveries)

    def story(self, step: Any, now: datetime) -> Story | None:
        """The story of a step's message; None when its person was disposed of."""
        if step.person_id not in self.keys:
            return None
        of, deliveries = self.messages[step.message_id], self.deliveries[step.message_id]
        last = deliveries[-1]
        visit = None
        if last.appointment_id is not None:
            stands = last.status == "booked" and last.version == last.appointment_version
            visit = bool(stands and last.start > now)
        return Story(
            purpose=Purpose(last.purpose),
            safety=last.lane == Lane.SAFETY,
            deliveries=[
                Sent(
                    channel=ChannelKind(one.channel),
                    state=DeliveryState(one.state),
                    reason=one.reason,
                    left_at=one.started_at,
                )
                for one in deliveries
            ],
            in_portal=of.channel == ChannelKind.PORTAL,
            written_at=of.at,
            heard_at=of.last_inbound_at,
            visit=visit,
        )


def _channel(routed: Routed) -> str:
    return "" if isinstance(routed.decision, Skip) else routed.decision.channel.value


async def _put_off(conn: AsyncConnection, step: Any, until: datetime) -> None:
    await conn.execute(_mine(step).values(due_at=until))


async def _end(conn: AsyncConnection, step: Any, outcome: Outcome, now: datetime) -> None:
    await conn.execute(_mine(step).values(outcome=outcome, ended_at=now))


def _mine(step: Any) -> sa.Update:
    return sa.update(escalation).where(escalation.c.message_id == step.message_id, escalation.c.step == step.step)


# Built once: to build a statement costs more than to run it.
_NOW = sa.bindparam("now", type_=escalation.c.due_at.type)
_IDS = sa.bindparam("ids", expanding=True, type_=escalation.c.message_id.type)
_IS_DUE = sa.and_(escalation.c.outcome == sa.literal_column("''"), escalation.c.due_at <= _NOW)
_DUE = (
    sa.select(escalation.c.message_id)
    .where(_IS_DUE)
    .order_by(escalation.c.due_at, escalation.c.message_id)
    .limit(_BATCH)
)
_OF = sa.select(delivery.c.id).where(delivery.c.message_id.in_(_IDS))
_STEPS = (
    sa.select(escalation)
    .where(_IS_DUE, escalation.c.message_id.in_(_IDS))
    .order_by(escalation.c.message_id)
    .with_for_update()
)
_MESSAGES = (
    sa.select(
        message.c.id,
        message.c.thread_id,
        message.c.channel,
        message.c.body_sealed,
        message.c.at,
        thread.c.last_inbound_at,
    )
    .join(thread, thread.c.id == message.c.thread_id)
    .where(message.c.id.in_(_IDS))
)
_DELIVERIES = (
    sa.select(delivery, attempt.c.started_at, appointment.c.version, appointment.c.status, appointment.c.start)
    .outerjoin(attempt, sa.and_(attempt.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempts))
    .outerjoin(appointment, appointment.c.id == delivery.c.appointment_id)
    .where(delivery.c.message_id.in_(_IDS))
    .order_by(delivery.c.message_id, delivery.c.step)
)

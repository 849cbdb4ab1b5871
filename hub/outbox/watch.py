"""Watching: what is noted of a message whose deliveries are followed until one reaches the person.

A row of `escalation` is one step. It is written in the transaction that queues its delivery, and its key (message and
number) lets no step be taken twice, whoever tries. What becomes of it is for `hub.failover` to say.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import delivery, escalation, message, thread
from hub.events import Change, publish
from hub.outbox import locks
from hub.outbox.queue import note
from hub.types import ChannelKind, DeliveryState, Level, Purpose

Cause = Literal["first", "failed", "undelivered", "unread", "refused"]
"""Why a step was taken: it was the first, or what the one before it came to."""

LEFT = (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
"""States in which the person may have it."""
READ_THERE = (ChannelKind.PORTAL, ChannelKind.PUSH)
"""Channels whose messages are read in the portal, where that shows."""
_PROVES = (ChannelKind.SMS, ChannelKind.VOICE)
"""Channels whose providers say that a message arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long to wait.

    unread: for a message to be read, by its purpose, where reading shows; a purpose that is missing waits for ever.
    undelivered: for a provider to say what became of what it took.
    """

    unread: Mapping[Purpose, timedelta]
    undelivered: timedelta

    def first(self, purpose: Purpose) -> timedelta:
        """How long nothing need be looked at, whatever the channel."""
        return min(self.undelivered, self.unread.get(purpose, self.undelivered))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One delivery of a message that is followed.

    level: what the text reveals. alone: it goes by the channel that was asked for, and no other.
    """

    message_id: str
    number: int
    delivery_id: str
    person_id: str
    cause: Cause
    level: Level
    alone: bool


async def begin(conn: AsyncConnection, step: Step, now: datetime, *, look_at: datetime) -> None:
    """Watch over a step from now on, in the transaction that queued its delivery."""
    await begin_many(conn, [(step, look_at)], now)


async def begin_many(conn: AsyncConnection, steps: Sequence[tuple[Step, datetime]], now: datetime) -> None:
    """As `begin`, for many, each with the time of the first look at it."""
    await insert_rows(conn, escalation, [_row(step, now, look_at) for step, look_at in steps])


def _row(step: Step, now: datetime, look_at: datetime) -> dict[str, Any]:
    return {
        "message_id": step.message_id,
        "step": step.number,
        "delivery_id": step.delivery_id,
        "person_id": step.person_id,
        "cause": step.cause,
        "outcome": "",
        "level": step.level,
        "alone": step.alone,
        "due_at": look_at,
        "created_at": now,
    }


async def heard(conn: AsyncConnection, delivery_ids: Sequence[str], now: datetime) -> set[str]:
    """Those of the deliveries that are watched: something final is known of them, and is to be looked at now."""
    if not delivery_ids:
        return set()
    rows = await conn.execute(_HEARD, {"ids": list(delivery_ids), "now": now})
    return {row.delivery_id for row in rows}


async def fell(conn: AsyncConnection, delivery_ids: Sequence[str], now: datetime) -> set[str]:
    """As `heard`, of deliveries that failed: also one that was taken to have arrived, as a mail before it bounces."""
    if not delivery_ids:
        return set()
    rows = await conn.execute(_FELL, {"ids": list(delivery_ids), "now": now})
    return {row.delivery_id for row in rows}


def reached(
    siblings: Iterable[tuple[str, str]], *, in_portal: bool, written_at: datetime, heard_at: datetime | None
) -> str:
    """Why a message need not be sent again, as one word; empty when it must.

    siblings: the channel and state of each of its deliveries. in_portal: its text is read in the portal.
    heard_at: when the person last wrote anything. That may answer what they can have got, and nothing else.
    """
    known = [(channel, state) for channel, state in siblings if state in LEFT]
    if any(state == DeliveryState.READ for _, state in known):
        return "read"
    if known and heard_at is not None and heard_at > written_at:
        return "answered"
    if not in_portal and any(state == DeliveryState.DELIVERED and channel in _PROVES for channel, state in known):
        return "arrived"
    return ""


async def needless(conn: AsyncConnection, rows: Sequence[Any]) -> dict[str, str]:
    """Of deliveries that follow others: those that are not wanted any more, each with the word why.

    rows: have `id`, `message_id`, `step` and `written_at`.
    """
    following = {row.message_id: row for row in rows if row.step}
    if not following:
        return {}
    found: dict[str, list[Any]] = {}
    for one in await conn.execute(_SIBLINGS, {"ids": list(following)}):
        found.setdefault(one.message_id, []).append(one)
    void = {}
    for message_id, siblings in found.items():
        row = following[message_id]
        why = reached(
            [(one.channel, one.state) for one in siblings],
            in_portal=siblings[0].written_for == ChannelKind.PORTAL,
            written_at=row.written_at,
            heard_at=siblings[0].last_inbound_at,
        )
        if why:
            void[row.id] = why
    return void


async def unseen(conn: AsyncConnection, message_ids: Collection[str]) -> tuple[str, ...]:
    """Those of the messages of which `seen` would note anything."""
    if not message_ids:
        return ()
    rows = await conn.execute(_UNSEEN, {"ids": list(message_ids)})
    return tuple(row.message_id for row in rows)


async def seen(conn: AsyncConnection, message_ids: Collection[str], now: datetime) -> int:
    """Note that the person has these messages before them in the portal; how many deliveries are read by that.

    What went to another channel in full was not read there: it is only not followed any further.
    """
    if not message_ids:
        return 0
    rows = (await conn.execute(_UNREAD, {"ids": list(message_ids)})).all()
    await locks.deliveries(conn, [row.id for row in rows])
    rows = (await conn.execute(_UNREAD, {"ids": list(message_ids)})).all()
    read = [{"id": row.id, "state": DeliveryState.READ, "reason": "", "updated_at": now} for row in rows]
    await update_rows(conn, delivery, read)
    await note(conn, [(row.id, DeliveryState.READ, "") for row in rows], now)
    await conn.execute(_SEEN, {"ids": list(message_ids), "now": now})
    await publish(conn, now, [Change("delivery.updated", row.id) for row in rows])
    return len(rows)


# Built once: to build a statement costs more than to run it.
_NOW = sa.bindparam("now", type_=escalation.c.due_at.type)
_IDS = sa.bindparam("ids", expanding=True, type_=escalation.c.delivery_id.type)
_HEARD = (
    sa.update(escalation)
    .where(escalation.c.delivery_id.in_(_IDS), escalation.c.outcome == sa.literal_column("''"))
    .values(due_at=_NOW)
    .returning(escalation.c.delivery_id)
)
_FELL = (
    sa.update(escalation)
    .where(escalation.c.delivery_id.in_(_IDS), escalation.c.outcome.in_(("", "reached")))
    .values(due_at=_NOW, outcome="", ended_at=None)
    .returning(escalation.c.delivery_id)
)
_SEEN = (
    sa.update(escalation)
    .where(escalation.c.message_id.in_(_IDS), escalation.c.outcome == sa.literal_column("''"))
    .values(outcome="reached", ended_at=_NOW)
)
_SIBLINGS = (
    sa.select(
        delivery.c.message_id,
        delivery.c.channel,
        delivery.c.state,
        message.c.channel.label("written_for"),
        thread.c.last_inbound_at,
    )
    .join(message, message.c.id == delivery.c.message_id)
    .join(thread, thread.c.id == delivery.c.thread_id)
    .where(delivery.c.message_id.in_(_IDS))
)
_IN_PORTAL = sa.or_(delivery.c.channel.in_(READ_THERE), message.c.channel == ChannelKind.PORTAL)
_UNREAD = (
    sa.select(delivery.c.id)
    .join(message, message.c.id == delivery.c.message_id)
    .where(
        delivery.c.message_id.in_(_IDS),
        delivery.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED)),
        _IN_PORTAL,
    )
    .order_by(delivery.c.id)
)
_UNSEEN = (
    sa.select(delivery.c.message_id)
    .distinct()
    .join(message, message.c.id == delivery.c.message_id)
    .outerjoin(
        escalation,
        sa.and_(escalation.c.message_id == message.c.id, escalation.c.outcome == sa.literal_column("''")),
    )
    .where(
        delivery.c.message_id.in_(_IDS),
        sa.or_(
            escalation.c.message_id.is_not(None),
            sa.and_(delivery.c.state.in_((DeliveryState.SENT, DeliveryState.DELIVERED)), _IN_PORTAL),
        ),
    )
)

"""Deliveries of campaigns that are paused or were stopped, and of visits that were changed.

A pause is one row that changes: each claim asks for it, so that nothing leaves after it has committed, however much
waits. What a claim meets meanwhile is held out of the way until the campaign goes on.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import update_rows
from hub.db.tables import campaign, campaign_step, delivery
from hub.outbox import locks, watch
from hub.outbox.queue import note
from hub.types import DeliveryState, Lane

PAUSED, STOPPED, CHANGED = "campaign-paused", "campaign-stopped", "appointment_changed"
OUT_OF_THE_WAY = datetime(9000, 1, 1, tzinfo=UTC)
"""Until when a delivery is held that waits for somebody's decision, and for no time."""
_LATELY = timedelta(days=1)
_PAGE = 500
_TO_COME = (DeliveryState.QUEUED, DeliveryState.HELD)


async def halted(conn: AsyncConnection, rows: Sequence[Any]) -> dict[str, str]:
    """Of deliveries those whose campaign does not go on now, each with `PAUSED` or `STOPPED`.

    The campaigns stay as they are until the commit: a pause that comes meanwhile waits for what is claimed here.
    """
    asked = {row.message_id for row in rows if row.lane == Lane.BULK}
    if not asked:
        return {}
    query = (
        sa.select(campaign_step.c.message_id, campaign.c.state)
        .join(campaign, campaign.c.id == campaign_step.c.campaign_id)
        .where(campaign_step.c.message_id.in_(asked))
        .with_for_update(of=campaign, read=True)
    )
    words = {"paused": PAUSED, "stopped": STOPPED}
    found = {row.message_id: words.get(row.state, "") for row in await conn.execute(query)}
    return {row.id: found[row.message_id] for row in rows if row.lane == Lane.BULK and found.get(row.message_id)}


async def release(conn: AsyncConnection, now: datetime) -> int:
    """Let some deliveries go that were held by a pause which is over; returns how many."""
    query = (
        sa.select(delivery.c.id)
        .join(campaign_step, campaign_step.c.message_id == delivery.c.message_id)
        .join(campaign, campaign.c.id == campaign_step.c.campaign_id)
        .where(
            delivery.c.state == DeliveryState.HELD,
            delivery.c.lane == Lane.BULK,
            delivery.c.due_at >= OUT_OF_THE_WAY,
            campaign.c.state == "running",
        )
        .limit(_PAGE)
    )
    ids = list((await conn.execute(locks.unclaimed(query))).scalars())
    values = {"state": DeliveryState.QUEUED, "reason": "", "due_at": now, "updated_at": now}
    await update_rows(conn, delivery, [{"id": one, **values} for one in ids])
    await note(conn, [(one, DeliveryState.QUEUED, "") for one in ids], now)
    return len(ids)


async def withdraw(conn: AsyncConnection, now: datetime) -> int:
    """Let some deliveries of runs that were stopped of late never leave; returns how many."""
    query = (
        sa.select(delivery.c.id)
        .join(campaign_step, campaign_step.c.message_id == delivery.c.message_id)
        .join(campaign, campaign.c.id == campaign_step.c.campaign_id)
        .where(campaign.c.state == "stopped", campaign.c.ended_at > now - _LATELY, delivery.c.state.in_(_TO_COME))
        .limit(_PAGE)
    )
    ids = list((await conn.execute(locks.unclaimed(query))).scalars())
    await suppress(conn, ids, STOPPED, now)
    return len(ids)


async def visits_changed(conn: AsyncConnection, appointments: Collection[str], now: datetime) -> int:
    """Void every delivery to come that speaks of these visits, in the transaction that changes them; how many.

    One that a claim holds just now is passed over: the claim waits for the visit, and then voids it itself.
    """
    if not appointments:
        return 0
    query = sa.select(delivery.c.id).where(
        delivery.c.appointment_id.in_(list(appointments)),
        # In so many words, for the index to be used.
        sa.text("delivery.state IN ('queued', 'held') AND delivery.appointment_id IS NOT NULL"),
    )
    ids = list((await conn.execute(locks.unclaimed(query))).scalars())
    await suppress(conn, ids, CHANGED, now)
    return len(ids)


async def suppress(conn: AsyncConnection, ids: Sequence[str], reason: str, now: datetime) -> None:
    """Let these deliveries, which nobody else holds, never leave."""
    values = {"state": DeliveryState.SUPPRESSED, "reason": reason, "due_at": now, "updated_at": now}
    await update_rows(conn, delivery, [{"id": one, **values} for one in ids])
    await note(conn, [(one, DeliveryState.SUPPRESSED, reason) for one in ids], now)
    await watch.heard(conn, list(ids), now)

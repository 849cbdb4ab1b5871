"""What follows for campaigns from a visit that was changed: asked in the transaction that changes it (invariant 7).

Pending steps and deliveries of the visit's old version are void at once, and a slot that came free is noted for whoever
waits. What a planner or a claim holds just now is passed over: they wait for the visit, and then see it themselves.
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import campaign, campaign_step, slot_opening
from hub.outbox import halting
from hub.types import new_id


async def visits_changed(
    conn: AsyncConnection, now: datetime, visits: Collection[str], freed: Collection[str] = ()
) -> None:
    """Void what was to be said of these visits, and open the slots that they left to whoever waits."""
    await halting.visits_changed(conn, visits, now)
    if visits:
        query = (
            sa.select(campaign_step.c.id)
            .where(campaign_step.c.subject_id.in_(list(visits)), campaign_step.c.state == "planned")
            .with_for_update(skip_locked=True)
        )
        ids = list((await conn.execute(query)).scalars())
        values = {
            "state": "void",
            "decision": "skip",
            "rule": halting.CHANGED,
            "reason": "The visit was changed.",
            "updated_at": now,
        }
        await update_rows(conn, campaign_step, [{"id": one, **values} for one in ids])
    if freed:
        await _open(conn, now, freed)


async def _open(conn: AsyncConnection, now: datetime, freed: Collection[str]) -> None:
    """Note slots that came free, while a waitlist campaign is under way."""
    offering = sa.select(campaign.c.id).where(
        campaign.c.kind == "waitlist", campaign.c.state.in_(("running", "paused"))
    )
    if (await conn.execute(offering.limit(1))).first() is None:
        return
    known = sa.select(slot_opening.c.slot_id).where(
        slot_opening.c.slot_id.in_(list(freed)), slot_opening.c.state == "open"
    )
    there = set((await conn.execute(known)).scalars())
    rows = [
        {"id": new_id(), "slot_id": one, "state": "open", "rounds": 0, "due_at": now, "freed_at": now}
        for one in freed
        if one not in there
    ]
    await insert_rows(conn, slot_opening, rows)

"""Catching up: what came due while nothing was sent leaves little by little, not all at once."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from consent.asking import share
from hub.db.bulk import update_rows
from hub.db.tables import appointment, delivery, delivery_event
from hub.outbox import locks
from hub.outbox.queue import note
from hub.types import DeliveryState, Lane

RULE = "catch-up"
_BATCH = 1000


async def away(conn: AsyncConnection, now: datetime) -> bool:
    """Whether nothing was sent lately though something was due: what is late in a busy hub waits its turn.

    Asked before anything is sent.
    """
    since = now - rulebook.load().late
    if (await conn.execute(_MISSED.limit(1), {"since": since})).first() is None:
        return False
    last = (await conn.execute(_LAST_SENT)).scalar_one_or_none()
    return last is None or last < since


async def spread(conn: AsyncConnection, now: datetime) -> bool:
    """Spread some of what was missed; whether there may be more.

    Each keeps its own place in the time that the rules allow for it; what is about a visit leaves well before that. At
    its time everything is asked anew, as for any hold.
    """
    book = rulebook.load()
    query = locks.unclaimed(_MISSED.order_by(delivery.c.id).limit(_BATCH))
    rows = (await conn.execute(query, {"since": now - book.late})).all()
    moved = []
    for row in rows:
        room = book.catch_up
        if row.start is not None:
            room = max(timedelta(0), min(room, (row.start - now) / 4))
        due_at = now + share(row.id) * room
        moved.append({"id": row.id, "state": DeliveryState.HELD, "reason": RULE, "due_at": due_at, "updated_at": now})
    await update_rows(conn, delivery, moved)
    await note(conn, [(row.id, DeliveryState.HELD, RULE) for row in rows], now)
    return len(rows) == _BATCH


_MISSED = (
    sa.select(delivery.c.id, appointment.c.start)
    .outerjoin(appointment, appointment.c.id == delivery.c.appointment_id)
    .where(
        delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
        delivery.c.lane == Lane.BULK,
        delivery.c.due_at < sa.bindparam("since", type_=delivery.c.due_at.type),
    )
)
_LAST_SENT = (
    sa.select(delivery_event.c.at)
    .where(delivery_event.c.state == DeliveryState.SENDING)
    .order_by(delivery_event.c.id.desc())
    .limit(1)
)

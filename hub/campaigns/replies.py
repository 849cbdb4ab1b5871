"""What a person's text may answer: the visit that they were reminded of, a question of a campaign, an offered time."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import delivery
from hub.types import DeliveryState

_LATELY = timedelta(days=8)
"""How long a reminder is what a bare C or R answers: the first comes a week before the visit."""
_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)


async def reminded(conn: AsyncConnection, persons: Collection[str], now: datetime) -> tuple[str, ...]:
    """The visits of which these persons were told lately, the newest word first.

    Who acts for a patient is told of the patient's visits, and answers about them.
    """
    if not persons:
        return ()
    query = (
        sa.select(delivery.c.appointment_id)
        .where(
            delivery.c.person_id.in_(list(persons)),
            delivery.c.created_at > now - _LATELY,
            delivery.c.appointment_id.is_not(None),
            delivery.c.state.in_(_LEFT),
        )
        .order_by(delivery.c.created_at.desc(), delivery.c.id.desc())
        .limit(10)
    )
    return tuple(dict.fromkeys((await conn.execute(query)).scalars()))

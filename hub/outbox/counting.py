"""Counting: what the clinic began to tell each person of late, which is what the caps are about."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules as rulebook
from hub.db.columns import Moment
from hub.db.lookup import Lookup
from hub.db.tables import attempt, delivery
from hub.types import DeliveryState

LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
"""States of what is on its way or arrived. One that failed never reached them, so that what follows it is the first."""

_WEEK = timedelta(days=7)


@dataclass(slots=True)
class Recent:
    """What left for one person in the last week, automated and begun by the clinic.

    calls: when each text and call left. messages: when each message left first, by any channel.
    """

    calls: list[datetime] = field(default_factory=list)
    messages: dict[str, datetime] = field(default_factory=dict)

    def add(self, message_id: str, channel: str, at: datetime) -> None:
        """Count one more delivery."""
        if channel in rulebook.load().capped:
            self.calls.append(at)
        self.messages[message_id] = min(at, self.messages.get(message_id, at))

    def told(self, besides: str | None = None) -> tuple[datetime, ...]:
        """When the messages left, `besides` one: what is told a second way is no second message."""
        return tuple(at for message_id, at in self.messages.items() if message_id != besides)


NOTHING = Recent()
"""Of somebody who got nothing; never added to."""


async def recent(conn: AsyncConnection, persons: Collection[str], now: datetime) -> dict[str, Recent]:
    """What left for each of these persons in the last week; who got nothing is not in it."""
    if not persons:
        return {}
    found: dict[str, Recent] = {}
    since = Moment.writer(conn.dialect)(now - _WEEK)
    for person_id, message_id, channel, at in await _LATELY(conn, set(persons), since=since):
        found.setdefault(person_id, Recent()).add(message_id, channel, at)
    return found


def _among(column: sa.Column[str], words: Collection[str]) -> sa.ColumnElement[bool]:
    """That a column has one of our words, so put that no index serves: a person's few deliveries are found by the
    person, and SQLite, which keeps no figures of its tables, would rather look through all that ever left.
    """
    return column.concat(sa.literal_column("''")).in_([sa.literal_column(f"'{word}'") for word in words])


_LATELY = Lookup(
    delivery.c.person_id,
    lambda among: (
        sa.select(delivery.c.person_id, delivery.c.message_id, delivery.c.channel, attempt.c.started_at)
        .join(attempt, sa.and_(attempt.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempts))
        .where(
            among,
            _among(delivery.c.channel, sorted(rulebook.load().capped | rulebook.load().told)),
            delivery.c.automated.is_(True),
            delivery.c.replies_to.is_(None),
            _among(delivery.c.state, LEFT),
            attempt.c.started_at > sa.bindparam("since", type_=attempt.c.started_at.type),
        )
    ),
)

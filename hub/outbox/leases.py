"""Leases: an attempt belongs to the process that claimed it, as long as that process says so.

A lease is short, so that what a dead process left is soon asked about. It is extended while the attempt waits for its
request, is under way, or waits to be recorded. A process that was too slow to extend one finds out here, and does not
begin a request that another process may have begun meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import delivery
from hub.types import DeliveryState

LEASE = timedelta(seconds=30)
EXTEND_EVERY = timedelta(seconds=10)
_AT_ONCE = 128
"""Deliveries extended by one statement."""


class Leases:
    """The attempts that this process holds, by delivery: the attempt's number, and until when it is ours."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, datetime]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, claims: Iterable[tuple[str, int]], until: datetime) -> None:
        """These attempts, as (delivery, number), are ours until then."""
        self._held.update((delivery_id, (attempt, until)) for delivery_id, attempt in claims)

    def extended(self, claims: Iterable[tuple[str, int]], until: datetime) -> None:
        """Those of these attempts that were not released meanwhile are ours until then."""
        held = self._held
        self.hold([one for one in claims if held.get(one[0], (0,))[0] == one[1]], until)

    def release(self, delivery_id: str, attempt: int) -> None:
        """The attempt's result is recorded, or somebody else's affair."""
        if self._held.get(delivery_id, (0,))[0] == attempt:
            del self._held[delivery_id]

    def good(self, delivery_id: str, attempt: int, now: datetime) -> bool:
        """Whether the attempt is still ours at `now`."""
        number, until = self._held.get(delivery_id, (0, now))
        return number == attempt and now < until

    async def extend(self, conn: AsyncConnection, now: datetime) -> list[tuple[str, int]]:
        """Extend every lease in the caller's transaction: those that are still ours, for `extended` after the commit.

        One that was marked as lost, or has moved on, is not: its delivery is no longer ours to send.
        """
        by_number: dict[int, list[str]] = {}
        for delivery_id, (attempt, _) in self._held.items():
            by_number.setdefault(attempt, []).append(delivery_id)
        kept = []
        for attempt, ids in by_number.items():
            ids.sort()
            for start in range(0, len(ids), _AT_ONCE):
                extended = await conn.execute(
                    sa.update(delivery)
                    .where(
                        delivery.c.id.in_(ids[start : start + _AT_ONCE]),
                        delivery.c.attempts == attempt,
                        delivery.c.state == DeliveryState.SENDING,
                        delivery.c.unknown_since.is_(None),
                    )
                    .values(lease_until=now + LEASE)
                    .returning(delivery.c.id)
                )
                kept += [(row.id, attempt) for row in extended]
        return kept

"""Leases: an attempt belongs to the process that claimed it, as long as that process says so.

A lease is short, so that what a dead process left is soon asked about. It is extended while the attempt waits for its
request, is under way, or waits to be recorded. A process that was too slow to extend one finds out here, and does not
begin a request that another process may have begun meanwhile.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import delivery
from hub.types import DeliveryState

LEASE = timedelta(seconds=30)
EXTEND_EVERY = timedelta(seconds=10)
LONGEST = timedelta(minutes=5)
"""After so long an attempt is stuck, and the provider is better asked about it."""
_AT_ONCE = 128
"""Deliveries extended by one statement."""

Attempt = tuple[str, int]
"""A delivery, and the number of its attempt."""


class _Lease(NamedTuple):
    attempt: int
    since: datetime
    until: datetime


class Leases:
    """The attempts that this process holds."""

    def __init__(self) -> None:
        self._held: dict[str, _Lease] = {}

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, attempts: Iterable[Attempt], now: datetime) -> None:
        """These attempts were claimed `now`, and are ours for the length of a lease."""
        until = now + LEASE
        self._held.update((delivery_id, _Lease(attempt, now, until)) for delivery_id, attempt in attempts)

    def extended(self, attempts: Iterable[Attempt], now: datetime) -> None:
        """Those of these attempts that were not released meanwhile are ours for the length of a lease from `now`."""
        for delivery_id, attempt in attempts:
            lease = self._held.get(delivery_id)
            if lease is not None and lease.attempt == attempt:
                self._held[delivery_id] = lease._replace(until=now + LEASE)

    def release(self, delivery_id: str, attempt: int) -> None:
        """The attempt's result is recorded, or somebody else's affair."""
        lease = self._held.get(delivery_id)
        if lease is not None and lease.attempt == attempt:
            del self._held[delivery_id]

    def good(self, delivery_id: str, attempt: int, now: datetime) -> bool:
        """Whether the attempt is still ours at `now`."""
        lease = self._held.get(delivery_id)
        return lease is not None and lease.attempt == attempt and now < lease.until

    async def extend(self, conn: AsyncConnection, now: datetime) -> list[Attempt]:
        """Extend every lease in the caller's transaction: those that are still ours, for `extended` after the commit.

        One that was marked as lost, or has moved on, is not: its delivery is no longer ours to send.
        """
        by_number: dict[int, list[str]] = {}
        for delivery_id, lease in self._held.items():
            if now - lease.since < LONGEST:
                by_number.setdefault(lease.attempt, []).append(delivery_id)
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

"""The event log: what changed, as ids, for everyone who watches live.

An event is written in the transaction of the change. Its number comes from a counter row that the transaction
locks, so that numbers appear in order and a reader who has seen `n` never misses one below it. After a day
events are pruned: who has been away longer reads the state anew.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import at_end
from hub.db.counters import insert_numbered
from hub.db.tables import counter, event

KEEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """`type` is `noun.verb`; `audience` says who may hear of it (`staff`, or `person:ID`)."""

    type: str
    object_id: str
    audience: str = "staff"


class Bell:
    """Wakes everyone who waits, in this process; what they then do is read the database."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self._hearing: list[Callable[[], None]] = []

    def hear(self, hearing: Callable[[], None]) -> None:
        """Call `hearing` at every ring; it must neither wait nor fail."""
        self._hearing.append(hearing)

    def ring(self) -> None:
        """Wake all who wait."""
        for waiting in self._waiting:
            waiting.set()
        for hearing in self._hearing:
            hearing()

    async def wait(self, seconds: float) -> bool:
        """True when rung, False after so many seconds."""
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            # Not wait_for: in Python 3.11 it forgets that it was cancelled when both happen at once.
            async with asyncio.timeout(seconds):
                await waiting.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting.discard(waiting)


async def publish(conn: AsyncConnection, now: datetime, changes: Sequence[Change]) -> None:
    """Write `changes` in the caller's transaction: together with all its others, just before it commits."""
    at_end(conn, _write, [(now, change) for change in changes])


async def _write(conn: AsyncConnection, changes: list[tuple[datetime, Change]]) -> None:
    # From here to the commit the counter is locked: numbers appear in order.
    rows = [{"type": c.type, "object_id": c.object_id, "audience": c.audience, "at": now} for now, c in changes]
    await insert_numbered(conn, event, "seq", "event", rows)


async def read(
    conn: AsyncConnection,
    after: int,
    audiences: Iterable[str] | None = None,
    limit: int = 200,
    types: Iterable[str] | None = None,
) -> list[tuple[int, Change]]:
    """Events after number `after`, in order: those that one of `audiences` may hear of, or all; of `types`, or all."""
    query = sa.select(event).where(event.c.seq > after).order_by(event.c.seq).limit(limit)
    if audiences is not None:
        query = query.where(event.c.audience.in_(list(audiences)))
    if types is not None:
        query = query.where(event.c.type.in_(list(types)))
    return [(row.seq, Change(row.type, row.object_id, row.audience)) for row in await conn.execute(query)]


async def bounds(conn: AsyncConnection) -> tuple[int, int]:
    """The lowest number still kept and the highest given (0, 0 when there was none)."""
    lowest = (await conn.execute(sa.select(sa.func.min(event.c.seq)))).scalar_one()
    highest = (await conn.execute(sa.select(counter.c.value).where(counter.c.name == "event"))).scalar_one_or_none()
    return lowest or 0, highest or 0


async def prune(conn: AsyncConnection, now: datetime, limit: int = 10_000) -> int:
    """Delete up to `limit` events older than a day; returns how many. The lowest numbers are the oldest."""
    oldest = sa.select(event.c.seq, event.c.at).order_by(event.c.seq).limit(limit)
    stale = [row.seq for row in await conn.execute(oldest) if row.at < now - KEEP]
    if stale:
        await conn.execute(sa.delete(event).where(event.c.seq <= stale[-1]))
    return len(stale)

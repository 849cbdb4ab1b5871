"""Row locks: what lets several dispatchers share one PostgreSQL, at READ COMMITTED.

The embedded database has one writer at a time, and a transaction there sees nothing change: nothing is asked of it.
This is the one place of the outbox that knows the difference.

Everybody locks in the same order: deliveries, then addresses, appointments and persons, each by id.

- A claim passes over deliveries that another claim holds (`SKIP LOCKED`), so it never waits for one. What it decides by
  is locked before it is read, in a statement of its own: a later statement sees what committed meanwhile.
- A fact of the ledger locks its address against claims (`Ledger.record`). Whichever came first, the other sees it.
- Settling and callbacks lock the deliveries whose states they compare.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.policy import AddressState
from hub.db.tables import address, delivery, person


def embedded(conn: AsyncConnection) -> bool:
    """Whether this is the embedded database: one writer, and one dispatcher."""
    return conn.dialect.name == "sqlite"


def unclaimed(query: sa.Select[Any]) -> sa.Select[Any]:
    """`query`, which selects deliveries: the rows locked, leaving out those that others have locked."""
    return query.with_for_update(of=delivery, skip_locked=True)


async def addresses(conn: AsyncConnection, ids: Iterable[str], *, alone: bool) -> dict[str, AddressState]:
    """The state of each address, which stays until the commit, as does what the ledger holds about it.

    `alone`: no other claim may decide about these addresses meanwhile. Empty on the embedded database: there, what the
    transaction has read still holds.
    """
    if embedded(conn):
        return {}
    query = sa.select(address.c.id, address.c.state).where(address.c.id.in_(set(ids))).order_by(address.c.id)
    # The weaker of the two locks for one's own use: new deliveries, which refer to the address, need not wait.
    query = query.with_for_update(key_share=True) if alone else query.with_for_update(read=True)
    return {row.id: row.state for row in await conn.execute(query)}


async def persons(conn: AsyncConnection, ids: Iterable[str]) -> None:
    """Let no other claim count what these persons were sent until the commit."""
    wanted = set(ids)
    if wanted and not embedded(conn):
        query = sa.select(person.c.id).where(person.c.id.in_(wanted)).order_by(person.c.id)
        await conn.execute(query.with_for_update(key_share=True))


async def deliveries(conn: AsyncConnection, ids: Iterable[str]) -> None:
    """Let nobody else move these deliveries until the commit."""
    if not embedded(conn):
        query = sa.select(delivery.c.id).where(delivery.c.id.in_(set(ids))).order_by(delivery.c.id)
        await conn.execute(query.with_for_update(key_share=True))

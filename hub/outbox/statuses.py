"""The providers' callbacks: what became of what we sent, in whatever order they tell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, Explaining
from consent.ledger import Ledger
from hub.db.tables import delivery, unmatched_status
from hub.errors import AddressInvalid, RecipientOptedOut
from hub.events import Change, publish
from hub.outbox.queue import note
from hub.outbox.settle import alert, mark_address, record_carrier_stop
from hub.outbox.states import sources
from hub.types import ChannelKind, DeliveryState, Lane, Status, new_id


async def report(
    conn: AsyncConnection,
    ledger: Ledger,
    channels: Mapping[ChannelKind, Channel],
    statuses: Sequence[Status],
    now: datetime,
) -> list[tuple[ChannelKind, DeliveryState]]:
    """The states that were reached by these callbacks; what is early, double or late reaches none.

    One that names no delivery of ours is kept for a while: the answer that tells us its id may still be on its way.
    """
    reached = []
    for status in statuses:
        row = await _find(conn, status)
        if row is None:
            await conn.execute(sa.insert(unmatched_status), _unmatched(status))
            continue
        moved = await conn.execute(
            sa.update(delivery)
            .where(delivery.c.id == row.id, delivery.c.state.in_(sources(status.state)))
            .values(
                state=status.state,
                reason=status.code or "",
                provider_id=status.provider_id,
                lease_until=None,
                unknown_since=None,
                updated_at=now,
            )
        )
        if not moved.rowcount:
            continue
        await note(conn, [(row.id, status.state, status.code or "")], status.at)
        if status.state is DeliveryState.FAILED:
            await _failed(conn, ledger, channels.get(status.channel), row, status, now)
        await publish(conn, now, [Change("delivery.updated", row.id)])
        reached.append((status.channel, status.state))
    return reached


async def prune(conn: AsyncConnection, before: datetime) -> int:
    """Delete callbacks that never found their delivery; returns how many."""
    return (await conn.execute(sa.delete(unmatched_status).where(unmatched_status.c.at < before))).rowcount


async def _find(conn: AsyncConnection, status: Status) -> Any:
    columns = (delivery.c.id, delivery.c.thread_id, delivery.c.address_id, delivery.c.lane)
    if status.delivery_id is not None:
        query = sa.select(*columns).where(delivery.c.id == status.delivery_id, delivery.c.channel == status.channel)
        row = (await conn.execute(query)).first()
        if row is not None:
            return row
    by_theirs = sa.select(*columns).where(
        delivery.c.channel == status.channel, delivery.c.provider_id == status.provider_id
    )
    return (await conn.execute(by_theirs)).first()


async def _failed(
    conn: AsyncConnection, ledger: Ledger, channel: Channel | None, row: Any, status: Status, now: datetime
) -> None:
    fault = channel.fault(status.code) if isinstance(channel, Explaining) else None
    if fault is AddressInvalid:
        await mark_address(conn, row.address_id, status.code or "")
    if fault is RecipientOptedOut:
        await record_carrier_stop(conn, ledger, row.address_id, now)
    if row.lane != Lane.BULK:
        await alert(conn, [(row.thread_id, status.code or "")])


def _unmatched(status: Status) -> dict[str, object]:
    return {
        "id": new_id(),
        "channel": status.channel,
        "provider_id": status.provider_id,
        "state": status.state,
        "code": status.code or "",
        "at": status.at,
    }

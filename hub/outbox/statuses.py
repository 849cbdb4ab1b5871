"""The providers' callbacks: what became of what we sent, in whatever order they tell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, Explaining
from consent.ledger import Ledger
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import delivery, unmatched_status
from hub.errors import AddressInvalid, RecipientOptedOut, TextsRefused
from hub.events import Change, publish
from hub.outbox import watch
from hub.outbox.queue import note
from hub.outbox.settle import alert, mark_address, record_carrier_stop
from hub.outbox.states import may_become
from hub.types import ChannelKind, DeliveryState, Lane, Status, new_id

FINAL_WORDS = (DeliveryState.DELIVERED, DeliveryState.READ)
"""What a provider says of a delivery that is done."""


class Reached(NamedTuple):
    """A delivery went by `channel`, and from one state to another."""

    channel: ChannelKind
    before: DeliveryState
    state: DeliveryState


async def report(
    conn: AsyncConnection,
    ledger: Ledger,
    channels: Mapping[ChannelKind, Channel],
    statuses: Sequence[Status],
    now: datetime,
) -> list[Reached]:
    """The states that were reached by these callbacks; what is early, double or late reaches none.

    One that names no delivery of ours is kept for a while: the answer that tells us its id may still be on its way.
    """
    known = await _find(conn, statuses)
    states = {row.id: DeliveryState(row.state) for row in known if row is not None}
    changes: dict[str, dict[str, object]] = {}
    reached: list[Reached] = []
    unmatched, history, failed = [], [], []
    for status, row in zip(statuses, known, strict=True):
        if row is None:
            unmatched.append(_unmatched(status))
            continue
        before = states[row.id]
        if not may_become(before, status.state):
            continue
        states[row.id] = status.state
        reached.append(Reached(status.channel, before, status.state))
        history.append((row.id, status.state, status.code or ""))
        changes[row.id] = {
            "id": row.id,
            "state": status.state,
            "reason": status.code or "",
            "provider_id": status.provider_id,
            "lease_until": None,
            "unknown_since": None,
            "updated_at": now,
        }
        if status.state is DeliveryState.FAILED:
            failed.append((row, status))
    await insert_rows(conn, unmatched_status, unmatched)
    await update_rows(conn, delivery, list(changes.values()))
    await note(conn, history, now)
    lost = {row.id for row, _ in failed}
    await watch.heard(conn, [one for one in changes if one not in lost and states[one] in FINAL_WORDS], now)
    watched = await watch.fell(conn, sorted(lost), now)
    for row, status in failed:
        await _failed(conn, ledger, channels.get(status.channel), row, status, now)
        if row.lane != Lane.BULK and row.id not in watched:
            await alert(conn, [(row.thread_id, status.code or "")])
    await publish(conn, now, [Change("delivery.updated", delivery_id) for delivery_id in changes])
    return reached


async def prune(conn: AsyncConnection, before: datetime) -> int:
    """Delete callbacks that never found their delivery; returns how many."""
    return (await conn.execute(sa.delete(unmatched_status).where(unmatched_status.c.at < before))).rowcount


_COLUMNS = (
    delivery.c.id,
    delivery.c.channel,
    delivery.c.provider_id,
    delivery.c.thread_id,
    delivery.c.address_id,
    delivery.c.lane,
    delivery.c.state,
)
# Locked, for a state is compared and then written; in one order, so that two that meet do not block each other.
_LOCKED = sa.select(*_COLUMNS).order_by(delivery.c.id).with_for_update(key_share=True)
_OURS = _LOCKED.where(delivery.c.id.in_(sa.bindparam("ids", expanding=True)))
_THEIRS = _LOCKED.where(
    delivery.c.channel.in_(sa.bindparam("channels", expanding=True)),
    delivery.c.provider_id.in_(sa.bindparam("ids", expanding=True)),
)


async def _find(conn: AsyncConnection, statuses: Sequence[Status]) -> list[Any]:
    """For each callback the delivery that it speaks of, or None: by our own reference, else by the provider's id."""
    references = {status.delivery_id for status in statuses if status.delivery_id is not None}
    by_ours = (await conn.execute(_OURS, {"ids": list(references)})).all() if references else ()
    ours = {(row.id, row.channel): row for row in by_ours}
    found = [ours.get((status.delivery_id, status.channel)) for status in statuses]
    strays = [status for status, row in zip(statuses, found, strict=True) if row is None]
    if strays:
        ids, kinds = {status.provider_id for status in strays}, {status.channel for status in strays}
        by_theirs = await conn.execute(_THEIRS, {"ids": list(ids), "channels": list(kinds)})
        theirs = {(row.provider_id, row.channel): row for row in by_theirs}
        found = [
            row or theirs.get((status.provider_id, status.channel)) for status, row in zip(statuses, found, strict=True)
        ]
    return found


async def _failed(
    conn: AsyncConnection, ledger: Ledger, channel: Channel | None, row: Any, status: Status, now: datetime
) -> None:
    fault = channel.fault(status.code) if isinstance(channel, Explaining) else None
    if fault is not None and issubclass(fault, AddressInvalid):
        await mark_address(conn, row.address_id, status.code or "", no_texts=fault is TextsRefused)
    if fault is RecipientOptedOut:
        await record_carrier_stop(conn, ledger, row.address_id, status.channel, now)


def _unmatched(status: Status) -> dict[str, object]:
    return {
        "id": new_id(),
        "channel": status.channel,
        "provider_id": status.provider_id,
        "state": status.state,
        "code": status.code or "",
        "at": status.at,
    }

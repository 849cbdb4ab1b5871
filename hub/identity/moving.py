"""Bringing what is sealed of one person to another: opened with the one's key, sealed anew with the other's.

Everything here runs in the transaction of a merge, a page at a time, so that a long thread takes time and no memory.
"""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge as in_order
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import claimed_address, contact, delivery, message, retired_address, thread, turn
from hub.identity import desks
from hub.sealed import open_body, open_contact, open_words, seal_body, seal_contact, seal_words
from hub.threads import Thread, Threads
from hub.types import ThreadStatus
from hub.vault import Keys

_PAGE = 200
_FIRST = (ThreadStatus.OPEN, ThreadStatus.SNOOZED, ThreadStatus.BOT, ThreadStatus.CLOSED)
"""Who has the survivor's thread: staff, if they had either."""


class _Place(NamedTuple):
    """Where a message stands: by its time, and within one moment by its thread and number."""

    at: datetime
    thread: int
    seq: int
    id: str


async def messages(conn: AsyncConnection, keys: Keys, source: Thread, target: Thread) -> int:
    """Put the source's messages among the target's, each thread in its own order, both by time; how many came.

    Every entry of the target gets a new number, so that they stand without gaps.
    """
    places = in_order(*[await _places(conn, one, n) for n, one in enumerate((target, source))])
    numbers = {place.id: number for number, place in enumerate(places, start=1)}
    # Out of the way: no two entries of a thread may have the same number at any moment.
    mine = message.c.thread_id == target.id
    await conn.execute(sa.update(message).where(mine).values(seq=-message.c.seq))
    came = 0
    last = 0
    while True:
        query = sa.select(message.c.id, message.c.seq, message.c.body_sealed).where(
            message.c.thread_id == source.id, message.c.seq > last
        )
        rows = (await conn.execute(query.order_by(message.c.seq).limit(_PAGE))).all()
        if not rows:
            break
        last, came = rows[-1].seq, came + len(rows)
        await update_rows(conn, message, [_resealed(keys, source, target, row, numbers[row.id]) for row in rows])
    for page in _pages([place for place in await _places(conn, target, 0) if place.seq < 0]):
        await update_rows(conn, message, [{"id": one.id, "seq": numbers[one.id]} for one in page])
    return came


async def _places(conn: AsyncConnection, one: Thread, which: int) -> list[_Place]:
    """Where the messages of a thread stand. A time that runs back does not: their own order is kept."""
    query = sa.select(message.c.id, message.c.seq, message.c.at).where(message.c.thread_id == one.id)
    found: list[_Place] = []
    for row in await conn.execute(query.order_by(message.c.seq)):
        at = max(row.at, found[-1].at) if found else row.at
        found.append(_Place(at, which, row.seq, row.id))
    return found


def _pages(rows: list[_Place]) -> Iterator[list[_Place]]:
    for start in range(0, len(rows), _PAGE):
        yield rows[start : start + _PAGE]


def _resealed(keys: Keys, source: Thread, target: Thread, row: Any, number: int) -> dict[str, Any]:
    body = open_body(keys, source.person_id, source.id, row.id, row.body_sealed)
    sealed = seal_body(keys, target.person_id, target.id, row.id, body)
    return {"id": row.id, "thread_id": target.id, "seq": number, "body_sealed": sealed}


async def state(conn: AsyncConnection, threads: Threads, keys: Keys, source: Thread, target: Thread) -> None:
    """Make one state of both threads', and take the source away: whatever is the more urgent of the two holds."""
    rows = {row.id: row for row in await conn.execute(sa.select(thread).where(thread.c.id.in_((source.id, target.id))))}
    one, other = rows[target.id], rows[source.id]
    status = min((ThreadStatus(row.status) for row in (one, other)), key=_FIRST.index)
    louder = other if other.attention and (not one.attention or other.priority > one.priority) else one
    newer = max((one, other), key=lambda row: (row.last_inbound_at is not None, row.last_inbound_at))
    count = sa.select(sa.func.count()).where(message.c.thread_id == target.id)
    values = {
        "status": status,
        "priority": max(one.priority, other.priority),
        "attention": louder.attention,
        "assignee": one.assignee or other.assignee,
        "last_seq": (await conn.execute(count)).scalar_one(),
        "last_at": max(one.last_at, other.last_at),
        "last_inbound_at": newer.last_inbound_at,
        "last_channel": newer.last_channel,
        "created_at": min(one.created_at, other.created_at),
        # The survivor's thread is the team's that it was; a promise is made anew by whoever has it.
        "team_id": one.team_id or other.team_id,
        "waiting_since": min((row.waiting_since for row in (one, other) if row.waiting_since), default=None),
        "due_at": min((row.due_at for row in (one, other) if row.due_at and row.waiting_since), default=None),
        "escalated": max(one.escalated, other.escalated),
        "snoozed_until": min((row.snoozed_until for row in (one, other) if row.snoozed_until), default=None)
        if status is ThreadStatus.SNOOZED
        else None,
        "closed_at": one.closed_at or other.closed_at if status is ThreadStatus.CLOSED else None,
        "disposition": one.disposition or other.disposition if status is ThreadStatus.CLOSED else "",
    }
    await conn.execute(sa.update(thread).where(thread.c.id == target.id).values(**values))
    if other.dialogue_sealed is not None and (one.dialogue_at is None or other.dialogue_at > one.dialogue_at):
        # The conversation that was had last goes on.
        kept = await threads.dialogue(conn, keys, source)
        await threads.keep_dialogue(conn, keys, target, None if kept is None else kept[0])
    await conn.execute(sa.delete(turn).where(turn.c.thread_id == source.id))
    await desks.rehome(conn, keys, source, target)
    await conn.execute(sa.delete(thread).where(thread.c.id == source.id))


async def addresses(conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, how: str | None) -> dict[str, int]:
    """Link the person's addresses to the survivor, in every standing that they have; how many, by standing.

    how: what proves them to be the survivor's, where that is not what proved them before.
    """
    moved = {}
    tables = {"addresses": contact, "claimed_addresses": claimed_address, "retired_addresses": retired_address}
    has = set((await conn.execute(sa.select(contact.c.address_id).where(contact.c.person_id == into_id))).scalars())
    claims = sa.select(claimed_address.c.address_id).where(claimed_address.c.person_id == into_id)
    claimed = set((await conn.execute(claims)).scalars())
    for what, table in tables.items():
        rows = (await conn.execute(sa.select(table).where(table.c.person_id == from_id))).mappings().all()
        # Both had it: once is enough. What one claims and the other has is proved.
        there = {"addresses": has, "claimed_addresses": has | claimed}.get(what, set())
        gained = [_relinked(keys, from_id, into_id, row) for row in rows if row["address_id"] not in there]
        if what == "addresses":
            has |= {one["address_id"] for one in gained}
            gained = [one if how is None else one | {"verified_how": how} for one in gained]
        await conn.execute(sa.delete(table).where(table.c.person_id == from_id))
        await insert_rows(conn, table, gained)
        moved[what] = len(gained)
    proved = claimed_address.c.address_id.in_(has)
    await conn.execute(sa.delete(claimed_address).where(claimed_address.c.person_id == into_id, proved))
    return moved


def _relinked(keys: Keys, from_id: str, into_id: str, row: Any) -> dict[str, Any]:
    value = open_contact(keys, from_id, row["address_id"], row["value_sealed"])
    sealed = seal_contact(keys, into_id, row["address_id"], value)
    return {**row, "person_id": into_id, "value_sealed": sealed}


async def words(conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, thread_id: str) -> None:
    """Seal anew what the source's deliveries say in place of their messages' texts."""
    theirs = sa.select(delivery.c.id, delivery.c.thread_id, delivery.c.words_sealed).where(
        delivery.c.person_id == from_id, delivery.c.words_sealed.is_not(None)
    )
    query = theirs
    while True:
        rows = (await conn.execute(query.order_by(delivery.c.id).limit(_PAGE))).all()
        if not rows:
            return
        query = theirs.where(delivery.c.id > rows[-1].id)
        said = [(row.id, open_words(keys, from_id, row.thread_id, row.id, row.words_sealed)) for row in rows]
        sealed = [{"id": one, "words_sealed": seal_words(keys, into_id, thread_id, one, text)} for one, text in said]
        await update_rows(conn, delivery, sealed)

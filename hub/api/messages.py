"""Messages of a thread, with how far each has come."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api import files
from hub.api.reasons import explained
from hub.api.shapes import Author, Cursor, Delivery, DeliveryStep, Limit, Message, Page
from hub.calls import cursors
from hub.calls.endpoints import Call, Read
from hub.calls.problems import not_found
from hub.db.tables import delivery, delivery_event, message
from hub.files import Attachment as File
from hub.parts import Parts
from hub.sealed import PERSONAL, Body, open_body
from hub.types import AuthorKind, ChannelKind, DeliveryState, Direction
from hub.vault import Keys

_PERSONAL = "A code for signing in, for the person alone."


class MessagesQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Which page of a thread."""

    limit: Limit = 50
    cursor: Cursor | None = None


async def messages(conn: AsyncConnection, call: Call[MessagesQuery, None]) -> Read:
    """The entries of a thread, oldest first: what is added later comes on a later page."""
    parts = call.parts
    thread = await parts.threads.get(conn, call.ids["id"])
    if thread is None:
        raise not_found("thread")
    thread_id = thread.id
    query = sa.select(message).where(message.c.thread_id == thread_id).order_by(message.c.seq)
    if call.query.cursor is not None:
        (last,) = cursors.read(call.query.cursor, tuple[int])
        query = query.where(message.c.seq > last)
    rows = (await conn.execute(query.limit(call.query.limit + 1))).all()
    shown = rows[: call.query.limit]
    following = cursors.written(shown[-1].seq) if len(rows) > len(shown) else None
    page = Page(items=await opened(conn, parts, thread.person_id, shown), next=following)
    return Read(value=page, action="message.read", persons=(thread.person_id,), object_id=thread_id)


async def message_with(conn: AsyncConnection, parts: Parts, person_id: str, message_id: str) -> Message:
    """The message with this id, of this person's thread."""
    row = (await conn.execute(sa.select(message).where(message.c.id == message_id))).one()
    return (await opened(conn, parts, person_id, (row,)))[0]


async def opened(conn: AsyncConnection, parts: Parts, person_id: str, rows: Sequence[Any]) -> list[Message]:
    """Rows of `message`, of one person's thread, as they are shown, in their order. Raises: KeyDestroyed."""
    keys = await parts.vault.key(conn, person_id)
    deliveries = await _deliveries(conn, parts, [row.id for row in rows])
    bodies = {row.id: _body(keys, person_id, row) for row in rows}
    attached = await parts.files.shelf.of(conn, bodies)
    return [_message(row, bodies[row.id], attached.get(row.id, []), deliveries.get(row.id)) for row in rows]


def _body(keys: Keys, person_id: str, row: Any) -> Body:
    return open_body(keys, person_id, row.thread_id, row.id, row.body_sealed)


def _message(row: Any, body: Body, attached: list[File], delivered: Delivery | None) -> Message:
    personal = (row.intent_key or "").startswith(PERSONAL)
    return Message(
        id=row.id,
        seq=row.seq,
        direction=Direction(row.direction),
        author=Author(kind=AuthorKind(row.author_kind), name=body.author),
        channel=ChannelKind(row.channel) if row.channel else None,
        body=_PERSONAL if personal else body.text,
        attachments=files.shown(body, attached),
        at=row.at,
        delivery=delivered,
    )


async def _deliveries(conn: AsyncConnection, parts: Parts, ids: Sequence[str]) -> dict[str, Delivery]:
    """The newest delivery of each message, with the history of all of them."""
    columns = (delivery.c.id, delivery.c.message_id, delivery.c.channel, delivery.c.state, delivery.c.reason)
    query = sa.select(*columns, delivery.c.due_at).where(delivery.c.message_id.in_(ids)).order_by(delivery.c.id)
    rows = (await conn.execute(query)).all()
    of = {row.id: row for row in rows}
    reached = (
        sa.select(delivery_event)
        .where(delivery_event.c.delivery_id.in_(of))
        .order_by(delivery_event.c.at, delivery_event.c.id)
    )
    history: dict[str, list[DeliveryStep]] = {}
    for event in await conn.execute(reached):
        row = of[event.delivery_id]
        step = DeliveryStep(
            state=DeliveryState(event.state),
            channel=ChannelKind(row.channel),
            at=event.at,
            code=event.reason or None,
            reason=explained(event.reason, ChannelKind(row.channel), parts.channels),
        )
        history.setdefault(row.message_id, []).append(step)
    found = {}
    for row in rows:
        state, channel = DeliveryState(row.state), ChannelKind(row.channel)
        found[row.message_id] = Delivery(
            state=state,
            channel=channel,
            code=row.reason or None,
            reason=explained(row.reason, channel, parts.channels),
            until=row.due_at if state is DeliveryState.HELD else None,
            history=history.get(row.message_id, []),
        )
    return found

"""Queueing: a delivery is written with its message, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.batches import Batch
from hub.db.bulk import insert_rows, write_rows
from hub.db.tables import delivery, delivery_event
from hub.types import ChannelKind, DeliveryState, Lane, Level, Purpose, new_id, new_ids


class NewDelivery(Struct, frozen=True, kw_only=True):
    """One message on its way to one address.

    state: queued, or held until `due_at` because of `reason` (a rule's id).
    segments: what the sender's rate limit counts.
    answers_id: the message that it answers.
    step: which of its message's deliveries it is. words_sealed: what it says in place of its message's text.
    about_id: the patient, where it goes to who acts for them. level: what the words that leave reveal.
    """

    message_id: str
    thread_id: str
    person_id: str
    address_id: str
    channel: ChannelKind
    lane: Lane
    purpose: Purpose
    automated: bool
    state: DeliveryState
    reason: str
    due_at: datetime
    segments: int
    replies_to: datetime | None = None
    answers_id: str | None = None
    confirms_stop: bool = False
    answers_help: bool = False
    appointment: tuple[str, int] | None = None
    step: int = 0
    words_sealed: bytes | None = None
    about_id: str | None = None
    level: Level = "full"
    id: str = field(default_factory=new_id)


async def enqueue(conn: AsyncConnection, new: NewDelivery, now: datetime) -> str:
    """The id of the delivery, written in the caller's transaction."""
    row = row_of(new, now)
    await insert_rows(conn, delivery, [row])
    await note(conn, [(new.id, new.state, str(row["reason"]))], now)
    return new.id


def row_of(new: NewDelivery, now: datetime) -> dict[str, Any]:
    """What is written of a delivery."""
    appointment_id, version = new.appointment or (None, None)
    return {
        "id": new.id,
        "message_id": new.message_id,
        "thread_id": new.thread_id,
        "person_id": new.person_id,
        "address_id": new.address_id,
        "channel": str(new.channel),
        "lane": str(new.lane),
        "purpose": str(new.purpose),
        "automated": new.automated,
        "confirms_stop": new.confirms_stop,
        "answers_help": new.answers_help,
        "replies_to": new.replies_to,
        "answers_id": new.answers_id,
        "appointment_id": appointment_id,
        "appointment_version": version,
        "state": str(new.state),
        "reason": new.reason if new.state is DeliveryState.HELD else "",
        "segments": new.segments,
        "due_at": new.due_at,
        "attempts": 0,
        "step": new.step,
        "words_sealed": new.words_sealed,
        "created_at": now,
        "updated_at": now,
        "about_id": new.about_id,
        "level": new.level,
    }


async def enqueue_many(conn: AsyncConnection, new: Sequence[NewDelivery], now: datetime, *with_them: Batch) -> None:
    """As `enqueue`, for many at once and together with what else is written of them, such as their messages."""
    rows = [row_of(one, now) for one in new]
    # On their own, for they refer to the messages.
    await write_rows(conn, *with_them)
    await write_rows(conn, Batch(delivery, rows))
    history = [
        {"id": event_id, "delivery_id": row["id"], "state": row["state"], "reason": row["reason"], "at": now}
        for event_id, row in zip(new_ids(len(rows)), rows, strict=True)
    ]
    await write_rows(conn, Batch(delivery_event, history))


async def note(conn: AsyncConnection, reached: list[tuple[str, DeliveryState, str]], at: datetime) -> None:
    """Write that deliveries reached a state, with the reason, into their history."""
    if reached:
        rows = [
            {"id": event_id, "delivery_id": delivery_id, "state": state, "reason": reason, "at": at}
            for event_id, (delivery_id, state, reason) in zip(new_ids(len(reached)), reached, strict=True)
        ]
        await insert_rows(conn, delivery_event, rows)

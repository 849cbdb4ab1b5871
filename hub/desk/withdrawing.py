"""Taking a message back that has not left: within the seconds of undo, or before the moment that was chosen for it."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Entry, Trail
from hub.clock import Clock
from hub.db.tables import delivery, escalation, message
from hub.desk.custody import WITHDRAWN, Custody, Held, unanswered_since
from hub.desk.drafts import Drafts
from hub.desk.states import Refusal, Unsettle
from hub.desk.writing import Writer
from hub.events import Change, publish
from hub.outbox import locks
from hub.outbox.queue import note
from hub.sealed import open_body
from hub.types import AuthorKind, ChannelKind, DeliveryState, Direction
from hub.vault import Vault

_NOT_YOURS = Refusal("not-yours", "A colleague wrote this message: they, or a supervisor, can take it back.")
_TOO_LATE = Refusal("too-late", "The message is on its way already.")
_WAITS = (DeliveryState.QUEUED, DeliveryState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A message was taken back; what it said, to go on with."""

    message_id: str
    text: str = field(repr=False)
    channel: ChannelKind | None


class Withdrawing:
    """Takes messages back."""

    def __init__(self, *, vault: Vault, trail: Trail, clock: Clock, custody: Custody, drafts: Drafts) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._custody = custody
        self._drafts = drafts

    async def withdraw(
        self, conn: AsyncConnection, thread_id: str, message_id: str, writer: Writer, *, any_ones: bool = False
    ) -> tuple[Held, Withdrawn] | Refusal | None:
        """Take a reply of the staff's back, in the caller's transaction; None where the thread has none of that id.

        What it said becomes the draft of whoever took it back, unless they have another. Asked again, it changes
        nothing. any_ones: also one that a colleague wrote.
        """
        now = self._clock.now()
        # Deliveries first, as everybody locks them: a claim takes them, or finds them taken back.
        rows: list[Any] = list(await conn.execute(_DELIVERIES, {"message": message_id}))
        await locks.deliveries(conn, [row.id for row in rows])
        held = await self._custody.hold(conn, thread_id)
        if held is None:
            return None
        row: Any = (await conn.execute(_MESSAGE, {"message": message_id, "thread": held.id})).first()
        rows = list(await conn.execute(_DELIVERIES, {"message": message_id}))
        if row is None or not rows:
            return None
        if not any_ones and row.author_id not in (None, writer.user_id):
            return _NOT_YOURS
        keys = await self._vault.key(conn, held.person_id)
        body = open_body(keys, held.person_id, held.id, message_id, row.body_sealed)
        # A message that is read in the portal goes out as a link by another channel: that is the one to go on with.
        gone = Withdrawn(message_id=message_id, text=body.text, channel=ChannelKind(rows[0].channel))
        if all((one.state, one.reason) == (DeliveryState.SUPPRESSED, WITHDRAWN) for one in rows):
            return held, gone
        if not all(one.state in _WAITS and not one.attempts for one in rows):
            return _TOO_LATE
        ids = [one.id for one in rows]
        values = {"state": DeliveryState.SUPPRESSED, "reason": WITHDRAWN, "updated_at": now}
        await conn.execute(sa.update(delivery).where(delivery.c.id.in_(ids)).values(**values))
        await note(conn, [(one, DeliveryState.SUPPRESSED, WITHDRAWN) for one in ids], now)
        watched = sa.update(escalation).where(escalation.c.message_id == message_id, escalation.c.outcome == "")
        await conn.execute(watched.values(outcome="void", ended_at=now))
        entry = Entry(
            action="message.withdraw",
            actor=writer.actor,
            person_id=held.person_id,
            object_id=message_id,
            request_id=writer.request_id,
        )
        await self._trail.record(conn, entry)
        await publish(conn, now, [Change("delivery.updated", one) for one in ids])
        await self._waits_again(conn, held, writer)
        if writer.user_id is not None:
            await self._drafts.give_back(conn, held, writer.user_id, gone.text, gone.channel)
        return held, gone

    async def _waits_again(self, conn: AsyncConnection, held: Held, writer: Writer) -> None:
        """Whoever was answered by the message alone is not answered any more."""
        since = await unanswered_since(conn, held.id)
        if since is not None and held.state.waiting_since is None:
            await self._custody.act(conn, held.id, Unsettle(since), writer.actor, writer.request_id)


_DELIVERIES = sa.select(
    delivery.c.id, delivery.c.channel, delivery.c.state, delivery.c.reason, delivery.c.attempts
).where(delivery.c.message_id == sa.bindparam("message", type_=delivery.c.message_id.type))
_MESSAGE = sa.select(message.c.id, message.c.author_id, message.c.body_sealed).where(
    message.c.id == sa.bindparam("message", type_=message.c.id.type),
    message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
    message.c.direction == Direction.OUTBOUND,
    message.c.author_kind == AuthorKind.STAFF,
)

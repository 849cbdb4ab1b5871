"""What staff write: a reply that goes to the person, a note that goes to nobody.

1. A reply is an intent like any other: the router asks whether it may go, and by which way.
2. It takes the thread from the bot in the same unit of work (invariant 12), and whoever wrote it has the thread, if
   nobody had it.
3. Under a key it is written once. Where its writer says what they had seen, what came since is told to them first.
4. With a moment at which it is to leave it stands in the thread at once, and until then it can be taken back.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.keywords import noted
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import mention, message, staff_user
from hub.desk.custody import Custody, Held
from hub.events import Change, publish
from hub.router import Routed, Router
from hub.threads import NOBODY_WAITS, NewMessage, Threads
from hub.types import (
    AuthorKind,
    ChannelKind,
    Direction,
    Intent,
    Media,
    Purpose,
    Skip,
    ThreadStatus,
    new_id,
)
from hub.vault import Vault

MOST_MENTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes. `user_id` is one of the staff's, None for another system; `name` signs what they write."""

    actor: Actor
    name: str = field(repr=False)
    user_id: str | None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A message that stands in the thread. `routed` is what to announce after the commit; None for an older one."""

    message_id: str
    routed: Routed | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """What came since the writer looked: ids of messages, oldest first. Nothing was written."""

    message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotPermitted:
    """The router's refusal, which is in the audit; `routed` is to be announced after the commit."""

    routed: Routed
    skip: Skip


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The key or id was used in another thread, or for something else."""


class Writing:
    """Writes into threads for the staff."""

    def __init__(
        self, *, vault: Vault, threads: Threads, trail: Trail, clock: Clock, router: Router, custody: Custody
    ) -> None:
        self._vault = vault
        self._threads = threads
        self._trail = trail
        self._clock = clock
        self._router = router
        self._custody = custody

    async def reply(
        self,
        conn: AsyncConnection,
        held: Held,
        writer: Writer,
        *,
        key: str,
        text: str,
        channel: ChannelKind | None = None,
        not_before: datetime | None = None,
        last_seq: int | None = None,
        media: tuple[Media, ...] = (),
    ) -> Written | Missed | NotPermitted | Elsewhere:
        """Queue a reply and take the thread, both or neither, in the caller's transaction.

        last_seq: the newest entry that the writer had seen; None where that is not asked, or they go on anyway.
        """
        earlier = (await conn.execute(sa.select(message).where(message.c.intent_key == key))).first()
        if earlier is not None:
            return Written(earlier.id) if earlier.thread_id == held.id else Elsewhere()
        if last_seq is not None and (missed := await self._since(conn, held, writer, last_seq)):
            return Missed(missed)
        intent = Intent(
            key=key,
            person_id=held.person_id,
            purpose=Purpose.CARE,
            author=AuthorKind.STAFF,
            author_name=writer.name,
            author_id=writer.user_id,
            body=text,
            # What staff write may say anything; where the person wrote from, they are answered in so many words.
            level="full",
            followed=True,
            channel=channel,
            replies_to=held.last_inbound_at,
            not_before=not_before,
            media=media,
        )
        routed = await self._router.route_in(conn, intent)
        if isinstance(routed.decision, Skip):
            return NotPermitted(routed, routed.decision)
        entry = Entry(
            action="message.write",
            actor=writer.actor,
            person_id=held.person_id,
            object_id=routed.message_id or "",
            request_id=writer.request_id,
        )
        await self._trail.record(conn, entry)
        await self._take(conn, held, writer)
        return Written(routed.message_id or "", routed)

    async def _take(self, conn: AsyncConnection, held: Held, writer: Writer) -> None:
        """Give the thread to whoever answers: from here on the bot is silent."""
        before = held.state
        mine = replace(
            before,
            status=ThreadStatus.OPEN,
            assignee=before.assignee or writer.user_id,
            snoozed_until=None,
            closed_at=None,
            disposition="",
            **NOBODY_WAITS,
        )
        if (mine.status, mine.assignee) == (before.status, before.assignee):
            # Nobody waits any more: that was written with the reply.
            return
        await self._custody.set(conn, held, mine, "take", writer.actor, writer.request_id)

    @staticmethod
    async def _since(conn: AsyncConnection, held: Held, writer: Writer, last_seq: int) -> tuple[str, ...]:
        """What the person, a colleague or the bot put into the thread after entry `last_seq`."""
        if held.last_seq <= last_seq:
            return ()
        mine = sa.and_(message.c.author_kind == AuthorKind.STAFF, message.c.author_id == writer.user_id)
        query = sa.select(message.c.id).where(
            message.c.thread_id == held.id,
            message.c.seq > last_seq,
            message.c.author_kind.in_((AuthorKind.PATIENT, AuthorKind.STAFF, AuthorKind.BOT)),
            # A message of nobody's in particular is not mine.
            sa.or_(message.c.author_id.is_(None), ~mine),
        )
        return tuple((await conn.execute(query.order_by(message.c.seq))).scalars())

    async def note(
        self,
        conn: AsyncConnection,
        held: Held,
        writer: Writer,
        *,
        text: str,
        note_id: str = "",
        mentions: Collection[str] = (),
    ) -> Written | Elsewhere:
        """Keep a note for the staff; those of `mentions` who are of the staff are told of it.

        note_id: the id that it is to have; a note that has it already is the same one.
        """
        earlier = (await conn.execute(sa.select(message).where(message.c.id == note_id))).first() if note_id else None
        if earlier is not None:
            same = (earlier.thread_id, earlier.direction, earlier.author_id) == (
                held.id,
                Direction.NOTE,
                writer.user_id,
            )
            return Written(earlier.id) if same else Elsewhere()
        now = self._clock.now()
        note = NewMessage(
            id=note_id or new_id(),
            thread_id=held.id,
            person_id=held.person_id,
            direction=Direction.NOTE,
            author=AuthorKind.STAFF,
            author_name=writer.name,
            author_id=writer.user_id,
            at=now,
            text=text,
        )
        await self._threads.append(conn, await self._vault.key(conn, held.person_id), [note])
        heard = noted(text)
        if heard is not None and not held.state.attention:
            # Offered: whoever works in the thread sees that a decision may be missing in the ledger.
            await self._threads.set_state(conn, held.id, attention="note_says_stop")
        told = await mentioned(conn, held.id, note.id, mentions, now)
        entry = Entry(
            action="note.create",
            actor=writer.actor,
            person_id=held.person_id,
            object_id=note.id,
            request_id=writer.request_id,
            details={"mentions": " ".join(told) or None, "heard": heard},
        )
        await self._trail.record(conn, entry)
        changes = [Change("message.created", note.id)]
        changes += [Change("thread.updated", held.id)] if told or heard else []
        await publish(conn, now, changes)
        return Written(note.id)


async def mentioned(
    conn: AsyncConnection, thread_id: str, message_id: str, users: Collection[str], now: datetime
) -> list[str]:
    """Note that a message names these users, those of them who may sign in; their ids."""
    if not users:
        return []
    query = sa.select(staff_user.c.id).where(staff_user.c.id.in_(set(users)), staff_user.c.status == "active")
    found = sorted((await conn.execute(query)).scalars())
    rows = [
        {"user_id": user_id, "message_id": message_id, "thread_id": thread_id, "at": now, "seen_at": None}
        for user_id in found
    ]
    await insert_rows(conn, mention, rows)
    return found

"""Threads: the one continuing conversation with a person, and its sealed messages."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.crypto import Place
from hub.db.batches import Batch
from hub.db.bulk import insert_rows, write_rows
from hub.db.lookup import Lookup
from hub.db.prepared import Prepared
from hub.db.tables import message, person, person_merge, thread
from hub.errors import MetAnother
from hub.sealed import Body, seal_body
from hub.types import AuthorKind, ChannelKind, Direction, Media, OptOutWord, ThreadStatus, new_ids
from hub.vault import Keys, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A thread's plain state."""

    id: str
    person_id: str
    status: ThreadStatus
    priority: int
    attention: str
    last_seq: int
    last_inbound_at: datetime | None


class End(NamedTuple):
    """Where a thread ends: the number of its last entry, 0 if it has none; and since when the person waits."""

    thread_id: str
    last_seq: int
    waiting_since: datetime | None = None


_ENDS = Lookup(
    thread.c.person_id,
    lambda among: (
        sa.select(thread.c.id, thread.c.person_id, thread.c.last_seq, thread.c.waiting_since)
        .where(among)
        # Whoever locks several does so in one order, or two might wait for each other.
        .order_by(thread.c.id)
        .with_for_update()
    ),
)
_ENDS_OF = Lookup(
    thread.c.id,
    lambda among: (
        sa.select(thread.c.id, thread.c.last_seq, thread.c.waiting_since)
        .where(among)
        .order_by(thread.c.id)
        .with_for_update()
    ),
)
_THIS = thread.c.id == sa.bindparam("thread", type_=thread.c.id.type)
_DIALOGUE = Prepared(sa.select(thread.c.dialogue_sealed, thread.c.dialogue_at).where(_THIS))
_KEEP_DIALOGUE = Prepared(
    sa.update(thread)
    .where(_THIS)
    .values(
        dialogue_sealed=sa.bindparam("sealed", type_=thread.c.dialogue_sealed.type),
        dialogue_at=sa.bindparam("moment", type_=thread.c.dialogue_at.type),
    )
)
_HELD = Lookup(
    person.c.id,
    lambda among: (
        sa.select(person.c.id, person.c.merged_into)
        .where(among)
        .order_by(person.c.id)
        .with_for_update(read=True, key_share=True)
    ),
)
_ANSWER = (AuthorKind.STAFF, AuthorKind.BOT)
"""Whose messages answer a person who waits."""
NOBODY_WAITS: Mapping[str, Any] = MappingProxyType({"waiting_since": None, "due_at": None, "escalated": 0})
"""What is set of a thread when the person waits no more: the promise is kept, and is made anew with the next wait."""


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is to be appended to a thread. `at` is aware."""

    id: str
    thread_id: str
    person_id: str
    direction: Direction
    author: AuthorKind
    at: datetime
    text: str
    author_name: str = ""
    author_id: str | None = None
    channel: ChannelKind | None = None
    address_id: str | None = None
    media: tuple[Media, ...] = ()
    provider_id: str | None = None
    intent_key: str | None = None
    opt_out: OptOutWord | None = None
    words: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"NewMessage({self.id}, …)"


class Threads:
    """Opens threads, appends to them, and changes who has them."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def open_for(self, conn: AsyncConnection, person_ids: Iterable[str]) -> dict[str, Thread]:
        """The thread of each person, made where there is none. A burst never makes two: the database refuses."""
        wanted = set(person_ids)
        found = await self.known_of(conn, wanted)
        for person_id, thread_id in (await self._make(conn, wanted - found.keys())).items():
            found[person_id] = Thread(
                id=thread_id,
                person_id=person_id,
                status=ThreadStatus.BOT,
                priority=0,
                attention="",
                last_seq=0,
                last_inbound_at=None,
            )
        return found

    @staticmethod
    async def known_of(conn: AsyncConnection, person_ids: Iterable[str]) -> dict[str, Thread]:
        """The thread of each person who has one."""
        rows = (await conn.execute(sa.select(*_PLAIN).where(thread.c.person_id.in_(set(person_ids))))).all()
        return {row.person_id: _thread(row) for row in rows}

    async def ends_for(self, conn: AsyncConnection, person_ids: Iterable[str]) -> dict[str, End]:
        """As `open_for`, but only what `append` needs to know; what is there is locked until the commit."""
        wanted = set(person_ids)
        found = {person_id: End(one, last, since) for one, person_id, last, since in await _ENDS(conn, wanted)}
        if missing := wanted - found.keys():
            made = await self._make(conn, missing)
            found |= {person_id: End(thread_id, 0) for person_id, thread_id in made.items()}
        return found

    async def _make(self, conn: AsyncConnection, person_ids: Collection[str]) -> dict[str, str]:
        """A new thread's id for each person. Raises: MetAnother when one was merged into another meanwhile."""
        if not person_ids:
            return {}
        # Locked: a merge under way ends first, and is seen.
        wanted = sorted(person_ids)
        if any(merged_into for _, merged_into in await _HELD(conn, wanted)):
            raise MetAnother
        now = self._clock.now()
        made = dict(zip(wanted, new_ids(len(wanted)), strict=True))
        rows = [
            {
                "id": thread_id,
                "person_id": person_id,
                "status": ThreadStatus.BOT,
                "priority": 0,
                "attention": "",
                "last_seq": 0,
                "last_at": now,
                "created_at": now,
            }
            for person_id, thread_id in made.items()
        ]
        await insert_rows(conn, thread, rows)
        return made

    async def get(self, conn: AsyncConnection, thread_id: str) -> Thread | None:
        """The thread with this id, or the one that it was merged into."""
        row = (await conn.execute(sa.select(*_PLAIN).where(thread.c.id == thread_id))).first()
        if row is None:
            moved = await self.moved(conn, thread_id)
            return None if moved is None else await self.get(conn, moved)
        return _thread(row)

    async def hold(self, conn: AsyncConnection, thread_id: str) -> Thread | None:
        """As `get`; nobody else changes the thread until the unit of work ends."""
        query = sa.select(*_PLAIN).where(thread.c.id == thread_id).with_for_update()
        row = (await conn.execute(query)).first()
        if row is None:
            moved = await self.moved(conn, thread_id)
            return None if moved is None else await self.hold(conn, moved)
        return _thread(row)

    @staticmethod
    async def moved(conn: AsyncConnection, thread_id: str) -> str | None:
        """The thread that this one was merged into; None when it was not."""
        query = sa.select(person_merge.c.into_thread_id).where(person_merge.c.from_thread_id == thread_id)
        return (await conn.execute(query)).scalar_one_or_none()

    async def append(self, conn: AsyncConnection, keys: Keys, entries: Sequence[NewMessage]) -> list[int]:
        """The numbers that `entries` got within their threads, appended in the order given.

        `keys` opens every person concerned. Raises: MetAnother when a thread was merged into another meanwhile.
        """
        touched = {entry.thread_id for entry in entries}
        rows = await _ENDS_OF(conn, touched)
        if len(rows) < len(touched):
            raise MetAnother
        numbers, batches = self.appended(keys, entries, [End(*row) for row in rows])
        await write_rows(conn, *batches)
        return numbers

    def appended(self, keys: Keys, entries: Sequence[NewMessage], ends: Iterable[End]) -> tuple[list[int], list[Batch]]:
        """As `append`, where the ends of the threads are known: the numbers, and what the caller is to write.

        `ends` are those of every thread concerned, as `ends_for` found them in the same transaction.
        """
        last: dict[str, int] = {}
        waits: dict[str, datetime | None] = {}
        for thread_id, last_seq, since in ends:
            last[thread_id], waits[thread_id] = last_seq, since
        changes: dict[str, dict[str, Any]] = {}
        heard: dict[str, dict[str, Any]] = {}
        answered: set[str] = set()
        numbers: list[int] = []
        inserted: list[dict[str, Any]] = []
        for entry in entries:
            last[entry.thread_id] += 1
            number = last[entry.thread_id]
            numbers.append(number)
            inserted.append(_row(keys, entry, number))
            changes[entry.thread_id] = {"id": entry.thread_id, "last_seq": number, "last_at": entry.at}
            if entry.direction is Direction.INBOUND:
                # Who waits, waits since the first message that nobody answered.
                waits[entry.thread_id] = waits[entry.thread_id] or entry.at
                heard[entry.thread_id] = {
                    "last_inbound_at": entry.at,
                    "last_channel": _word(entry.channel),
                }
            elif entry.direction is Direction.OUTBOUND and entry.author in _ANSWER:
                waits[entry.thread_id] = None
                answered.add(entry.thread_id)
        # One row for each thread: it is changed once. What the hub says by itself answers nobody.
        both = [changes[one] | heard[one] | {"waiting_since": waits[one]} for one in changes if one in heard]
        done = [{**changes[one], **NOBODY_WAITS} for one in changes if one in answered and one not in heard]
        plain = [changes[one] for one in changes if one not in heard and one not in answered]
        written = [Batch(message, inserted)]
        written += [Batch(thread, rows, updates=True) for rows in (both, done, plain) if rows]
        return numbers, written

    async def set_state(
        self,
        conn: AsyncConnection,
        thread_id: str,
        *,
        status: ThreadStatus | None = None,
        priority: int | None = None,
        attention: str | None = None,
    ) -> None:
        """Change who has the thread and why staff should look; None leaves a part as it is.

        Whoever gets it, it is snoozed no more, and closed no more or from now on.
        """
        values: dict[str, Any] = {"status": status, "priority": priority, "attention": attention}
        values = {name: value for name, value in values.items() if value is not None}
        if status is ThreadStatus.CLOSED:
            values |= {"snoozed_until": None, "closed_at": self._clock.now(), **NOBODY_WAITS}
        elif status is not None:
            values |= {"closed_at": None, "disposition": ""}
            values |= {"snoozed_until": None} if status is not ThreadStatus.SNOOZED else {}
        if values:
            await conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(**values))

    async def waits(self, conn: AsyncConnection, thread_id: str, since: datetime | None, *, new: bool = False) -> None:
        """Note since when the person waits for an answer; None: they do not. `new`: nobody of the staff has it yet."""
        values: dict[str, Any] = {"waiting_since": since} if since is not None else dict(NOBODY_WAITS)
        values |= {"assignee": None} if new else {}
        await conn.execute(sa.update(thread).where(thread.c.id == thread_id).values(**values))

    async def dialogue(self, conn: AsyncConnection, keys: Keys, one: Thread) -> tuple[bytes, datetime] | None:
        """The bot's state in this thread and when it was kept; None when there is none."""
        ((sealed, at),) = await _DIALOGUE(conn, thread=one.id)
        return None if sealed is None else (keys.open(one.person_id, sealed, _dialogue_place(one)), at)

    async def keep_dialogue(self, conn: AsyncConnection, keys: Keys, one: Thread, state: bytes | None) -> None:
        """Keep the bot's state, or forget it."""
        sealed = None if state is None else keys.seal(one.person_id, state, _dialogue_place(one))
        await _KEEP_DIALOGUE(conn, thread=one.id, sealed=sealed, moment=self._clock.now())


_PLAIN = (
    thread.c.id,
    thread.c.person_id,
    thread.c.status,
    thread.c.priority,
    thread.c.attention,
    thread.c.last_seq,
    thread.c.last_inbound_at,
)


def _row(keys: Keys, entry: NewMessage, seq: int) -> dict[str, Any]:
    media = tuple(_named(one) for one in entry.media)
    body = Body(text=entry.text, author=entry.author_name, media=media, words=dict(entry.words))
    return {
        "id": entry.id,
        "thread_id": entry.thread_id,
        "seq": seq,
        "direction": entry.direction.value,
        "author_kind": entry.author.value,
        "author_id": entry.author_id,
        "channel": _word(entry.channel),
        "address_id": entry.address_id,
        "body_sealed": seal_body(keys, entry.person_id, entry.thread_id, entry.id, body),
        "at": entry.at,
        "provider_id": entry.provider_id,
        "intent_key": entry.intent_key,
        "opt_out": _word(entry.opt_out),
    }


def _named(one: Media) -> dict[str, str]:
    described = {"url": one.url, "content_type": one.content_type}
    return described | {"name": one.name} if one.name else described


def _word(member: StrEnum | None) -> str | None:
    """The plain text of `member`: the driver asks a type of its own, each time anew, how it is to be stored."""
    return None if member is None else str(member)


def _thread(row: Any) -> Thread:
    return Thread(
        id=row.id,
        person_id=row.person_id,
        status=ThreadStatus(row.status),
        priority=row.priority,
        attention=row.attention,
        last_seq=row.last_seq,
        last_inbound_at=row.last_inbound_at,
    )


def _dialogue_place(one: Thread) -> Place:
    return Place("thread", "dialogue_sealed", one.id, one.person_id, one.id)

"""What is pushed to open pages: made once for each change in a process, whoever watches.

1. A `Pulse` is the one subscriber to the feed for all pages of this process. What changes within a twentieth of a
   second becomes one `Beat`: rows are read and opened once, and what is each reader's own by one query for all.
2. Each page has a `Watcher`: its place, and the beats that it has not been sent. Who was away first gets what lies
   between out of the feed. Who is too slow is told to read everything anew.
3. Before a beat leaves, the audit says which patients' rows it shows to whom: an entry a patient, and no other for the
   same reader within a quarter of an hour.
4. Counters go out once a second at most, to those for whom they changed. Who is at a thread is told by `Topic.PRESENCE`
   from all processes, and looked at again when it fades.

Numbers: the id of a beat stands on its last event alone. A connection that is cut in the middle of one comes back with
the id before, and is sent all of it again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.db.tables import message, team
from hub.events import Change
from hub.live import Batch, Subscription, Topic
from hub.live.presence import FADES
from hub.log import say
from hub.parts import Parts
from hub.staff.inbox.rows import NOTHING, Own, Rows, Shared
from hub.staff.inbox.rows import row as row_of
from hub.staff.inbox.shapes import Named, Present
from hub.views import Counted, Reach, touched

__all__ = ["Beat", "Pulse", "Watcher"]

_log = logging.getLogger(__name__)

_TOGETHER = 0.05
"""Seconds in which changes become one beat."""
_COUNTED = 1.0
"""Seconds between two looks at the counters."""
_KEPT = 200
"""Beats that wait for a slow page before it is told to read everything anew."""
_SHOWN = 900.0
"""Seconds for which one entry in the audit stands, for a reader and a patient."""
_MOST_SHOWN = 50_000
_AUDIENCES = ("staff",)
_INBOX = Actor("system", "inbox")
_TYPES = {"consent": "thread.updated", "address": "thread.updated"}
"""What a change of these is to a page."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a thread: `message` is of which entry, `by` who of the staff wrote it."""

    type: str
    message: str | None
    by: str | None


@dataclass(slots=True)
class Push:
    """A thread that changed: as it is now, None where it is no more, and all that happened to it in this beat."""

    thread_id: str
    shared: Shared | None
    told: list[Told]
    mentioned: frozenset[str]
    own: Own
    encoded: dict[tuple[bool, int, str | None], bytes] = field(default_factory=dict)

    def row(self, user_id: str) -> bytes:
        """The row as a reader sees it, as JSON: those who see the same share it."""
        if self.shared is None:
            return b"null"
        made = row_of(self.shared, user_id, self.own)
        draft = made.preview.text if made.preview is not None and made.preview.draft else None
        key = (made.mentioned, made.unseen, draft)
        if key not in self.encoded:
            self.encoded[key] = msgspec.json.encode(made)
        return self.encoded[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat(Batch):
    """A batch with what it means for pages.

    hidden: the teams whose threads not everybody sees. plain: types of changes that are of no thread.
    present: who is at threads now, without a place in the log. counted: counters, by user.
    """

    pushes: Sequence[Push] = ()
    hidden: frozenset[str] = frozenset()
    plain: Sequence[str] = ()
    present: Sequence[tuple[Push, list[Present]]] = ()
    counted: Counted | None = None


class Watcher:
    """One open page: what it has not been sent yet. `reach` may change while it is open."""

    def __init__(self, user_id: str, reach: Reach, pulse: "Pulse") -> None:
        self.user_id = user_id
        self.reach = reach
        self.reset = False
        self.seq = 0
        self.counted: Counted | None = None
        self._pulse = pulse
        self._missed: Subscription | None = None
        self._beats: deque[Beat] = deque()
        self._came = asyncio.Event()

    def begin(self, missed: Subscription, seq: int) -> None:
        """Go on where `missed` stands; from number `seq` on, beats come by themselves."""
        self.seq, self.reset = missed.seq, missed.reset
        self._missed = missed if missed.seq < seq else None

    def put(self, beat: Beat) -> None:
        """Take a beat that is to be sent."""
        if len(self._beats) >= _KEPT:
            self._beats.clear()
            beat = Beat(seq=beat.seq, reset=True)
        self._beats.append(beat)
        self._came.set()

    async def next(self, seconds: float) -> Batch:
        """What comes next. Raises: StorageError, SQLAlchemyError."""
        if self._missed is not None:
            batch = await self._missed.next(0)
            if batch.reset or batch.changes:
                self.seq = batch.seq
                return batch if batch.reset else await self._pulse.beat(batch, (self.user_id,))
            # All up to here was looked at.
            self.seq = max(self.seq, batch.seq)
            self._missed = None
        while True:
            if not self._beats:
                self._came.clear()
                try:
                    async with asyncio.timeout(seconds):
                        await self._came.wait()
                except TimeoutError:
                    return Batch(self.seq)
            beat = self._beats.popleft()
            if beat.seq > self.seq or beat.present or beat.counted is not None:
                self.seq = max(self.seq, beat.seq)
                return beat

    def sees(self, beat: Beat, push: Push) -> bool:
        """Whether the reader sees a thread, by the rule that every query has."""
        reach, one = self.reach, push.shared
        if reach.everything:
            return True
        if one is None:
            return False
        if one.person_id in reach.persons:
            return True
        if not reach.roams:
            return False
        closed = one.team_id is not None and one.team_id in beat.hidden and one.team_id not in reach.teams
        return not closed or one.assignee == self.user_id or self.user_id in push.mentioned


class Pulse:
    """What is pushed in one process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rows = Rows(parts)
        self._watchers: set[Watcher] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._seq = 0
        self._standing = asyncio.Event()
        self._here: set[str] = set()
        self._stirred = asyncio.Event()
        self._fades: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._shown: dict[tuple[str, str], float] = {}
        parts.live.wakeups.hear(Topic.PRESENCE, self._hear)

    @asynccontextmanager
    async def watch(self, user_id: str, reach: Reach, after: int | None) -> AsyncIterator[Watcher]:
        """What a page is sent from now on, or after number `after`. Raises: StorageError, SQLAlchemyError."""
        watcher = Watcher(user_id, reach, self)
        self._watchers.add(watcher)
        try:
            if not self._tasks:
                self._standing.clear()
                self._tasks = [
                    asyncio.create_task(self._follow(), name="inbox-pulse"),
                    asyncio.create_task(self._tell_presence(), name="inbox-presence"),
                    asyncio.create_task(self._count(), name="inbox-counts"),
                ]
            await self._standing.wait()
            # Beats up to here may be missed, what comes after them is put into the watcher already.
            seq = self._seq
            async with self._parts.live.feed.subscribe(after, _AUDIENCES) as missed:
                watcher.begin(missed, seq if after is not None else 0)
                yield watcher
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                await self.stop()

    async def stop(self) -> None:
        """End what follows; it begins anew with the next page."""
        tasks, self._tasks = self._tasks, []
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def beat(self, batch: Batch, readers: Iterable[str]) -> Beat:
        """What a batch of changes means for the pages of these users."""
        changes = [one for _, one in batch.changes]
        plain = sorted({_plain(one) for one in changes} - {""})
        users = set(readers)
        async with self._parts.db.read() as conn:
            about = await touched(conn, changes)
            ids = {one for many in about.values() for one in many}
            shared = await self._rows.by_ids(conn, ids)
            own = await self._rows.own(conn, users, {one.id: one.person_id for one in shared.values()})
            hidden = await _hidden(conn)
            writers = await _writers(conn, changes)
        pushes: dict[str, Push] = {}
        for change in changes:
            for thread_id in about.get(change, ()):
                push = pushes.get(thread_id)
                if push is None:
                    named = frozenset(user for user, one in own.mentioned if one == thread_id)
                    push = pushes[thread_id] = Push(thread_id, shared.get(thread_id), [], named, own)
                one = _told(change, writers)
                if one not in push.told:
                    push.told.append(one)
        return Beat(seq=batch.seq, pushes=list(pushes.values()), hidden=hidden, plain=plain)

    async def shown(self, watchers: Iterable[Watcher], beat: Beat) -> None:
        """Record whose rows a beat shows to whom, before it leaves."""
        now = asyncio.get_running_loop().time()
        if len(self._shown) > _MOST_SHOWN:
            self._shown = {one: until for one, until in self._shown.items() if until > now}
        entries = []
        for push in beat.pushes:
            if push.shared is None:
                continue
            person_id = push.shared.person_id
            fresh = sorted(
                {
                    one.user_id
                    for one in watchers
                    if one.sees(beat, push) and self._shown.get((one.user_id, person_id), 0.0) <= now
                }
            )
            if fresh:
                self._shown.update({(user_id, person_id): now + _SHOWN for user_id in fresh})
                details: dict[str, str | int | None] = {"readers": len(fresh), "to": " ".join(fresh)}
                entries.append(
                    Entry(
                        action="thread.push",
                        actor=_INBOX,
                        person_id=person_id,
                        object_id=push.thread_id,
                        details=details,
                    )
                )
        if entries:
            await self._parts.db.write(lambda conn: self._parts.trail.record(conn, *entries))

    async def _follow(self) -> None:
        while True:
            try:
                async with self._parts.live.feed.subscribe(None, _AUDIENCES) as feed:
                    self._seq = feed.seq
                    self._standing.set()
                    while True:
                        await self._next(feed)
            except Exception as error:
                # Pages lose nothing that they are not told of: they are to read everything anew.
                say(_log, "pulse_failed", logging.ERROR, error=error)
                await asyncio.sleep(1.0)
                self._tell(Beat(seq=self._seq, reset=True))

    async def _next(self, feed: Subscription) -> None:
        batch = await feed.next(5.0)
        if batch.reset:
            self._seq = batch.seq
            self._tell(Beat(seq=batch.seq, reset=True))
            return
        if not batch.changes:
            self._seq = batch.seq
            return
        await asyncio.sleep(_TOGETHER)
        more = await feed.next(0)
        if more.reset:
            self._seq = more.seq
            self._tell(Beat(seq=more.seq, reset=True))
            return
        batch = Batch(more.seq, [*batch.changes, *more.changes])
        beat = await self.beat(batch, {one.user_id for one in self._watchers})
        await self.shown(self._watchers, beat)
        self._seq = batch.seq
        self._tell(beat)
        if beat.pushes:
            self._changed.set()

    def _tell(self, beat: Beat) -> None:
        for one in self._watchers:
            one.put(beat)

    async def _count(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                for one in list(self._watchers):
                    counted = await self._parts.counters.of(one.reach)
                    before = one.counted
                    one.counted = counted
                    if before is None or (before.views, before.teams) != (counted.views, counted.teams):
                        one.put(Beat(seq=0, counted=counted))
            except Exception as error:
                say(_log, "counting_failed", logging.ERROR, error=error)
            await asyncio.sleep(_COUNTED)

    # Presence

    def _hear(self, ids: Sequence[str]) -> None:
        if self._watchers:
            self._here.update(ids)
            self._stirred.set()

    async def _tell_presence(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = min(self._fades.values(), default=None)
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - loop.time())):
                    await self._stirred.wait()
            except TimeoutError:
                pass
            self._stirred.clear()
            now = loop.time()
            ids = self._here | {one for one, at in self._fades.items() if at <= now}
            self._here = set()
            try:
                await self._tell_who(ids, now)
            except Exception as error:
                say(_log, "presence_failed", logging.ERROR, error=error)
                self._fades = {one: at for one, at in self._fades.items() if one not in ids}
            await asyncio.sleep(_TOGETHER)

    async def _tell_who(self, ids: set[str], now: float) -> None:
        parts, present = self._parts, []
        async with parts.db.read() as conn:
            shared = await self._rows.by_ids(conn, ids)
            hidden = await _hidden(conn)
            own = await self._rows.own(
                conn, {one.user_id for one in self._watchers}, {one.id: one.person_id for one in shared.values()}
            )
            for thread_id, one in shared.items():
                there = await parts.live.presence.who(thread_id)
                users = await parts.names.users(conn, set(there))
                named = frozenset(user for user, about in own.mentioned if about == thread_id)
                push = Push(thread_id, one, [], named, NOTHING)
                who = [
                    Present(user=Named(id=user.id, name=user.name, initials=user.initials), doing=there[user.id].value)
                    for user in users.values()
                ]
                present.append((push, sorted(who, key=lambda one: one.user.id)))
                if there:
                    soonest = min(FADES[doing].total_seconds() for doing in there.values())
                    self._fades[thread_id] = now + soonest + 0.2
                else:
                    self._fades.pop(thread_id, None)
        for gone in ids - shared.keys():
            self._fades.pop(gone, None)
        if present:
            self._tell(Beat(seq=0, hidden=hidden, present=present))


def written(watcher: Watcher, beat: Beat, counts: Any = None) -> str:
    """The events of a beat that a reader may hear of, as text; `counts` makes counters what the page reads."""
    blocks: list[tuple[str, bytes]] = []
    for push in beat.pushes:
        seen = watcher.sees(beat, push)
        row = push.row(watcher.user_id) if seen else b"null"
        for one in push.told:
            if not seen and not one.type.startswith("thread."):
                continue
            whole = one.type.startswith(("thread.", "message."))
            about = {"type": one.type, "thread": push.thread_id}
            if seen:
                about |= {name: value for name, value in (("message", one.message), ("by", one.by)) if value}
            blocks.append((one.type, _with_row(about, row if whole else b"null")))
    blocks += [(kind, msgspec.json.encode({"type": kind})) for kind in beat.plain]
    lines = [f"event: {kind}\ndata: {data.decode()}\n\n" for kind, data in blocks]
    if lines:
        lines[-1] = f"id: {beat.seq}\n{lines[-1]}"
    for push, present in beat.present:
        if watcher.sees(beat, push):
            others = [one for one in present if one.user.id != watcher.user_id]
            said = {"type": "presence", "thread": push.thread_id, "present": others}
            lines.append(f"event: presence\ndata: {msgspec.json.encode(said).decode()}\n\n")
    if beat.counted is not None:
        said = {"type": "counts.updated", "counts": counts(beat.counted)}
        lines.append(f"event: counts.updated\ndata: {msgspec.json.encode(said).decode()}\n\n")
    return "".join(lines)


def _with_row(about: Mapping[str, str], row: bytes) -> bytes:
    return msgspec.json.encode({**about, "row": msgspec.Raw(row)})


def _plain(change: Change) -> str:
    """The type of a change that is of no thread, as pages hear of it: what users, teams and labels are."""
    kind = change.type.partition(".")[0]
    return "desk.updated" if kind in ("user", "team", "label", "canned", "desk", "staff") else ""


def _told(change: Change, writers: Mapping[str, str]) -> Told:
    kind = change.type.partition(".")[0]
    if kind == "message":
        return Told(change.type, change.object_id, writers.get(change.object_id))
    return Told(_TYPES.get(kind, change.type), None, None)


async def _hidden(conn: AsyncConnection) -> frozenset[str]:
    return frozenset((await conn.execute(sa.select(team.c.id).where(team.c.private))).scalars())


async def _writers(conn: AsyncConnection, changes: Sequence[Change]) -> dict[str, str]:
    """Who of the staff wrote messages, by the messages' ids."""
    ids = [one.object_id for one in changes if one.type.startswith("message.")]
    if not ids:
        return {}
    query = sa.select(message.c.id, message.c.author_id).where(
        message.c.id.in_(ids), message.c.author_id.is_not(None), message.c.author_kind == "staff"
    )
    return {message_id: author_id for message_id, author_id in await conn.execute(query)}

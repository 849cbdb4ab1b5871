"""What is pushed to open pages: made once for each change in a process, whoever watches.

1. A `Pulse` is the one subscriber to the feed for all pages of this process. What changes within a twentieth of a
   second becomes one `Beat`: rows are read and opened once, and what is each reader's own by one query for all.
2. Each page has a `Watcher`: its place, and the beats that it has not been sent. Who was away first gets what lies
   between out of the feed. Who is too slow is told to read everything anew.
3. Before a beat leaves, the audit says which patients' rows it shows to whom: an entry a patient, and no other for the
   same reader within a quarter of an hour.
4. Counters go out once a second at most, to those for whom they changed. Who is at a thread is told by `Topic.PRESENCE`
   from all processes, and looked at again when it fades.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.db.tables import message, team
from hub.events import Change
from hub.live import Batch, Subscription, Topic
from hub.live.presence import FADES
from hub.log import say
from hub.parts import Parts
from hub.staff.inbox.beats import Beat, Push, Told
from hub.staff.inbox.rows import NOTHING, Rows
from hub.staff.inbox.shapes import Named, Present
from hub.staff.inbox.watching import Watcher
from hub.views import Reach, touched

__all__ = ["Pulse"]

_log = logging.getLogger(__name__)

_TOGETHER = 0.05
"""Seconds in which changes become one beat."""
_COUNTED = 1.0
"""Seconds between two looks at the counters."""
_SHOWN = 900.0
"""Seconds for which one entry in the audit stands, for a reader and a patient."""
_MOST_SHOWN = 50_000
_AUDIENCES = ("staff",)
_INBOX = Actor("system", "inbox")
_TYPES = {"consent": "thread.updated", "address": "thread.updated"}
"""What a change of these is to a page."""


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
        watcher = Watcher(user_id, reach, lambda batch: self.beat(batch, (user_id,)))
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
        async with self._parts.db.glance() as conn:
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
        async with parts.db.glance() as conn:
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
    return {row.id: row.author_id for row in await conn.execute(query)}

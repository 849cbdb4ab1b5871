"""The feed: the one reader of the event log in a process, for any number of subscribers.

```
async with feed.subscribe(after, ("staff",)) as subscription:
    batch = await subscription.next(15.0)
```

It keeps the newest changes in memory. Who is further behind gets theirs out of the log; who is behind what the log
keeps is told to read everything anew. While nobody subscribes, and no relay wants to be told, it rests.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from hub.db import Database
from hub.events import Bell, Change, bounds, read
from hub.live.ending import end
from hub.log import say
from hub.metrics import Metrics

_log = logging.getLogger(__name__)

KEPT = 2000
"""Changes kept in memory."""
POLL = 1.0
"""Seconds after which the log is read even if nothing rang: another process may have written."""
_PAUSE = 0.02
"""Seconds between two readings of the log in a busy hub: what is rung for meanwhile is read together."""
_PAGE = 500
"""Changes read, or handed to a subscriber, at once."""

Numbered = tuple[int, Change]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a subscriber gets: `changes` in order; `seq` is the number to come back with.

    reset: what lies between is gone: read everything anew, then go on after `seq`.
    """

    seq: int
    changes: Sequence[Numbered] = ()
    reset: bool = False


class Relay(Protocol):
    """Carries changes between the feeds of several processes."""

    async def start(self, heard: Callable[[Sequence[Numbered]], None], log: "Log") -> None:
        """Begin to call `heard` with what others sent, in order but perhaps with gaps."""
        ...

    async def send(self, changes: Sequence[Numbered]) -> None:
        """Hand changes to the others, unless somebody did already; a server that is away hears nothing.

        Raises: StorageError, SQLAlchemyError when the log must be asked and cannot be.
        """
        ...

    async def stop(self) -> None:
        """End."""
        ...


class Log(Protocol):
    """What a relay may ask the event log."""

    async def newest(self) -> int:
        """The highest number given."""
        ...

    async def since(self, after: int) -> Sequence[Numbered]:
        """The changes that come next after number `after`; not all if they are many."""
        ...


class Feed:
    """Live events of one process."""

    def __init__(self, db: Database, bell: Bell, metrics: Metrics, relay: Relay | None = None) -> None:
        self._db = db
        self._metrics = metrics
        self._relay = relay
        self._recent: list[Numbered] = []
        """Without gaps, the newest last; its last number is `_last`."""
        self._last = 0
        self._subscribers = 0
        self._arrived: list[Numbered] = []
        self._rung = False
        self._stirred = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        bell.hear(self._ring)

    async def start(self) -> None:
        """Begin to relay what other processes should hear, if there is a relay."""
        if self._relay is not None:
            self._last = await self.newest()
            await self._relay.start(self._hear, self)
            self._wake_up()

    async def stop(self) -> None:
        """End; subscribers hear nothing more."""
        if self._task is not None:
            await end((self._task,))
            self._task = None
        if self._relay is not None:
            # What this process wrote last, others hear of at once.
            await self._guarded(self._read_log)
            await self._relay.stop()

    @asynccontextmanager
    async def subscribe(self, after: int | None, audiences: Collection[str]) -> AsyncIterator["Subscription"]:
        """Everything that `audiences` may hear of from now on, or after number `after`.

        Raises: StorageError, SQLAlchemyError when the log cannot be read.
        """
        self._subscribers += 1
        try:
            async with self._db.read() as conn:
                lowest, highest = await bounds(conn)
            if self._task is None:
                self._recent, self._last = [], highest
                self._wake_up()
            gone = after is not None and _is_gone(after, lowest, highest)
            seq = highest if after is None or gone else after
            yield Subscription(self, seq, frozenset(audiences), reset=gone)
        finally:
            self._subscribers -= 1

    async def newest(self) -> int:
        """The highest number given."""
        async with self._db.read() as conn:
            return (await bounds(conn))[1]

    async def since(self, after: int) -> Sequence[Numbered]:
        """The changes that come next after number `after`; not all if they are many."""
        async with self._db.read() as conn:
            return await read(conn, after, limit=_PAGE)

    @property
    def changed(self) -> asyncio.Event:
        """Set once there is something newer than what was there when it was asked for."""
        return self._changed

    async def after(self, seq: int, audiences: Collection[str]) -> Batch:
        """What comes after number `seq`, perhaps nothing."""
        if seq >= self._last:
            return Batch(seq)
        if self._recent and self._recent[0][0] <= seq + 1:
            start = seq + 1 - self._recent[0][0]
            page = self._recent[start : start + _PAGE]
            return Batch(page[-1][0], [one for one in page if one[1].audience in audiences])
        async with self._db.read() as conn:
            lowest, highest = await bounds(conn)
            if _is_gone(seq, lowest, highest):
                return Batch(highest, reset=True)
            found = await read(conn, seq, audiences, _PAGE)
        if found and (len(found) == _PAGE or found[-1][0] > highest):
            return Batch(found[-1][0], found)
        # All up to the highest was looked at.
        return Batch(highest, found)

    def _ring(self) -> None:
        self._rung = True
        self._stirred.set()

    def _hear(self, changes: Sequence[Numbered]) -> None:
        if len(self._arrived) < KEPT:
            self._arrived += changes
        self._stirred.set()

    def _wake_up(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="feed")

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        polled = loop.time()
        while self._subscribers or self._relay is not None:
            due = polled + POLL - loop.time()
            if due > 0 and not self._stirred.is_set():
                try:
                    # Not wait_for: in Python 3.11 it forgets that it was cancelled when both happen at once.
                    async with asyncio.timeout(due):
                        await self._stirred.wait()
                except TimeoutError:
                    due = 0
            self._stirred.clear()
            whole = self._take_arrived()
            if self._rung or due <= 0 or not whole:
                await self._guarded(self._read_log)
                polled = loop.time()
                await asyncio.sleep(_PAUSE)
        self._task = None

    async def _guarded(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do a step; a database that does not answer is asked again at the next poll."""
        try:
            await step()
        except Exception as error:
            # Whatever it is, the log is read again: nobody else in this process would.
            if not self._failing:
                say(_log, "feed_failed", logging.ERROR, error=error)
            self._failing = True
        else:
            self._failing = False

    def _take_arrived(self) -> bool:
        """Take over what the relay brought; False when there is a gap, which only the log can fill."""
        arrived, self._arrived = self._arrived, []
        taken: list[Numbered] = []
        for one in arrived:
            if one[0] == self._last + len(taken) + 1:
                taken.append(one)
            elif one[0] > self._last + len(taken) + 1:
                self._keep(taken, "relay")
                return False
        self._keep(taken, "relay")
        return True

    async def _read_log(self) -> None:
        """Take over what is new in the log, and hand it on."""
        self._rung = False
        while True:
            found = await self.since(self._last)
            if not found:
                return
            if found[0][0] != self._last + 1:
                # Pruned meanwhile: who is behind finds it gone in the log, too.
                self._recent = []
            self._keep(found, "log")
            if self._relay is not None:
                await self._relay.send(found)
            if len(found) < _PAGE:
                return

    def _keep(self, changes: Sequence[Numbered], source: str) -> None:
        if not changes:
            return
        self._recent += changes
        if len(self._recent) > 2 * KEPT:
            del self._recent[:-KEPT]
        self._last = changes[-1][0]
        self._metrics.live_events.labels(source).inc(len(changes))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Subscription:
    """One subscriber's place in the feed."""

    def __init__(self, feed: Feed, seq: int, audiences: Collection[str], *, reset: bool) -> None:
        self._feed = feed
        self._audiences = audiences
        self.seq = seq
        """The last number that this subscriber got, or could have got."""
        self.reset = reset
        """Whether what it asked for is gone: it must read everything anew."""

    async def next(self, seconds: float) -> Batch:
        """What comes next, as soon as there is something; nothing after so many seconds.

        Raises: StorageError, SQLAlchemyError when it is only in the log and the log cannot be read.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            changed = self._feed.changed
            batch = await self._feed.after(self.seq, self._audiences)
            moved, self.seq = batch.seq > self.seq, batch.seq
            if batch.changes or batch.reset:
                return batch
            if not moved:
                try:
                    async with asyncio.timeout_at(until):
                        await changed.wait()
                except TimeoutError:
                    return batch


def _is_gone(seq: int, lowest: int, highest: int) -> bool:
    """Whether changes after number `seq` were pruned, or the number is of another database."""
    kept_from = lowest if lowest else highest + 1
    return seq > highest or seq < kept_from - 1

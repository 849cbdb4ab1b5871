"""The workers: many threads at once, one message at a time in each, in the order accepted (invariant 2)."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.db.tables import message, turn, unhandled
from hub.errors import HubError, StorageError
from hub.log import say
from hub.metrics import Metrics
from hub.reception.deciding import Deciding
from hub.reception.reaction import Reactions
from hub.reception.reading import Incoming, Reader
from hub.reception.turns import Turns, keep

_log = logging.getLogger(__name__)
_WORKERS = 8
_SWEEP = 5.0
_GIVE_UP_AFTER = 3


class Reception:
    """Handles what was accepted.

    `ready` says whether the understanding engine is loaded; until then only what needs none is handled.
    `busy` says whether webhooks are waiting for their commit: accepting goes before answering.
    """

    def __init__(
        self,
        *,
        db: Database,
        reader: Reader,
        deciding: Deciding,
        reactions: Reactions,
        metrics: Metrics,
        turns: Turns,
        clock: Clock,
        ready: Callable[[], bool],
        busy: Callable[[], bool],
    ) -> None:
        self._db = db
        self._reader = reader
        self._deciding = deciding
        self._reactions = reactions
        self._metrics = metrics
        self._turns = turns
        self._clock = clock
        self._ready = ready
        self._busy = busy
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._known: set[str] = set()
        self._again: set[str] = set()
        self._parked: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to handle; what an earlier run left is found by the first sweep."""
        self._tasks = [asyncio.create_task(self._work(), name=f"reception-{n}") for n in range(_WORKERS)]
        self._tasks.append(asyncio.create_task(self._sweep(), name="reception-sweep"))
        self._beating = asyncio.create_task(keep(self._turns), name="reception-beat")

    async def stop(self) -> None:
        """Finish the messages in hand, and end; the rest is found at the next start."""
        for task in self._tasks[_WORKERS:]:
            task.cancel()
        for _ in range(_WORKERS):
            self._queue.put_nowait("")
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    def notice(self, thread_ids: Iterable[str]) -> None:
        """Say that these threads have something unhandled."""
        for thread_id in thread_ids:
            if thread_id in self._known:
                self._again.add(thread_id)
            else:
                self._known.add(thread_id)
                self._queue.put_nowait(thread_id)
        self._metrics.react_waiting.set(len(self._known))

    def engine_ready(self) -> None:
        """Say that the engine is loaded: what waited for it goes on."""
        parked, self._parked = self._parked, set()
        self.notice(parked)

    @property
    def idle(self) -> bool:
        """Whether nothing is known to wait."""
        return not self._known and not self._parked

    async def _work(self) -> None:
        while thread_id := await self._queue.get():
            try:
                await self._give_way()
                # Whoever has the turn looks once more when it gives it back: nothing is left by passing on.
                if await self._turns.take(thread_id):
                    try:
                        await self._handle_thread(thread_id)
                    finally:
                        if await self._turns.give_back(thread_id) and thread_id not in self._parked:
                            self._again.add(thread_id)
            except StorageError as error:
                say(_log, "storage_failed", logging.ERROR, thread=thread_id, error=error)
                await asyncio.sleep(0.5)
            except Exception:
                _log.exception("thread_failed", extra={"values": {"thread": thread_id}})
            finally:
                self._known.discard(thread_id)
                if thread_id in self._again:
                    self._again.discard(thread_id)
                    self.notice((thread_id,))

    async def _give_way(self) -> None:
        """Let waiting webhooks be committed first, but never for long: a person waits for an answer, too."""
        for _ in range(10):
            if not self._busy():
                return
            await asyncio.sleep(0.01)

    async def _handle_thread(self, thread_id: str) -> None:
        while True:
            async with self._db.glance() as conn:
                incoming = await self._reader.next(conn, thread_id)
            if incoming is None:
                return
            what = self._deciding.sort(incoming)
            if self._deciding.is_for_the_bot(incoming, what) and not self._ready():
                self._parked.add(thread_id)
                return
            try:
                await self._reactions.react(incoming, what)
            except StorageError:
                raise
            except Exception as error:
                code = error.code if isinstance(error, HubError) else type(error).__name__
                self._metrics.react_errors.labels(code).inc()
                _log.exception("reaction_failed", extra={"values": {"message": incoming.message_id}})
                await self._count_failure(incoming)
            else:
                if not incoming.more:
                    # What came since then was noticed, too, and puts the thread in the queue again.
                    return

    async def _count_failure(self, incoming: Incoming) -> None:
        """Try a message again a few times; then a person takes over. Nothing is dropped."""
        if incoming.failures + 1 >= _GIVE_UP_AFTER:
            await self._reactions.give_up(incoming)
            return

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(
                sa.update(message).where(message.c.id == incoming.message_id).values(failures=message.c.failures + 1)
            )

        await self._db.write(unit)

    async def _sweep(self) -> None:
        while True:
            try:
                async with self._db.read() as conn:
                    self.notice(await _unhandled(conn, self._clock.now()))
            except Exception as error:
                say(_log, "sweep_failed", logging.ERROR, error=error)
            await asyncio.sleep(_SWEEP)


async def _unhandled(conn: AsyncConnection, now: datetime) -> list[str]:
    """The threads that have something unhandled and are nobody's turn, those that waited longest first."""
    taken = sa.exists().where(turn.c.thread_id == message.c.thread_id, turn.c.until > now)
    query = (
        sa.select(message.c.thread_id)
        .where(unhandled, ~taken)
        .group_by(message.c.thread_id)
        .order_by(sa.func.min(message.c.at))
        .limit(1000)
    )
    return list((await conn.execute(query)).scalars())

"""Accepting: an inbound message becomes durable, once, in its person's thread, before anyone is told it arrived.

Webhooks that arrive while a commit is in flight share the next one: a batch is deduplicated, given its persons and
threads, sealed and committed together, so that one fsync is paid for many messages.

Two batches are under way at once: a database server takes them side by side, and the embedded database begins the
second in the moment in which the first is durable, before anything of the first is answered. No two of them hold
messages of one sender: a later one waits for the earlier, so that each thread has them in the order in which they came.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.batches import Batch
from hub.db.bulk import write_rows
from hub.db.lookup import Lookup
from hub.db.tables import attachment, message
from hub.errors import Overloaded
from hub.events import Change, publish
from hub.files.expecting import expected
from hub.log import say
from hub.metrics import Metrics
from hub.people import Senders
from hub.threads import NewMessage, Threads
from hub.types import Address, AuthorKind, ChannelKind, Direction, Inbound, new_ids
from hub.vault import Vault

_log = logging.getLogger(__name__)
_BATCH = 256
_SMALL = 32
"""Messages from which on a batch is worth its commit."""
_AT_ONCE = 2
"""Batches that the database has at most: while it works on one, the hub prepares the other. More gain nothing, for they
would be smaller, and they end one after the other (`hub.events`).
"""
_CARRIER = Actor("carrier")
_HERE = Lookup(
    message.c.provider_id,
    lambda among: sa.select(message.c.provider_id, message.c.id, message.c.thread_id).where(
        message.c.channel == sa.bindparam("channel"), among
    ),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message is durable in `thread_id`; `duplicate` when it already was."""

    message_id: str
    thread_id: str
    duplicate: bool = False


_Waiting = tuple[Inbound, "asyncio.Future[Accepted]"]


class Acceptor:
    """Takes inbound messages, a batch at a time.

    `on_accepted` hears the ids of the threads that got something new, after the commit.
    """

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        senders: Senders,
        threads: Threads,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        limit: int,
        on_accepted: Callable[[Iterable[str]], None],
    ) -> None:
        self._db = db
        self._vault = vault
        self._senders = senders
        self._threads = threads
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._on_accepted = on_accepted
        self._limit = limit
        self._waiting: list[_Waiting] = []
        self._in_hand = 0
        self._senders_in_hand: set[Address] = set()
        self._batches: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = False
        """Whether `_begin` is about to be called."""

    def start(self) -> None:
        """Begin to take messages."""
        self._loop = asyncio.get_running_loop()
        self._begin()

    async def stop(self) -> None:
        """Commit what is waiting, then end."""
        while self._loop is not None and (self._waiting or self._batches):
            self._begin()
            await asyncio.wait(self._batches)
        self._loop = None

    @property
    def waiting(self) -> int:
        """How many messages wait for their commit."""
        return len(self._waiting) + self._in_hand

    async def accept(self, inbound: Inbound) -> Accepted:
        """Where the message is kept, once it is durable. Raises: as `submit` and what it gives."""
        return await self.submit(inbound)

    def submit(self, inbound: Inbound) -> "asyncio.Future[Accepted]":
        """Take the message; the result says where it is kept, once it is durable, or is StorageError.

        Raises: Overloaded when the queue is full: nothing is stored.
        """
        if self.waiting >= self._limit:
            self._metrics.accepted.labels(inbound.channel, "overloaded").inc()
            raise Overloaded()
        done: asyncio.Future[Accepted] = (self._loop or asyncio.get_running_loop()).create_future()
        self._waiting.append((inbound, done))
        if not self._called and self._loop is not None and len(self._batches) < _AT_ONCE:
            # Not yet: what arrives in the same moment goes with it.
            self._called = True
            self._loop.call_soon(self._begin)
        return done

    def _begin(self) -> None:
        """Begin as many batches as are worth it; one alone always is."""
        self._called = False
        while len(self._batches) < _AT_ONCE and len(self._waiting) >= (_SMALL if self._batches else 1):
            batch = self._next()
            if not batch:
                break
            self._in_hand += len(batch)
            self._metrics.accept_waiting.set(self.waiting)
            self._metrics.accept_batch.observe(len(batch))
            task = asyncio.create_task(self._commit(batch), name="accept")
            self._batches.add(task)
            task.add_done_callback(self._ended)

    def _next(self) -> "list[_Waiting]":
        """Take the next batch from what waits: of each sender that no batch has in hand, in order."""
        # Half of a crowd at a time: the others are stored while the first hear their answers and write anew, so that
        # neither side waits for the other with nothing to do.
        size = min(_BATCH, max(_SMALL, (len(self._waiting) + 1) // 2))
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        for one in self._waiting:
            free = len(batch) < size and one[0].sender not in self._senders_in_hand
            (batch if free else later).append(one)
        self._waiting = later
        self._senders_in_hand.update(inbound.sender for inbound, _ in batch)
        return batch

    async def _commit(self, batch: "list[_Waiting]") -> None:
        try:
            answers = await self._store([inbound for inbound, _ in batch])
        except Exception as error:
            say(_log, "batch_refused", logging.ERROR, error=error, messages=len(batch))
            await self._one_by_one(batch, error)
        else:
            for (_, done), answer in zip(batch, answers, strict=True):
                if not done.done():
                    done.set_result(answer)
        finally:
            self._in_hand -= len(batch)
            self._senders_in_hand.difference_update(inbound.sender for inbound, _ in batch)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._batches.remove(task)
        self._begin()

    async def _one_by_one(self, batch: "list[_Waiting]", error: Exception) -> None:
        """After a batch failed: no message may fall because of another one's fault."""
        for inbound, done in batch:
            outcome: Accepted | Exception = error
            if len(batch) > 1:
                try:
                    (outcome,) = await self._store([inbound])
                except Exception as single:
                    outcome = single
            if done.done():
                continue
            if isinstance(outcome, Exception):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

    async def _store(self, batch: list[Inbound]) -> list[Accepted]:
        async def unit(conn: AsyncConnection) -> list[Accepted]:
            return await self._insert(conn, batch)

        answers = await self._db.write(unit)
        kinds = Counter((one.channel, one_answer.duplicate) for one, one_answer in zip(batch, answers, strict=True))
        for (channel, duplicate), count in kinds.items():
            self._metrics.accepted.labels(channel, "duplicate" if duplicate else "new").inc(count)
        self._on_accepted({answer.thread_id for answer in answers if not answer.duplicate})
        return answers

    async def _insert(self, conn: AsyncConnection, batch: list[Inbound]) -> list[Accepted]:
        """One answer for each message of the batch; what is new is inserted, in order."""
        known = await _already_here(conn, batch)
        new: dict[tuple[ChannelKind, str], Inbound] = {}
        for inbound in batch:
            key = (inbound.channel, inbound.provider_id)
            if key not in known:
                # The first of two in one batch is the message, the second a duplicate of it.
                new.setdefault(key, inbound)
        made = await self._append(conn, list(new.values())) if new else []
        fresh = dict(zip(new, made, strict=True))
        answers = []
        for inbound in batch:
            key = (inbound.channel, inbound.provider_id)
            first = new.get(key) is inbound
            answers.append(fresh[key] if first else known.get(key) or _repeated(fresh[key]))
        return answers

    async def _append(self, conn: AsyncConnection, batch: list[Inbound]) -> list[Accepted]:
        senders = await self._senders.of(conn, batch)
        persons = {sender.person_id for sender in senders}
        ends = await self._threads.ends_for(conn, persons)
        keys = await self._vault.keys(conn, persons)
        entries, records = [], []
        for entry_id, inbound, sender in zip(new_ids(len(batch)), batch, senders, strict=True):
            entry = NewMessage(
                id=entry_id,
                thread_id=ends[sender.person_id].thread_id,
                person_id=sender.person_id,
                direction=Direction.INBOUND,
                author=AuthorKind.PATIENT,
                at=inbound.received_at,
                text=inbound.text,
                channel=inbound.channel,
                address_id=sender.address_id,
                media=inbound.media,
                provider_id=inbound.provider_id,
                opt_out=inbound.opt_out,
            )
            entries.append(entry)
            records.append(
                Entry(action="message.accept", actor=_CARRIER, person_id=sender.person_id, object_id=entry.id)
            )
        _, appended = self._threads.appended(keys, entries, ends.values())
        now = self._clock.now()
        files = Batch(attachment, list(expected(entries, now)))
        await write_rows(conn, *appended, files, await self._trail.recorded(conn, *records))
        await publish(conn, now, [Change("message.created", entry.id) for entry in entries])
        return [Accepted(entry.id, entry.thread_id) for entry in entries]


async def _already_here(conn: AsyncConnection, batch: list[Inbound]) -> dict[tuple[ChannelKind, str], Accepted]:
    """Those of the batch that an earlier commit holds."""
    found = {}
    for channel in {inbound.channel for inbound in batch}:
        ids = {inbound.provider_id for inbound in batch if inbound.channel is channel}
        for provider_id, message_id, thread_id in await _HERE(conn, ids, channel=channel.value):
            found[(channel, provider_id)] = Accepted(message_id, thread_id, duplicate=True)
    return found


def _repeated(first: Accepted) -> Accepted:
    return Accepted(first.message_id, first.thread_id, duplicate=True)

"""Turns: which process handles a thread's messages now, so that they are handled in order however many there are.

    nobody's ──take──► ours until T ──beat──► ours until T' ──give back──► nobody's
                         └── past T (its holder died or stood still): anybody's

Every process hears of a new message, and one of them has the thread's turn. The others need not come back: who gives a
turn back looks once more, in the transaction that does so. What was committed before is seen there; whoever heard of
something later waits for that transaction, and then has the turn.

A turn says who should, not who alone can: whoever stood still may go on with a thread that another took meanwhile. So
what follows from a message is written only if the message is not handled yet, and calls to scheduling carry its id.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.db.tables import message, turn, unhandled
from hub.errors import StorageError
from hub.log import say
from hub.types import new_id

_log = logging.getLogger(__name__)

LASTS = timedelta(seconds=15)
"""How long a turn is good without a beat: the longest that a person waits when a process dies with their thread."""
BEAT = timedelta(seconds=4)

# Turns need not survive a power cut: it ends every process that holds one.
_WITHOUT_FSYNC = sa.func.set_config("synchronous_commit", "off", True)
_THREAD, _WHO = sa.bindparam("thread", type_=turn.c.thread_id.type), sa.bindparam("who", type_=turn.c.holder.type)
_GIVE_BACK = sa.delete(turn).where(turn.c.thread_id == _THREAD, turn.c.holder == _WHO).returning(_WITHOUT_FSYNC)
_MORE = sa.select(message.c.id).where(unhandled, message.c.thread_id == _THREAD).limit(1)


class Turns(ABC):
    """Who handles which thread."""

    @abstractmethod
    async def take(self, thread_id: str) -> bool:
        """Whether this process may handle the thread's messages now. Then it must `give_back` the thread."""

    @abstractmethod
    async def give_back(self, thread_id: str) -> bool:
        """Let others handle the thread; True if something came meanwhile that nobody else may have taken up."""

    @abstractmethod
    async def beat(self) -> None:
        """Keep every turn that is taken."""


class Undivided(Turns):
    """The turns of the only process that handles: the embedded database has one dispatcher."""

    async def take(self, thread_id: str) -> bool:
        """Always."""
        return True

    async def give_back(self, thread_id: str) -> bool:
        """Nothing: there are no others, and whoever handles is told of what comes."""
        return False

    async def beat(self) -> None:
        """Nothing: nobody would take them."""


class Divided(Turns):
    """Turns by rows of a database server, among any number of processes."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._holder = new_id()
        self._held: set[str] = set()

    async def take(self, thread_id: str) -> bool:
        """Whether the thread was nobody's, or its holder is gone."""

        async def unit(conn: AsyncConnection) -> bool:
            now = self._clock.now()
            values = {"holder": self._holder, "until": now + LASTS}
            ours = insert(turn).values(thread_id=thread_id, **values)
            ours = ours.on_conflict_do_update(
                index_elements=[turn.c.thread_id],
                set_=values,
                where=sa.or_(turn.c.until <= now, turn.c.holder == self._holder),
            )
            return (await conn.execute(ours.returning(_WITHOUT_FSYNC))).first() is not None

        taken = await self._db.write(unit)
        if taken:
            self._held.add(thread_id)
        return taken

    async def give_back(self, thread_id: str) -> bool:
        """Take the row away, if it is still ours, and look whether there is more."""
        self._held.discard(thread_id)

        async def unit(conn: AsyncConnection) -> bool:
            await conn.execute(_GIVE_BACK, {"thread": thread_id, "who": self._holder})
            return (await conn.execute(_MORE, {"thread": thread_id})).first() is not None

        try:
            return await self._db.write(unit)
        except StorageError as error:
            # Then it runs out by itself.
            say(_log, "turn_kept", logging.WARNING, thread=thread_id, error=error)
            return False

    async def beat(self) -> None:
        """Begin the time of every turn anew."""
        held = sorted(self._held)
        if not held:
            return
        ours = sa.and_(turn.c.thread_id.in_(held), turn.c.holder == self._holder)
        until = self._clock.now() + LASTS

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.update(turn).where(ours).values(until=until).returning(_WITHOUT_FSYNC))

        await self._db.write(unit)


async def keep(turns: Turns) -> None:
    """Beat for as long as this runs."""
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        try:
            await turns.beat()
        except StorageError as error:
            say(_log, "beat_failed", logging.WARNING, error=error)

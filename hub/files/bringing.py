"""Getting files, having them examined, and keeping what may be kept.

What a file's row says is all there is: it is due, somebody claims it, and what came of it is written only if nobody
else wrote meanwhile. A claim counts before the work, so that a file which takes its worker down ends as lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, Fetching
from hub.attachments import Examined, Examiner, Fate
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import attachment, message
from hub.db.tables import thread as thread_table
from hub.errors import ChannelError, CryptoError, Rejected, Unreachable
from hub.events import Change, publish
from hub.files.pieces import Pieces, drop_in
from hub.files.shelf import AttachmentState, place_of
from hub.files.staging import Staging
from hub.files.words import explained
from hub.log import say
from hub.metrics import Metrics
from hub.sealed import Body, open_body
from hub.threads import NewMessage, Threads
from hub.types import AuthorKind, ChannelKind, Direction, Media, new_id
from hub.vault import Keys, Vault

_log = logging.getLogger(__name__)
_ACTOR = Actor("system", "files")
_AT_ONCE = 4
_LASTS = timedelta(minutes=3)
"""How long a claim is believed: fetching, scanning and drawing anew each end before."""
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_ATTEMPTS = 30
_SCANNER_WAIT = timedelta(minutes=1)
_FATES: Mapping[Fate, AttachmentState] = {
    Fate.SERVE: AttachmentState.SERVED,
    Fate.WARN: AttachmentState.WARNED,
    Fate.WAIT: AttachmentState.WAITING,
    Fate.QUARANTINE: AttachmentState.QUARANTINED,
    Fate.REFUSE: AttachmentState.REFUSED,
}
_ATTENTION: Mapping[AttachmentState, str] = {
    AttachmentState.REFUSED: "file_refused",
    AttachmentState.QUARANTINED: "file_quarantined",
    AttachmentState.LOST: "file_lost",
}
_LESS = ("", "attachment", "voicemail")
"""Reasons to look at a thread that a file's fate may replace: it tells more."""


class Bringing:
    """Looks after files that are on their way."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        trail: Trail,
        clock: Clock,
        metrics: Metrics,
        threads: Threads,
        channels: Mapping[ChannelKind, Channel],
        examiner: Examiner,
        pieces: Pieces,
        staging: Staging,
    ) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._metrics = metrics
        self._threads = threads
        self._channels = channels
        self._examiner = examiner
        self._pieces = pieces
        self._staging = staging
        self._going: list[asyncio.Task[bool]] = []
        self._stopped = False

    async def due(self) -> int:
        """How many files came to an end, of those that are due now."""
        ended = 0
        while not self._stopped and (rows := await self._claimed()):
            self._going = [asyncio.create_task(self._bring(row), name="file") for row in rows]
            came = await asyncio.gather(*self._going, return_exceptions=True)
            ended += came.count(True)
            if broke := next((one for one in came if isinstance(one, BaseException)), None):
                raise broke
        return ended

    async def stop(self) -> None:
        """Bring no more, and give back what is under way: whoever works next has it at once."""
        self._stopped = True
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)

    async def _claimed(self) -> Sequence[Any]:
        """Some of the files that are due; none is looked for in vain with a write."""
        now = self._clock.now()
        async with self._db.glance() as conn:
            if (await conn.execute(_ANY, {"now": now})).first() is None:
                return ()
        return await self._db.write(lambda conn: _claim(conn, now))

    async def _bring(self, row: Any) -> bool:
        """Whether the file came to an end."""
        try:
            return await self._work(row)
        except asyncio.CancelledError:
            values = {"due_at": self._clock.now(), "attempts": row.attempts - 1}
            await self._db.write(lambda conn: conn.execute(_mine(row).values(**values)))
            return False

    async def _work(self, row: Any) -> bool:
        if row.state == AttachmentState.FETCHING and row.attempts > _MOST_ATTEMPTS:
            # Each time the work broke off without a word.
            return await self._end(row, AttachmentState.LOST, "gone")
        try:
            async with self._db.glance() as conn:
                keys = await self._vault.key(conn, row.person_id)
            body = open_body(keys, row.person_id, row.thread_id, row.message_id, row.body_sealed)
            examined = await self._examiner.examine(await self._content(row, keys, body))
            return await self._settle(row, keys, examined)
        except ChannelError as error:
            say(_log, "file_not_fetched", logging.WARNING, file=row.id, error=error)
            if isinstance(error, Rejected) and error.provider_code == "too_large":
                return await self._end(row, AttachmentState.REFUSED, "too_long")
            if (error.retry or error.code == "outcome_unknown") and row.attempts < _MOST_ATTEMPTS:
                wait: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts - 1, 16))
                return await self._put_off(row, wait)
            return await self._end(row, AttachmentState.LOST, "gone")
        except CryptoError as error:
            # Disposed of meanwhile, or what was put aside is not whole.
            say(_log, "file_not_opened", logging.ERROR, file=row.id, error=error)
            return await self._end(row, AttachmentState.LOST, "gone")

    async def _content(self, row: Any, keys: Keys, body: Body) -> bytes:
        """The file as it came. Raises: ChannelError, CryptoError, StorageError."""
        if row.state == AttachmentState.WAITING:
            return b"".join([piece async for piece in self._kept(row, keys)])
        if row.source_id is not None:
            return await self._staging.take(row.source_id)
        channel = self._channels.get(ChannelKind(row.channel))
        if not isinstance(channel, Fetching):
            raise Unreachable("the channel that the file came by is not set up")
        return await channel.fetch(Media(**body.media[row.position]))

    def _kept(self, row: Any, keys: Keys) -> AsyncIterator[bytes]:
        place = place_of(row, AttachmentState.WAITING)
        return self._pieces.read(row.content_id, keys.open_file(row.person_id, place))

    async def _settle(self, row: Any, keys: Keys, examined: Examined) -> bool:
        state = _FATES[examined.fate]
        if state is AttachmentState.REFUSED:
            return await self._end(row, state, examined.reason)
        if state is AttachmentState.WAITING and row.state == state:
            return await self._put_off(row, _SCANNER_WAIT)
        writer = self._pieces.write(lambda _: keys.seal_file(row.person_id, place_of(row, state)))
        await writer.add(examined.content)
        await writer.end()
        kept = {"kind": examined.kind.value if examined.kind else "", "size": writer.size, "content_id": writer.file_id}
        if await self._end(row, state, examined.reason, kept=kept):
            return state is not AttachmentState.WAITING
        await self._pieces.drop((writer.file_id,))
        return False

    async def _end(self, row: Any, state: AttachmentState, reason: str, *, kept: Mapping[str, Any] = {}) -> bool:
        """Whether the file came to `state` by this; False when somebody else was quicker."""
        now = self._clock.now()
        values = {"state": state.value, "reason": reason, "content_id": None, "source_id": None, "updated_at": now}
        values |= kept
        if state is AttachmentState.WAITING:
            values["due_at"] = now + _SCANNER_WAIT

        async def unit(conn: AsyncConnection) -> bool:
            if not (await conn.execute(_mine(row).values(**values))).rowcount:
                return False
            await drop_in(conn, [one for one in (row.source_id, row.content_id) if one is not None])
            if state in _ATTENTION:
                await self._tell_staff(conn, row, state, reason, now)
            entry = Entry(
                action=f"attachment.{state.value}",
                actor=_ACTOR,
                person_id=row.person_id,
                object_id=row.id,
                details={"reason": reason or None},
            )
            await self._trail.record(conn, entry)
            changed = Change("message.updated", row.message_id)
            await publish(conn, now, [changed, replace(changed, audience=f"person:{row.person_id}")])
            return True

        done = await self._db.write(unit)
        if done:
            self._metrics.files.labels(row.channel, state.value).inc()
            say(_log, "file_settled", file=row.id, state=state.value, reason=reason)
        return done

    async def _tell_staff(
        self, conn: AsyncConnection, row: Any, state: AttachmentState, reason: str, now: datetime
    ) -> None:
        """A note in the thread, and its mark. A person who was disposed of has no key to write a note under."""
        lost_recording = state is AttachmentState.LOST and row.channel == ChannelKind.VOICE
        await conn.execute(
            sa.update(thread_table)
            .where(thread_table.c.id == row.thread_id, thread_table.c.attention.in_(_LESS))
            .values(attention="recording_lost" if lost_recording else _ATTENTION[state])
        )
        keys = await self._vault.keys(conn, (row.person_id,))
        if row.person_id not in keys:
            return
        note = NewMessage(
            id=new_id(),
            thread_id=row.thread_id,
            person_id=row.person_id,
            direction=Direction.NOTE,
            author=AuthorKind.SYSTEM,
            at=now,
            text=explained(state.value, reason) or "",
        )
        await self._threads.append(conn, keys, [note])
        await publish(conn, now, [Change("message.created", note.id), Change("thread.updated", row.thread_id)])

    async def _put_off(self, row: Any, wait: timedelta) -> bool:
        """Try again later."""
        now = self._clock.now()

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(_mine(row).values(due_at=now + wait, updated_at=now))

        await self._db.write(unit)
        self._metrics.files.labels(row.channel, "put_off").inc()
        return False


def _mine(row: Any) -> sa.Update:
    """A change of the row, if nobody else has claimed it meanwhile."""
    return sa.update(attachment).where(
        attachment.c.id == row.id, attachment.c.state == row.state, attachment.c.attempts == row.attempts
    )


async def _claim(conn: AsyncConnection, now: datetime) -> Sequence[Any]:
    """The files that are due longest, which are this one's for a while."""
    due = (
        sa.select(attachment.c.id)
        .where(_due(now))
        # Those that are fetched before those that wait, which may be many: the scanner is away.
        .order_by(attachment.c.state, attachment.c.due_at, attachment.c.id)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = list((await conn.execute(due)).scalars())
    if not ids:
        return ()
    claimed = {"attempts": attachment.c.attempts + 1, "due_at": now + _LASTS}
    await conn.execute(sa.update(attachment).where(attachment.c.id.in_(ids)).values(**claimed))
    query = sa.select(attachment, message.c.body_sealed).join(message, message.c.id == attachment.c.message_id)
    return (await conn.execute(query.where(attachment.c.id.in_(ids)).order_by(attachment.c.id))).all()


def _due(now: Any) -> sa.ColumnElement[bool]:
    on_its_way = attachment.c.state.in_((AttachmentState.FETCHING, AttachmentState.WAITING))
    return sa.and_(on_its_way, attachment.c.due_at <= now)


_ANY = sa.select(attachment.c.id).where(_due(sa.bindparam("now", type_=attachment.c.due_at.type))).limit(1)

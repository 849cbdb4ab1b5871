"""Recordings of what callers left on the line: fetched from the provider once, and kept sealed.

1. `want` notes, with the message that a recording came with, that it is to be had.
2. `Recordings.fetch_due` asks the provider for it until it has it, seals it in segments under the person's key, and
   tells that it is there. What cannot be had is lost, and staff are told.
3. `Recordings.listen` opens one.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Channel, Fetching
from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import message, recording, thread
from hub.errors import ChannelError, CryptoError
from hub.events import Change, publish
from hub.log import say
from hub.sealed import open_body
from hub.types import ChannelKind, Media, new_id
from hub.vault import Keys, Vault

_log = logging.getLogger(__name__)
_ACTOR = Actor("system", "recordings")
_AT_ONCE = 4
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_ATTEMPTS = 30
_AUDIO = "audio/"


def is_audio(media: Mapping[str, str]) -> bool:
    """Whether a file of a message is a recording."""
    return media["content_type"].startswith(_AUDIO)


async def want(conn: AsyncConnection, *, message_id: str, thread_id: str, person_id: str, now: datetime) -> None:
    """Note that the recording of a message is to be fetched, in the caller's transaction; once, however often asked."""
    known = sa.select(recording.c.id).where(recording.c.message_id == message_id)
    if (await conn.execute(known)).first() is not None:
        return
    row = {
        "id": new_id(),
        "message_id": message_id,
        "thread_id": thread_id,
        "person_id": person_id,
        "state": "wanted",
        "attempts": 0,
        "due_at": now,
        "content_type": "",
        "created_at": now,
        "updated_at": now,
    }
    await insert_rows(conn, recording, [row])


async def rehome(conn: AsyncConnection, keys: Keys, from_id: str, into_id: str, thread_id: str) -> int:
    """How many recordings of one person are another's from now on, sealed anew, in the caller's transaction."""
    ids = (await conn.execute(sa.select(recording.c.id).where(recording.c.person_id == from_id))).scalars().all()
    for recording_id in ids:
        # One at a time: they are large.
        row = (await conn.execute(sa.select(recording).where(recording.c.id == recording_id))).one()
        values: dict[str, Any] = {"person_id": into_id, "thread_id": thread_id}
        if row.content_sealed is not None:
            place = Place("recording", "content_sealed", row.id, into_id, thread_id)
            opened = keys.open_file(from_id, [row.content_sealed], _place(row))
            values["content_sealed"] = b"".join(keys.seal_file(into_id, opened, place))
        await conn.execute(sa.update(recording).where(recording.c.id == row.id).values(**values))
    return len(ids)


class Recordings:
    """Fetches recordings and opens them again."""

    def __init__(
        self, *, db: Database, vault: Vault, trail: Trail, clock: Clock, channels: Mapping[ChannelKind, Channel]
    ) -> None:
        self._db = db
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._channels = channels

    async def fetch_due(self) -> int:
        """How many recordings were fetched of those that are due now."""
        now = self._clock.now()
        async with self._db.glance() as conn:
            rows = (await conn.execute(_DUE, {"now": now})).all()
        return sum(await asyncio.gather(*(self._fetch(row) for row in rows)))

    async def listen(self, conn: AsyncConnection, message_id: str) -> tuple[str, bytes] | None:
        """The content type and the sound of a message's recording, once it is kept.

        Raises: SealBroken, KeyDestroyed.
        """
        query = sa.select(recording).where(recording.c.message_id == message_id, recording.c.state == "kept")
        row = (await conn.execute(query)).first()
        if row is None:
            return None
        keys = await self._vault.key(conn, row.person_id)
        pieces = keys.open_file(row.person_id, [row.content_sealed], _place(row))
        return row.content_type, b"".join(pieces)

    async def _fetch(self, row: Any) -> bool:
        """Whether the recording is kept now."""
        channel = self._channels.get(ChannelKind(row.channel))
        if not isinstance(channel, Fetching):
            await self._put_off(row)
            return False
        try:
            async with self._db.glance() as conn:
                keys = await self._vault.key(conn, row.person_id)
            body = open_body(keys, row.person_id, row.thread_id, row.message_id, row.body_sealed)
            media = next(Media(**one) for one in body.media if is_audio(one))
            content = await channel.fetch(media)
            # Aside: a long one would hold up everybody's answers.
            sealed = await asyncio.to_thread(lambda: b"".join(keys.seal_file(row.person_id, [content], _place(row))))
        except ChannelError as error:
            say(_log, "recording_not_fetched", logging.WARNING, recording=row.id, error=error)
            if error.retry or error.code == "outcome_unknown":
                await self._put_off(row)
            else:
                await self._lose(row)
            return False
        except CryptoError:
            # Disposed of meanwhile: there is nobody left to keep it for.
            await self._lose(row)
            return False
        return await self._keep(row, media.content_type, sealed)

    async def _keep(self, row: Any, content_type: str, sealed: bytes) -> bool:
        now = self._clock.now()

        async def unit(conn: AsyncConnection) -> bool:
            values = {"state": "kept", "content_type": content_type, "content_sealed": sealed, "updated_at": now}
            if not (await conn.execute(_wanted(row).values(**values))).rowcount:
                return False
            entry = Entry(action="recording.keep", actor=_ACTOR, person_id=row.person_id, object_id=row.id)
            await self._trail.record(conn, entry)
            await publish(conn, now, [Change("thread.updated", row.thread_id)])
            return True

        return await self._db.write(unit)

    async def _put_off(self, row: Any) -> None:
        """Try again, later each time; in the end it is lost."""
        if row.attempts + 1 >= _MOST_ATTEMPTS:
            await self._lose(row)
            return
        now = self._clock.now()
        wait: timedelta = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(row.attempts, 16))

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(_wanted(row).values(attempts=row.attempts + 1, due_at=now + wait, updated_at=now))

        await self._db.write(unit)

    async def _lose(self, row: Any) -> None:
        say(_log, "recording_lost", logging.ERROR, recording=row.id)
        now = self._clock.now()

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(_wanted(row).values(state="lost", updated_at=now))
            await conn.execute(
                sa.update(thread)
                .where(thread.c.id == row.thread_id, thread.c.attention.in_(("", "voicemail")))
                .values(attention="recording_lost")
            )
            await publish(conn, now, [Change("thread.updated", row.thread_id)])

        await self._db.write(unit)


def _wanted(row: Any) -> sa.Update:
    """A change of the row, if nobody else has done with it meanwhile."""
    # Nor whose it is: what was sealed for one person is of no use to another.
    mine = recording.c.thread_id == row.thread_id
    return sa.update(recording).where(recording.c.id == row.id, recording.c.state == "wanted", mine)


def _place(row: Any) -> Place:
    return Place("recording", "content_sealed", row.id, row.person_id, row.thread_id)


_DUE = (
    sa.select(recording, message.c.channel, message.c.body_sealed)
    .join(message, message.c.id == recording.c.message_id)
    .where(recording.c.state == "wanted", recording.c.due_at <= sa.bindparam("now", type_=recording.c.due_at.type))
    .order_by(recording.c.due_at, recording.c.id)
    .limit(_AT_ONCE)
)

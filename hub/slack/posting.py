"""Posts: one that is live for each thread that wants somebody, showing what holds now.

A row is written before the message is posted, and named in it. So when the answer is lost, or the process dies, the
channel's history tells whether it is there, before a second one is posted.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.slack import SlackClient, blocks, fallback
from hub.audit import Actor, Entry
from hub.db.tables import message, slack_post, thread
from hub.errors import ChannelError, OutcomeUnknown, Rejected, ReplyUnreadable
from hub.log import say
from hub.parts import Parts
from hub.slack.drawing import Frame, digest, draw, draw_replaced
from hub.slack.judging import Level, Standing, is_early, is_over, level
from hub.slack.standing import standings, wanting
from hub.types import Direction, new_id

__all__ = ["ACTOR", "Posting"]

_log = logging.getLogger(__name__)

ACTOR = Actor("system", "slack")

LOST_AFTER = timedelta(seconds=20)
"""When a post of which Slack said nothing is looked for in the channel."""
MOST_UNASSIGNED = 100
"""Live posts beyond which a thread that merely has nobody waits for its own: the channel is no list. Whatever is late
or an emergency is posted all the same."""
_AT_ONCE = 5
"""New posts in one round: Slack takes about one a second in a channel."""
_CHANGES = 20
_CONTEXT = 5
"""Entries of the thread that are told with a new post, where their words may be."""
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})


@dataclass(frozen=True, slots=True)
class _Due:
    """A live post whose message shows something else than it should."""

    row: Any
    standing: Standing
    level: Level
    over: bool


class Posting:
    """Makes the channel's posts what they should be, in `frame`, which may change."""

    def __init__(self, parts: Parts, client: SlackClient, channel: str, frame: Frame) -> None:
        self._parts = parts
        self._client = client
        self._channel = channel
        self.frame = frame
        self._moved = False

    async def sweep(self, changed: Collection[str] | None) -> set[str]:
        """Bring posts up to date: those of `changed` threads, all for None. The threads left for the next round.

        Raises: ChannelError when Slack could not be asked; the rest is found again.
        """
        now = self._parts.clock.now()
        if not self._moved:
            await self._leave_others(now)
            self._moved = True
        await self._find_lost()
        live, found = await self._read(changed, now)
        due = self._changes(live, found, now)
        left = {one.row.thread_id for one in due[_CHANGES:]}
        for one in due[:_CHANGES]:
            if not await self._change(one, now):
                left.add(one.row.thread_id)
        quiet, made = await self._quiet(), 0
        posted = {row.thread_id for row in live}
        for standing in found.values():
            loud = level(standing, now)
            if standing.thread_id in posted or loud is Level.NOTHING:
                continue
            if made >= _AT_ONCE or is_early(standing, now):
                left.add(standing.thread_id)
            elif loud is not Level.UNASSIGNED or quiet < MOST_UNASSIGNED:
                made += await self._begin(standing, loud, now)
                quiet += loud is Level.UNASSIGNED
        return left

    # What is, and what should be

    async def _read(self, changed: Collection[str] | None, now: datetime) -> tuple[list[Any], dict[str, Standing]]:
        """The live posts, and the threads that have or may want one, the most urgent first."""
        query = sa.select(slack_post).where(slack_post.c.ended_at.is_(None)).order_by(slack_post.c.at, slack_post.c.id)
        async with self._parts.db.read() as conn:
            if changed is None:
                live = list(await conn.execute(query))
                ids = [*(row.thread_id for row in live), *await wanting(conn, now)]
            else:
                live = list(await conn.execute(query.where(slack_post.c.thread_id.in_(list(changed)))))
                ids = list(changed)
            found = await standings(conn, ids, self._parts.people, self._parts.users)
        ordered = sorted(found.values(), key=lambda one: (-level(one, now), one.waiting_since or now, one.thread_id))
        return live, {one.thread_id: one for one in ordered}

    def _changes(self, live: list[Any], found: dict[str, Standing], now: datetime) -> list[_Due]:
        """The live posts that show something else than they should; of two for one thread the older is over."""
        newest = {row.thread_id: row.id for row in live}
        due = []
        for row in live:
            one = found.get(row.thread_id)
            if one is None or row.ts is None:
                continue
            loud = level(one, now)
            over = is_over(one, now) or newest[row.thread_id] != row.id or loud > row.level
            if over or row.level != loud or row.shown != digest(draw(one, self.frame, now)):
                due.append(_Due(row, one, loud, over))
        return sorted(due, key=lambda one: -one.level)

    async def _quiet(self) -> int:
        query = sa.select(sa.func.count()).where(
            slack_post.c.ended_at.is_(None), slack_post.c.level == int(Level.UNASSIGNED)
        )
        async with self._parts.db.glance() as conn:
            return int((await conn.execute(query)).scalar_one())

    # What is done about it

    async def _begin(self, one: Standing, loud: Level, now: datetime) -> bool:
        """Post a thread that has no live post. False when another process was first.

        Raises: ChannelError.
        """
        card = draw(one, self.frame, now)
        post_id, shown = new_id(), digest(card)

        async def unit(conn: AsyncConnection) -> bool:
            held = await self._parts.threads.hold(conn, one.thread_id)
            if held is None or held.id != one.thread_id:
                return False
            live = sa.select(slack_post.c.id).where(slack_post.c.thread_id == held.id, slack_post.c.ended_at.is_(None))
            if (await conn.execute(live)).first() is not None:
                return False
            row = {
                "id": post_id,
                "thread_id": held.id,
                "channel": self._channel,
                "ts": None,
                "level": int(loud),
                "shown": shown,
                "seq": await self._told_until(conn, one),
                "at": now,
                "ended_at": None,
            }
            await conn.execute(sa.insert(slack_post), row)
            entry = Entry(
                action="slack.post",
                actor=ACTOR,
                person_id=held.person_id,
                object_id=post_id,
                details={"thread": held.id, "level": int(loud)},
            )
            await self._parts.trail.record(conn, entry)
            return True

        if not await self._parts.db.write(unit):
            return False
        try:
            ts = await self._client.post(self._channel, fallback(card), drawn=blocks(card), name=post_id)
        except (OutcomeUnknown, ReplyUnreadable):
            # It may be there: the channel is asked before it is posted again.
            raise
        except ChannelError:
            await self._forget(post_id)
            raise
        await self._set(post_id, ts=ts)
        say(_log, "slack_posted", post=post_id, thread=one.thread_id, level=int(loud))
        return True

    async def _told_until(self, conn: AsyncConnection, one: Standing) -> int:
        """The entry after which the thread is told in words under its new post."""
        if not self.frame.agreement or one.private:
            return one.last_seq
        answered = sa.select(sa.func.max(message.c.seq)).where(
            message.c.thread_id == one.thread_id, message.c.direction == Direction.OUTBOUND.value
        )
        last = (await conn.execute(answered)).scalar_one_or_none() or 0
        # Where all is answered, the last words all the same: they are what the post is about.
        return max(0, min(last, one.last_seq - 1), one.last_seq - _CONTEXT)

    async def _change(self, due: _Due, now: datetime) -> bool:
        """Show in a post what holds now, or that it is over. False where it is gone, and its thread may want another.

        Raises: ChannelError.
        """
        row, one = due.row, due.standing
        over = due.over
        replaced = over and not is_over(one, now)
        card = draw_replaced(one, self.frame) if replaced else draw(one, self.frame, now)
        try:
            await self._client.update(row.channel, row.ts, fallback(card), blocks(card))
        except Rejected as refusal:
            if refusal.provider_code not in _GONE:
                raise
            # Somebody deleted it.
            await self._set(row.id, ended_at=now)
            return False
        await self._set(row.id, level=int(due.level), shown=digest(card), ended_at=now if over else None)
        if replaced and due.level is not Level.NOTHING:
            await self._begin(one, due.level, now)
        return True

    async def _leave_others(self, now: datetime) -> None:
        """End posts in another channel, which the setting named before: their threads are posted in this one."""

        async def unit(conn: AsyncConnection) -> None:
            others = sa.and_(slack_post.c.ended_at.is_(None), slack_post.c.channel != self._channel)
            await conn.execute(sa.update(slack_post).where(others).values(ended_at=now))

        await self._parts.db.write(unit)

    async def _find_lost(self) -> None:
        """See what became of posts of which Slack said nothing. Raises: ChannelError."""
        now = self._parts.clock.now()
        query = sa.select(slack_post).where(
            slack_post.c.ended_at.is_(None), slack_post.c.ts.is_(None), slack_post.c.at <= now - LOST_AFTER
        )
        async with self._parts.db.glance() as conn:
            lost: list[Any] = list(await conn.execute(query.limit(_CHANGES)))
        for row in lost:
            ts = await self._client.posted(row.channel, row.id, row.at - timedelta(minutes=1))
            if ts is None:
                await self._forget(row.id)
            else:
                await self._set(row.id, ts=ts)
            say(_log, "slack_post_reconciled", post=row.id, there=ts is not None)

    async def _set(self, post_id: str, **values: Any) -> None:
        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.update(slack_post).where(slack_post.c.id == post_id).values(**values))

        await self._parts.db.write(unit)

    async def _forget(self, post_id: str) -> None:
        """Nothing was posted."""

        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.delete(slack_post).where(slack_post.c.id == post_id, slack_post.c.ts.is_(None)))

        await self._parts.db.write(unit)


async def post_of(conn: AsyncConnection, channel: str, ts: str) -> Any:
    """The post that a message in Slack is, with its thread's id; None where it is none."""
    query = sa.select(slack_post).where(slack_post.c.channel == channel, slack_post.c.ts == ts)
    return (await conn.execute(query)).first()


async def unnamed(conn: AsyncConnection) -> bool:
    """Whether there is a post of which it is not known yet which message it is."""
    query = sa.select(slack_post.c.id).where(slack_post.c.ended_at.is_(None), slack_post.c.ts.is_(None)).limit(1)
    return (await conn.execute(query)).first() is not None


async def live_threads(conn: AsyncConnection) -> list[Any]:
    """The live posts that are in Slack, with the newest entry of their threads: (post row…, last_seq, person_id)."""
    query = (
        sa.select(slack_post, thread.c.last_seq, thread.c.person_id)
        .join(thread, thread.c.id == slack_post.c.thread_id)
        .where(slack_post.c.ended_at.is_(None), slack_post.c.ts.is_not(None), thread.c.last_seq > slack_post.c.seq)
        .order_by(slack_post.c.at)
        .limit(_CHANGES)
    )
    return list(await conn.execute(query))

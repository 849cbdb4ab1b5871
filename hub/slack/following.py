"""Under the posts: what was said since, and what became of replies."""

import logging
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.slack import SlackClient, escaped, quoted
from hub.audit import Entry
from hub.db.tables import delivery, message, slack_post, slack_reply, team, thread
from hub.errors import Rejected
from hub.log import say
from hub.part2 import LABELLED
from hub.parts import Parts
from hub.sealed import PERSONAL, open_body
from hub.slack import words
from hub.slack.posting import ACTOR, live_threads
from hub.types import AuthorKind, DeliveryState, Direction

__all__ = ["Following"]

_log = logging.getLogger(__name__)

_MOST = 20
_FOLLOWED = timedelta(days=7)
"""How long a reply is followed: after that nothing more is told of it."""
_MENDED = frozenset({"message_not_found", "thread_not_found", "no_reaction", "invalid_name", "bad_timestamp"})
_LAST = frozenset({DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED, DeliveryState.SUPPRESSED})


class Following:
    """Tells under the posts what happened meanwhile; in words only while there is an `agreement`."""

    def __init__(self, parts: Parts, client: SlackClient, *, agreement: bool) -> None:
        self._parts = parts
        self._client = client
        self.agreement = agreement

    async def tell(self) -> None:
        """Tell under each live post what was said in its thread since: in words only where an agreement covers them.

        It is noted after Slack took it, so that nothing is left out; after a crash in between it is told twice.

        Raises: ChannelError.
        """
        async with self._parts.db.read() as conn:
            rows = await live_threads(conn)
        for row in rows:
            await self._tell(row)

    async def _tell(self, row: Any) -> None:
        async with self._parts.db.read() as conn:
            entries = await self._entries(conn, row)
            private = await _is_private(conn, row.thread_id)
        in_words = self.agreement and not private
        said = [(who, text) for who, text, _ in entries] if in_words else []
        if said:
            # What notifications show holds no words of a patient.
            await self._send(row, "There is something new in this thread.", quoted(said))
        else:
            for line in _plain_lines(entries):
                await self._send(row, line, None)
        told = row.last_seq

        async def unit(conn: AsyncConnection) -> None:
            later = sa.and_(slack_post.c.id == row.id, slack_post.c.seq < told)
            await conn.execute(sa.update(slack_post).where(later).values(seq=told))
            if said:
                entry = Entry(
                    action="slack.disclose",
                    actor=ACTOR,
                    person_id=row.person_id,
                    object_id=row.thread_id,
                    details={"entries": len(said)},
                )
                await self._parts.trail.record(conn, entry)

        await self._parts.db.write(unit)

    async def _send(self, row: Any, text: str, drawn: list[dict[str, Any]] | None) -> None:
        try:
            await self._client.post(row.channel, text, drawn=drawn, under=row.ts)
        except Rejected as refusal:
            if refusal.provider_code not in _MENDED:
                raise

    async def _entries(self, conn: AsyncConnection, row: Any) -> list[tuple[str, str, str]]:
        """What was said after the post was last told of anything: (by whom, in words, by what kind of author)."""
        here = sa.select(slack_reply.c.message_id).where(slack_reply.c.message_id == message.c.id).exists()
        query = (
            sa.select(message)
            .where(message.c.thread_id == row.thread_id, message.c.seq > row.seq, message.c.seq <= row.last_seq, ~here)
            .order_by(message.c.seq.desc())
            .limit(_MOST)
        )
        found: list[Any] = list(await conn.execute(query))[::-1]
        keys = await self._parts.vault.keys(conn, (row.person_id,))
        told = []
        for one in found:
            if row.person_id not in keys or (one.intent_key or "").startswith(PERSONAL):
                continue
            body = open_body(keys, row.person_id, row.thread_id, one.id, one.body_sealed)
            text = body.text or ("(a file)" if body.media else "")
            told.append((_by(one, body.author), text, _kind(one)))
        return told

    async def mark(self) -> None:
        """Mark replies with what became of them, and say why where one failed. Raises: ChannelError."""
        now = self._parts.clock.now()
        async with self._parts.db.read() as conn:
            rows: list[Any] = list(await conn.execute(_replies(now)))
        for row in rows:
            state = DeliveryState(row.state)
            if state != row.mark and state in words.MARKS:
                await self._mark(row, state)
            over = state in _LAST or row.at < now - _FOLLOWED
            if state != row.mark or over:
                await self._note(row.message_id, state, now if over else None)

    async def _mark(self, row: Any, state: DeliveryState) -> None:
        try:
            await self._client.mark(row.channel, row.ts, words.MARKS[state])
            if state in (DeliveryState.FAILED, DeliveryState.SUPPRESSED):
                told = f"This did not reach the patient. {escaped(words.because(row.reason))}"
                await self._client.whisper(row.channel, row.slack_user, told, under=row.post)
        except Rejected as refusal:
            # Whoever wrote it deleted it, or left: nobody misses the mark.
            say(_log, "slack_mark_refused", logging.WARNING, code=refusal.provider_code)

    async def _note(self, message_id: str, state: DeliveryState, ended_at: datetime | None) -> None:
        async def unit(conn: AsyncConnection) -> None:
            mine = slack_reply.c.message_id == message_id
            await conn.execute(sa.update(slack_reply).where(mine).values(mark=state.value, ended_at=ended_at))

        await self._parts.db.write(unit)


def _kind(row: Any) -> str:
    return "patient" if row.direction == Direction.INBOUND else str(row.author_kind)


def _by(row: Any, author: str) -> str:
    if row.direction == Direction.INBOUND:
        return "Patient"
    if row.direction == Direction.NOTE:
        return f"Note by {author or 'staff'}"
    return {AuthorKind.STAFF.value: author or "Staff", AuthorKind.BOT.value: "Assistant"}.get(row.author_kind, "Hub")


def _plain_lines(entries: list[tuple[str, str, str]]) -> list[str]:
    """The same without a word of it: that the patient wrote, that somebody answered."""
    lines = []
    wrote = sum(1 for _, _, kind in entries if kind == "patient")
    answered = {who for who, _, kind in entries if kind == "staff" and not who.startswith("Note by")}
    if wrote:
        lines.append("The patient wrote again." if wrote == 1 else f"The patient wrote {wrote} times more.")
    for who in sorted(answered):
        lines.append(f"{escaped(who)} answered in the inbox.")
    return [" ".join(lines)] if lines else []


async def _is_private(conn: AsyncConnection, thread_id: str) -> bool:
    labelled = thread.c.person_id.in_(LABELLED)
    query = sa.select(sa.or_(sa.func.coalesce(team.c.private, sa.false()), labelled))
    query = query.select_from(thread).outerjoin(team, team.c.id == thread.c.team_id).where(thread.c.id == thread_id)
    return bool((await conn.execute(query)).scalar_one_or_none())


_STEPS = delivery.alias("steps")


def _replies(now: datetime) -> sa.Select[Any]:
    """The replies that are followed and the state of the newest delivery of each, where there is something to do."""
    steps = sa.select(sa.func.max(_STEPS.c.step)).where(_STEPS.c.message_id == slack_reply.c.message_id)
    return (
        sa.select(slack_reply, delivery.c.state, delivery.c.reason)
        .select_from(slack_reply)
        .join(delivery, delivery.c.message_id == slack_reply.c.message_id)
        .where(delivery.c.step == steps.scalar_subquery())
        .where(slack_reply.c.ended_at.is_(None))
        .where(sa.or_(delivery.c.state != slack_reply.c.mark, slack_reply.c.at < now - _FOLLOWED))
        .order_by(slack_reply.c.at)
        .limit(_MOST)
    )

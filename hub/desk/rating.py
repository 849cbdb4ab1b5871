"""How satisfied people were: one question after a conversation is closed, and its answer.

Asked is who agreed to surveys, wrote within the last week, and was answered by the staff; once in thirty days, and
after no emergency, wrong number or spam. A number from 1 to 5 that comes next, within three days, is the answer.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.prepared import Prepared
from hub.db.tables import message, person, rating
from hub.desk.custody import Done, Held
from hub.desk.dispositions import NOT_ASKED_ABOUT
from hub.router import Routed, Router
from hub.types import AuthorKind, ChannelKind, Direction, Intent, Language, Purpose, Skip, ThreadStatus
from templates import render

RECENT = timedelta(days=7)
AGAIN = timedelta(days=30)
ANSWERED_WITHIN = timedelta(hours=72)
_SCORE = re.compile(r"\W*([1-5])\W*")


def score(text: str) -> int | None:
    """The score that `text` gives and nothing else; None for any other text. Pure."""
    found = _SCORE.fullmatch(text)
    return int(found[1]) if found else None


class Ratings:
    """Asks how satisfied people were, and keeps what they say."""

    def __init__(self, *, router: Router, clock: Clock, clinic: str, zone: ZoneInfo, on: bool) -> None:
        self._router = router
        self._clock = clock
        self._clinic = clinic
        self._zone = zone
        self._on = on

    async def closed(self, conn: AsyncConnection, done: Done, user_id: str) -> Routed | None:
        """Ask about the conversation that a user closed, in the same transaction; what to announce, if anything."""
        held, now = done.thread, self._clock.now()
        if not self._on or not done.changed or done.state.status is not ThreadStatus.CLOSED:
            return None
        if held.state.emergency or done.state.disposition in NOT_ASKED_ABOUT:
            return None
        if held.last_inbound_at is None or held.last_inbound_at < now - RECENT:
            return None
        if await self._asked(conn, held, now) or not await _answered(conn, held, now):
            return None
        routed = await self._router.route_in(conn, await self._question(conn, held, now))
        if not isinstance(routed.decision, Skip):
            row = {
                "id": routed.message_id,
                "thread_id": held.id,
                "user_id": user_id,
                "team_id": held.state.team_id,
                "asked_at": now,
                "score": None,
                "answered_at": None,
            }
            await insert_rows(conn, rating, [row])
        return routed

    async def awaited(self, conn: AsyncConnection, thread_id: str) -> str | None:
        """The id of the question that was the last thing said to the person, while an answer to it counts."""
        found = await _AWAITED.first(conn, thread=thread_id, since=self._clock.now() - ANSWERED_WITHIN)
        return None if found is None else str(found.id)

    async def answer(self, conn: AsyncConnection, rating_id: str, given: int) -> None:
        """Keep the answer; the first one counts."""
        open_one = sa.update(rating).where(rating.c.id == rating_id, rating.c.score.is_(None))
        await conn.execute(open_one.values(score=given, answered_at=self._clock.now()))

    async def _question(self, conn: AsyncConnection, held: Held, now: datetime) -> Intent:
        spoken = (await conn.execute(sa.select(person.c.language).where(person.c.id == held.person_id))).scalar_one()
        language: Language = "es" if spoken == "es" else "en"
        words: Mapping[ChannelKind, str] = {
            kind: render("inbox.rate", {"clinic": self._clinic}, language, kind, self._zone).text
            for kind in ChannelKind
        }
        channel = ChannelKind(held.last_channel) if held.last_channel else None
        return Intent(
            key=f"rating:{held.id}:{now.isoformat()}",
            person_id=held.person_id,
            purpose=Purpose.SURVEY,
            author=AuthorKind.SYSTEM,
            body=words[channel or ChannelKind.SMS],
            level="none",
            # Nobody is called to be asked that.
            channel=ChannelKind.SMS if channel is ChannelKind.VOICE else channel,
        )

    @staticmethod
    async def _asked(conn: AsyncConnection, held: Held, now: datetime) -> bool:
        query = sa.select(rating.c.id).where(rating.c.thread_id == held.id, rating.c.asked_at > now - AGAIN)
        return (await conn.execute(query.limit(1))).first() is not None


async def _answered(conn: AsyncConnection, held: Held, now: datetime) -> bool:
    """Whether the staff said anything to the person lately."""
    query: sa.Select[Any] = sa.select(message.c.id).where(
        message.c.thread_id == held.id,
        message.c.direction == Direction.OUTBOUND,
        message.c.author_kind == AuthorKind.STAFF,
        message.c.at > now - RECENT,
    )
    return (await conn.execute(query.limit(1))).first() is not None


_LAST_SAID = (
    sa.select(message.c.id)
    .where(
        message.c.thread_id == sa.bindparam("thread", type_=message.c.thread_id.type),
        message.c.direction == Direction.OUTBOUND,
    )
    .order_by(message.c.seq.desc())
    .limit(1)
)
_AWAITED = Prepared(
    sa.select(rating.c.id).where(
        rating.c.id == _LAST_SAID.scalar_subquery(),
        rating.c.score.is_(None),
        rating.c.asked_at >= sa.bindparam("since", type_=rating.c.asked_at.type),
    )
)

"""What Slack told: kept once, durably, sealed, until it is done and whoever did it has heard what came of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.slack import Pressed, Said
from hub.crypto import Place
from hub.db.bulk import insert_rows
from hub.db.tables import slack_event
from hub.parts import Parts
from hub.vault import HUB

__all__ = ["Answer", "Told", "TooOften", "accept", "answered", "done", "failed", "prune", "undone", "untold"]

KEPT = timedelta(days=2)
"""How long it is remembered what was told: Slack tells again for an hour at most."""
_MOST = 20
_WAITS = (1, 2, 5, 15, 60, 300)
"""Seconds until something that failed is tried again, by how often it failed."""
TooOften = 12
"""Failures after which it is given up, and whoever did it hears that it was not done."""

Work = Said | Pressed


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a member is to hear, alone, under a post."""

    channel: str
    post: str
    user: str
    text: str

    def __repr__(self) -> str:
        return f"Answer({self.user}, …)"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was told, opened. `failures`: how often it was tried in vain."""

    id: str
    failures: int
    work: Work


_WORK: msgspec.json.Decoder[Work] = msgspec.json.Decoder(Said | Pressed)
_ANSWER = msgspec.json.Decoder(Answer)


async def accept(parts: Parts, work: Work) -> bool:
    """Keep what was told; durable once this returns. False when it was told before."""

    async def unit(conn: AsyncConnection) -> bool:
        known = sa.select(slack_event.c.id).where(slack_event.c.id == work.id)
        if (await conn.execute(known)).first() is not None:
            return False
        keys = await parts.vault.key(conn, HUB)
        now = parts.clock.now()
        row: dict[str, Any] = {
            "id": work.id,
            "at": now,
            "work_sealed": keys.seal(HUB, msgspec.json.encode(work), _place("work_sealed", work.id)),
            "due_at": now,
            "failures": 0,
        }
        await insert_rows(conn, slack_event, [row])
        return True

    return await parts.db.write(unit)


async def undone(parts: Parts) -> list[Told]:
    """What is to be done now, oldest first."""
    now = parts.clock.now()
    query = (
        sa.select(slack_event)
        .where(slack_event.c.told_at.is_(None), slack_event.c.done_at.is_(None), slack_event.c.due_at <= now)
        .order_by(slack_event.c.at, slack_event.c.id)
        .limit(_MOST)
    )
    async with parts.db.read() as conn:
        rows: list[Any] = list(await conn.execute(query))
        if not rows:
            return []
        keys = await parts.vault.key(conn, HUB)
    return [
        Told(
            id=row.id,
            failures=row.failures,
            work=_WORK.decode(keys.open(HUB, row.work_sealed, _place("work_sealed", row.id))),
        )
        for row in rows
    ]


async def is_open(conn: AsyncConnection, event_id: str) -> bool:
    """Whether it is still to be done; nobody else does it until the unit of work ends."""
    query = sa.select(slack_event.c.done_at).where(slack_event.c.id == event_id).with_for_update()
    row = (await conn.execute(query)).first()
    return row is not None and row.done_at is None


async def done(conn: AsyncConnection, parts: Parts, event_id: str, answer: Answer | None) -> None:
    """It is done, in the transaction of what was done; `answer` is still to be told."""
    now = parts.clock.now()
    values: dict[str, Any] = {"work_sealed": None, "done_at": now, "due_at": now, "failures": 0}
    if answer is None:
        values["told_at"] = now
    else:
        keys = await parts.vault.key(conn, HUB)
        values["answer_sealed"] = keys.seal(HUB, msgspec.json.encode(answer), _place("answer_sealed", event_id))
    await conn.execute(sa.update(slack_event).where(slack_event.c.id == event_id).values(**values))


async def untold(parts: Parts) -> list[tuple[str, Answer]]:
    """The answers that somebody is to hear now, oldest first."""
    query = (
        sa.select(slack_event)
        .where(
            slack_event.c.told_at.is_(None),
            slack_event.c.done_at.is_not(None),
            slack_event.c.due_at <= parts.clock.now(),
        )
        .order_by(slack_event.c.done_at, slack_event.c.id)
        .limit(_MOST)
    )
    async with parts.db.read() as conn:
        rows: list[Any] = list(await conn.execute(query))
        if not rows:
            return []
        keys = await parts.vault.key(conn, HUB)
    return [
        (row.id, _ANSWER.decode(keys.open(HUB, row.answer_sealed, _place("answer_sealed", row.id)))) for row in rows
    ]


async def answered(parts: Parts, event_id: str) -> None:
    """Whoever did it has heard what came of it."""
    await _set(parts, event_id, {"told_at": parts.clock.now(), "answer_sealed": None})


async def failed(parts: Parts, event_id: str, failures: int) -> None:
    """It could not be done now: it is tried again, later each time."""
    due = parts.clock.now() + timedelta(seconds=_WAITS[min(failures, len(_WAITS) - 1)])
    await _set(parts, event_id, {"due_at": due, "failures": failures + 1})


async def prune(parts: Parts, now: datetime) -> None:
    """Forget what was done and told long ago."""

    async def unit(conn: AsyncConnection) -> None:
        old = sa.and_(slack_event.c.told_at.is_not(None), slack_event.c.at < now - KEPT)
        await conn.execute(sa.delete(slack_event).where(old))

    await parts.db.write(unit)


async def _set(parts: Parts, event_id: str, values: Mapping[str, Any]) -> None:
    async def unit(conn: AsyncConnection) -> None:
        await conn.execute(sa.update(slack_event).where(slack_event.c.id == event_id).values(**values))

    await parts.db.write(unit)


def _place(field: str, event_id: str) -> Place:
    return Place("slack_event", field, event_id)

"""Copies that providers keep of what was said: they are asked to delete them, until they have.

What a person's disposal or a policy lets go of is written down in that transaction, by the provider's own ids; a sweep
asks for each, later and later where it fails. Only a provider that can be asked is (`channels.base.Redacting`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.base import Redacting
from hub.audit import Actor, Entry
from hub.db.tables import delivery, legal_hold, message, provider_copy, thread
from hub.errors import ChannelError, Throttled
from hub.parts import Parts
from hub.types import ChannelKind

__all__ = ["ask_for_older", "ask_for_person", "ask_for_those", "sweep", "waiting"]

_PAGE, _MANY = 50, 1000
_FIRST, _MOST = timedelta(minutes=5), timedelta(days=1)


async def ask_for_person(conn: AsyncConnection, parts: Parts, person_id: str) -> int:
    """Have every copy of what the person wrote and was sent deleted, in the caller's transaction; how many."""
    channels = _redacting(parts)
    threads = sa.select(thread.c.id).where(thread.c.person_id == person_id)
    wrote = sa.select(message.c.channel, message.c.provider_id).where(
        message.c.thread_id.in_(threads), message.c.provider_id.is_not(None), message.c.channel.in_(channels)
    )
    sent = sa.select(delivery.c.channel, delivery.c.provider_id).where(
        sa.or_(delivery.c.person_id == person_id, delivery.c.about_id == person_id),
        delivery.c.provider_id.is_not(None),
        delivery.c.channel.in_(channels),
    )
    rows = {(row.channel, row.provider_id) for query in (wrote, sent) for row in await conn.execute(query)}
    return await ask_for_those(conn, parts, rows)


async def ask_for_those(conn: AsyncConnection, parts: Parts, ids: Collection[tuple[str, str]]) -> int:
    """Have these copies deleted, by channel and provider's id, in the caller's transaction; how many there are."""
    now = parts.clock.now()
    rows = [
        {"channel": channel, "provider_id": one, "due_at": now, "failures": 0, "code": "", "done_at": None}
        for channel, one in sorted(ids)
    ]
    if rows:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        await conn.execute(dialect.insert(provider_copy).on_conflict_do_nothing(), rows)
    return len(rows)


async def ask_for_older(parts: Parts, before: datetime, *, dry_run: bool = False) -> int:
    """Have every copy of a text from before that moment deleted, but of those on a legal hold; how many are new."""
    channels = _redacting(parts)
    held = sa.select(legal_hold.c.person_id).where(legal_hold.c.released_at.is_(None))
    wrote = (
        sa.select(message.c.channel, message.c.provider_id)
        .join(thread, thread.c.id == message.c.thread_id)
        .where(
            message.c.at < before,
            message.c.provider_id.is_not(None),
            message.c.channel.in_(channels),
            thread.c.person_id.not_in(held),
        )
    )
    sent = sa.select(delivery.c.channel, delivery.c.provider_id).where(
        delivery.c.updated_at < before,
        delivery.c.provider_id.is_not(None),
        delivery.c.channel.in_(channels),
        delivery.c.person_id.not_in(held),
    )
    both = sa.union(wrote, sent).subquery()
    known = sa.select(provider_copy.c.channel).where(
        provider_copy.c.channel == both.c.channel, provider_copy.c.provider_id == both.c.provider_id
    )
    query = sa.select(both.c.channel, both.c.provider_id).where(~known.exists())
    if dry_run:
        async with parts.db.read() as conn:
            return await conn.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0

    async def unit(conn: AsyncConnection) -> int:
        rows = (await conn.execute(query.limit(_MANY))).all()
        return await ask_for_those(conn, parts, {(row.channel, row.provider_id) for row in rows})

    total = 0
    while found := await parts.db.write(unit):
        total += found
    return total


async def waiting(conn: AsyncConnection) -> int:
    """How many copies are still to be deleted."""
    query = sa.select(sa.func.count()).select_from(provider_copy).where(provider_copy.c.done_at.is_(None))
    return await conn.scalar(query) or 0


async def sweep(parts: Parts) -> dict[str, int]:
    """Ask for the deletion of every copy that is due; how many are gone, and how many could not be deleted yet.

    Asking twice does no harm, so that two at it at once do none either. Where a provider is throttling or away, the
    rest waits for the next sweep.
    """
    counts = {"deleted": 0, "failed": 0}
    while True:
        now = parts.clock.now()
        query = sa.select(provider_copy).where(provider_copy.c.done_at.is_(None), provider_copy.c.due_at <= now)
        async with parts.db.read() as conn:
            rows = (await conn.execute(query.order_by(provider_copy.c.due_at).limit(_PAGE))).all()
        done: list[dict[str, object]] = []
        away = False
        for row in rows:
            values = {"channel": row.channel, "provider_id": row.provider_id}
            channel = parts.channels.get(ChannelKind(row.channel))
            try:
                if not isinstance(channel, Redacting):
                    raise _NotSetUp()
                await channel.redact(row.provider_id)
            except ChannelError as error:
                pause = min(_MOST, _FIRST * 2 ** min(row.failures, 12))
                values |= {"due_at": now + pause, "failures": row.failures + 1, "code": error.code[:24]}
                counts["failed"] += 1
                away = isinstance(error, Throttled) or error.retry
            else:
                values |= {"done_at": now, "code": ""}
                counts["deleted"] += 1
            done.append(values)
            if away:
                break
        if done:
            await parts.db.write(lambda conn, done=done: _keep(conn, parts, done))  # type: ignore[misc]
        if away or len(rows) < _PAGE:
            return counts


class _NotSetUp(ChannelError):
    """The channel that the copy went by is not set up any more."""

    code = "not_set_up"


async def _keep(conn: AsyncConnection, parts: Parts, done: list[dict[str, object]]) -> None:
    for values in done:
        mine = sa.and_(
            provider_copy.c.channel == values.pop("channel"), provider_copy.c.provider_id == values.pop("provider_id")
        )
        await conn.execute(sa.update(provider_copy).where(mine).values(**values))
    gone = sum("done_at" in values for values in done)
    if gone:
        entry = Entry(action="copies.delete", actor=Actor("system", "retention"), details={"deleted": gone})
        await parts.trail.record(conn, entry)


def _redacting(parts: Parts) -> list[str]:
    return [kind.value for kind, channel in parts.channels.items() if isinstance(channel, Redacting)]

"""Recording that deliveries are being sent, and that their attempts were taken: what nearly all of them come to.

A whole batch costs a statement or two, in the database's own words, for SQLAlchemy would build a text of such length
anew each time. What records the end has its fence in the statement itself: it moves only deliveries that are still
being sent, by just that attempt. So nothing need be read first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.direct import run
from hub.db.tables import delivery
from hub.types import DeliveryState

_MOST = 128
"""Deliveries in one statement at most, so that each length stays prepared."""

Taken = tuple[str, int, str | None]
"""A delivery, the number of its attempt, and the provider's id."""


async def record_begun(conn: AsyncConnection, ids: Sequence[str], now: datetime, *, lease_until: datetime) -> None:
    """These deliveries are being sent, by one attempt more, and leased. The caller holds their rows."""
    dialect = conn.dialect
    moments = (_stored(dialect, lease_until), _stored(dialect, now))
    for start in range(0, len(ids), _MOST):
        some = ids[start : start + _MOST]
        await run(conn, _begun(dialect, len(some)), (*moments, *some))


async def record_taken(conn: AsyncConnection, taken: Sequence[Taken], now: datetime, *, due_at: datetime) -> list[str]:
    """The deliveries that were being sent by just that attempt; they, and their attempts, are now recorded as sent.

    due_at: when they are asked about, if nothing is reported until then. Of all others nothing is changed.
    """
    dialect = conn.dialect
    stored_now, stored_due = _stored(dialect, now), _stored(dialect, due_at)
    done: list[str] = []
    for start in range(0, len(taken), _MOST):
        rows = taken[start : start + _MOST]
        given = [value for row in rows for value in row]
        moved = await run(conn, _sent(dialect, len(rows)), (*given, stored_due, stored_now))
        ids = {str(row[0]) for row in moved}
        ended = [row for row in rows if row[0] in ids]
        if ended:
            given = [value for row in ended for value in row]
            await run(conn, _ended(dialect, len(ended)), (*given, stored_now))
        done += [row[0] for row in ended]
    return done


def _stored(dialect: Dialect, moment: datetime) -> Any:
    write = delivery.c.due_at.type.dialect_impl(dialect).bind_processor(dialect)
    return moment if write is None else write(moment)


@lru_cache(maxsize=256)
def _begun(dialect: Dialect, size: int) -> str:
    place = _places(dialect)
    # No value of anybody's is part of these words.
    return (
        f"UPDATE delivery SET state = '{DeliveryState.SENDING}', reason = '', attempts = attempts + 1,"  # noqa: S608
        f" lease_until = {next(place)}, updated_at = {next(place)}, unknown_since = NULL"
        f" WHERE id IN ({', '.join([next(place) for _ in range(size)])})"
    )


@lru_cache(maxsize=256)
def _sent(dialect: Dialect, size: int) -> str:
    place = _places(dialect)
    # No value of anybody's is part of these words.
    return (
        f"{_given(dialect, place, size)} UPDATE delivery SET state = '{DeliveryState.SENT}', reason = '',"  # noqa: S608
        f" due_at = {next(place)}, updated_at = {next(place)}, lease_until = NULL, unknown_since = NULL,"
        " provider_id = coalesce(given.provider_id, delivery.provider_id)"
        " FROM given WHERE delivery.id = given.id AND delivery.attempts = given.number"
        f" AND delivery.state = '{DeliveryState.SENDING}' RETURNING delivery.id"
    )


@lru_cache(maxsize=256)
def _ended(dialect: Dialect, size: int) -> str:
    place = _places(dialect)
    # No value of anybody's is part of these words.
    return (
        f"{_given(dialect, place, size)} UPDATE attempt SET ended_at = {next(place)}, outcome = 'taken', code = ''"  # noqa: S608
        " FROM given WHERE attempt.delivery_id = given.id AND attempt.number = given.number"
    )


def _given(dialect: Dialect, place: Iterator[str], size: int) -> str:
    # The first row tells a database that asks for them the types.
    types = [column.type.compile(dialect) for column in (delivery.c.id, delivery.c.attempts, delivery.c.provider_id)]
    first = ", ".join([f"CAST({next(place)} AS {kind})" for kind in types])
    others = [f"({next(place)}, {next(place)}, {next(place)})" for _ in range(size - 1)]
    return f"WITH given (id, number, provider_id) AS (VALUES {', '.join([f'({first})', *others])})"


def _places(dialect: Dialect) -> Iterator[str]:
    return (f"${n}" if dialect.paramstyle == "numeric_dollar" else "?" for n in count(1))

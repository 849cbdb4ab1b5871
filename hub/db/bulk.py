"""Many rows in one statement.

A driver's own `executemany` runs a statement a row: on the hot path that costs more than the rows. Here a batch is a
handful of statements on SQLite, and one on PostgreSQL, of even several tables (see `arrays`).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import arrays
from hub.db.batches import Batch, Row, writers
from hub.db.direct import run

_MOST = 64
"""Rows a statement at most on SQLite: it keeps each length prepared, and a statement has few enough placeholders."""
_NONE = frozenset[int]()


async def insert_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, in the caller's transaction; each has the columns that the first one has."""
    await write_rows(conn, Batch(table, rows))


async def update_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Set what each of `rows` says on the row with its `id`, in the caller's transaction."""
    await write_rows(conn, Batch(table, rows, updates=True))


async def write_rows(conn: AsyncConnection, *batches: Batch) -> None:
    """Write `batches`, no row of which stands in two, in the caller's transaction.

    A server does it in one statement, in no order: of each other they see nothing until it ends.
    """
    given = [batch for batch in batches if batch.rows]
    if not given:
        return
    if conn.dialect.name == "postgresql":
        await run(conn, *arrays.writing(given, conn.dialect))
        return
    for batch in given:
        columns = batch.columns
        write = writers(batch.table, columns, conn.dialect)
        statement = _update if batch.updates else _insert
        if len(batch.rows) < _MOST:
            # What makes many rows cheap costs more than it saves of a few.
            each_row = [zip([row[name] for name in columns], write, strict=True) for row in batch.rows]
            bound = [value if one is None else one(value) for row in each_row for value, one in row]
            await run(conn, statement(batch.table, columns, _NONE, len(batch.rows)), bound)
            continue
        stored = [_stored([row[name] for row in batch.rows], one) for name, one in zip(columns, write, strict=True)]
        same = frozenset(place for place, values in enumerate(stored) if isinstance(values, _Same))
        once = [values.value for values in stored if isinstance(values, _Same)]
        each = [values for values in stored if not isinstance(values, _Same)]
        for start in range(0, len(batch.rows), _MOST):
            count = min(_MOST, len(batch.rows) - start)
            parts = [values[start : start + count] for values in each]
            await run(
                conn,
                statement(batch.table, columns, same, count),
                (*once, *chain.from_iterable(zip(*parts, strict=True))),
            )


class _Same(NamedTuple):
    """What a column is in every row."""

    value: Any


def _stored(values: list[Any], write: Callable[[Any], Any] | None) -> Sequence[Any] | _Same:
    """The values of many rows in a column as they are stored.

    Where all are the same, that is bound once: to bind a value costs the driver as much as to write it, and for so many
    rows a statement of their own pays.
    """
    if values.count(values[0]) == len(values):
        return _Same(values[0] if write is None else write(values[0]))
    return values if write is None else list(map(write, values))


@lru_cache(maxsize=1024)
def _insert(table: sa.Table, columns: tuple[str, ...], same: frozenset[int], count: int) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {_places(len(columns), same, count)}"


@lru_cache(maxsize=1024)
def _update(table: sa.Table, columns: tuple[str, ...], same: frozenset[int], count: int) -> str:
    setting = ", ".join(f"{name} = given.{name}" for name in columns[1:])
    return (
        f"WITH given ({', '.join(columns)}) AS (VALUES {_places(len(columns), same, count)}) "
        f"UPDATE {table.name} SET {setting} FROM given WHERE {table.name}.id = given.id"
    )


def _places(width: int, same: frozenset[int], count: int) -> str:
    """The placeholders of `count` rows of so many values. Those at `same` are bound once, before all others."""
    if not same:
        return ", ".join([f"({', '.join(['?'] * width)})"] * count)
    once = {place: f"?{number}" for number, place in enumerate(sorted(same), start=1)}
    following = iter(range(len(once) + 1, len(once) + (width - len(once)) * count + 1))
    return ", ".join(
        f"({', '.join(once.get(place) or f'?{next(following)}' for place in range(width))})" for _ in range(count)
    )

"""Many rows in one statement.

A driver's own `executemany` runs a statement a row: on the hot path that costs more than the rows. Here a batch is a
handful of statements on SQLite, and one on PostgreSQL, of even several tables (see `arrays`).
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import arrays
from hub.db.batches import Batch, Row, writers
from hub.db.direct import run

_MOST = 64
"""Rows a statement at most on SQLite: it keeps each length prepared, and a statement has few enough placeholders."""


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
        for chunk in _chunks(batch.rows):
            values, empty = _flat(chunk, columns, write)
            await run(conn, statement(batch.table, columns, empty, len(chunk)), values)


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _MOST):
        yield rows[start : start + _MOST]


def _flat(
    rows: Sequence[Row], columns: tuple[str, ...], write: tuple[Any, ...]
) -> tuple[tuple[Any, ...], frozenset[int]]:
    """The stored values in order, and the places of the columns that have none in any row.

    Those stand in the statement itself: to bind a null costs the driver more than to write a row of them.
    """
    stored: list[Sequence[Any]] = []
    empty: set[int] = set()
    for place, (name, one) in enumerate(zip(columns, write, strict=True)):
        values = [row[name] for row in rows]
        if values.count(None) == len(values):
            empty.add(place)
        else:
            stored.append(values if one is None else list(map(one, values)))
    return tuple(chain.from_iterable(zip(*stored, strict=True))), frozenset(empty)


@lru_cache(maxsize=1024)
def _insert(table: sa.Table, columns: tuple[str, ...], empty: frozenset[int], count: int) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {_places(len(columns), empty, count)}"


@lru_cache(maxsize=1024)
def _update(table: sa.Table, columns: tuple[str, ...], empty: frozenset[int], count: int) -> str:
    setting = ", ".join(f"{name} = given.{name}" for name in columns[1:])
    return (
        f"WITH given ({', '.join(columns)}) AS (VALUES {_places(len(columns), empty, count)}) "
        f"UPDATE {table.name} SET {setting} FROM given WHERE {table.name}.id = given.id"
    )


def _places(width: int, empty: frozenset[int], count: int) -> str:
    """The placeholders of `count` rows of so many values, of which those at `empty` are null."""
    row = ", ".join("NULL" if place in empty else "?" for place in range(width))
    return ", ".join([f"({row})"] * count)

"""Many rows in one statement.

A driver's own `executemany` runs a statement a row, and a driver that works in a thread takes the interpreter's lock
anew after each: on the hot path that costs more than the rows. Here a batch is a handful of statements.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.columns import Id, Moment
from hub.db.writer import run

_MOST = 64
"""Rows a statement at most: the engine keeps each length prepared, and a statement has few enough placeholders."""

Row = Mapping[str, Any]
_Writer = Callable[[Any], Any] | None


async def insert_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, in the caller's transaction; each has the columns that the first one has."""
    if not rows:
        return
    columns = tuple(rows[0])
    writers = _writers(table, columns, conn.dialect)
    for chunk in _chunks(rows):
        statement = _insert(table, columns, len(chunk), conn.dialect)
        await run(conn, statement, _flat(chunk, columns, writers))


async def update_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Set what each of `rows` says on the row with its `id`, in the caller's transaction."""
    if not rows:
        return
    columns = ("id", *(name for name in rows[0] if name != "id"))
    writers = _writers(table, columns, conn.dialect)
    for chunk in _chunks(rows):
        statement = _update(table, columns, len(chunk), conn.dialect)
        await run(conn, statement, _flat(chunk, columns, writers))


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _MOST):
        yield rows[start : start + _MOST]


def _flat(rows: Sequence[Row], columns: tuple[str, ...], writers: tuple[_Writer, ...]) -> tuple[Any, ...]:
    flat = [row[name] for row in rows for name in columns]
    for place, write in enumerate(writers):
        if write is not None:
            flat[place :: len(columns)] = map(write, flat[place :: len(columns)])
    return tuple(flat)


@lru_cache(maxsize=256)
def _writers(table: sa.Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[_Writer, ...]:
    """For each column what turns a value into its stored form, None where it is stored as it is."""
    return tuple(_writer(table.c[name].type, dialect) for name in columns)


def _writer(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> _Writer:
    # Every driver here takes bytes and ids as they are; the wrapping that SQLAlchemy adds is for those that do not.
    if isinstance(kind, Moment):
        return kind.writer(dialect)
    return None if isinstance(kind, sa.LargeBinary | Id) else kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=1024)
def _insert(table: sa.Table, columns: tuple[str, ...], count: int, dialect: Dialect) -> str:
    places = _places((None,) * len(columns), count, dialect)
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {places}"


@lru_cache(maxsize=1024)
def _update(table: sa.Table, columns: tuple[str, ...], count: int, dialect: Dialect) -> str:
    setting = ", ".join(f"{name} = given.{name}" for name in columns[1:])
    kinds = tuple(table.c[name].type.compile(dialect) for name in columns)
    return (
        f"WITH given ({', '.join(columns)}) AS (VALUES {_places(kinds, count, dialect)}) "
        f"UPDATE {table.name} SET {setting} FROM given WHERE {table.name}.id = given.id"
    )


def _places(kinds: tuple[str | None, ...], count: int, dialect: Dialect) -> str:
    """The placeholders of `count` rows of as many values as `kinds`.

    PostgreSQL must be told a value's type (`kinds`) where it does not stand beside the column it is meant for.
    """
    width = len(kinds)
    if dialect.paramstyle == "numeric_dollar":
        casts = [f"::{kind}" if kind else "" for kind in kinds]
        rows = [[f"${row * width + n + 1}{cast}" for n, cast in enumerate(casts)] for row in range(count)]
    else:
        rows = [["?"] * width] * count
    return ", ".join(f"({', '.join(row)})" for row in rows)

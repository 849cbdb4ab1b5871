"""Many rows in one statement.

A driver's own `executemany` runs a statement a row: on the hot path that costs more than the rows. Here a batch is a
handful of statements. On PostgreSQL each column is one array, so that the same statement, prepared once, takes any
number of rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.columns import Id, Moment, array_of
from hub.db.direct import run

_MOST = 64
"""Rows a statement at most on SQLite: it keeps each length prepared, and a statement has few enough placeholders."""

Row = Mapping[str, Any]
_Writer = Callable[[Any], Any] | None


async def insert_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert `rows`, in the caller's transaction; each has the columns that the first one has."""
    if rows:
        await _run(conn, table, rows, tuple(rows[0]), _inserting if _has_arrays(conn.dialect) else _insert)


async def update_rows(conn: AsyncConnection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Set what each of `rows` says on the row with its `id`, in the caller's transaction."""
    if rows:
        columns = ("id", *(name for name in rows[0] if name != "id"))
        await _run(conn, table, rows, columns, _updating if _has_arrays(conn.dialect) else _update)


def numbered(table: sa.Table, column: str, rows: Sequence[Row], dialect: Dialect) -> tuple[str, list[list[Any]]]:
    """On PostgreSQL the statement that inserts `rows` with the next numbers of a counter in `column`, and their values.

    The values of `$1`, how many rows there are, and `$2`, the counter's name, precede those. It returns a row, and
    none where there is no such counter: then nothing was done.
    """
    columns = tuple(rows[0])
    return _numbering(table, column, columns, dialect), _arrays(rows, columns, _writers(table, columns, dialect))


_Statement = Callable[[sa.Table, tuple[str, ...], int, Dialect], str]


async def _run(
    conn: AsyncConnection, table: sa.Table, rows: Sequence[Row], columns: tuple[str, ...], statement: _Statement
) -> None:
    writers = _writers(table, columns, conn.dialect)
    if _has_arrays(conn.dialect):
        await run(conn, statement(table, columns, 0, conn.dialect), _arrays(rows, columns, writers))
        return
    for chunk in _chunks(rows):
        await run(conn, statement(table, columns, len(chunk), conn.dialect), _flat(chunk, columns, writers))


def _has_arrays(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _MOST):
        yield rows[start : start + _MOST]


def _flat(rows: Sequence[Row], columns: tuple[str, ...], writers: tuple[_Writer, ...]) -> tuple[Any, ...]:
    flat = [row[name] for row in rows for name in columns]
    for place, write in enumerate(writers):
        if write is not None:
            flat[place :: len(columns)] = map(write, flat[place :: len(columns)])
    return tuple(flat)


def _arrays(rows: Sequence[Row], columns: tuple[str, ...], writers: tuple[_Writer, ...]) -> list[list[Any]]:
    """The values of each column."""
    return [
        [row[name] for row in rows] if write is None else [write(row[name]) for row in rows]
        for name, write in zip(columns, writers, strict=True)
    ]


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
def _insert(table: sa.Table, columns: tuple[str, ...], count: int, _: Dialect) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {_places(len(columns), count)}"


@lru_cache(maxsize=1024)
def _update(table: sa.Table, columns: tuple[str, ...], count: int, _: Dialect) -> str:
    return (
        f"WITH given ({', '.join(columns)}) AS (VALUES {_places(len(columns), count)}) "
        f"UPDATE {table.name} SET {_setting(columns)} FROM given WHERE {table.name}.id = given.id"
    )


@lru_cache(maxsize=256)
def _inserting(table: sa.Table, columns: tuple[str, ...], _: int, dialect: Dialect) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM {_given(table, columns, 1, dialect)}"


@lru_cache(maxsize=256)
def _updating(table: sa.Table, columns: tuple[str, ...], _: int, dialect: Dialect) -> str:
    return (
        f"UPDATE {table.name} SET {_setting(columns)} FROM {_given(table, columns, 1, dialect)} "
        f"AS given ({', '.join(columns)}) WHERE {table.name}.id = given.id"
    )


@lru_cache(maxsize=16)
def _numbering(table: sa.Table, column: str, columns: tuple[str, ...], dialect: Dialect) -> str:
    listed = ", ".join(columns)
    return (
        "WITH last AS (UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value), "
        f"kept AS (INSERT INTO {table.name} ({column}, {listed}) "
        f"SELECT last.value - $1 + given.number, {', '.join(f'given.{name}' for name in columns)} "
        f"FROM last, {_given(table, columns, 3, dialect)} WITH ORDINALITY AS given ({listed}, number)) "
        "SELECT value FROM last"
    )


def _setting(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = given.{name}" for name in columns[1:])


def _places(width: int, count: int) -> str:
    """The placeholders of `count` rows of so many values."""
    return ", ".join([f"({', '.join(['?'] * width)})"] * count)


def _given(table: sa.Table, columns: tuple[str, ...], first: int, dialect: Dialect) -> str:
    """The rows of an array a column, the first of which is the placeholder with that number."""
    kinds = (array_of(table.c[name].type).compile(dialect) for name in columns)
    return f"unnest({', '.join(f'${number}::{kind}' for number, kind in enumerate(kinds, first))})"

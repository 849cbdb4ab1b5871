"""Batches in PostgreSQL's words: each column is one array.

So one statement, prepared once, takes any number of rows; and batches of several tables share one, for each statement
costs a message to the server and back.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

from hub.db.batches import Batch, Row, writers
from hub.db.columns import array_of

Columns = tuple[str, ...]
Statement = tuple[str, list[Any]]


def writing(batches: Sequence[Batch], dialect: Dialect) -> Statement:
    """What writes `batches`, none of them empty, and the values it is given."""
    shape = tuple((batch.table, batch.columns, batch.updates) for batch in batches)
    values = [
        array
        for batch, (table, columns, _) in zip(batches, shape, strict=True)
        for array in _arrays(table, columns, batch.rows, dialect)
    ]
    return _writing(shape, dialect), values


def numbering(table: sa.Table, column: str, name: str, rows: Sequence[Row], dialect: Dialect) -> Statement:
    """What inserts `rows` with the next numbers of the counter `name` in `column`, and the values it is given.

    It returns a row, and none where there is no such counter: then nothing was done.
    """
    columns = tuple(rows[0])
    return _numbering(table, column, columns, dialect), [len(rows), name, *_arrays(table, columns, rows, dialect)]


def _arrays(table: sa.Table, columns: Columns, rows: Sequence[Row], dialect: Dialect) -> list[list[Any]]:
    """The values of each column."""
    return [
        [row[name] for row in rows] if write is None else [write(row[name]) for row in rows]
        for name, write in zip(columns, writers(table, columns, dialect), strict=True)
    ]


@lru_cache(maxsize=256)
def _writing(shape: tuple[tuple[sa.Table, Columns, bool], ...], dialect: Dialect) -> str:
    parts, first = [], 1
    for table, columns, updates in shape:
        given = _given(table, columns, first, dialect)
        parts.append(_update(table, columns, given) if updates else _insert(table, columns, given))
        first += len(columns)
    *others, last = parts
    beside = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(others))
    return f"WITH {beside} {last}" if others else last


def _insert(table: sa.Table, columns: Columns, given: str) -> str:
    return f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM {given}"


def _update(table: sa.Table, columns: Columns, given: str) -> str:
    setting = ", ".join(f"{name} = given.{name}" for name in columns[1:])
    rows = f"{given} AS given ({', '.join(columns)})"
    return f"UPDATE {table.name} SET {setting} FROM {rows} WHERE {table.name}.id = given.id"


@lru_cache(maxsize=16)
def _numbering(table: sa.Table, column: str, columns: Columns, dialect: Dialect) -> str:
    listed = ", ".join(columns)
    return (
        "WITH last AS (UPDATE counter SET value = value + $1 WHERE name = $2 RETURNING value), "
        f"kept AS (INSERT INTO {table.name} ({column}, {listed}) "
        f"SELECT last.value - $1 + given.number, {', '.join(f'given.{name}' for name in columns)} "
        f"FROM last, {_given(table, columns, 3, dialect)} WITH ORDINALITY AS given ({listed}, number)) "
        "SELECT value FROM last"
    )


def _given(table: sa.Table, columns: Columns, first: int, dialect: Dialect) -> str:
    """The rows of an array a column, the first of which is the placeholder with that number."""
    kinds = (array_of(table.c[name].type).compile(dialect) for name in columns)
    return f"unnest({', '.join(f'${number}::{kind}' for number, kind in enumerate(kinds, first))})"

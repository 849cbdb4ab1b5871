"""What is written in bulk: rows of a table, and how their values are stored."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

from hub.db.columns import Id, Moment

Row = Mapping[str, Any]
Write = Callable[[Any], Any]


class Batch(NamedTuple):
    """Rows that are inserted; or that say, where it `updates`, what to set on the row with their `id`.

    Each has the columns that the first one has.
    """

    table: sa.Table
    rows: Sequence[Row]
    updates: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are written, `id` before those that are set."""
        names = tuple(self.rows[0])
        return ("id", *(name for name in names if name != "id")) if self.updates else names


@lru_cache(maxsize=256)
def writers(table: sa.Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[Write | None, ...]:
    """For each column what turns a value into its stored form, None where it is stored as it is."""
    return tuple(_writer(table.c[name].type, dialect) for name in columns)


def _bytes(value: bytes | None) -> bytearray | None:
    # The driver looks for an adapter of everything but text, numbers and this, each time anew.
    return None if value is None else bytearray(value)


def _number(value: bool | None) -> int | None:
    return None if value is None else int(value)


_FOR_SQLITE: Mapping[type[sa.types.TypeEngine[Any]], Write] = {sa.LargeBinary: _bytes, sa.Boolean: _number}


def _writer(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> Write | None:
    # Every driver here takes bytes and ids as they are; the wrapping that SQLAlchemy adds is for those that do not.
    if isinstance(kind, Moment):
        return kind.writer(dialect)
    if dialect.name == "sqlite" and (kept := _FOR_SQLITE.get(type(kind))) is not None:
        return kept
    return None if isinstance(kind, sa.LargeBinary | Id) else kind.dialect_impl(dialect).bind_processor(dialect)

"""Statements that are run again and again: compiled once, and read without SQLAlchemy's work for each row."""

from collections import namedtuple
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.batches import Write
from hub.db.direct import run
from hub.db.lookup import reader

__all__ = ["Prepared", "one_of"]


def one_of(column: sa.ColumnElement[str], words: Collection[str]) -> sa.ColumnElement[bool]:
    """That `column` is one of our own words, which become part of the statement: as values they would be a list.

    Of no words it is none.

    Raises: ValueError for what is no such word.
    """
    if not all(word.isidentifier() for word in words):
        raise ValueError("only words of our own may become part of a statement")
    if not words:
        return sa.false()
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


class Prepared:
    """A select, or an update, whose named `bindparam`s are given with each call; what else it is bound to stays.

    It may hold no list of values: for these there is `hub.db.lookup`, and for fixed ones `one_of`.
    """

    def __init__(self, statement: sa.Select[Any] | sa.Update) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    async def __call__(self, conn: AsyncConnection, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows, each a sequence in the order of the columns that are selected, or returned by an update."""
        compiled = self._for(conn.dialect)
        return compiled.read(await run(conn, compiled.statement, compiled.bound(values)))

    async def rows(self, conn: AsyncConnection, **values: Any) -> list[Any]:
        """The rows, each with its columns as attributes."""
        compiled = self._for(conn.dialect)
        return list(map(compiled.row, compiled.read(await run(conn, compiled.statement, compiled.bound(values)))))

    async def first(self, conn: AsyncConnection, **values: Any) -> Any:
        """The first row, with its columns as attributes; None where there is none."""
        return next(iter(await self.rows(conn, **values)), None)

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return compiled


_MISSING = object()


class _Compiled:
    def __init__(self, statement: sa.Select[Any] | sa.Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.statement = compiled.string
        self._binds: list[tuple[str, Any, Write | None]] = []
        for name in compiled.positiontup or []:
            bind = compiled.binds[name]
            write = bind.type.dialect_impl(dialect).bind_processor(dialect)
            self._binds.append((name, _MISSING if bind.required else bind.effective_value, write))
        columns = statement.exported_columns
        self._readers = [
            (place, read) for place, column in enumerate(columns) if (read := reader(column.type, dialect)) is not None
        ]
        # Untyped, since its fields are the statement's.
        make: Any = namedtuple
        self.row = make("Row", columns.keys(), rename=True)._make
        """Makes a row, with attributes, of a sequence."""

    def bound(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """What is bound, in order. Raises: KeyError for a value that is not given and has no other."""
        return tuple(
            [
                (given if write is None else write(given))
                for name, fixed, write in self._binds
                for given in (values[name] if fixed is _MISSING else values.get(name, fixed),)
            ]
        )

    def read(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if not self._readers:
            return rows
        found = []
        for row in rows:
            values = list(row)
            for place, read in self._readers:
                values[place] = read(values[place])
            found.append(values)
        return found

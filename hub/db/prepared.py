"""Selects that are asked page after page: compiled once, and read without SQLAlchemy's work for each row."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.direct import run
from hub.db.lookup import reader

__all__ = ["Prepared"]

_Convert = Callable[[Any], Any]


class Prepared:
    """A select whose named `bindparam`s are given with each call; what else it is bound to stays as it is.

    It may hold no list of values: for these there is `hub.db.lookup`.
    """

    def __init__(self, select: sa.Select[Any]) -> None:
        self._select = select
        self._compiled: dict[str, _Compiled] = {}

    async def __call__(self, conn: AsyncConnection, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows, each a sequence in the order of the select's columns."""
        name = conn.dialect.name
        compiled = self._compiled.get(name)
        if compiled is None:
            compiled = self._compiled[name] = _Compiled(self._select, conn.dialect)
        return compiled.read(await run(conn, compiled.statement, compiled.bound(values)))


class _Compiled:
    def __init__(self, select: sa.Select[Any], dialect: Dialect) -> None:
        compiled = select.compile(dialect=dialect)
        self.statement = compiled.string
        self._binds: list[tuple[str, Any, _Convert | None]] = []
        for name in compiled.positiontup or []:
            bind = compiled.binds[name]
            write = bind.type.dialect_impl(dialect).bind_processor(dialect)
            self._binds.append((name, bind.effective_value, write))
        self._readers = [
            (place, read)
            for place, column in enumerate(select.selected_columns)
            if (read := reader(column.type, dialect)) is not None
        ]

    def bound(self, values: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            [
                (given if write is None else write(given))
                for name, fixed, write in self._binds
                for given in (values.get(name, fixed),)
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

"""Finding the rows of many values in one statement, quickly.

SQLAlchemy builds the text of a statement with a list anew each time: on the hot path that costs more than the rows.
Here a statement is built once: on PostgreSQL for lists of every length, which are one value there, and on SQLite for
each of some lengths, to the next of which lists are filled up.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.columns import Id, Moment, array_of, moment
from hub.db.direct import run

_MOST = 64
"""Values a statement at most on SQLite; lengths are powers of two up to it."""

_Reader = Callable[[Any], Any]


class Lookup:
    """A select by a list of values of `column`.

    `build` makes it from the condition that `column` is among them, which stands in one place. Whatever else it is
    bound to is a `bindparam` of a stored form, given by name with each call.
    """

    def __init__(
        self, column: sa.ColumnElement[Any], build: Callable[[sa.ColumnElement[bool]], sa.Select[Any]]
    ) -> None:
        self._column = column
        self._build = build
        self._prepared: dict[tuple[str, int], _Prepared] = {}

    async def __call__(self, conn: AsyncConnection, values: Collection[Any], **others: Any) -> list[Sequence[Any]]:
        """The rows of `values`, in the select's order within each 64 of them."""
        rows: list[Sequence[Any]] = []
        if not values:
            return rows
        if conn.dialect.name == "postgresql":
            prepared = self._for(0, conn.dialect)
            return list(prepared.read(await run(conn, prepared.statement, prepared.bound([list(values)], others))))
        for part in _parts(list(values)):
            prepared = self._for(len(part), conn.dialect)
            rows += prepared.read(await run(conn, prepared.statement, prepared.bound(part, others)))
        return rows

    def _for(self, length: int, dialect: Dialect) -> "_Prepared":
        """The select for so many values; 0 stands for any number of them."""
        key = (dialect.name, length)
        prepared = self._prepared.get(key)
        if prepared is None:
            names = [f"value_{number}" for number in range(length)] or ["values"]
            among: sa.ColumnElement[bool]
            if length:
                among = self._column.in_([sa.bindparam(name, type_=self._column.type) for name in names])
            else:
                among = self._column == sa.any_(sa.bindparam("values", type_=array_of(self._column.type)))
            prepared = self._prepared[key] = _Prepared(self._build(among), names, dialect)
        return prepared


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _MOST):
        part = values[start : start + _MOST]
        length = 1 << (len(part) - 1).bit_length()
        yield part + part[-1:] * (length - len(part))


class _Prepared:
    """The select for one length of list, in the words of one database."""

    def __init__(self, select: sa.Select[Any], names: Sequence[str], dialect: Dialect) -> None:
        compiled = select.compile(dialect=dialect)
        order = compiled.positiontup or []
        self.statement = compiled.string
        at = order.index(names[0])
        self._before, self._after = order[:at], order[at + len(names) :]
        if order[at : at + len(names)] != list(names) or set(names) & {*self._before, *self._after}:
            raise ValueError("a lookup's list must stand in one place")
        self._readers = [
            (place, read)
            for place, column in enumerate(select.selected_columns)
            if (read := reader(column.type, dialect)) is not None
        ]

    def bound(self, values: Sequence[Any], others: dict[str, Any]) -> tuple[Any, ...]:
        """What the placeholders stand for, in order."""
        return (*[others[name] for name in self._before], *values, *[others[name] for name in self._after])

    def read(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The rows with their values as Python has them."""
        if not self._readers:
            return rows
        read = []
        for row in rows:
            values = list(row)
            for place, reader in self._readers:
                values[place] = reader(values[place])
            read.append(values)
        return read


def reader(kind: sa.types.TypeEngine[Any], dialect: Dialect) -> _Reader | None:
    """What turns a stored value of `kind` into ours; None where it is ours already."""
    if isinstance(kind, sa.LargeBinary) or (isinstance(kind, Id) and dialect.name == "sqlite"):
        return None
    if isinstance(kind, Moment) and dialect.name == "sqlite":
        return moment
    return kind.dialect_impl(dialect).result_processor(dialect, None)

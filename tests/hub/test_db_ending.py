"""What a transaction writes last: with its unit or not at all, and in one go."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database, at_end, undoable
from hub.db.tables import counter
from tests.hub.units import adding, breaking_after, names
from tests.stores import embedded_only


class Book:
    """Writes names as rows of `counter`, and notes how many it was given at once."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    async def write(self, conn: AsyncConnection, rows: list[Any]) -> None:
        self.calls.append(list(rows))
        await conn.execute(sa.insert(counter), [{"name": name, "value": 1} for name in rows])

    def handing_over(self, *rows: str) -> Any:
        async def unit(conn: AsyncConnection) -> str:
            at_end(conn, self.write, rows)
            return rows[0]

        return unit


@embedded_only
async def test_rows_of_a_group_are_written_together_and_in_order(db: Database) -> None:
    book = Book()

    await asyncio.gather(db.write(book.handing_over("b")), db.write(book.handing_over("a", "c")))

    assert book.calls in ([["b", "a", "c"]], [["b"], ["a", "c"]])
    async with db.read() as conn:
        assert await names(conn) == ["a", "b", "c"]


async def test_a_unit_that_is_undone_takes_its_own_rows_with_it(db: Database) -> None:
    book = Book()

    await asyncio.gather(
        db.write(book.handing_over("kept")),
        db.write(breaking_after(book.handing_over("lost"), ValueError("of its own"))),
        db.write(adding("beside")),
        return_exceptions=True,
    )

    async with db.read() as conn:
        assert await names(conn) == ["beside", "kept"]


async def test_what_cannot_be_written_at_the_end_undoes_the_unit(db: Database) -> None:
    book = Book()

    async def unit(conn: AsyncConnection) -> None:
        await adding("twice")(conn)
        at_end(conn, book.write, ["twice"])

    with pytest.raises(sa.exc.IntegrityError):
        await db.write(unit)

    async with db.read() as conn:
        assert await names(conn) == []


async def test_a_part_that_is_undone_alone_takes_its_own_rows_with_it(db: Database) -> None:
    book = Book()

    async def unit(conn: AsyncConnection) -> None:
        await book.handing_over("before")(conn)
        try:
            async with undoable(conn):
                await adding("lost")(conn)
                await book.handing_over("lost, too")(conn)
                raise ValueError("of its own")
        except ValueError:
            await book.handing_over("after")(conn)

    await db.write(unit)

    async with db.read() as conn:
        assert await names(conn) == ["after", "before"]

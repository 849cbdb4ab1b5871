"""When the disk or a commit fails, nothing is answered as durable that is not."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.errors import StorageError
from tests.hub.units import adding, breaking_after, names_kept
from tests.stores import embedded_only

pytestmark = embedded_only


async def room(conn: AsyncConnection, pages: int) -> None:
    """Let the file have no more than so many pages, or as many as it has where that is more."""
    await conn.exec_driver_sql(f"PRAGMA max_page_count={pages}")


async def filling(conn: AsyncConnection) -> str:
    """A unit that needs a good deal of room."""
    await conn.exec_driver_sql(
        "INSERT INTO resource (id, kind, blind, name_sealed) VALUES ('r', 'provider', x'00', zeroblob(99999))"
    )
    return "filled"


async def test_a_full_disk_is_never_answered_as_durable(db: Database, database_url: str) -> None:
    """SQLite itself undoes the whole transaction then, the units before the one that failed included."""
    await db.write(lambda conn: room(conn, 1))

    answers = await asyncio.gather(
        db.write(adding("a")), db.write(filling), db.write(adding("b")), return_exceptions=True
    )

    assert isinstance(answers[1], StorageError)
    assert [one for one in answers if isinstance(one, str)] == names_kept(database_url)


async def test_alone_it_is_refused_and_goes_on_when_there_is_room_again(db: Database) -> None:
    await db.write(lambda conn: room(conn, 1))
    with pytest.raises(StorageError):
        await db.write(filling)

    await db.write(lambda conn: room(conn, 1_000_000))

    assert await db.write(filling) == "filled"


async def test_a_commit_that_fails_fails_every_unit_of_its_group(db: Database, database_url: str) -> None:
    async def owing(conn: AsyncConnection) -> None:
        await conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        await conn.exec_driver_sql(
            "INSERT INTO contact (person_id, address_id, value_sealed, created_at) VALUES ('no', 'no', x'00', 0)"
        )

    answers = await asyncio.gather(
        db.write(adding("a")),
        db.write(owing),
        db.write(breaking_after(adding("b"), ValueError("its own"))),
        return_exceptions=True,
    )

    assert [type(one) for one in answers] == [StorageError, StorageError, ValueError]
    assert names_kept(database_url) == []
    assert await db.write(adding("c")) == "c"

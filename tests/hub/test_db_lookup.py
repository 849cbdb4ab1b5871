"""A lookup finds what a select with the same list would."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.counters import advance, insert_numbered
from hub.db.lookup import Lookup
from hub.db.tables import event, thread
from tests.stores import embedded_only

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

BY_NUMBER = Lookup(
    event.c.seq,
    lambda among: (
        sa.select(event.c.seq, event.c.at, event.c.object_id)
        .where(event.c.audience == sa.bindparam("audience"), among)
        .order_by(event.c.seq)
    ),
)


@pytest.fixture
async def events(db: Database) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "seq": n,
            "type": "a.b",
            "object_id": f"o{n}",
            "audience": "staff" if n % 2 else "person:1",
            "at": AT + timedelta(seconds=n),
        }
        for n in range(200)
    ]
    await db.write(lambda conn: insert_rows(conn, event, rows))
    return rows


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 63, 64, 65, 130, 200])
async def test_it_finds_each_row_once_with_its_values_as_python_has_them(db: Database, events, count) -> None:
    wanted = set(range(100, 100 + count))

    async with db.read() as conn:
        for _ in range(2):
            found = await BY_NUMBER(conn, wanted, audience="staff")

            assert sorted(map(tuple, found)) == [
                (row["seq"], row["at"], row["object_id"])
                for row in events
                if row["seq"] in wanted and row["audience"] == "staff"
            ]


async def test_what_it_is_to_be_bound_to_must_be_given(db: Database, events) -> None:
    async with db.read() as conn:
        with pytest.raises(KeyError):
            await BY_NUMBER(conn, [1])


@embedded_only
async def test_a_list_that_stands_in_two_places_is_refused(db: Database) -> None:
    twice = Lookup(
        event.c.seq,
        lambda among: sa.select(event.c.seq).where(sa.or_(among, sa.not_(among))),
    )

    async with db.read() as conn:
        with pytest.raises(ValueError, match="one place"):
            await twice(conn, [1, 2])


def test_on_postgresql_a_list_is_one_value_and_locks_are_taken_in_order() -> None:
    lookup = Lookup(
        thread.c.person_id,
        lambda among: sa.select(thread.c.id).where(among).order_by(thread.c.id).with_for_update(),
    )

    statement = lookup._for(0, asyncpg.dialect()).statement

    assert "= ANY ($1::UUID[])" in statement
    assert statement.endswith("ORDER BY thread.id FOR UPDATE")


async def test_numbers_of_a_counter_are_given_once(db: Database) -> None:
    async def take(conn: AsyncConnection) -> list[int]:
        return [await advance(conn, "made-up", by) for by in (1, 3, 2)]

    assert await db.write(take) == [1, 4, 6]
    assert await db.write(take) == [7, 10, 12]


async def test_counters_do_not_know_each_other(db: Database) -> None:
    async def take(conn: AsyncConnection) -> tuple[int, int]:
        return await advance(conn, "one", 5), await advance(conn, "other", 2)

    assert await db.write(take) == (5, 2)


@pytest.mark.parametrize("count", [1, 70])
async def test_rows_get_the_next_numbers_of_a_counter_in_their_order(db: Database, count: int) -> None:
    rows = [{"type": "a.b", "object_id": f"o{n}", "audience": "staff", "at": AT} for n in range(2 * count)]

    # The counter is made with the first of them.
    for part in ((), rows[:count], rows[count:]):
        await db.write(lambda conn, part=part: insert_numbered(conn, event, "seq", "made-up", part))

    async with db.read() as conn:
        stored = (await conn.execute(sa.select(event).order_by(event.c.seq))).mappings()
        assert [dict(one) for one in stored] == [{"seq": n, **one} for n, one in enumerate(rows, 1)]
    assert await db.write(lambda conn: advance(conn, "made-up", 1)) == 2 * count + 1

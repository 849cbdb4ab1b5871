"""A prepared statement does what SQLAlchemy would."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.prepared import Prepared, one_of
from hub.db.tables import event

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

SINCE = Prepared(
    sa.select(event.c.seq, event.c.at, event.c.object_id.label("of"))
    .where(event.c.at >= sa.bindparam("since", type_=event.c.at.type), one_of(event.c.type, ("a", "b")))
    .order_by(event.c.seq)
    .limit(2)
)
MOVE = Prepared(
    sa.update(event)
    .where(event.c.seq == sa.bindparam("number", type_=event.c.seq.type), event.c.audience == "staff")
    .values(at=sa.bindparam("moment", type_=event.c.at.type))
    .returning(event.c.seq, event.c.at)
)


@pytest.fixture
async def events(db: Database) -> Database:
    rows = [
        {"seq": n, "type": kind, "object_id": f"o{n}", "audience": "staff", "at": AT + timedelta(seconds=n)}
        for n, kind in enumerate("abcab", start=1)
    ]
    await db.write(lambda conn: insert_rows(conn, event, rows))
    return db


async def test_its_rows_have_their_columns_as_attributes_and_values_as_python_has_them(events: Database) -> None:
    async with events.read() as conn:
        for _ in range(2):
            rows = await SINCE.rows(conn, since=AT + timedelta(seconds=2))
            first = await SINCE.first(conn, since=AT + timedelta(seconds=5))
            none = await SINCE.first(conn, since=AT + timedelta(seconds=6))

            assert [(row.seq, row.at, row.of) for row in rows] == [
                (2, AT + timedelta(seconds=2), "o2"),
                (4, AT + timedelta(seconds=4), "o4"),
            ]
            assert first.of == "o5"
            assert none is None


async def test_an_update_changes_what_it_names_and_tells_of_it(events: Database) -> None:
    changed = await events.write(lambda conn: MOVE.rows(conn, number=3, moment=AT))
    missed = await events.write(lambda conn: MOVE(conn, number=9, moment=AT))

    async with events.read() as conn:
        stored = (await conn.execute(sa.select(event.c.seq).where(event.c.at == AT))).scalars().all()
    assert [(row.seq, row.at) for row in changed] == [(3, AT)]
    assert (list(missed), stored) == ([], [3])


def test_only_plain_words_become_part_of_a_statement() -> None:
    with pytest.raises(ValueError, match="our own"):
        one_of(event.c.type, ("a", "b' OR 'a"))


async def test_a_value_that_is_forgotten_is_named_and_not_taken_for_none(events: Database) -> None:
    async with events.read() as conn:
        with pytest.raises(KeyError, match="since"):
            await SINCE(conn)


async def test_one_of_no_words_is_none(events: Database) -> None:
    nothing = Prepared(sa.select(event.c.seq).where(one_of(event.c.type, ())))

    async with events.read() as conn:
        assert not await nothing(conn)

"""Many rows in one statement say the same as many statements would."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.db.bulk import insert_rows, update_rows
from hub.db.columns import Moment
from hub.db.tables import delivery_event, event, person
from hub.errors import StorageError
from hub.types import DeliveryState, new_id
from tests.stores import server_only

_NO_FOREIGN_KEYS = "SET LOCAL session_replication_role = replica"
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def row(number: int) -> dict[str, object]:
    return {"seq": number, "type": "a.b", "object_id": f"o{number}", "audience": "staff", "at": AT}


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
async def test_every_row_goes_in_as_it_was_given(db: Database, count: int) -> None:
    rows = [row(number) for number in range(count)]

    await db.write(lambda conn: insert_rows(conn, event, rows))

    async with db.read() as conn:
        stored = (await conn.execute(sa.select(event).order_by(event.c.seq))).mappings()
        assert [dict(one) for one in stored] == rows


async def test_rows_may_name_their_columns_in_any_order(db: Database) -> None:
    turned = dict(reversed(row(2).items()))

    await db.write(lambda conn: insert_rows(conn, event, [row(1), turned]))

    async with db.read() as conn:
        assert [dict(one) for one in (await conn.execute(sa.select(event))).mappings()] == [row(1), row(2)]


async def test_values_are_stored_as_their_columns_store_them(db: Database) -> None:
    one = {
        "id": new_id(),
        "kind": "patient",
        "profile_sealed": b"\0\xff",
        "language": None,
        "created_at": AT,
        "updated_at": AT + timedelta(microseconds=1),
    }

    await db.write(lambda conn: insert_rows(conn, person, [one]))

    async with db.read() as conn:
        stored = (await conn.execute(sa.select(person))).mappings().one()
        raw = (await conn.exec_driver_sql("SELECT created_at, profile_sealed FROM person")).one()
    assert {name: stored[name] for name in one} == one
    assert tuple(raw) in ((1772463600000000, b"\0\xff"), (AT, b"\0\xff"))


async def test_a_naive_moment_is_refused_here_as_well(db: Database) -> None:
    naive = {**row(1), "at": datetime(2026, 3, 2)}  # noqa: DTZ001 - what is refused

    with pytest.raises(ValueError, match="naive"):
        await db.write(lambda conn: insert_rows(conn, event, [naive]))


async def test_the_tables_checks_hold_and_nothing_of_the_batch_is_kept(db: Database) -> None:
    rows = [row(number) for number in range(100)] + [row(7)]

    with pytest.raises(IntegrityError) as refused:
        await db.write(lambda conn: insert_rows(conn, event, rows))

    assert "o7" not in str(refused.value)
    async with db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(event))).scalar_one() == 0


@pytest.mark.parametrize("count", [0, 1, 64, 130])
async def test_each_row_is_changed_by_its_own_id_and_no_other(db: Database, count: int) -> None:
    rows = [
        {"id": new_id(), "kind": "patient", "language": None, "created_at": AT, "updated_at": AT} for _ in range(140)
    ]
    later = AT + timedelta(days=1)
    changes = [{"language": f"l{number}", "id": rows[number]["id"], "updated_at": later} for number in range(count)]

    await db.write(lambda conn: insert_rows(conn, person, rows))
    await db.write(lambda conn: update_rows(conn, person, changes))

    async with db.read() as conn:
        stored = list(await conn.execute(sa.select(person).order_by(person.c.id)))
    assert [one.language for one in stored] == [f"l{n}" if n < count else None for n in range(140)]
    assert [one.updated_at for one in stored] == [later if n < count else AT for n in range(140)]
    assert {one.created_at for one in stored} == {AT}


async def test_an_enum_is_stored_by_its_word(db: Database) -> None:
    async def unit(conn: AsyncConnection) -> None:
        relax = "PRAGMA defer_foreign_keys=ON" if conn.dialect.name == "sqlite" else _NO_FOREIGN_KEYS
        await conn.exec_driver_sql(relax)
        one = {"id": new_id(), "delivery_id": new_id(), "state": DeliveryState.SENT, "reason": "", "at": AT}
        await insert_rows(conn, delivery_event, [one])
        stored = await conn.exec_driver_sql("SELECT state FROM delivery_event")
        assert stored.scalar_one() == "sent"
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(unit)


@server_only
async def test_a_text_too_long_for_its_column_is_refused_and_never_cut_off(db: Database) -> None:
    long = {**row(1), "type": "x" * 33}

    with pytest.raises(StorageError):
        await db.write(lambda conn: insert_rows(conn, event, [row(2), long]))

    async with db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(event))).scalar_one() == 0


def test_postgresql_gets_moments_as_moments() -> None:
    dialect = postgresql.dialect()
    write = Moment().dialect_impl(dialect).bind_processor(dialect)

    assert write is not None
    assert write(AT) == AT

"""How often a database server is asked again, by a unit that met somebody else's change."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from tests.hub.units import adding, names
from tests.stores import server_only

pytestmark = server_only


async def test_a_unit_that_met_others_twice_in_different_ways_is_run_a_third_time(db: Database) -> None:
    await db.write(adding("there"))
    runs = []

    async def unit(conn: AsyncConnection) -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            await conn.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
        await adding("there" if len(runs) == 2 else "new")(conn)

    await db.write(unit)

    async with db.read() as conn:
        assert await names(conn) == ["new", "there"]
    assert runs == [0, 1, 2]


async def test_a_unit_that_writes_what_is_there_twice_means_to(db: Database) -> None:
    await db.write(adding("there"))
    runs = []

    async def unit(conn: AsyncConnection) -> None:
        runs.append(len(runs))
        await adding("there")(conn)

    with pytest.raises(sa.exc.IntegrityError):
        await db.write(unit)

    assert runs == [0, 1]

"""The database: what was written is durable, alone in its unit, and shares its commit with others."""

import asyncio
import re
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import address, counter
from hub.errors import Overloaded, SchemaOutdated, StorageError
from hub.metrics import Metrics
from hub.types import new_id
from tests.hub.units import adding, breaking_after, names, names_kept
from tests.stores import NOW, embedded_only, sqlite_url

Reading = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
CANARY = "Zanzibar-canary"


class Door:
    """A unit that holds the writer until it is let go."""

    def __init__(self) -> None:
        self.entered, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, conn: AsyncConnection) -> str:
        self.entered.set()
        await self.go.wait()
        return "door"


class TestWriting:
    async def test_what_was_written_is_there_for_everyone_once_write_returns(
        self, db: Database, database_url: str
    ) -> None:
        result = await db.write(adding("a"))

        assert result == "a"
        assert names_kept(database_url) == ["a"]

    @embedded_only
    async def test_a_lock_of_another_process_is_waited_for_while_the_loop_goes_on(
        self, db: Database, database_url: str
    ) -> None:
        await db.write(adding("a"))
        stranger = sqlite3.connect(str(sa.make_url(database_url).database), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")

        writing = asyncio.create_task(db.write(adding("b")))
        for _ in range(20):
            await asyncio.sleep(0.001)
        waited = not writing.done()
        stranger.execute("COMMIT")
        stranger.close()
        await writing

        assert waited
        assert names_kept(database_url) == ["a", "b"]

    @embedded_only
    async def test_the_log_is_copied_into_the_file_without_waiting_for_its_full_length(
        self, db: Database, database_url: str
    ) -> None:
        file = Path(str(sa.make_url(database_url).database))
        before = file.read_bytes()
        for n in range(40):
            await db.write(adding(f"n{n}"))

        async with asyncio.timeout(5):
            while file.read_bytes() == before:  # noqa: ASYNC110 - another thread writes, and tells nobody
                await asyncio.sleep(0.01)

        assert len(names_kept(database_url)) == 40

    async def test_nothing_is_there_before_write_returns(self, db: Database, database_url: str) -> None:
        door = Door()

        async def unit(conn: AsyncConnection) -> str:
            await adding("a")(conn)
            return await door(conn)

        writing = asyncio.create_task(db.write(unit))
        await door.entered.wait()
        before = names_kept(database_url)
        door.go.set()
        await writing

        assert before == []
        assert names_kept(database_url) == ["a"]

    async def test_a_unit_that_fails_undoes_itself_and_none_of_its_group(self, db: Database, database_url: str) -> None:
        fault = ValueError("of its own")

        answers = await asyncio.gather(
            db.write(adding("a")),
            db.write(breaking_after(adding("b"), fault)),
            db.write(adding("c")),
            return_exceptions=True,
        )

        assert answers == ["a", fault, "c"]
        assert names_kept(database_url) == ["a", "c"]

    async def test_a_row_that_is_there_already_surfaces_as_an_integrity_error(
        self, db: Database, database_url: str
    ) -> None:
        first, second, other = await asyncio.gather(
            db.write(adding("a", 1)), db.write(adding("a", 2)), db.write(adding("b")), return_exceptions=True
        )

        # Which of the two comes first is the server's to say, where there is one.
        assert other == "b"
        assert {type(first), type(second)} == {str, IntegrityError}
        assert names_kept(database_url) == ["a", "b"]

    @embedded_only
    async def test_a_unit_sees_what_those_before_it_in_its_group_wrote(self, db: Database) -> None:
        async def counting(conn: AsyncConnection) -> int:
            return len(await names(conn))

        counts = await asyncio.gather(
            db.write(counting), db.write(adding("a")), db.write(counting), db.write(adding("b")), db.write(counting)
        )

        assert counts == [0, "a", 1, "b", 2]

    @embedded_only
    async def test_units_run_in_the_order_they_were_asked_for(self, db: Database) -> None:
        order: list[int] = []

        async def unit(number: int) -> None:
            async def run(conn: AsyncConnection) -> None:
                order.append(number)

            await db.write(run)

        await asyncio.gather(*(unit(number) for number in range(300)))

        assert order == list(range(300))

    @embedded_only
    async def test_many_at_once_share_their_commits(self, database_url: str) -> None:
        metrics = Metrics()
        db = await Database.open(database_url, metrics)

        await asyncio.gather(*(db.write(adding(f"n{number}")) for number in range(64)))
        await db.close()

        count = metrics.registry.get_sample_value
        assert count("hub_commit_units_sum") == 64
        assert (count("hub_commit_units_count") or 64) <= 4
        assert count("hub_commit_seconds_count") == count("hub_commit_units_count")
        assert len(names_kept(database_url)) == 64

    async def test_one_who_stops_waiting_disturbs_nobody(self, db: Database, database_url: str) -> None:
        door = Door()
        held = asyncio.create_task(db.write(door))
        await door.entered.wait()
        leaving, staying = asyncio.create_task(db.write(adding("a"))), asyncio.create_task(db.write(adding("b")))
        await asyncio.sleep(0)

        leaving.cancel()
        door.go.set()
        answers = await asyncio.gather(held, leaving, staying, return_exceptions=True)

        assert isinstance(answers[1], asyncio.CancelledError)
        assert answers[2] == "b"
        assert "b" in names_kept(database_url)

    @embedded_only
    async def test_more_than_may_wait_is_refused_and_stores_nothing(
        self, database_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.db.embedded._WAITING", 2)
        db, door = await Database.open(database_url), Door()
        held = asyncio.create_task(db.write(door))
        await door.entered.wait()
        waiting = [asyncio.create_task(db.write(adding(name))) for name in "ab"]
        await asyncio.sleep(0)

        full = db.waiting
        with pytest.raises(Overloaded):
            await db.write(adding("c"))
        door.go.set()
        await asyncio.gather(held, *waiting)
        await db.close()

        assert full == 2
        assert names_kept(database_url) == ["a", "b"]

    async def test_closing_finishes_what_was_asked_for(self, database_url: str) -> None:
        db = await Database.open(database_url)
        asked = [asyncio.create_task(db.write(adding(f"n{number}"))) for number in range(200)]
        await asyncio.sleep(0)

        await db.close()

        assert all(one.done() and one.result() for one in asked)
        assert len(names_kept(database_url)) == 200


@pytest.fixture(params=["read", "glance"])
def reading(db: Database, request: pytest.FixtureRequest) -> Reading:
    """Each way to read."""
    return getattr(db, request.param)


class TestReading:
    async def test_what_a_reader_sees_does_not_change_while_it_reads(self, db: Database, reading: Reading) -> None:
        await db.write(adding("a"))

        async with reading() as conn:
            first = await names(conn)
            await db.write(adding("b"))
            again = await names(conn)
        async with reading() as conn:
            after = await names(conn)

        assert first == again == ["a"]
        assert after == ["a", "b"]

    async def test_what_a_reader_writes_is_not_kept(self, reading: Reading, database_url: str) -> None:
        async with reading() as conn:
            with suppress(sa.exc.DBAPIError):  # a server refuses it at once
                await adding("a")(conn)

        assert names_kept(database_url) == []

    async def test_a_reader_that_breaks_leaves_nothing_behind(self, db: Database, reading: Reading) -> None:
        async def broken() -> None:
            async with reading() as conn:
                await names(conn)
                raise LookupError

        with pytest.raises(LookupError):
            await broken()

        async with reading() as conn:
            assert await names(conn) == []
        assert await db.write(adding("a")) == "a"

    async def test_readers_do_not_wait_for_a_writer(self, db: Database, reading: Reading) -> None:
        door = Door()
        writing = asyncio.create_task(db.write(door))
        await door.entered.wait()

        async with reading() as conn:
            seen = await names(conn)
        door.go.set()
        await writing

        assert seen == []

    async def test_many_may_read_at_once(self, db: Database, reading: Reading) -> None:
        await db.write(adding("a"))

        async def one() -> list[str]:
            async with reading() as conn:
                return await names(conn)

        assert await asyncio.gather(*(one() for _ in range(20))) == [["a"]] * 20

    async def test_reading_hides_parameters_too(self, reading: Reading) -> None:
        async with reading() as conn:
            with pytest.raises(sa.exc.DBAPIError) as refused:
                await conn.execute(sa.text("SELECT * FROM no_such_table WHERE v = :v"), {"v": CANARY})

        assert CANARY not in str(refused.value)


class TestOpening:
    @embedded_only
    @pytest.mark.parametrize(
        ("pragma", "value"),
        [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("temp_store", 2), ("busy_timeout", 10000)],
        ids=lambda value: str(value),
    )
    async def test_every_connection_has_its_pragmas(self, db: Database, pragma: str, value: object) -> None:
        async def asked(conn: AsyncConnection) -> Any:
            return (await conn.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one()

        async with db.read() as first, db.read() as second, db.glance() as third:
            assert [await asked(conn) for conn in (first, second, third)] == [value] * 3
        assert await db.write(asked) == value

    async def test_a_foreign_key_must_point_somewhere(self, db: Database) -> None:
        async def dangling(conn: AsyncConnection) -> None:
            one = {"id": new_id(), "kind": "phone", "blind": b"0", "state": "ok", "state_reason": "", "created_at": NOW}
            await insert_rows(conn, address, [one])
            await conn.exec_driver_sql(
                f"INSERT INTO contact (person_id, address_id, value_sealed, created_at) "
                f"SELECT '{new_id()}', '{new_id()}', blind, created_at FROM address"
            )

        with pytest.raises(IntegrityError):
            await db.write(dangling)

    async def test_an_empty_database_asks_for_migrate(self, tmp_path: Path) -> None:
        with pytest.raises(SchemaOutdated, match="hub migrate"):
            await Database.open(sqlite_url(tmp_path / "new.db"))

    @pytest.mark.parametrize(
        "revision", ["UPDATE alembic_version SET version_num = '0000'", "DELETE FROM alembic_version"]
    )
    async def test_a_database_at_another_revision_asks_for_migrate(self, database_url: str, revision: str) -> None:
        db = await Database.open(database_url)
        await db.write(lambda conn: conn.exec_driver_sql(revision))
        await db.close()

        with pytest.raises(SchemaOutdated, match="hub migrate"):
            await Database.open(database_url)

    async def test_a_file_that_is_no_database_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "hub.db").write_text(f"{CANARY} is not a database " * 100)

        with pytest.raises(StorageError, match="cannot be opened") as refused:
            await Database.open(sqlite_url(tmp_path / "hub.db"))

        assert CANARY not in str(refused.value)

    @pytest.mark.parametrize("place", ["folder", "folder/file/hub.db"], ids=["a folder", "under a file"])
    async def test_a_place_that_cannot_be_a_file_is_refused(self, tmp_path: Path, place: str) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "file").touch()

        with pytest.raises(StorageError, match="cannot be opened"):
            await Database.open(sqlite_url(tmp_path / place))

    async def test_a_folder_that_it_makes_is_its_owners_alone(self, tmp_path: Path) -> None:
        with pytest.raises(SchemaOutdated):
            await Database.open(sqlite_url(tmp_path / "made" / "hub.db"))

        assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700


class TestErrors:
    """A driver's error quotes statements and parameters, and those may be somebody's words."""

    async def test_a_refused_statement_is_told_by_its_kind_alone(self, db: Database) -> None:
        async def unit(conn: AsyncConnection) -> None:
            await conn.execute(sa.text("INSERT INTO no_such_table VALUES (:v)"), {"v": CANARY})

        with pytest.raises(StorageError) as refused:
            await db.write(unit)

        assert re.fullmatch(r"the database refused a change \((Operational|Programming)Error\)", str(refused.value))
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None

    async def test_an_integrity_error_names_the_constraint_and_no_value(self, db: Database) -> None:
        await db.write(adding(CANARY))

        with pytest.raises(IntegrityError) as refused:
            await db.write(adding(CANARY))

        assert "counter" in str(refused.value)
        assert CANARY not in f"{refused.value} {refused.value!r} {refused.value.orig}"

    async def test_a_value_that_cannot_be_bound_is_not_quoted(self, db: Database) -> None:
        with pytest.raises(StorageError, match="refused a change") as refused:
            await db.write(lambda conn: conn.execute(sa.insert(counter), {"name": {CANARY: CANARY}, "value": 1}))

        assert CANARY not in f"{refused.value} {refused.value!r}"


_HOLD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX, 1, 121)
    print("held", flush=True)
    sys.stdin.read()
"""
"""Holds the lock of whoever copies the log: its byte in the index of the log, as SQLite's file format names it."""


@embedded_only
async def test_what_was_deleted_leaves_the_log_though_somebody_is_copying_it(db: Database, tmp_path: Path) -> None:
    await db.write(adding(CANARY))
    (index,) = tmp_path.glob("*.db-shm")
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, str(index), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    await holder.stdout.readline()

    cut = asyncio.create_task(db.forget_deleted())
    await asyncio.sleep(0.1)
    waited = not cut.done()
    holder.stdin.close()
    await holder.wait()
    await cut

    assert waited
    assert index.with_name(index.name.replace("-shm", "-wal")).stat().st_size == 0

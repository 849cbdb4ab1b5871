"""`hub migrate`: the database is made, or brought up to date, or the one line says why not."""

import sqlite3
import stat
from pathlib import Path

from hub.db import HEAD
from tests.hub.cli.looking import looked
from tests.hub.cli.running import Run


def test_a_database_is_made_where_there_is_none(run: Run, data: Path) -> None:
    ended = run("migrate")

    assert (ended.code, ended.out) == (0, "")
    assert ended.lines[-1] == f"the database is up to date (revision {HEAD})"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "hub.db").stat().st_mode) == 0o600


def test_again_it_changes_nothing(run: Run, founded: Path) -> None:
    before = (founded / "hub.db").read_bytes()

    assert run("migrate").code == 0
    assert (founded / "hub.db").read_bytes() == before


def test_no_keyring_is_made_by_it(run: Run, data: Path) -> None:
    run("migrate")

    assert not (data / "keyring.json").exists()


def test_a_database_elsewhere_is_the_one_that_is_migrated(run: Run, data: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "clinic.db"

    assert run("migrate", HUB_DATABASE_URL=f"sqlite+aiosqlite:///{place}").code == 0
    assert place.exists()
    assert not (data / "hub.db").exists()


def test_a_file_that_is_no_database_is_left_as_it_is(run: Run, data: Path) -> None:
    data.mkdir()
    (data / "hub.db").write_bytes(b"somebody's letter " * 100)

    ended = run("migrate")

    assert ended.code == 1
    assert ended.lines == ["hub: the database cannot be brought up to date (DatabaseError)"]
    assert (data / "hub.db").read_bytes() == b"somebody's letter " * 100


def test_a_database_of_a_newer_release_is_left_to_that(run: Run, founded: Path) -> None:
    looked(founded, lambda conn: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))

    ended = run("migrate")

    assert ended.code == 1
    assert ended.lines == ["hub: the database was made by a newer release: run that one"]


def test_the_roles_apart_ask_for_it(run: Run, data: Path) -> None:
    for role in ("web", "dispatcher", "clock", "worker"):
        ended = run(role)

        assert ended.code == 2
        assert ended.lines[-1] == "hub: the database is not up to date: run `hub migrate`"


def test_what_it_made_can_be_read_by_the_command_line_of_sqlite(run: Run, data: Path) -> None:
    run("migrate")

    with sqlite3.connect(data / "hub.db") as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()

"""The migrations make exactly the tables that the code works with, and can be taken back."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from hub.db import HEAD, Database, migrate
from hub.db.tables import metadata
from hub.errors import StorageError
from tests import stranger
from tests.rows import every
from tests.servers.postgresql import Postgres
from tests.stores import sqlite_url


def schema(path: Path) -> dict[str, set[str]]:
    """Each table and index with the parts of its definition, in no order."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        rows = conn.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
        ).all()
    engine.dispose()
    # SQLite quotes the name of a table that was made anew and renamed.
    return {
        name: parts_of(sql.replace(f'TABLE "{name}"', f"TABLE {name}"))
        for name, sql in rows
        if name != "alembic_version"
    }


def parts_of(sql: str) -> set[str]:
    """What stands between the commas of a definition: a column that was added later stands on the last line."""
    parts, depth = [""], 0
    for character in " ".join(sql.split()):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 1:
            parts.append("")
        else:
            parts[-1] += character
    head, opened, first = parts[0].partition("(")
    whole = [head, first, *parts[1:]] if opened else parts
    whole[-1] = whole[-1].strip().removesuffix(")")
    return {part.strip() for part in whole}


def differences(path: Path) -> list[Any]:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        found = compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata)
    engine.dispose()
    return list(found)


def test_the_migrated_schema_is_what_the_code_says(template: Path) -> None:
    assert differences(template) == []


def test_even_its_checks_and_partial_indexes_are_the_codes(template: Path, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(engine)
    engine.dispose()

    assert schema(template) == schema(tmp_path / "made.db")


def test_from_nothing_to_the_newest_back_to_nothing_and_forth_again(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"

    migrate.upgrade(sqlite_url(path))
    first = schema(path)
    migrate.downgrade(sqlite_url(path))
    bare = schema(path)
    migrate.upgrade(sqlite_url(path))

    assert set(metadata.tables) <= set(first)
    assert bare == {}
    assert schema(path) == first


def test_a_server_gets_the_same_and_can_be_taken_back(postgres: Postgres) -> None:
    url = postgres.url(postgres.create())

    migrate.upgrade(url)
    first, found = columns(url), on_server(url)
    migrate.downgrade(url)
    bare = columns(url)
    migrate.upgrade(url)

    assert found == []
    assert {table for table, _, _ in first} >= set(metadata.tables)
    assert bare <= {("alembic_version", "version_num", "character varying")}
    assert columns(url) == first


def test_releases_that_start_together_take_turns(postgres: Postgres) -> None:
    url = postgres.url(postgres.create())

    migrating = [sys.executable, "-c", "import sys; from hub.db import migrate; migrate.upgrade(sys.argv[1])", url]
    releases = [subprocess.Popen(migrating) for _ in range(3)]

    assert [release.wait(60) for release in releases] == [0, 0, 0]
    assert on_server(url) == []


def columns(url: str) -> set[tuple[str, str, str]]:
    """Every column of a server's database, with its type."""
    query = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    return {(str(table), str(name), str(kind)) for table, name, kind in stranger.rows(url, query)}


def on_server(url: str) -> list[Any]:
    """How a server's database differs from the code."""

    async def compare() -> list[Any]:
        engine = create_async_engine(url)
        async with engine.connect() as conn:
            found = await conn.run_sync(
                lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata)
            )
        await engine.dispose()
        return list(found)

    return asyncio.run(compare())


def test_the_revision_in_the_code_is_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(migrate.config("sqlite+aiosqlite://"))

    assert scripts.get_heads() == [HEAD]


def test_migrating_again_changes_nothing(template: Path, tmp_path: Path) -> None:
    copy = tmp_path / "hub.db"
    copy.write_bytes(template.read_bytes())

    migrate.upgrade(sqlite_url(copy))

    assert schema(copy) == schema(template)


async def test_it_can_be_done_beside_a_running_loop(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "in a folder 100%" / "hub.db")

    await migrate.upgrade_async(url)

    db = await Database.open(url)
    await db.close()


def test_a_clinic_that_runs_goes_on_with_its_ways_and_a_new_one_begins_without_agreements(tmp_path: Path) -> None:
    found = {}
    for name, persons in (("new", 0), ("running", 1)):
        path = tmp_path / f"{name}.db"
        migrate.upgrade(sqlite_url(path), "0021")
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.begin() as conn:
            for _ in range(persons):
                conn.exec_driver_sql(
                    "INSERT INTO person (id, kind, created_at, updated_at) VALUES (x'00', 'patient', 0, 0)"
                )
        migrate.upgrade(sqlite_url(path))
        with engine.connect() as conn:
            found[name] = {tuple(row) for row in conn.exec_driver_sql("SELECT services, agreement FROM vendor")}
        engine.dispose()

    assert found["new"] == set()
    assert {("sms", "unrecorded"), ("email", "unrecorded")} < found["running"]


def test_an_empty_database_is_at_no_revision() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as conn:
        assert migrate.current_revision(conn) is None
    engine.dispose()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"not a database at all " * 100, "cannot be brought up to date", id="no database"),
        pytest.param(None, "cannot be opened", id="a place under a file"),
    ],
)
def test_what_cannot_be_migrated_is_told_in_one_line(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "hub.db"
    file.write_bytes(content or b"")

    with pytest.raises(StorageError, match=words) as refused:
        migrate.upgrade(sqlite_url(file if content else file / "hub.db"))

    assert "\n" not in str(refused.value)


def test_a_database_of_a_newer_release_is_told_apart(template: Path, tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.write_bytes(template.read_bytes())
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()

    with pytest.raises(StorageError, match="newer release"):
        migrate.upgrade(sqlite_url(path))


@every("table", sorted(metadata.tables))
def test_protected_content_has_only_sealed_or_blind_columns(table: str) -> None:
    """A column named after what a person says or is called must be bytes: sealed, or a keyed hash."""
    telling = re.compile(r"(^|_)(text|body|name|given|family|birth|mrn|identity|phone|email|value|dialogue)(_|$)")
    plain = {
        column.name
        for column in metadata.tables[table].columns
        if telling.search(column.name) and not isinstance(column.type, sa.LargeBinary)
    }

    # The operator's names for tokens, teams and labels, what the code calls its own things, and a moment are nobody's.
    ours = {"counter": {"name", "value"}, "cron": {"name"}, "job": {"name"}, "lease": {"name"}}
    theirs = {"api_token": {"name"}, "team": {"name"}, "label": {"name"}, "thread": {"dialogue_at"}}
    ours |= {"campaign": {"name"}, "campaign_approval": {"name"}}
    ours |= {"campaign_plan": {"name"}, "campaign_test": {"name"}}
    ours |= {"ehr_cursor": {"name"}, "vendor": {"name"}}
    assert plain <= (ours | theirs).get(table, set())

"""A database to test on: migrated once a session, copied for each test.

async def test_something(db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None: ...
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database, migrate
from hub.vault import Vault

__all__ = ["clock", "database_url", "db", "keyring", "template", "trail", "vault"]

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""When every test starts: Monday, 10:00 in New York, six days before its clocks change."""


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy address of the database file at `path`."""
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """The keyring that every test database of the session is sealed with."""
    return Keyring.create(NOW)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Path:
    """A migrated, founded database file; copy it, never open it."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    migrate.upgrade(sqlite_url(path))
    asyncio.run(_found(path, Vault(keyring)))
    return path


async def _found(path: Path, vault: Vault) -> None:
    db = await Database.open(sqlite_url(path))
    await db.write(lambda conn: vault.found(conn, NOW))
    await db.close()


@pytest.fixture
def database_url(template: Path, tmp_path: Path) -> str:
    """The address of this test's own copy, for what opens the database itself."""
    path = tmp_path / "hub.db"
    shutil.copyfile(template, path)
    return sqlite_url(path)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """This test's own database, open."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at `NOW` until the test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def vault(keyring: Keyring) -> Vault:
    """The way to this test database's data keys."""
    return Vault(keyring)


@pytest.fixture
def trail(vault: Vault, clock: FixedClock) -> Trail:
    """Where audit entries go."""
    return Trail(vault, clock)

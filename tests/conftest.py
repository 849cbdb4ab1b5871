"""What every test gets without asking: the stores' fixtures, steady property tests, no network beyond this machine."""

import gc
import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.canary import no_canary_is_left, session_is_watched
from tests.servers.fhir import fhir, fhir_server
from tests.servers.valkey import breakable, valkey, valkey_server
from tests.stores import (
    clock,
    database_url,
    db,
    disk,
    keyring,
    postgres,
    postgres_copies,
    postgres_template,
    template,
    trail,
    vault,
)
from tests.thrift import (
    collect_at_last,
    collect_seldom,
    folder_in_memory,
    keep_bytecode,
    look_once_for_channels,
    share_statements,
)

__all__ = [
    "breakable",
    "clock",
    "database_url",
    "db",
    "disk",
    "fhir",
    "fhir_server",
    "keyring",
    "no_canary_is_left",
    "postgres",
    "postgres_copies",
    "postgres_template",
    "session_is_watched",
    "template",
    "trail",
    "valkey",
    "valkey_server",
    "vault",
]

WORKERS_A_CORE = 2
"""Half of the time a test waits: for a server, a process, a browser."""
MOST_WORKERS = 8
"""Each has a database server of its own."""
LONGEST = (
    "tests/bots/test_rasa_server.py",
    "tests/replay/test_dialogues.py",
    "tests/faults/test_fleet.py",
    "tests/browser/test_portal.py",
    "tests/browser/test_demo.py",
    "tests/hub/test_bench.py",
    "tests/faults/test_kill.py",
    "tests/hub/jobs/test_dying.py",
)
"""What is begun first, so that no worker has it left when the others are done."""


def pytest_xdist_auto_num_workers() -> int:
    """Workers for `-n auto`."""
    return min(WORKERS_A_CORE * (os.cpu_count() or 1), MOST_WORKERS)


def pytest_configure(config: pytest.Config) -> None:
    """Put the tests' folders where a commit is quick, unless `--basetemp` says where."""
    share_statements()
    keep_bytecode()
    look_once_for_channels()
    gc.disable()  # until all is collected: modules and tests, which stay
    if hasattr(config, "workerinput"):
        return  # its folders and its environment are the controller's
    folder = config.option.basetemp
    if folder is None and (folder := folder_in_memory()):
        config.option.basetemp = str(folder / "tests")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, the others in the order found."""
    items.sort(key=lambda item: next((at for at, path in enumerate(LONGEST) if item.nodeid.startswith(path)), 99))


def pytest_collection_finish() -> None:
    """From here on what is made is a test's own, and goes with it."""
    collect_seldom()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """All that tests leave is collected here, once, and what it says as it goes is heard."""
    collect_at_last()


settings.register_profile(
    "carehub",
    deadline=None,  # the machine may be busy; a slow example is no defect
    database=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("carehub"), max_examples=1000)
settings.load_profile("carehub")


def _local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """No test reaches another host: a connection to one fails at once."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if not _local(address):
            raise ConnectionRefusedError("tests reach this machine only")
        return connect(self, address)

    return guarded

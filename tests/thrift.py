"""What a session of tests need not do again for every test: nothing here changes what a test sees.

A test has a database, an engine and often processes of its own. Each engine would compile the hub's statements anew, a
fifth of what a test of the hub costs; each process would compile its modules where the machine forbids keeping them;
each commit would wait for a disk that no test asks; each hub would look anew for what is installed; and the collector
of garbage would walk over twelve thousand tests, a seventh of what a test costs.
"""

import functools
import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from channels import registry

__all__ = [
    "collect_at_last",
    "collect_seldom",
    "folder_in_memory",
    "keep_bytecode",
    "look_once_for_channels",
    "share_statements",
]

_MEMORY = Path("/dev/shm")
_STATEMENTS = 20_000
_ALLOCATIONS, _YOUNG, _OLD = 20_000, 10, 10


def share_statements() -> None:
    """Let all engines of one kind of database share their compiled statements, which SQLAlchemy keeps by dialect.

    The dialects of a session's engines differ in nothing: all are made by `hub.db`, for servers of one version.
    """
    compiled: LRUCache[Any, Any] = LRUCache(_STATEMENTS)
    Engine._compiled_cache = property(lambda self: compiled, lambda self, own: None)  # type: ignore[assignment]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]


def keep_bytecode() -> None:
    """Let this process, and those that tests start, read and keep compiled modules where Python has them.

    In a folder of the session's own each worker would compile every installed module anew, at the same time.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def look_once_for_channels() -> None:
    """Ask the machine once, not for every hub, which packages bring channels: no test installs one."""
    registry.entry_points = functools.cache(registry.entry_points)


def collect_seldom() -> None:
    """Let the collector pass over what is there now, the modules and the tests, and come by less often."""
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, _YOUNG, _OLD)
    gc.enable()


def collect_at_last() -> None:
    """Collect what the tests left, and let the collector pass over what stays: pytest has it look five times more when
    all tests are done, and each would take a second of a processor in every worker.
    """
    gc.collect()
    gc.freeze()


def folder_in_memory() -> Path | None:
    """A new folder whose files lie in memory, or None where the machine offers none."""
    return Path(tempfile.mkdtemp(prefix="carehub-tests-", dir=_MEMORY)) if os.access(_MEMORY, os.W_OK) else None

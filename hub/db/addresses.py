"""A database's address: which kind it names, and whether it can be reached at all."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from hub.errors import StorageError

EMBEDDED = "sqlite+aiosqlite:///"
SERVER = "postgresql+asyncpg://"


def is_embedded(url: str) -> bool:
    """Whether `url` names a file of this machine rather than a database server."""
    return url.startswith("sqlite")


def reach(url: str) -> None:
    """Make the folder of an embedded database at `url`, for its owner's eyes only, and see that the file can be opened.

    It is opened here once, without the async driver: that one leaves a thread behind where opening fails. A server is
    not asked here.

    Raises: StorageError.
    """
    path = sa.make_url(url).database
    if not is_embedded(url) or not path or path == ":memory:":
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sqlite3.connect(path).close()
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"the database cannot be opened ({type(error).__name__})") from None

"""The embedded database's file."""

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from hub.errors import StorageError


def reach(url: str) -> None:
    """Make the folder of the database at `url`, for its owner's eyes only, and see that the file can be opened.

    It is opened here once, without the async driver: that one leaves a thread behind where opening fails.

    Raises: StorageError.
    """
    path = sa.make_url(url).database
    if not path or path == ":memory:":
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sqlite3.connect(path).close()
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"the database cannot be opened ({type(error).__name__})") from None

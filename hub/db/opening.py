"""Opening: a database is used only if its schema is the one this release works with."""

import socket

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub.db.engine import Database
from hub.db.migrate import HEAD, current_revision
from hub.errors import SchemaOutdated, StorageError

_WHY = {
    "28P01": "the server refused the user or the password in HUB_DATABASE_URL",
    "28000": "the server refused the user in HUB_DATABASE_URL",
    "3D000": "the server has no database of the name in HUB_DATABASE_URL",
    "53300": "the server takes no further connection: see HUB_DATABASE_CONNECTIONS and max_connections",
    "57P03": "the server is starting or stopping",
}
"""What to mend, by the server's code. Source: PostgreSQL manual, appendix A."""


def why(error: Exception) -> str:
    """Why a database cannot be opened, as far as its driver says; else the kind of error."""
    cause: BaseException | None = error.orig if isinstance(error, DBAPIError) else error
    while cause is not None:
        if (known := _WHY.get(str(getattr(cause, "sqlstate", "")))) is not None:
            return known
        if isinstance(cause, socket.gaierror):
            return "the host in HUB_DATABASE_URL is not known"
        if isinstance(cause, ConnectionRefusedError | TimeoutError):
            return "nobody answers at the address in HUB_DATABASE_URL"
        cause = cause.__cause__
    return type(error).__name__


async def check_schema(db: Database) -> None:
    """Refuse a database that cannot be read, or that is not at this release's revision.

    Raises: StorageError, SchemaOutdated.
    """
    try:
        async with db.read() as conn:
            found = await conn.run_sync(current_revision)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"the database cannot be opened ({why(error)})") from None
    if found != HEAD:
        raise SchemaOutdated("the database is not up to date: run `hub migrate`")

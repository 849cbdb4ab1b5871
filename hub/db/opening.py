"""Opening: a database is used only if its schema is the one this release works with."""

from sqlalchemy.exc import SQLAlchemyError

from hub.db.engine import Database
from hub.db.migrate import HEAD, current_revision
from hub.errors import SchemaOutdated, StorageError


async def check_schema(db: Database) -> None:
    """Refuse a database that cannot be read, or that is not at this release's revision.

    Raises: StorageError, SchemaOutdated.
    """
    try:
        async with db.read() as conn:
            found = await conn.run_sync(current_revision)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"the database cannot be opened ({type(error).__name__})") from None
    if found != HEAD:
        raise SchemaOutdated("the database is not up to date: run `hub migrate`")

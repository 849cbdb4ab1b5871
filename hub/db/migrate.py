"""The schema's versions. Alembic is imported only when there is something to do: it costs start-up time."""

import asyncio
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hub.db.addresses import reach
from hub.errors import StorageError

HEAD = "0026"
"""The revision this release works with; a test holds it against the newest migration."""

_FOLDER = Path(__file__).parent / "migrations"


def current_revision(connection: sa.Connection) -> str | None:
    """The revision that the database is at, None when it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


def config(url: str) -> Any:
    """Alembic's configuration for the database at `url`."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`. Makes it when it is not there. Blocks.

    Raises: StorageError when it cannot be opened, is no database, or was made by a newer release.
    """
    from alembic import command
    from alembic.util import CommandError

    reach(url)
    try:
        command.upgrade(config(url), revision)
    except SQLAlchemyError as error:
        raise StorageError(f"the database cannot be brought up to date ({type(error).__name__})") from None
    except CommandError:
        raise StorageError("the database was made by a newer release: run that one") from None


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`. Blocks."""
    from alembic import command

    command.downgrade(config(url), revision)


async def upgrade_async(url: str) -> None:
    """`upgrade`, without blocking the loop."""
    await asyncio.to_thread(upgrade, url)

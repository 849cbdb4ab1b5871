"""A connection to PostgreSQL whose hot statements go straight to its driver.

The driver keeps each statement prepared and sends its values in binary; lists of values are arrays, so that one
statement serves every length.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.direct import Direct, Rows


class Pooled(Direct):
    """The connection `conn`, which stays whose it is."""

    def __init__(self, conn: AsyncConnection) -> None:
        super().__init__(conn.engine, conn.sync_connection)

    async def rows(self, statement: str, values: Sequence[Any]) -> Rows | None:
        """See `Direct.rows`. The transaction is begun by SQLAlchemy, with the first statement that is given to it."""
        driver: Any = self._proxied.connection.driver_connection
        if driver is None or not driver.is_in_transaction():
            return None
        # By way of SQLAlchemy, which says what to install where the driver is missing.
        dbapi: Any = self.dialect.loaded_dbapi
        try:
            found: Rows = await driver.fetch(statement, *values)
        except (dbapi.asyncpg.PostgresError, dbapi.asyncpg.InterfaceError, OSError) as error:
            raise self._told(dbapi, statement, error, lost=driver.is_closed()) from error
        return found

    def _told(self, dbapi: Any, statement: str, error: Exception, *, lost: bool) -> BaseException:
        """`error` as SQLAlchemy would tell it. A connection that is `lost` is not used again."""
        twice = isinstance(error, dbapi.asyncpg.IntegrityConstraintViolationError)
        adapted = (dbapi.IntegrityError if twice else dbapi.Error)(without_values(error), error)
        if lost:
            self._proxied.invalidate(error)
        told: BaseException = sa.exc.DBAPIError.instance(
            statement,
            None,
            adapted,
            dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=self.dialect,
        )
        return told


def without_values(error: BaseException) -> str:
    """Leave of a server's error its kind and the constraint, and say them: it quotes values, perhaps somebody's words.

    Effects: changes `error`.
    """
    parts = (type(error).__name__, getattr(error, "sqlstate", None), getattr(error, "constraint_name", None))
    words = " ".join(str(part) for part in parts if part)
    blank(error, words)
    return words


def blank(error: BaseException, words: str) -> None:
    """Have `error` say nothing but `words`."""
    error.args = (words,)
    for quoting in ("detail", "hint", "where", "query", "internal_query"):
        if getattr(error, quoting, None):
            setattr(error, quoting, None)

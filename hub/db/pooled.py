"""A connection to PostgreSQL whose hot statements go straight to its driver.

The driver keeps each statement prepared and sends its values in binary; lists of values are arrays, so that one
statement serves every length.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.direct import Direct, Rows


class Pooled(Direct):
    """The connection `conn`, which stays whose it is."""

    def __init__(self, conn: AsyncConnection) -> None:
        super().__init__(conn.engine, conn.sync_connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A transaction of what is done meanwhile; durable when left, undone when left by an error.

        It is the driver's: one that SQLAlchemy begins takes longer to begin than to commit, so its own must be one that
        leaves all to the driver (`AUTOCOMMIT`). It is there to refuse whatever would be done after a connection was
        lost.
        """
        async with self.begin():
            transaction = self._driver.transaction(isolation="read_committed")
            try:
                await transaction.start()
            except self._problems as error:
                raise self._told("BEGIN", error) from error
            try:
                yield
            except BaseException as error:
                await self._undo(transaction, error)
                raise
            try:
                await transaction.commit()
            except self._problems as error:
                raise self._told(None, error) from error

    async def rows(self, statement: str, values: Sequence[Any]) -> Rows | None:
        """See `Direct.rows`. There is none outside a transaction."""
        driver = self._driver
        if not driver.is_in_transaction():
            return None
        try:
            found: Rows = await driver.fetch(statement, *values)
        except self._problems as error:
            raise self._told(statement, error) from error
        return found

    @property
    def _driver(self) -> Any:
        return self._proxied.connection.driver_connection

    @property
    def _problems(self) -> tuple[type[Exception], ...]:
        # By way of SQLAlchemy, which says what to install where the driver is missing.
        driver: Any = self.dialect.loaded_dbapi
        return (driver.asyncpg.PostgresError, driver.asyncpg.InterfaceError, OSError)

    async def _undo(self, transaction: Any, error: BaseException) -> None:
        if self._proxied.invalidated:
            return
        try:
            await transaction.rollback()
        except Exception:
            # The server undoes what its client left behind.
            self._proxied.invalidate(error)

    def _told(self, statement: str | None, error: Exception) -> BaseException:
        """`error` as SQLAlchemy would tell it; a connection that was lost is not used again.

        statement: None stands for the commit.
        """
        dbapi: Any = self.dialect.loaded_dbapi
        lost = self._driver.is_closed()
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

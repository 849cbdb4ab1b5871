"""What a driver's error becomes: words without its statement and parameters, which may hold protected content."""

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from hub.errors import HubError, StorageError


def translated(error: Exception) -> Exception:
    """`error` as callers may see it. An IntegrityError stays: whoever wrote a row twice knows what that means."""
    if isinstance(error, HubError) or not isinstance(error, DBAPIError):
        return error
    if isinstance(error, sa.exc.IntegrityError):
        return error
    return StorageError(f"the database refused a change ({type(error.orig).__name__})")

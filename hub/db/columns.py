"""Column types that behave alike on every database."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NOTHING = "00000000-0000-0000-0000-000000000000"
_MICROSECOND = timedelta(microseconds=1)
_NAIVE = "a naive datetime cannot be stored"


def _microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.tzinfo is UTC:
        return _since_epoch(value)
    if value.tzinfo is None:
        raise ValueError(_NAIVE)
    return (value - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=1024)
def _since_epoch(value: datetime) -> int:
    # Rows that are written together share most of their moments. Of UTC alone: in other zones two moments an hour
    # apart are equal where a clock is put back.
    return (value - _EPOCH) // _MICROSECOND


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(_NAIVE)
    return value.astimezone(UTC)


def moment(stored: int | None) -> datetime | None:
    """What SQLite stores of a moment, as an aware moment in UTC."""
    return None if stored is None else _EPOCH + timedelta(0, 0, stored)


class Moment(TypeDecorator[datetime]):
    """An aware moment, in UTC: microseconds since 1970 on SQLite, `timestamptz` on PostgreSQL.

    A naive datetime is refused.
    """

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type on `dialect`."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The stored form of `value`."""
        return self.writer(dialect)(value)

    @staticmethod
    def writer(dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What makes the stored form on `dialect`."""
        return _in_utc if dialect.name == "postgresql" else _microseconds

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """`value` as an aware moment in UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return moment(int(value))


class Id(TypeDecorator[str]):
    """A UUIDv7 in its 36-character form: `uuid` on PostgreSQL, text on SQLite."""

    impl = sa.String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type on `dialect`."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Uuid(as_uuid=False))
        return dialect.type_descriptor(sa.String(36))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """`value`, or an id that nothing has where it is no UUID: what asks by it finds nothing, on every database."""
        return value if value is None or _UUID.fullmatch(value) else _NOTHING

    def bind_processor(self, dialect: Dialect) -> Any:
        """None where ids are text, which takes any: nothing need be done."""
        return super().bind_processor(dialect) if dialect.name == "postgresql" else None


class Number(TypeDecorator[int]):
    """A number that orders rows: 64 bits everywhere, and on SQLite the row's own number, which needs no index."""

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type on `dialect`."""
        return dialect.type_descriptor(sa.Integer() if dialect.name == "sqlite" else sa.BigInteger())


def array_of(kind: TypeEngine[Any]) -> sa.ARRAY[Any]:
    """A PostgreSQL array of what columns of `kind` hold.

    Text of any length: where a value is cast to a shorter one it is cut off, and only where it is stored refused.
    """
    return sa.ARRAY(sa.Text() if isinstance(kind, sa.String) else kind)

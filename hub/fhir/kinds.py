"""A kind of resource as a value: its parameters, the rows behind it, and what makes resources of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.fhir.asking import Search, within
from hub.parts import Parts

__all__ = ["Kind", "Loaded", "Parameter", "Rows", "Scene", "pick"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """What resources are made in. base: the address of this API, without a trailing slash."""

    parts: Parts
    base: str


Where = Callable[[Scene, str], sa.ColumnElement[bool]]
"""The condition that a parameter's value is. Raises: Problem 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A search parameter. kind: token, date, reference, as FHIR names them.

    whole: what is found by it is few, and its value must stand in no address: it comes on one page.
    """

    kind: str
    says: str
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows behind a kind. A parameter that `where` lacks finds none of them.

    updated: when a row was last changed, where that is known. sorts: moments to sort by, beside the id.
    """

    key: sa.Column[str]
    where: Mapping[str, Where]
    always: Sequence[sa.ColumnElement[bool]] = ()
    updated: sa.ColumnElement[Any] | None = None
    sorts: Mapping[str, sa.ColumnElement[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Resources by their ids, and of whom each tells. gone: ids of what was disposed of."""

    resources: Mapping[str, dict[str, Any]]
    persons: Mapping[str, Sequence[str]]
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource. action: what the audit calls its reading. profile: says what it is, for `metadata`."""

    name: str
    action: str
    says: str
    rows: Sequence[Rows]
    parameters: Mapping[str, Parameter]
    load: Callable[[Scene, Sequence[str]], Awaitable[Loaded]]

    @property
    def known(self) -> dict[str, Parameter]:
        """Its parameters, with those that every kind has."""
        found = {"_id": Parameter(kind="token", says="The id.")}
        if any(rows.updated is not None for rows in self.rows):
            found["_lastUpdated"] = Parameter(kind="date", says="When it last changed.")
        return found | dict(self.parameters)

    @property
    def sorts(self) -> tuple[str, ...]:
        """What it may be sorted by."""
        return "_id", *(name for name in self.rows[0].sorts)


async def pick(conn: AsyncConnection, kind: Kind, scene: Scene, search: Search) -> tuple[list[str], Search | None]:
    """The ids of the next page, and the search that goes on after it; None at the end. Raises: Problem 400."""
    found: list[tuple[str | int, str]] = []
    down = search.sort.startswith("-")
    whole = any(kind.known[name].whole for name in search.given)
    for rows in kind.rows:
        if search.given.keys() <= {"_id", "_lastUpdated", *rows.where}:
            found += await _picked(conn, rows, scene, search, None if whole else search.count + 1)
    found.sort(reverse=down)
    if whole:
        return [one for _, one in found], None
    shown = found[: search.count]
    following = None
    if len(found) > len(shown):
        following = Search(given=search.given, count=search.count, sort=search.sort, after=shown[-1])
    return [one for _, one in shown], following


async def _picked(
    conn: AsyncConnection, rows: Rows, scene: Scene, search: Search, most: int | None
) -> list[tuple[str | int, str]]:
    zone = scene.parts.settings.timezone
    conditions = list(rows.always)
    for name, values in search.given.items():
        for value in values:
            if name == "_id":
                conditions.append(rows.key.in_(value.lower().split(",")))
            elif name == "_lastUpdated":
                conditions.append(sa.false() if rows.updated is None else within(rows.updated, value, zone))
            else:
                conditions.append(rows.where[name](scene, value))
    by, down = rows.sorts.get(search.sort.removeprefix("-")), search.sort.startswith("-")
    if search.after is not None:
        position, last = search.after
        beyond = rows.key < last if down else rows.key > last
        if by is not None:
            at = _EPOCH + int(position) * _MICROSECOND
            further = by < at if down else by > at
            beyond = sa.or_(further, sa.and_(by == at, beyond))
        conditions.append(beyond)
    order = [rows.key] if by is None else [by, rows.key]
    query = sa.select(rows.key.label("id"), *([] if by is None else [by.label("by")])).where(*conditions)
    query = query.order_by(*(one.desc() if down else one for one in order)).limit(most)
    return [(row.id if by is None else (row.by - _EPOCH) // _MICROSECOND, row.id) for row in await conn.execute(query)]

"""Labels: the clinic's own words for what a thread is about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import label
from hub.desk.changing import NotKept, note, one_line
from hub.types import new_id

Color = Literal["teal", "blue", "violet", "amber", "red", "grey"]
COLORS: tuple[Color, ...] = get_args(Color)
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label as it is."""

    id: str
    name: str
    color: Color
    archived_at: datetime | None


class Labels:
    """Where labels are kept. Each change has its audit entry and its event."""

    def __init__(self, trail: Trail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock

    async def all(self, conn: AsyncConnection, *, archived: bool = False) -> list[Label]:
        """Every label by name; those put away, too, if `archived`."""
        query = sa.select(label).order_by(sa.func.lower(label.c.name), label.c.id)
        if not archived:
            query = query.where(label.c.archived_at.is_(None))
        return [_label(row) for row in await conn.execute(query)]

    async def get(self, conn: AsyncConnection, label_id: str) -> Label | None:
        """The label with this id, put away or not."""
        row = (await conn.execute(sa.select(label).where(label.c.id == label_id))).first()
        return None if row is None else _label(row)

    async def keep(
        self, conn: AsyncConnection, label_id: str | None, name: str, color: str, actor: Actor, request_id: str = ""
    ) -> Label | NotKept:
        """Make a label, or change the one with this id: wherever it hangs it is called so from then on.

        Refused: `name` (none, or too long), `color` (none of ours), `taken` (another has the name), `gone`.
        """
        name = one_line(name)
        if not 0 < len(name) <= LONGEST_NAME:
            return NotKept("name")
        if color not in COLORS:
            return NotKept("color")
        before = None if label_id is None else await self.get(conn, label_id)
        if label_id is not None and before is None:
            return NotKept("gone")
        same = sa.select(label.c.id).where(sa.func.lower(label.c.name) == name.lower(), label.c.id != (label_id or ""))
        if (await conn.execute(same.limit(1))).first() is not None:
            return NotKept("taken")
        if before is None:
            row = {"id": new_id(), "name": name, "color": color, "created_at": self._clock.now()}
            await insert_rows(conn, label, [row])
            return await self._done(conn, "label.create", str(row["id"]), actor, request_id)
        if (before.name, before.color) == (name, color):
            return before
        await conn.execute(sa.update(label).where(label.c.id == before.id).values(name=name, color=color))
        return await self._done(conn, "label.change", before.id, actor, request_id)

    async def archive(
        self, conn: AsyncConnection, label_id: str, actor: Actor, request_id: str = ""
    ) -> Label | NotKept:
        """Put a label away: it stays where it hangs, and is not offered any more."""
        return await self._put(conn, label_id, self._clock.now(), "label.archive", actor, request_id)

    async def restore(
        self, conn: AsyncConnection, label_id: str, actor: Actor, request_id: str = ""
    ) -> Label | NotKept:
        """Offer a label again that was put away."""
        return await self._put(conn, label_id, None, "label.restore", actor, request_id)

    async def _put(
        self, conn: AsyncConnection, label_id: str, at: datetime | None, action: str, actor: Actor, request_id: str
    ) -> Label | NotKept:
        before = await self.get(conn, label_id)
        if before is None:
            return NotKept("gone")
        if (before.archived_at is None) == (at is None):
            return before
        await conn.execute(sa.update(label).where(label.c.id == label_id).values(archived_at=at))
        return await self._done(conn, action, label_id, actor, request_id)

    async def _done(self, conn: AsyncConnection, action: str, label_id: str, actor: Actor, request_id: str) -> Label:
        entry = Entry(action=action, actor=actor, object_id=label_id, request_id=request_id)
        await note(conn, self._trail, self._clock, entry)
        return cast(Label, await self.get(conn, label_id))


def _label(row: Any) -> Label:
    return Label(id=row.id, name=row.name, color=row.color, archived_at=row.archived_at)

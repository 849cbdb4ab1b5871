"""Who read what of the exported persons, from the audit, page by page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from hub.db.columns import Id, Moment
from hub.db.tables import audit_event, audit_person, message, thread
from hub.exports.asking import Asked, conditions
from hub.exports.profiling import Redaction
from hub.exports.records import ReadRecord

if TYPE_CHECKING:
    # A helper needs none of the other rooms: it starts in a third of the time.
    from hub.parts import Parts

__all__ = ["READINGS", "ReadPlace", "Reads"]

READINGS = (
    *("thread.read", "message.read", "message.search", "patient.read", "panel.read", "attachment.read", "glass.read"),
    *("consent.read", "consent.evidence", "appointment.read", "address.read", "preference.read", "proxy.read"),
    *("access.read", "thread.push", "slack.disclose", "export.create", "export.download", "rights.read"),
    *("audit.read", "export.write", "campaign.failures"),
)
"""Actions of the audit by which somebody saw what is a person's."""


class ReadPlace(msgspec.Struct, frozen=True):
    """Where a page of readings ended: the person, and the entry's moment (microseconds since 1970) and id.

    entry: empty where all of that person were read.
    """

    person: str
    at: int = 0
    entry: str = ""


class Reads:
    """Reads the audit's entries about the persons whose messages are exported."""

    def __init__(self, parts: "Parts", asked: Asked, shown: Redaction, *, size: int = 1000) -> None:
        self._parts = parts
        self._asked = asked
        self._shown = shown
        self._size = size

    async def page(self, after: ReadPlace | None) -> tuple[list[ReadRecord], ReadPlace | None]:
        """The next readings after a place, and where they end; None at the end of all."""
        async with self._parts.db.read() as conn:
            persons = await self._persons(conn, after)
            if not persons:
                return [], None
            rows = (await conn.execute(self._of(persons, after))).all()
            if len(rows) < self._size:
                end = ReadPlace(persons[-1])
            else:
                last = rows[-1]
                end = ReadPlace(last.whose, _micro(last.at), last.id)
            names = await self._names(conn, rows)
        return [self._record(row, names) for row in rows], end

    async def _persons(self, conn: AsyncConnection, after: ReadPlace | None) -> list[str]:
        """The next of the persons who have a message that is exported."""
        fits = sa.select(message.c.id).where(message.c.thread_id == thread.c.id, *conditions(self._asked))
        query = sa.select(thread.c.person_id).where(fits.exists()).order_by(thread.c.person_id).limit(self._size)
        if self._asked.person_id is not None:
            query = query.where(thread.c.person_id == self._asked.person_id)
        if self._asked.thread_id is not None:
            query = query.where(thread.c.id == self._asked.thread_id)
        if after is not None:
            # The person that was broken off in is begun with.
            inside = thread.c.person_id >= after.person if after.entry else thread.c.person_id > after.person
            query = query.where(inside)
        return list((await conn.execute(query)).scalars())

    def _of(self, persons: Sequence[str], after: ReadPlace | None) -> sa.Select[Any]:
        of_one = sa.select(audit_event.c.person_id.label("whose"), audit_event.c.id.label("entry"))
        of_several = sa.select(audit_person.c.person_id.label("whose"), audit_person.c.event_id.label("entry"))
        about = sa.union_all(
            of_one.where(audit_event.c.person_id.in_(persons)), of_several.where(audit_person.c.person_id.in_(persons))
        ).subquery()
        query = (
            sa.select(audit_event, about.c.whose)
            .join(about, about.c.entry == audit_event.c.id)
            .where(audit_event.c.action.in_(READINGS))
            .order_by(about.c.whose, audit_event.c.at, audit_event.c.id)
            .limit(self._size)
        )
        if self._asked.since is not None:
            query = query.where(audit_event.c.at >= self._asked.since)
        if self._asked.until is not None:
            query = query.where(audit_event.c.at < self._asked.until)
        if after is not None and after.entry:
            types: list[TypeEngine[Any]] = [Id(), Moment(), Id()]
            key = sa.tuple_(about.c.whose, audit_event.c.at, audit_event.c.id, types=types)
            query = query.where(key > sa.tuple_(after.person, _moment(after.at), after.entry, types=types))
        return query

    async def _names(self, conn: AsyncConnection, rows: Sequence[Any]) -> Mapping[str, str]:
        if self._shown.staff != "names":
            return {}
        staff = {row.actor_id for row in rows if row.actor_kind == "staff"}
        return {one.id: one.name for one in (await self._parts.users.of(conn, staff)).values()}

    def _record(self, row: Any, names: Mapping[str, str]) -> ReadRecord:
        return ReadRecord(
            entry=row.id,
            person=row.whose,
            action=row.action,
            by=row.actor_kind,
            by_id=row.actor_id if self._shown.staff != "none" else "",
            by_name=names.get(row.actor_id, ""),
            object=row.object_id,
            at=self._shown.time(row.at),
            seq=row.seq,
        )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _micro(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(micro: int) -> datetime:
    return _EPOCH + micro * _MICROSECOND

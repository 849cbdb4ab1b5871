"""Reading conversations in order, page by page: by thread, and within it by number, in the memory of one page.

The key of a page is where the one before ended. So it goes on after a crash, however long a thread is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.prepared import Prepared
from hub.db.tables import message, thread
from hub.exports.around import Deliveries, Whose, after, whose
from hub.exports.asking import Asked, conditions
from hub.exports.profiling import Redaction
from hub.exports.records import AttachedFile, DeliveryRecord, MessageRecord, ThreadRecord
from hub.files import Attachment
from hub.parts import Parts
from hub.sealed import PERSONAL, Body, open_body
from hub.types import Direction
from hub.vault import Keys

__all__ = ["Given", "Line", "Place", "Walk"]

_PERSONAL = "A code for signing in, for the person alone."
_DESTROYED = "The key of this person was destroyed."
_NOBODY = "00000000-0000-0000-0000-000000000000"
_NOTHING = Body(text="")
_COLUMNS = tuple(
    message.c[name]
    for name in (
        "id",
        "thread_id",
        "seq",
        "direction",
        "author_kind",
        "author_id",
        "channel",
        "address_id",
        "body_sealed",
        "at",
        "provider_id",
        "intent_key",
        "opt_out",
    )
)


class Place(msgspec.Struct, frozen=True):
    """Where a page ended: the thread, and the number of its last entry that was read."""

    thread: str
    seq: int


class Given(NamedTuple):
    """A file that is to be written: its record, and what opens it."""

    record: AttachedFile
    attachment: Attachment
    keys: Keys


class Line(NamedTuple):
    """A message as it is written, and its files that are written beside it."""

    message: MessageRecord
    files: Sequence[Given] = ()


class Walk:
    """Reads what was asked for, as far as a profile shows it."""

    def __init__(self, parts: Parts, asked: Asked, shown: Redaction, *, size: int = 2000) -> None:
        self.asked = asked
        self._parts = parts
        self._shown = shown
        self._size = size
        self._where = conditions(asked)
        if not shown.notes:
            self._where.append(message.c.direction != sa.literal_column(f"'{Direction.NOTE}'"))
        query = sa.select(*_COLUMNS).where(*self._where, after).order_by(message.c.thread_id, message.c.seq)
        self._messages = Prepared(query.limit(sa.bindparam("size", type_=sa.Integer())))
        self._deliveries = Deliveries(parts, shown, self._where)

    async def resolved(self, conn: AsyncConnection) -> "Walk":
        """The same, where a person was asked for: by their thread."""
        if self.asked.person_id is None or self.asked.thread_id is not None:
            return self
        query = sa.select(thread.c.id).where(thread.c.person_id == self.asked.person_id)
        # Who has no thread has no message.
        found = (await conn.execute(query)).scalar_one_or_none() or _NOBODY
        return Walk(self._parts, msgspec.structs.replace(self.asked, thread_id=found), self._shown, size=self._size)

    async def count(self, conn: AsyncConnection) -> int:
        """How many messages there are to write."""
        query = sa.select(sa.func.count()).select_from(message).where(*self._where)
        return int((await conn.execute(query)).scalar_one())

    async def page(self, place: Place | None) -> tuple[list[Line], dict[str, ThreadRecord]]:
        """The next messages after a place, and the threads that they are of; none at the end."""
        begins = place or Place(_NOBODY, 0)
        span: dict[str, Any] = {"after_thread": begins.thread, "after_seq": begins.seq}
        deliveries: Mapping[str, list[DeliveryRecord]] = {}
        async with self._parts.db.read() as conn:
            rows = await self._messages(conn, **span, size=self._size)
            if not rows:
                return [], {}
            span |= {"last_thread": rows[-1][1], "last_seq": rows[-1][2]}
            persons = await whose(conn, self._parts, self._shown, {row[1] for row in rows})
            if self._shown.deliveries:
                deliveries = await self._deliveries.of(conn, persons, span)
            bodies = [_body(row, persons[row[1]]) for row in rows]
            attached = await self._attached(conn, rows, bodies)
        lines = [self._line(row, body, persons[row[1]]) for row, body in zip(rows, bodies, strict=True)]
        for line in lines:
            if line.id in deliveries:
                line.deliveries = deliveries[line.id]
        return (
            [Line(line, self._files(line, attached[line.id], persons)) if line.id in attached else Line(line) for line in lines],
            {one: _thread(found) for one, found in persons.items()},
        )

    async def _attached(
        self, conn: AsyncConnection, rows: Sequence[Sequence[Any]], bodies: Sequence[Body]
    ) -> Mapping[str, list[Attachment]]:
        with_files = {row[0]: body for row, body in zip(rows, bodies, strict=True) if body.media}
        if not with_files or self._shown.files == "none":
            return {}
        return await self._parts.files.shelf.of(conn, with_files)

    def _files(self, line: MessageRecord, attached: Sequence[Attachment], persons: Mapping[str, Whose]) -> list[Given]:
        """The files of a message that are written beside it; what is only listed has no name."""
        keys, given = persons[line.thread].keys, []
        for one in attached:
            record = AttachedFile(id=one.id, kind=one.kind or "", size=one.size, state=one.state)
            line.attachments.append(record)
            if self._shown.files == "given":
                record.name = one.name
                if one.given_out and one.content_id is not None and keys is not None:
                    given.append(Given(record, one, keys))
        return given

    def _line(self, row: Sequence[Any], body: Body, person: Whose) -> MessageRecord:
        shown = self._shown
        message_id, thread_id, seq, direction, author, author_id, channel, address_id, _, at, provider_id, key, said = row
        text = ""
        if shown.bodies:
            text = _PERSONAL if key is not None and key.startswith(PERSONAL) else body.text
        named = shown.names == "full" and (author != "staff" or shown.staff == "names")
        return MessageRecord(
            id=message_id,
            thread=thread_id,
            person=person.person,
            seq=seq,
            direction=direction,
            author=author,
            at=shown.time(at),
            mrn=person.mrn,
            name=person.name,
            author_name=body.author if named else "",
            author_id=author_id if author_id and shown.staff != "none" else "",
            channel=channel or "",
            address=person.addresses.get(address_id, "") if address_id else "",
            body=text,
            opt_out=said or "",
            # A mail's own id names whose host it came from.
            provider_id=provider_id if provider_id and shown.addresses == "full" else "",
            unreadable="" if person.keys is not None else _DESTROYED,
        )


def _body(row: Sequence[Any], person: Whose) -> Body:
    return _NOTHING if person.keys is None else open_body(person.keys, person.person, row[1], row[0], row[8])


def _thread(one: Whose) -> ThreadRecord:
    return ThreadRecord(
        id=one.thread,
        person=one.person,
        kind=one.kind,
        mrn=one.mrn,
        name=one.name,
        birth_date=one.birth,
        language=one.language,
        status=one.status,
    )

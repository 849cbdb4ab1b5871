"""Reading conversations in order, page by page: by thread, and within it by number, in the memory of one page.

The key of a page is where the one before ended. So it goes on after a crash, however long a thread is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.columns import moment
from hub.db.prepared import Prepared
from hub.db.tables import attachment, message, thread
from hub.exports.around import Deliveries, Whose, after, up_to, whose
from hub.exports.asking import Asked, conditions
from hub.exports.profiling import Redaction
from hub.exports.records import AttachedFile, DeliveryRecord, MessageRecord, ThreadRecord
from hub.exports.sources import Sources
from hub.files import Attachment
from hub.sealed import PERSONAL, Body, open_body
from hub.types import Direction
from hub.vault import Keys

__all__ = ["Given", "Page", "Place", "Walk"]

_PERSONAL = "A code for signing in, for the person alone."
_DESTROYED = "The key of this person was destroyed."
_NOBODY = "00000000-0000-0000-0000-000000000000"
_NOTHING = Body(text="")
_COLUMNS = tuple(
    # A moment is made of what is stored when its message is, not for the whole page.
    sa.type_coerce(message.c.at, sa.types.NullType()).label("at") if name == "at" else message.c[name]
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


class Page(NamedTuple):
    """A page as it was read; its messages are opened one by one, so that they take no room side by side."""

    walk: "Walk"
    rows: Sequence[Sequence[Any]]
    whose: Mapping[str, Whose]
    deliveries: Mapping[str, list[DeliveryRecord]]
    attached: Mapping[str, list[Attachment]]

    @property
    def end(self) -> Place:
        """Where it ends."""
        return Place(self.rows[-1][1], self.rows[-1][2])

    def messages(self) -> Iterator[MessageRecord]:
        """Its messages in order. Raises: SealBroken."""
        return self.walk.messages(self)

    def files(self, one: MessageRecord) -> list[Given]:
        """The files of a message that are written beside it, once it was given; its record lists them all."""
        return self.walk.files(self, one)

    def thread(self, thread_id: str, *, continued: bool) -> ThreadRecord:
        """Whose thread that is."""
        one = self.whose[thread_id]
        return ThreadRecord(
            id=one.thread,
            person=one.person,
            kind=one.kind,
            mrn=one.mrn,
            name=one.name,
            birth_date=one.birth,
            language=one.language,
            status=one.status,
            notice=one.notice,
            continued=continued,
        )


class Walk:
    """Reads what was asked for, as far as a profile shows it."""

    def __init__(
        self, sources: Sources, asked: Asked, shown: Redaction, *, size: int = 1000, among: Sequence[str] | None = None
    ) -> None:
        """among: the ids of the messages that are read, where they are known."""
        self.asked = asked
        self._sources = sources
        self._shown = shown
        self._days = shown.times != "full"
        self._size = size
        self._where = conditions(asked)
        if among is not None:
            # In these very words: a statement that is compiled once holds no list of values.
            self._where.append(message.c.id.in_([sa.literal_column(f"'{UUID(one)}'") for one in among]))
        self._sparse = asked.channel is not None or asked.purpose is not None or asked.since is not None
        if not shown.notes:
            self._where.append(message.c.direction != sa.literal_column(f"'{Direction.NOTE}'"))
        order = (message.c.thread_id, message.c.seq)
        query = sa.select(*_COLUMNS).where(*self._where, after).order_by(*order)
        ahead = sa.select(*order).where(*self._where, after).order_by(*order).limit(1)
        self._ahead = Prepared(ahead.offset(sa.bindparam("count", type_=sa.Integer())))
        self._messages = Prepared(query.limit(sa.bindparam("size", type_=sa.Integer())))
        self._deliveries = Deliveries(sources, shown, self._where)
        mine = sa.select(message.c.id).where(*self._where, after, up_to)
        self._with_files = Prepared(sa.select(attachment.c.message_id).where(attachment.c.message_id.in_(mine)))

    async def resolved(self, conn: AsyncConnection) -> "Walk":
        """The same, where a person was asked for: by their thread."""
        if self.asked.person_id is None or self.asked.thread_id is not None:
            return self
        query = sa.select(thread.c.id).where(thread.c.person_id == self.asked.person_id)
        # Who has no thread has no message.
        found = (await conn.execute(query)).scalar_one_or_none() or _NOBODY
        return Walk(self._sources, msgspec.structs.replace(self.asked, thread_id=found), self._shown, size=self._size)

    async def count(self, conn: AsyncConnection) -> int:
        """How many messages there are to write."""
        query = sa.select(sa.func.count()).select_from(message).where(*self._where)
        return int((await conn.execute(query)).scalar_one())

    async def ahead(self, place: Place | None, count: int) -> Place | None:
        """Where the next `count` messages after a place end; None where there are no more than that."""
        begins = place or Place(_NOBODY, 0)
        async with self._sources.db.read() as conn:
            rows = await self._ahead(conn, after_thread=begins.thread, after_seq=begins.seq, count=count - 1)
        return Place(*rows[0]) if rows else None

    async def page(self, place: Place | None) -> "Page":
        """The next messages after a place; none at the end."""
        begins = place or Place(_NOBODY, 0)
        span: dict[str, Any] = {"after_thread": begins.thread, "after_seq": begins.seq}
        deliveries: Mapping[str, list[DeliveryRecord]] = {}
        # Few rows by an index hold nobody up; what few of all the rows fit is looked for in a thread.
        async with self._sources.db.read() if self._sparse else self._sources.db.glance() as conn:
            rows = await self._messages(conn, **span, size=self._size)
            if not rows:
                return Page(self, (), {}, {}, {})
            span |= {"last_thread": rows[-1][1], "last_seq": rows[-1][2]}
            on_file = self.asked.basis in ("inside", "patient", "consent")
            consented_on = self.asked.begun_on if on_file else None
            persons = await whose(conn, self._sources, self._shown, {row[1] for row in rows}, consented_on)
            if self._shown.deliveries:
                deliveries = await self._deliveries.of(conn, persons, span)
            attached = await self._attached(conn, rows, persons, span)
        return Page(self, rows, persons, deliveries, attached)

    async def _attached(
        self,
        conn: AsyncConnection,
        rows: Sequence[Sequence[Any]],
        persons: Mapping[str, Whose],
        span: Mapping[str, Any],
    ) -> Mapping[str, list[Attachment]]:
        if self._shown.files == "none":
            return {}
        with_files = {one for (one,) in await self._with_files(conn, **span)}
        if not with_files:
            return {}
        bodies = {row[0]: _body(row, persons[row[1]]) for row in rows if row[0] in with_files}
        return await self._sources.shelf.of(conn, bodies)

    def messages(self, page: Page) -> Iterator[MessageRecord]:
        """The messages of a page, each opened as it is asked for."""
        deliveries, persons, line = page.deliveries, page.whose, self._line
        for row in page.rows:
            person = persons[row[1]]
            one = line(row, _body(row, person), person)
            if deliveries and one.id in deliveries:
                one.deliveries = deliveries[one.id]
            yield one

    def files(self, page: Page, one: MessageRecord) -> list[Given]:
        """See `Page.files`."""
        return self._files(one, page.attached.get(one.id, ()), page.whose[one.thread])

    def _files(self, line: MessageRecord, attached: Sequence[Attachment], person: Whose) -> list[Given]:
        """The files of a message that are written beside it; what is only listed has no name."""
        keys, given = person.keys, []
        for one in attached:
            record = AttachedFile(id=one.id, kind=one.kind or "", size=one.size, state=one.state)
            line.attachments.append(record)
            if self._shown.files == "given":
                record.name = one.name
                if one.given_out and one.content_id is not None and keys is not None:
                    given.append(Given(record, one, keys))
        return given

    def _line(self, row: Sequence[Any], body: Body, person: Whose) -> MessageRecord:
        shown, days = self._shown, self._days
        key, provider_id, opt_out, at = row[11], row[10], row[12], row[9]
        if type(at) is int:
            at = moment(at)
        made = MessageRecord(
            id=row[0],
            thread=row[1],
            person=person.person,
            seq=row[2],
            direction=row[3],
            author=row[4],
            at=shown.time(at) if days else at,
            mrn=person.mrn,
            name=person.name,
            channel=row[6] or "",
        )
        if shown.bodies:
            made.body = _PERSONAL if key is not None and key.startswith(PERSONAL) else body.text
        if body.author and shown.names == "full" and (row[4] != "staff" or shown.staff == "names"):
            made.author_name = body.author
        if row[5] is not None and shown.staff != "none":
            made.author_id = row[5]
        if row[7] is not None:
            made.address = person.addresses.get(row[7], "")
        # A mail's own id names whose host it came from.
        if provider_id is not None and shown.addresses == "full":
            made.provider_id = provider_id
        if opt_out is not None:
            made.opt_out = opt_out
        if person.notice:
            made.notice = person.notice
        if person.keys is None:
            made.unreadable = _DESTROYED
        return made


def _body(row: Sequence[Any], person: Whose) -> Body:
    return _NOTHING if person.keys is None else open_body(person.keys, person.person, row[1], row[0], row[8])

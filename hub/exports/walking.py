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
from hub.sealed import PERSONAL, Body, bodies, open_body
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
        # Most have no files: whoever has none is not asked about message by message.
        if self._shown.files == "none" or not any(one.files for one in persons.values()):
            return {}
        with_files = {one for (one,) in await self._with_files(conn, **span)}
        if not with_files:
            return {}
        bodies = {row[0]: _body(row, persons[row[1]]) for row in rows if row[0] in with_files}
        return await self._sources.shelf.of(conn, bodies)

    def messages(self, page: Page) -> Iterator[MessageRecord]:
        """The messages of a page, each opened as it is asked for."""
        # An export does nothing more often: what holds for all of a thread is looked up once for it.
        shown, deliveries, persons = self._shown, page.deliveries, page.whose
        days, texts, ids, whole = shown.times != "full", shown.bodies, shown.staff != "none", shown.addresses == "full"
        names = shown.names == "full"
        staff = names and shown.staff == "names"
        head = ""
        for row in page.rows:
            one, thread_id, seq, direction, author, author_id, channel, address_id, sealed, at, by, key, said = row
            if thread_id != head:
                head, person = thread_id, persons[thread_id]
                person_id, mrn, name, addresses = person.person, person.mrn, person.name, person.addresses
                opened = None if person.keys is None else bodies(person.keys, person_id, thread_id)
            body = _NOTHING if opened is None else opened(one, sealed)
            if type(at) is int:
                at = moment(at)
            text = ""
            if texts:
                text = body.text if key is None or not key.startswith(PERSONAL) else _PERSONAL
            # No more than 15 by their names: of more, Python makes a dict first, which costs as much again.
            made = MessageRecord(
                id=one,
                thread=thread_id,
                person=person_id,
                seq=seq,
                direction=direction,
                author=author,
                at=shown.time(at) if days else at,
                mrn=mrn,
                name=name,
                channel=channel or "",
                address=addresses.get(address_id, ""),
                body=text,
            )
            if body.author and (staff if author == "staff" else names):
                made.author_name = body.author
            if author_id is not None and ids:
                made.author_id = author_id
            if said is not None:
                made.opt_out = said
            # A mail's own id names whose host it came from.
            if by is not None and whole:
                made.provider_id = by
            if person.notice:
                made.notice = person.notice
            if opened is None:
                made.unreadable = _DESTROYED
            if deliveries and one in deliveries:
                made.deliveries = deliveries[one]
            yield made

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


def _body(row: Sequence[Any], person: Whose) -> Body:
    return _NOTHING if person.keys is None else open_body(person.keys, person.person, row[1], row[0], row[8])

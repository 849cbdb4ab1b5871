"""Reading conversations in order, page by page: by thread, and within it by number, in the memory of one page.

The key of a page is where the one before ended. So it goes on after a crash, however long a thread is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import Standing
from hub.db.columns import Id
from hub.db.tables import attempt, audit_event, contact, delivery, delivery_event, message, thread
from hub.errors import CryptoError
from hub.exports.asking import Asked, conditions
from hub.exports.consenting import at_send
from hub.exports.profiling import Redaction
from hub.exports.records import (
    AttachedFile,
    Attempted,
    DecidedStep,
    DeliveryRecord,
    HistoryStep,
    MessageRecord,
    ThreadRecord,
)
from hub.files import Attachment
from hub.parts import Parts
from hub.people import Person
from hub.sealed import PERSONAL, Body, open_body, open_contact, open_words
from hub.types import Direction
from hub.vault import Keys

__all__ = ["Given", "Line", "Place", "Walk"]

_PERSONAL = "A code for signing in, for the person alone."
_NOBODY = "00000000-0000-0000-0000-000000000000"
_EMPTY = Body(text="")
_MARGIN = timedelta(minutes=1)
"""How far the time of an audit entry may lie from that of what it tells of."""
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


@dataclass(frozen=True, slots=True)
class Given:
    """A file that is to be written: its record, and what opens it."""

    record: AttachedFile
    attachment: Attachment
    keys: Keys


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it is written, and where it stands."""

    message: MessageRecord
    place: Place
    files: Sequence[Given] = ()


@dataclass(slots=True)
class _Around:
    """What belongs to the messages of a page."""

    persons: Mapping[str, Person]
    keys: Keys
    owner: Mapping[str, str]
    addresses: Mapping[tuple[str, str], str] = field(repr=False)
    deliveries: Mapping[str, list[Any]]
    history: Mapping[str, list[Any]]
    attempts: Mapping[str, list[Any]]
    decided: Mapping[str, DecidedStep]
    standings: Mapping[str, Standing]


class Walk:
    """Reads what was asked for, as far as a profile shows it."""

    def __init__(self, parts: Parts, asked: Asked, shown: Redaction, *, size: int = 1000) -> None:
        self.asked = asked
        self._parts = parts
        self._shown = shown
        self._size = size
        where = conditions(asked)
        if not shown.notes:
            where.append(message.c.direction != Direction.NOTE.value)
        self._where = where
        self._query = sa.select(*_COLUMNS).where(*where).order_by(message.c.thread_id, message.c.seq).limit(size)

    async def resolved(self, conn: AsyncConnection) -> "Walk":
        """The same, where a person was asked for: by their thread."""
        if self.asked.person_id is None or self.asked.thread_id is not None:
            return self
        query = sa.select(thread.c.id).where(thread.c.person_id == self.asked.person_id)
        # Who has no thread has no message: an id that nothing has.
        found = (await conn.execute(query)).scalar_one_or_none() or _NOBODY
        return Walk(self._parts, msgspec.structs.replace(self.asked, thread_id=found), self._shown, size=self._size)

    async def count(self, conn: AsyncConnection) -> int:
        """How many messages there are to write."""
        query = sa.select(sa.func.count()).select_from(message).where(*self._where)
        return int((await conn.execute(query)).scalar_one())

    async def page(self, after: Place | None) -> tuple[list[Line], dict[str, ThreadRecord]]:
        """The next messages after a place, and the threads that they are of; none at the end."""
        query = self._query
        if after is not None:
            key = sa.tuple_(message.c.thread_id, message.c.seq, types=[Id(), sa.Integer()])
            query = query.where(key > sa.tuple_(after.thread, after.seq, types=[Id(), sa.Integer()]))
        async with self._parts.db.read() as conn:
            rows = (await conn.execute(query)).all()
            if not rows:
                return [], {}
            threads = await self._threads(conn, {row.thread_id for row in rows})
            around = await self._around(conn, rows, threads)
            bodies = {row.id: self._body(row, around) for row in rows}
            attached = await self._attached(conn, {one: body for one, body in bodies.items() if body.media})
        lines = [self._line(row, bodies[row.id], around, attached.get(row.id, ())) for row in rows]
        return lines, {one: self._thread(row, around) for one, row in threads.items()}

    # What belongs to a page

    @staticmethod
    async def _threads(conn: AsyncConnection, ids: set[str]) -> dict[str, Any]:
        query = sa.select(thread.c.id, thread.c.person_id, thread.c.status).where(thread.c.id.in_(ids))
        return {row.id: row for row in await conn.execute(query)}

    async def _around(self, conn: AsyncConnection, rows: Sequence[Any], threads: Mapping[str, Any]) -> _Around:
        owner = {one: row.person_id for one, row in threads.items()}
        persons = await self._parts.people.many(conn, list(owner.values()))
        out = [row.id for row in rows if row.direction == Direction.OUTBOUND] if self._shown.deliveries else []
        deliveries = await _many(conn, sa.select(delivery).order_by(delivery.c.id), delivery.c.message_id, out)
        ids = [one.id for many in deliveries.values() for one in many]
        events = sa.select(delivery_event).order_by(delivery_event.c.at, delivery_event.c.id)
        tried = sa.select(attempt).order_by(attempt.c.number)
        with_consent = self._shown.consent and bool(ids)
        addresses = {one.address_id for many in deliveries.values() for one in many}
        return _Around(
            persons=persons,
            keys=await self._parts.vault.keys(conn, owner.values()),
            owner=owner,
            addresses=await self._addresses(conn, rows, deliveries, owner),
            deliveries=deliveries,
            history=await _many(conn, events, delivery_event.c.delivery_id, ids),
            attempts=await _many(conn, tried, attempt.c.delivery_id, ids),
            decided=await self._decided(conn, deliveries) if with_consent else {},
            standings=await self._parts.ledger.standings(conn, addresses) if with_consent else {},
        )

    async def _addresses(
        self, conn: AsyncConnection, rows: Sequence[Any], deliveries: Mapping[str, list[Any]], owner: Mapping[str, str]
    ) -> dict[tuple[str, str], str]:
        """The addresses that a page names, by person and id, as far as they are shown."""
        if self._shown.addresses == "none":
            return {}
        named = {row.address_id for row in rows if row.address_id is not None}
        named |= {one.address_id for many in deliveries.values() for one in many}
        if not named:
            return {}
        persons = set(owner.values())
        keys = await self._parts.vault.keys(conn, persons)
        query = sa.select(contact.c.person_id, contact.c.address_id, contact.c.value_sealed)
        found = await conn.execute(query.where(contact.c.person_id.in_(persons)))
        return {
            (row.person_id, row.address_id): self._shown.address(
                open_contact(keys, row.person_id, row.address_id, row.value_sealed)
            )
            for row in found
            if row.address_id in named and row.person_id in keys
        }

    async def _decided(self, conn: AsyncConnection, deliveries: Mapping[str, list[Any]]) -> dict[str, DecidedStep]:
        """What was decided as each delivery was queued, by its id, from the audit."""
        every = [one for many in deliveries.values() for one in many]
        moments = [one.created_at for one in every]
        query = sa.select(audit_event).where(
            audit_event.c.person_id.in_({one.person_id for one in every}),
            # The entry was written in the delivery's own transaction.
            audit_event.c.at.between(min(moments) - _MARGIN, max(moments) + _MARGIN),
            audit_event.c.action == "message.queue",
        )
        rows = (await conn.execute(query)).all()
        told = await self._parts.trail.details(conn, rows)
        found = {}
        for row in rows:
            details = told[row.id]
            found[str(details.get("delivery"))] = DecidedStep(
                rule=str(details.get("rule") or ""),
                at=self._shown.time(row.at),
                cause=str(details.get("cause") or ""),
                step=int(details.get("step") or 0),
                entry=row.id,
            )
        return found

    async def _attached(self, conn: AsyncConnection, bodies: Mapping[str, Body]) -> dict[str, list[Attachment]]:
        return {} if self._shown.files == "none" else await self._parts.files.shelf.of(conn, bodies)

    # What is written

    @staticmethod
    def _body(row: Any, around: _Around) -> Body:
        person_id = around.owner[row.thread_id]
        if person_id not in around.keys:
            return _EMPTY
        return open_body(around.keys, person_id, row.thread_id, row.id, row.body_sealed)

    def _line(self, row: Any, body: Body, around: _Around, attached: Sequence[Attachment]) -> Line:
        shown, person_id = self._shown, around.owner[row.thread_id]
        person = around.persons.get(person_id)
        readable = person_id in around.keys
        text = _PERSONAL if (row.intent_key or "").startswith(PERSONAL) else body.text
        files = [AttachedFile(id=one.id, kind=one.kind or "", size=one.size, state=one.state) for one in attached]
        given = []
        if shown.files == "given":
            for record, one in zip(files, attached, strict=True):
                record.name = one.name
                if one.given_out and one.content_id is not None:
                    given.append(Given(record, one, around.keys))
        own = shown.staff == "names" or row.author_kind != "staff"
        made = MessageRecord(
            id=row.id,
            thread=row.thread_id,
            person=person_id,
            seq=row.seq,
            direction=row.direction,
            author=row.author_kind,
            at=shown.time(row.at),
            mrn=shown.number(person.profile) if person else "",
            name=shown.name_of(person.profile) if person else "",
            author_name=body.author if own and shown.names == "full" else "",
            author_id=(row.author_id or "") if shown.staff != "none" else "",
            channel=row.channel or "",
            address=around.addresses.get((person_id, row.address_id), "") if row.address_id else "",
            body=text if shown.bodies else "",
            opt_out=row.opt_out or "",
            # A mail's own id names whose host it came from.
            provider_id=(row.provider_id or "") if shown.addresses == "full" else "",
            attachments=files,
            deliveries=[self._delivery(one, around) for one in around.deliveries.get(row.id, ())],
            unreadable="" if readable else "The key of this person was destroyed.",
        )
        return Line(made, Place(row.thread_id, row.seq), given)

    def _delivery(self, row: Any, around: _Around) -> DeliveryRecord:
        shown = self._shown
        history = around.history.get(row.id, ())
        words = ""
        if shown.bodies and row.words_sealed is not None and row.person_id in around.keys:
            words = _opened_words(around.keys, row)
        consent = None
        if shown.consent:
            consent = at_send(
                around.standings, row.address_id, row.channel, row.purpose, _handed_over(row, history), shown
            )
        return DeliveryRecord(
            id=row.id,
            channel=row.channel,
            purpose=row.purpose,
            state=row.state,
            reason=row.reason,
            address=around.addresses.get((row.person_id, row.address_id), ""),
            automated=bool(row.automated),
            step=row.step,
            words=words,
            provider_id=(row.provider_id or "") if shown.addresses == "full" else "",
            appointment=row.appointment_id or "",
            answers=row.answers_id or "",
            decided=around.decided.get(row.id),
            consent=consent,
            history=[HistoryStep(state=one.state, at=shown.time(one.at), reason=one.reason) for one in history],
            attempts=[
                Attempted(
                    number=one.number,
                    started_at=shown.time(one.started_at),
                    ended_at=shown.time(one.ended_at),
                    outcome=one.outcome,
                    code=one.code,
                )
                for one in around.attempts.get(row.id, ())
            ],
        )

    def _thread(self, row: Any, around: _Around) -> ThreadRecord:
        person, shown = around.persons.get(row.person_id), self._shown
        if person is None:
            return ThreadRecord(id=row.id, person=row.person_id, status=row.status)
        return ThreadRecord(
            id=row.id,
            person=row.person_id,
            kind=person.kind,
            mrn=shown.number(person.profile),
            name=shown.name_of(person.profile),
            birth_date=shown.birth(person.profile),
            language=person.language or "",
            status=row.status,
        )


def _handed_over(row: Any, history: Sequence[Any]) -> datetime:
    """When a delivery was last claimed to be sent, which is when consent was asked; else when it was last changed."""
    claimed: list[datetime] = [one.at for one in history if one.state == "sending"]
    moment: datetime = claimed[-1] if claimed else row.updated_at
    return moment


def _opened_words(keys: Keys, row: Any) -> str:
    try:
        return open_words(keys, row.person_id, row.thread_id, row.id, row.words_sealed)
    except CryptoError:
        # Sealed before a record was made part of another: what was said instead is gone, the message's own text is not.
        return ""


_AT_ONCE = 500
"""Values in one list of a statement."""


async def _many(
    conn: AsyncConnection, query: sa.Select[Any], column: sa.Column[Any], values: Sequence[str]
) -> dict[str, list[Any]]:
    """The rows of `query` by what `column` holds, of `values` alone."""
    found: dict[str, list[Any]] = {}
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        for row in await conn.execute(query.where(column.in_(part))):
            found.setdefault(getattr(row, column.name), []).append(row)
    return found

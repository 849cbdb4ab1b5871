"""Search: a person by name, number, mailbox, record number or birth date; and messages by their words.

What is looked for comes in the body of a POST: in an address, logs and browsers would keep it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.api.shapes import Cursor
from hub.calls import Call, Endpoint, NoQuery, Read, Reading, cursors
from hub.db.tables import message, thread
from hub.parts import Parts
from hub.search import Hit, birth_date
from hub.staff.inbox.lines import lines_of
from hub.staff.inbox.rows import Rows
from hub.staff.inbox.rows import row as row_of
from hub.staff.inbox.shapes import Finds, Found, Line
from hub.types import Address, AddressKind

__all__ = ["ENDPOINTS"]

Matched = Literal["name", "number", "mailbox", "mrn", "birth_date"]
_PERSONS, _MESSAGES = 20, 20


class Sought(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is looked for. All words must be in one message; names may be begun."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    cursor: Cursor | None = None

    def __repr__(self) -> str:
        return "Sought(…)"


async def search(conn: AsyncConnection, call: Call[NoQuery, Sought]) -> Read:
    """The threads of the persons that `q` names, then messages that say it, newest first; later pages have messages."""
    parts, reader, q = call.parts, call.caller, call.body.q.strip()
    seen = reader.reach.threads()
    before = cursors.read(call.body.cursor, tuple[int])[0] if call.body.cursor is not None else None
    persons = await named(conn, parts, q, seen) if before is None else {}
    said = await parts.search.messages(conn, q, seen=seen, before=before, limit=_MESSAGES)
    threads = await _threads(conn, list(persons), seen)
    rows = Rows(parts)
    shared = await rows.by_ids(conn, {*threads.values(), *(hit.thread_id for hit in said.hits)})
    own = await rows.own(conn, (reader.id,), {one.id: one.person_id for one in shared.values()})
    lines = await _lines(conn, parts, said.hits, reader.id)
    items = [
        Found(row=row_of(shared[threads[person_id]], reader.id, own), matched=matched)
        for person_id, matched in persons.items()
        if threads.get(person_id) in shared
    ]
    items += [
        Found(row=row_of(shared[hit.thread_id], reader.id, own), matched="message", line=lines[hit.message_id])
        for hit in said.hits
        if hit.thread_id in shared and hit.message_id in lines
    ]
    following = cursors.written(said.before) if said.before is not None else None
    value = Finds(items=items, next=following, complete=said.complete)
    return Read(value=value, action="message.search", persons=[one.row.person_id for one in items])


async def named(conn: AsyncConnection, parts: Parts, q: str, seen: sa.ColumnElement[bool]) -> dict[str, Matched]:
    """Persons whom `q` names, and by what: exactly if it is something exact, else by the beginnings of names."""
    people = parts.people
    if (by_mrn := await people.by_mrn(conn, q)) is not None:
        return {by_mrn: "mrn"}
    if (number := e164(q, parts.settings.region)) is not None:
        found = await people.by_address(conn, Address(AddressKind.PHONE, number))
        return dict.fromkeys(found, "number")
    if "@" in q:
        found = await people.by_address(conn, Address(AddressKind.MAILBOX, q.lower()))
        return dict.fromkeys(found, "mailbox")
    if (day := birth_date(q)) is not None:
        return dict.fromkeys(await parts.search.born(conn, day, seen=seen, limit=_PERSONS), "birth_date")
    return dict.fromkeys(await parts.search.persons(conn, q, seen=seen, limit=_PERSONS), "name")


async def _threads(conn: AsyncConnection, persons: list[str], seen: sa.ColumnElement[bool]) -> dict[str, str]:
    if not persons:
        return {}
    query = sa.select(thread.c.person_id, thread.c.id).where(thread.c.person_id.in_(persons), seen)
    return {row.person_id: row.id for row in await conn.execute(query)}


async def _lines(conn: AsyncConnection, parts: Parts, hits: Sequence[Hit], user_id: str) -> dict[str, Line]:
    """The messages found, by their ids, as the reader reads them."""
    if not hits:
        return {}
    query = sa.select(message).where(message.c.id.in_([hit.message_id for hit in hits]))
    rows = {row.id: row for row in (await conn.execute(query)).all()}
    of: dict[str, list[str]] = {}
    for hit in hits:
        of.setdefault(hit.person_id, []).append(hit.message_id)
    found: dict[str, Line] = {}
    for person_id, ids in of.items():
        there = [rows[one] for one in ids if one in rows]
        found |= {line.id: line for line in await lines_of(conn, parts, person_id, there, user_id)}
    return found


ENDPOINTS: tuple[Endpoint, ...] = (
    Reading(
        method="POST",
        path="/search",
        scope="threads:read",
        summary="Search persons and messages",
        body=Sought,
        answers={200: Finds},
        read=search,
    ),
)

"""Threads: the inbox's list."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api.search import persons_with
from hub.api.shapes import Cursor, Limit, Page, Thread, ThreadPatient
from hub.calls import cursors
from hub.calls.endpoints import Call, NoQuery, Read
from hub.calls.problems import not_found
from hub.db.tables import thread
from hub.parts import Parts
from hub.types import ChannelKind, ThreadStatus

UNASSIGNED = "none"

_COLUMNS = tuple(column for column in thread.c if column.name != "dialogue_sealed")


class ThreadsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Filters of the list of threads; they combine."""

    patient: Annotated[str, msgspec.Meta(description="A patient's id.")] | None = None
    status: ThreadStatus | None = None
    assignee: Annotated[str, msgspec.Meta(description="A user's id, or `none`.")] | None = None
    channel: Annotated[ChannelKind, msgspec.Meta(description="Of the person's last message.")] | None = None
    q: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=200,
                description=(
                    "A record number, a phone number, a mailbox, or words: of the person's name, which may be begun, "
                    "or of a message. All words must be in one message; those of six letters or more may go on there. "
                    "The 200 persons active last and the 500 newest messages are found; a message a second after it "
                    "came."
                ),
            ),
        ]
        | None
    ) = None
    limit: Limit = 50
    cursor: Cursor | None = None


async def threads(conn: AsyncConnection, call: Call[ThreadsQuery, None]) -> Read:
    """The threads that fit, last active first."""
    asked = call.query
    query = sa.select(*_COLUMNS).order_by(thread.c.last_at.desc(), thread.c.id.desc())
    if asked.patient is not None:
        query = query.where(thread.c.person_id == asked.patient)
    if asked.status is not None:
        query = query.where(thread.c.status == asked.status)
    if asked.assignee is not None:
        unassigned = asked.assignee == UNASSIGNED
        query = query.where(thread.c.assignee.is_(None) if unassigned else thread.c.assignee == asked.assignee)
    if asked.channel is not None:
        query = query.where(thread.c.last_channel == asked.channel)
    if asked.q is not None:
        query = query.where(thread.c.person_id.in_(await persons_with(conn, call.parts, asked.q)))
    if asked.cursor is not None:
        at, last = cursors.read(asked.cursor, tuple[datetime, str])
        query = query.where(sa.or_(thread.c.last_at < at, sa.and_(thread.c.last_at == at, thread.c.id < last)))
    rows = (await conn.execute(query.limit(asked.limit + 1))).all()
    shown = rows[: asked.limit]
    following = cursors.written(shown[-1].last_at, shown[-1].id) if len(rows) > len(shown) else None
    items = await _described(conn, call.parts, shown)
    persons = [row.person_id for row in shown]
    return Read(value=Page(items=items, next=following), action="thread.read", persons=persons)


async def one_thread(conn: AsyncConnection, call: Call[NoQuery, None]) -> Read:
    """One thread; the id of one that was merged into another finds that one."""
    thread_id = await call.parts.threads.moved(conn, call.ids["id"]) or call.ids["id"]
    rows = (await conn.execute(sa.select(*_COLUMNS).where(thread.c.id == thread_id))).all()
    if not rows:
        raise not_found("thread")
    (found,) = await _described(conn, call.parts, rows)
    return Read(value=found, action="thread.read", persons=(found.patient.id,), object_id=found.id)


async def _described(conn: AsyncConnection, parts: Parts, rows: Any) -> list[Thread]:
    persons = await parts.people.many(conn, [row.person_id for row in rows])
    shown = []
    for row in rows:
        whose = persons[row.person_id]
        patient = ThreadPatient(
            id=whose.id,
            kind=whose.kind,
            mrn=whose.profile.mrn or None,
            given_name=whose.profile.given_name,
            family_name=whose.profile.family_name,
        )
        shown.append(
            Thread(
                id=row.id,
                patient=patient,
                status=ThreadStatus(row.status),
                priority=row.priority,
                attention=row.attention or None,
                assignee=row.assignee,
                channel=ChannelKind(row.last_channel) if row.last_channel else None,
                messages=row.last_seq,
                last_at=row.last_at,
                last_inbound_at=row.last_inbound_at,
                created_at=row.created_at,
            )
        )
    return shown

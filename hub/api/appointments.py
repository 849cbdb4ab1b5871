"""Appointments of the embedded calendar."""

from datetime import datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Names
from hub.api.patients import person_id_of
from hub.api.shapes import Appointment, Cursor, Limit, Mrn, Page
from hub.calls import cursors
from hub.calls.endpoints import Call, Read
from hub.calls.problems import unusable
from hub.db.tables import appointment


class AppointmentsQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Filters of the list of appointments; they combine."""

    mrn: Mrn | None = None
    since: (
        Annotated[
            str,
            msgspec.Meta(description="Visits that start at or after this: an RFC 3339 time, or a day at the clinic."),
        ]
        | None
    ) = None
    limit: Limit = 50
    cursor: Cursor | None = None


async def appointments(conn: AsyncConnection, call: Call[AppointmentsQuery, None]) -> Read:
    """The visits that fit, of any status, in the order they were made."""
    parts, asked = call.parts, call.query
    zone = parts.settings.timezone
    query = sa.select(appointment).order_by(appointment.c.id)
    if asked.mrn is not None:
        query = query.where(appointment.c.person_id == await person_id_of(conn, parts, asked.mrn))
    if asked.since is not None:
        query = query.where(appointment.c.start >= _since(asked.since, zone))
    if asked.cursor is not None:
        (last,) = cursors.read(asked.cursor, tuple[str])
        query = query.where(appointment.c.id > last)
    rows = (await conn.execute(query.limit(asked.limit + 1))).all()
    shown = rows[: asked.limit]
    following = cursors.written(shown[-1].id) if len(rows) > len(shown) else None
    persons = await parts.people.many(conn, [row.person_id for row in shown])
    directory = await Names(parts.vault).read(conn)
    items = [
        Appointment(
            id=row.id,
            mrn=persons[row.person_id].profile.mrn or None,
            patient=row.person_id,
            provider=directory.name(row.provider_id),
            visit_type=directory.name(row.visit_type_id),
            location=directory.name(row.location_id),
            start=row.start.astimezone(zone),
            minutes=row.minutes,
            status=row.status,
            version=row.version,
        )
        for row in shown
    ]
    page = Page(items=items, next=following)
    return Read(value=page, action="appointment.read", persons=[row.person_id for row in shown])


def _since(text: str, zone: ZoneInfo) -> datetime:
    """The moment that `text` names; a day begins at midnight in `zone`."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None and len(text) == len("2026-03-02"):
            return datetime.combine(moment.date(), time(), zone)
        # The plus of an offset is a space once a query was decoded that did not escape it.
    except ValueError:
        moment = _with_plus(text)
    if moment.tzinfo is None:
        raise unusable("`since` needs an offset, such as 2026-03-02T09:00:00-05:00")
    return moment


def _with_plus(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise unusable("`since` must be an RFC 3339 time or a day, such as 2026-03-02") from None

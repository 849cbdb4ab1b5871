"""Canned replies as the reply box takes them: those of everyone and of the writer's teams, filled for a thread."""

from typing import Annotated, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Names
from hub.api.shapes import Page
from hub.calls import Call, Read, not_found
from hub.db.tables import appointment
from hub.desk.canned import filled
from hub.staff.inbox.panel_people import readable
from hub.staff.inbox.shapes import CannedReply
from hub.types import Address, AddressKind, Language


class CannedQuery(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """For which thread; left out, their variables stay unfilled."""

    thread: Annotated[str, msgspec.Meta(max_length=36)] | None = None


async def replies(conn: AsyncConnection, call: Call[CannedQuery, None]) -> Read:
    """The replies, those in the person's language first. Raises: Problem 404 for a thread out of reach."""
    parts = call.parts
    persons: tuple[str, ...] = ()
    values: dict[str, object] = {}
    spoken: str | None = None
    if call.query.thread is not None:
        values, spoken, person_id = await _of_thread(conn, call, call.query.thread)
        persons = (person_id,)
    settings = parts.settings
    found = await parts.canned.all(conn, teams=call.caller.reach.teams)
    items = []
    for one in sorted(found, key=lambda one: (one.language != (spoken or "en"), one.shortcut, one.id)):
        hours = settings.clinic_hours_es if one.language == "es" else settings.clinic_hours
        known = values | {"hours": hours} if values else {}
        text = filled(one.text, known, one.language, settings.timezone)
        items.append(
            CannedReply(
                id=one.id,
                shortcut=one.shortcut,
                title=one.title,
                text=text,
                language=one.language,
                team=one.team_id,
            )
        )
    return Read(value=Page(items=items), action="canned.read", persons=persons, object_id=call.query.thread or "")


async def _of_thread(
    conn: AsyncConnection, call: Call[CannedQuery, None], thread_id: str
) -> tuple[dict[str, object], Language | None, str]:
    """What is known for variables, the person's language, and who they are."""
    parts = call.parts
    thread = await parts.threads.get(conn, thread_id)
    if thread is None or not await call.caller.reach.sees(conn, thread_id=thread.id):
        raise not_found("thread")
    person = await parts.people.get(conn, thread.person_id)
    if person is None:
        raise not_found("thread")
    settings = parts.settings
    values: dict[str, object] = {
        "given_name": person.profile.given_name,
        "family_name": person.profile.family_name,
        "staff_name": call.caller.name,
        "clinic": settings.clinic_name,
        "clinic_phone": readable(Address(AddressKind.PHONE, settings.clinic_phone)),
    }
    query = (
        sa.select(appointment)
        .where(
            appointment.c.person_id == person.id,
            appointment.c.status == "booked",
            appointment.c.start > parts.clock.now(),
        )
        .order_by(appointment.c.start, appointment.c.id)
        .limit(1)
    )
    visit = (await conn.execute(query)).first()
    if visit is not None:
        directory = await Names(parts.vault).read(conn)
        start = visit.start.astimezone(settings.timezone)
        values |= {
            "provider": directory.name(visit.provider_id),
            "location": directory.name(visit.location_id),
            "visit": start,
            "visit_date": start.date(),
            "visit_time": start.time(),
        }
    spoken = cast(Language, person.language) if person.language in ("en", "es") else None
    return values, spoken, person.id

"""Who is who: an unidentified sender linked to a person, two records made one, and who is writing on a shared number.

What would happen is shown before it does, and asked again in the transaction that does it: `hub.identity.merging`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.api import merging
from hub.api.search import named_exactly
from hub.audit import Entry
from hub.calls import Call, NoQuery, Problem, Read, Wrote, not_found, unusable
from hub.db.tables import (
    appointment,
    attachment,
    consent_event,
    contact,
    delivery,
    message,
    person,
    proxy,
    thread,
)
from hub.events import Change, publish
from hub.parts import Parts
from hub.people import Person
from hub.search.finding import PERSONS
from hub.staff.inbox.panel_people import cards, whose, within
from hub.staff.inbox.panel_reading import TOLD
from hub.staff.inbox.panel_shapes import Join, JoinQuery, NewJoin, NewWriter, People, PeopleQuery, Writing

MOST = 20
_KNOWN = "This thread is a patient's: two records become one by merging them."
_NOT_A_LINE = "This number is one person's."
_ELSEWHERE = "This person does not share the number."


async def people(conn: AsyncConnection, call: Call[PeopleQuery, None]) -> Read:
    """Persons on the books whom `q` names, within reach; never the thread's own."""
    parts, q = call.parts, call.query.q.strip()
    _, own = await whose(conn, call)
    found = list(await named_exactly(conn, parts, q)) or await parts.search.on_the_books(conn, q)
    books = sa.select(person.c.id).where(person.c.id.in_(found), person.c.kind.in_(("patient", "proxy")))
    ids = [one for one in (await conn.execute(books)).scalars() if one != own.id]
    seen = list(await within(conn, call.caller.reach, ids))
    shown = sorted((await cards(conn, parts, seen)).values(), key=lambda one: (one.name, one.id))[:MOST]
    value = People(items=shown, complete=len(seen) <= MOST and len(found) < PERSONS)
    return Read(value=value, action="patient.read", persons=[one.id for one in shown])


async def preview(conn: AsyncConnection, call: Call[JoinQuery, None]) -> Read:
    """What would happen if the thread's person became another. Raises: Problem 404."""
    parts = call.parts
    _, source = await whose(conn, call)
    into = await _into(conn, call.parts, call, call.query.into)
    if into is None:
        raise not_found("patient")
    refused = forced = None
    if source.id == into.id:
        refused = "A record cannot be merged into itself."
    elif (why := await parts.merger.refused(conn, source, into)) is not None:
        refused = why.detail
        forced = await parts.merger.refused(conn, source, into, force=True)
    both = await cards(conn, parts, (source.id, into.id))
    value = Join(
        whose=both[source.id],
        into=both[into.id],
        moves=await _moves(conn, source.id),
        refused=refused,
        force=refused is not None and forced is None and source.id != into.id,
    )
    return Read(value=value, action="patient.read", persons=(source.id, into.id))


async def link(conn: AsyncConnection, call: Call[NoQuery, NewJoin]) -> Wrote:
    """Say whose number an unidentified sender's is: what they wrote becomes that person's."""
    _, source = await whose(conn, call)
    if source.kind not in ("unidentified", "line"):
        raise Problem(409, "not-merged", _KNOWN, reasons=(_KNOWN,))
    return await _join(conn, call, source)


async def merge(conn: AsyncConnection, call: Call[NoQuery, NewJoin]) -> Wrote:
    """Make the record of the thread's person part of another."""
    _, source = await whose(conn, call)
    return await _join(conn, call, source)


async def writing(conn: AsyncConnection, call: Call[NoQuery, NewWriter]) -> Wrote:
    """Note who is writing on a shared number, and open that person's own thread. What was said stays where it is."""
    parts = call.parts
    there, line = await whose(conn, call)
    if line.kind != "line":
        raise unusable(_NOT_A_LINE)
    told = await _into(conn, parts, call, call.body.person)
    if told is None:
        return await _unseen(conn, call, line)
    mine = sa.select(contact.c.address_id).where(contact.c.person_id == line.id)
    shared = sa.select(contact.c.address_id).where(contact.c.person_id == told.id, contact.c.address_id.in_(mine))
    if (await conn.execute(shared.limit(1))).first() is None:
        raise unusable(_ELSEWHERE)
    await parts.threads.open_for(conn, (told.id,))
    entry = Entry(
        action=TOLD, actor=call.caller.actor, person_id=line.id, object_id=told.id, request_id=call.request_id
    )
    await parts.trail.record(conn, entry)
    now = parts.clock.now()
    await publish(conn, now, [Change("thread.updated", there.id)])
    card = (await cards(conn, parts, (told.id,)))[told.id]
    return Wrote(status=200, value=Writing(card=card, by=call.caller.name, at=now), after=parts.bell.ring)


async def _join(conn: AsyncConnection, call: Call[NoQuery, NewJoin], source: Person) -> Wrote:
    asked = call.body
    into = await _into(conn, call.parts, call, asked.into)
    if into is None:
        return await _unseen(conn, call, source)
    joining = Call(
        parts=call.parts,
        caller=call.caller,
        request_id=call.request_id,
        ids={"id": source.id},
        query=call.query,
        body=merging.Merge(into=into.id, reason=asked.reason, force=asked.force),
    )
    return await merging.merge(conn, joining)


async def _into(conn: AsyncConnection, parts: Parts, call: Call[Any, Any], given: str) -> Person | None:
    """The person named beside the path, if the caller reaches them."""
    person_id = await parts.people.surviving(conn, given)
    if not await call.caller.reach.sees(conn, person_id=person_id):
        return None
    return await parts.people.get(conn, person_id)


async def _unseen(conn: AsyncConnection, call: Call[NoQuery, Any], source: Person) -> Wrote:
    """404 for a person out of reach, as for one who is not there; the audit has it."""
    entry = Entry(
        action="staff.refuse",
        actor=call.caller.actor,
        person_id=source.id,
        request_id=call.request_id,
        details={"status": 404, "endpoint": "person"},
    )
    await call.parts.trail.record(conn, entry)
    return Wrote(status=404, value=not_found("patient").details(call.request_id))


async def _moves(conn: AsyncConnection, person_id: str) -> dict[str, int]:
    """How much of each kind is this person's."""
    own = sa.select(thread.c.id).where(thread.c.person_id == person_id)
    counted = {
        "messages": sa.select(sa.func.count()).where(message.c.thread_id.in_(own)),
        "files": sa.select(sa.func.count()).where(attachment.c.thread_id.in_(own)),
        "addresses": sa.select(sa.func.count()).where(contact.c.person_id == person_id),
        "consents": sa.select(sa.func.count()).where(consent_event.c.person_id == person_id),
        "visits": sa.select(sa.func.count()).where(appointment.c.person_id == person_id),
        "proxies": sa.select(sa.func.count()).where(
            sa.or_(proxy.c.patient_id == person_id, proxy.c.proxy_person_id == person_id)
        ),
        "under_way": sa.select(sa.func.count()).where(
            delivery.c.person_id == person_id, delivery.c.state.in_(("queued", "held", "sending"))
        ),
    }
    return {what: int((await conn.execute(query)).scalar_one()) for what, query in counted.items()}

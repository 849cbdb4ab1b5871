"""A restriction that was asked for by right: in force until it is lifted.

While it is, the bot, campaigns and whatever else sends by itself are silent for the person (`consent.policy`); what
they write goes to staff, who answer by hand. Emergencies, STOP and HELP are answered as ever.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.db.tables import restriction
from hub.errors import InputError
from hub.parts import Parts
from hub.rights.requests import Requests
from hub.rights.terms import Kind
from hub.types import new_id

__all__ = ["lift", "restrict"]


async def restrict(conn: AsyncConnection, parts: Parts, rights_id: str, actor: Actor, request_id: str = "") -> str:
    """Restrict the record of whoever asked for it, in the caller's transaction, and note the request as fulfilled.

    The id of the restriction. Raises: InputError when there is no such open request, or it is restricted already.
    """
    book = Requests(parts)
    found = await book.get(conn, rights_id)
    if found is None or found.kind is not Kind.RESTRICTION or found.state != "open":
        raise InputError("there is no open request of restriction of this id")
    person_id = await parts.people.surviving(conn, found.person_id)
    if await _in_force(conn, person_id):
        raise InputError("this record is restricted already: deny the request, or lift that first")
    restriction_id = new_id()
    row = {
        "id": restriction_id,
        "person_id": person_id,
        "request_id": rights_id,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "at": parts.clock.now(),
    }
    await conn.execute(sa.insert(restriction), row)
    await book.end(conn, rights_id, "fulfilled", "the record was restricted", actor, request_id=request_id)
    law = found.rules.title
    await book.note(conn, person_id, f"Restricted by request ({law}): nothing is sent by itself; staff answer by hand.")
    entry = Entry(
        action="rights.restrict", actor=actor, person_id=person_id, object_id=restriction_id, request_id=request_id
    )
    await parts.trail.record(conn, entry)
    return restriction_id


async def lift(conn: AsyncConnection, parts: Parts, person_id: str, actor: Actor, request_id: str = "") -> None:
    """End every restriction of a person, in the caller's transaction. Raises: InputError where there is none.

    Whoever asked for it is to be told before (GDPR, Article 18(3)).
    """
    person_id = await parts.people.surviving(conn, person_id)
    ids = await _in_force(conn, person_id)
    if not ids:
        raise InputError("this record is not restricted")
    values = {"lifted_at": parts.clock.now(), "lifted_kind": actor.kind, "lifted_id": actor.id}
    await conn.execute(sa.update(restriction).where(restriction.c.id.in_(ids)).values(**values))
    await Requests(parts).note(conn, person_id, "The restriction was lifted.")
    for one in ids:
        entry = Entry(action="rights.lift", actor=actor, person_id=person_id, object_id=one, request_id=request_id)
        await parts.trail.record(conn, entry)


async def _in_force(conn: AsyncConnection, person_id: str) -> list[str]:
    query = sa.select(restriction.c.id).where(restriction.c.person_id == person_id, restriction.c.lifted_at.is_(None))
    return list((await conn.execute(query.with_for_update())).scalars())

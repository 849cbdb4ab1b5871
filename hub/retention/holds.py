"""Legal holds: while one is in force, nothing of the person is disposed of, whatever a policy or anybody says.

Source: Fed. R. Civ. P. 37(e); 42 CFR 438.3(u), 45 CFR 164.316(b)(2) for what must be kept anyway.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry
from hub.crypto import Place
from hub.db.tables import legal_hold, person
from hub.errors import InputError
from hub.parts import Parts
from hub.types import new_id
from hub.vault import AUDIT

__all__ = ["Hold", "held_among", "hold", "placed", "release"]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold on one person's records; in force until it is released."""

    id: str
    person_id: str
    reason: str
    by: str
    at: datetime
    released_at: datetime | None
    released_why: str = ""


async def hold(conn: AsyncConnection, parts: Parts, person_id: str, reason: str, actor: Actor) -> str:
    """The id of a new hold, in the caller's transaction. Several may be in force: each is released by itself.

    Raises: InputError without a reason.
    """
    if not reason.strip():
        raise InputError("a legal hold needs a reason")
    # Locked: a disposal that is under way ends first, or finds the hold.
    await conn.execute(sa.select(person.c.id).where(person.c.id == person_id).with_for_update())
    made, keys = new_id(), await parts.vault.key(conn, AUDIT)
    row = {
        "id": made,
        "person_id": person_id,
        "reason_sealed": keys.seal(AUDIT, reason.strip().encode(), _place(made)),
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "at": parts.clock.now(),
    }
    await conn.execute(sa.insert(legal_hold), row)
    await parts.trail.record(conn, Entry(action="hold.place", actor=actor, person_id=person_id, object_id=made))
    return made


async def release(conn: AsyncConnection, parts: Parts, hold_id: str, actor: Actor, *, reason: str = "") -> None:
    """End a hold, in the caller's transaction, and keep why, sealed.

    Raises: InputError when none of this id is in force.
    """
    query = sa.select(legal_hold.c.person_id).where(legal_hold.c.id == hold_id, legal_hold.c.released_at.is_(None))
    person_id = await conn.scalar(query.with_for_update())
    if person_id is None:
        raise InputError("no legal hold with this id is in force; `hub retention holds` lists them")
    keys, why = await parts.vault.key(conn, AUDIT), reason.strip()
    values = {
        "released_at": parts.clock.now(),
        "released_kind": actor.kind,
        "released_id": actor.id,
        "release_sealed": keys.seal(AUDIT, why.encode(), _place(hold_id, "release_sealed")) if why else None,
    }
    await conn.execute(sa.update(legal_hold).where(legal_hold.c.id == hold_id).values(**values))
    await parts.trail.record(conn, Entry(action="hold.release", actor=actor, person_id=person_id, object_id=hold_id))


async def placed(conn: AsyncConnection, parts: Parts, *, everything: bool = False) -> list[Hold]:
    """The holds in force, oldest first; those that were released, too, if `everything`."""
    query = sa.select(legal_hold).order_by(legal_hold.c.id)
    keys = await parts.vault.key(conn, AUDIT)
    rows = await conn.execute(query if everything else query.where(legal_hold.c.released_at.is_(None)))
    return [
        Hold(
            id=row.id,
            person_id=row.person_id,
            reason=keys.open(AUDIT, row.reason_sealed, _place(row.id)).decode(),
            by=f"{row.actor_kind}:{row.actor_id}",
            at=row.at,
            released_at=row.released_at,
            released_why=keys.open(AUDIT, row.release_sealed, _place(row.id, "release_sealed")).decode()
            if row.release_sealed is not None
            else "",
        )
        for row in rows
    ]


async def held_among(conn: AsyncConnection, persons: Collection[str]) -> set[str]:
    """Those of `persons` on whom a hold is in force."""
    query = sa.select(legal_hold.c.person_id).where(
        legal_hold.c.person_id.in_(list(persons)), legal_hold.c.released_at.is_(None)
    )
    return set((await conn.execute(query)).scalars())


def _place(hold_id: str, column: str = "reason_sealed") -> Place:
    return Place("legal_hold", column, hold_id)

"""Who is labelled: by the visits they have, or by hand."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.db.tables import appointment, person, resource, slot
from hub.errors import InputError
from hub.events import Change, publish

__all__ = ["DISCREET", "LABELLED", "WHO", "by_visits", "label", "labelled", "mark", "unlabel"]

WHO = person.alias("labelled")
"""Persons by a name of their own, so that whoever looks at persons may ask for these."""
LABELLED = sa.select(WHO.c.id).where(WHO.c.part2_at.is_not(None))
"""The ids of all who are labelled."""
_RULE = Actor("system", "part2")
_MARKED = sa.select(resource.c.id).where(resource.c.part2_at.is_not(None))
_ANY = _MARKED.limit(1)
_KINDS = ("visit_type", "specialty")
DISCREET = sa.or_(
    appointment.c.visit_type_id.in_(_MARKED),
    sa.exists().where(slot.c.id == appointment.c.slot_id, slot.c.specialty_id.in_(_MARKED)).correlate(appointment),
)
"""Of a row of `appointment`: whether it is a visit of a Part 2 program, of which no text names place or clinician."""
_OF_A_PROGRAM = (
    sa.select(appointment.c.person_id)
    .outerjoin(slot, slot.c.id == appointment.c.slot_id)
    .where(sa.or_(appointment.c.visit_type_id.in_(_MARKED), slot.c.specialty_id.in_(_MARKED)))
)


async def mark(conn: AsyncConnection, resource_id: str, marked: bool, trail: Trail, actor: Actor, now: datetime) -> int:
    """Say that a visit type or specialty is a Part 2 program's, or not, in the caller's transaction.

    Returns how many persons were labelled for the visits they have; none loses the label. Raises: InputError for
    anything but a visit type or specialty.
    """
    kind = await conn.scalar(sa.select(resource.c.kind).where(resource.c.id == resource_id))
    if kind not in _KINDS:
        raise InputError("only a visit type or a specialty can be marked")
    values = {"part2_at": now if marked else None}
    await conn.execute(sa.update(resource).where(resource.c.id == resource_id).values(**values))
    action = "part2.mark" if marked else "part2.unmark"
    await trail.record(conn, Entry(action=action, actor=actor, object_id=resource_id))
    return await _by_visits(conn, None, trail, now) if marked else 0


async def by_visits(conn: AsyncConnection, persons: Collection[str], trail: Trail, now: datetime) -> None:
    """Label those of `persons` who have a visit of a Part 2 program, in the transaction that wrote their visits."""
    # Most clinics have no such program: one look at an empty index.
    if persons and (await conn.execute(_ANY)).first() is not None:
        await _by_visits(conn, persons, trail, now)


async def _by_visits(conn: AsyncConnection, persons: Collection[str] | None, trail: Trail, now: datetime) -> int:
    query = _OF_A_PROGRAM if persons is None else _OF_A_PROGRAM.where(appointment.c.person_id.in_(list(persons)))
    return await _set(conn, query, "visit", trail, _RULE, now)


async def label(conn: AsyncConnection, person_id: str, trail: Trail, actor: Actor, now: datetime) -> bool:
    """Label a person by hand, in the caller's transaction; whether they were not before."""
    return bool(await _set(conn, sa.select(person.c.id).where(person.c.id == person_id), "staff", trail, actor, now))


async def _set(
    conn: AsyncConnection,
    whom: sa.Select[tuple[str]],
    why: Literal["visit", "staff"],
    trail: Trail,
    actor: Actor,
    now: datetime,
) -> int:
    these = sa.update(person).where(person.c.id.in_(whom), person.c.part2_at.is_(None))
    done = await conn.execute(these.values(part2_at=now, part2_from=why).returning(person.c.id))
    ids = sorted(done.scalars())
    told = [Entry(action="part2.label", actor=actor, person_id=one, details={"from": why}) for one in ids]
    await trail.record(conn, *told)
    await publish(conn, now, [Change("person.updated", one) for one in ids])
    return len(ids)


async def unlabel(conn: AsyncConnection, person_id: str, trail: Trail, actor: Actor, now: datetime) -> bool:
    """Take a person's label away, in the caller's transaction; whether there was one.

    Raises: InputError while they have a visit of a Part 2 program.
    """
    query = _OF_A_PROGRAM.where(appointment.c.person_id == person_id).limit(1)
    if (await conn.execute(query)).first() is not None:
        raise InputError("this person has visits of a Part 2 program: the label stays")
    these = sa.update(person).where(person.c.id == person_id, person.c.part2_at.is_not(None))
    done = await conn.execute(these.values(part2_at=None, part2_from=None))
    if not done.rowcount:
        return False
    await trail.record(conn, Entry(action="part2.unlabel", actor=actor, person_id=person_id))
    await publish(conn, now, [Change("person.updated", person_id)])
    return True


async def labelled(conn: AsyncConnection, persons: Collection[str]) -> frozenset[str]:
    """Those of `persons` who are labelled."""
    if not persons:
        return frozenset()
    return frozenset((await conn.execute(LABELLED.where(WHO.c.id.in_(list(persons))))).scalars())

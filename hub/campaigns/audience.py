"""Audiences: typed queries over persons and visits, walked through page by page.

A page is what follows a place, in an order that nothing changes, so that a walk that was broken off goes on where it
was. Whoever is enrolled already is passed over.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.names import Directory
from hub.campaigns.plans import Persons, Visits, span
from hub.db.columns import Id
from hub.db.lookup import Lookup
from hub.db.tables import appointment, campaign_person, campaign_step, person
from hub.errors import InputError
from hub.part2 import DISCREET
from hub.people.records import survivor


class Visit(Struct, frozen=True):
    """A visit as a step needs it. `start` is in UTC. discreet: no text may name its place or clinician."""

    id: str
    person_id: str
    version: int
    start: datetime
    minutes: int
    status: str
    provider_id: str
    visit_type_id: str
    location_id: str
    confirmed_at: datetime | None
    discreet: bool = False


class Subject(Struct, frozen=True):
    """What somebody is enrolled for: `id` and `version` are the visit's, or the person's own id and 0.

    visit: the one that the steps speak of; None where they speak of none.
    """

    person_id: str
    id: str
    version: int
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of an audience, and the place after them; empty at the end."""

    subjects: list[Subject]
    place: str


VISIT = (*(appointment.c[name] for name in Visit.__struct_fields__[:-1]), DISCREET)
visits_by_id = Lookup(appointment.c.id, lambda among: sa.select(*VISIT).where(among))


async def visits(conn: AsyncConnection, ids: Sequence[str], *, lock: bool = False) -> dict[str, Visit]:
    """The visits of these ids; locked, they stay as they are until the commit."""
    if lock and ids and conn.dialect.name == "postgresql":
        held = sa.select(appointment.c.id).where(appointment.c.id.in_(ids)).order_by(appointment.c.id)
        await conn.execute(held.with_for_update(read=True))
    return {row[0]: Visit(*row) for row in await visits_by_id(conn, ids)}


async def page(
    conn: AsyncConnection,
    audience: Visits | Persons,
    directory: Directory,
    now: datetime,
    place: str,
    limit: int,
    *,
    campaign_id: str | None = None,
    frozen_at: datetime | None = None,
    listed: Collection[str] = (),
) -> Page:
    """The next of the audience after `place` (empty: from the first).

    campaign_id: the run whose enrolled are passed over; None for a preview. frozen_at: who came later is none of it.
    listed: of a preview of a list, the ids of the persons on it; a run has its own.
    """
    if isinstance(audience, Visits):
        return await _of_visits(conn, audience, directory, now, place, limit, campaign_id, frozen_at)
    return await _of_persons(conn, audience, directory, now, place, limit, campaign_id, frozen_at, listed)


def check_names(audience: object, directory: Directory) -> None:
    """Raises InputError for a visit type, clinician or place that the clinic does not have."""
    if isinstance(audience, Visits):
        for kind, names in (("visit_type", audience.types), ("provider", audience.providers)):
            _ids(directory, kind, names)  # type: ignore[arg-type]
        _ids(directory, "location", audience.locations)
    if isinstance(audience, Persons) and audience.last_visit is not None:
        _ids(directory, "visit_type", audience.last_visit.types)


def _ids(directory: Directory, kind: Literal["provider", "visit_type", "location"], names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        known = directory.id_of(kind, name)
        if known is None:
            raise InputError(f"the plan names a {kind.replace('_', ' ')} that the calendar does not have")
        found.append(known)
    return found


async def _of_visits(
    conn: AsyncConnection,
    audience: Visits,
    directory: Directory,
    now: datetime,
    place: str,
    limit: int,
    campaign_id: str | None,
    frozen_at: datetime | None,
) -> Page:
    a = appointment.c
    reach = span(audience.within)
    query = sa.select(*VISIT).where(a.status == audience.status)
    if audience.status == "booked":
        query = query.where(a.start <= now + reach)
        query = query if place else query.where(a.start > now)
    else:
        query = query.where(a.start <= now)
        query = query if place else query.where(a.start > now - reach)
    for column, kind, names in (
        (a.visit_type_id, "visit_type", audience.types),
        (a.provider_id, "provider", audience.providers),
        (a.location_id, "location", audience.locations),
    ):
        if names:
            query = query.where(column.in_(_ids(directory, kind, names)))  # type: ignore[arg-type]
    if audience.languages:
        speaks = sa.select(person.c.id).where(person.c.id == a.person_id, person.c.language.in_(audience.languages))
        query = query.where(speaks.exists())
    if frozen_at is not None:
        query = query.where(a.created_at <= frozen_at)
    if campaign_id is not None:
        query = query.where(~_enrolled(campaign_id, a.id, a.version))
    if place:
        first, _, last = place.partition(" ")
        start = datetime.fromisoformat(first)
        # The first of the two is what an index is entered by.
        query = query.where(a.start >= start, sa.tuple_(a.start, a.id) > sa.tuple_(*_after(start, last)))
    rows = (await conn.execute(query.order_by(a.start, a.id).limit(limit))).all()
    found = [Visit(*row) for row in rows]
    next_place = f"{found[-1].start.isoformat()} {found[-1].id}" if len(found) == limit else ""
    return Page([Subject(one.person_id, one.id, one.version, one) for one in found], next_place)


def _after(start: datetime, last: str) -> tuple[Any, Any]:
    return sa.literal(start, appointment.c.start.type), sa.literal(last, Id())


async def _of_persons(
    conn: AsyncConnection,
    audience: Persons,
    directory: Directory,
    now: datetime,
    place: str,
    limit: int,
    campaign_id: str | None,
    frozen_at: datetime | None,
    listed: Collection[str],
) -> Page:
    p, ahead, latest = person.c, appointment.alias("ahead"), appointment.alias("latest")
    subject: sa.ColumnElement[str] = p.id
    # Who was merged, in words for which no index serves: that one holds nearly everybody, and all would be sorted for
    # each page.
    query = sa.select(p.id).where(p.kind == "patient", survivor() == p.id)
    if audience.listed and campaign_id is not None:
        mine = sa.and_(campaign_person.c.person_id == p.id, campaign_person.c.campaign_id == campaign_id)
        query = query.where(sa.exists().where(mine))
    elif audience.listed:
        query = query.where(p.id.in_(_listed_after(listed, place, limit)))
    if (last := audience.last_visit) is not None:
        inner = sa.select(latest.c.id).where(latest.c.person_id == p.id, latest.c.status == "fulfilled")
        if last.types:
            inner = inner.where(latest.c.visit_type_id.in_(_ids(directory, "visit_type", last.types)))
        newest = inner.order_by(latest.c.start.desc(), latest.c.id).limit(1).correlate(person).scalar_subquery()
        query = query.join(appointment, appointment.c.id == newest)
        query = query.where(appointment.c.start < now - span(last.older_than))
        subject = appointment.c.id
    if audience.nothing_booked:
        booked = sa.select(ahead.c.id).where(ahead.c.person_id == p.id, ahead.c.status == "booked", ahead.c.start > now)
        query = query.where(~booked.exists())
    if audience.languages:
        query = query.where(p.language.in_(audience.languages))
    if frozen_at is not None:
        query = query.where(p.created_at <= frozen_at)
    if campaign_id is not None:
        query = query.where(~_enrolled(campaign_id, subject, sa.literal(0)))
    if place:
        query = query.where(p.id > place)
    rows = (await conn.execute(query.add_columns(subject.label("subject")).order_by(p.id).limit(limit))).all()
    return Page([Subject(row.id, row.subject, 0) for row in rows], rows[-1].id if len(rows) == limit else "")


def _listed_after(listed: Collection[str], place: str, limit: int) -> list[str]:
    """Those of a list that a page may hold: a statement takes only so many values."""
    return sorted(one for one in listed if one > place)[: 4 * limit]


def _enrolled(
    campaign_id: str, subject: sa.ColumnElement[str], version: sa.ColumnElement[int]
) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        campaign_step.c.subject_id == subject,
        campaign_step.c.campaign_id == campaign_id,
        campaign_step.c.subject_version == version,
    )

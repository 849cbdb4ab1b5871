"""Booked visits: `mrn,provider,visit_type,location,start,minutes,status`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.base import AppointmentStatus
from bots.scheduling.names import Kind, Name, Names
from hub.audit import Actor, Trail
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import person
from hub.imports import cells
from hub.imports.rows import Parsed, Progress, Report, RowProblem, load
from hub.people.records import survivor
from hub.vault import Vault
from hub.visits import Book

COLUMNS = ("mrn", "provider", "visit_type", "location", "start", "minutes", "status")
_KINDS: tuple[Kind, ...] = ("provider", "visit_type", "location")
_STATUSES: dict[str, AppointmentStatus] = {
    "booked": "booked",
    "cancelled": "cancelled",
    "fulfilled": "fulfilled",
    "noshow": "noshow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    mrn: str = field(repr=False)
    names: Mapping[Kind, str] = field(repr=False)
    start: datetime
    minutes: int
    status: AppointmentStatus


async def import_appointments(
    path: Path,
    *,
    db: Database,
    vault: Vault,
    clock: Clock,
    trail: Trail,
    progress: Progress | None = None,
) -> Report:
    """The report on a file of visits. A visit is found again by person, provider and start.

    A visit whose row differs is changed and its version grows, so that reminders of the old one are void. A booked
    visit takes the slot that fits it, if there is one; one that is no longer booked frees it.
    """
    names = Names(vault)

    async def write(conn: AsyncConnection, batch: Sequence[Parsed[_Visit]]) -> Report:
        persons = await _persons(conn, vault, {one.value.mrn for one in batch})
        known = [one for one in batch if one.value.mrn in persons]
        problems = [RowProblem(one.line, "mrn is unknown") for one in batch if one.value.mrn not in persons]
        ids = await names.ensure(conn, [name for one in known for name in one.value.names.items()])
        rows = [_row(one.value, persons[one.value.mrn], ids) for one in known]
        book = await Book.read(conn, rows)
        outcomes = [book.take(row, clock.now()).outcome for row in rows]
        await book.write(conn, trail, clock.now(), "appointment.import", Actor("system"))
        return Report(
            created=outcomes.count("created"),
            updated=outcomes.count("updated"),
            unchanged=outcomes.count("unchanged"),
            problems=tuple(problems),
        )

    return await load(path, COLUMNS, _parse, write, db=db, progress=progress)


def _parse(row: Mapping[str, str]) -> _Visit:
    return _Visit(
        mrn=cells.text(row, "mrn"),
        names={kind: cells.text(row, kind) for kind in _KINDS},
        start=cells.moment(row, "start"),
        minutes=cells.minutes(row, "minutes"),
        status=cells.one_of(row, "status", _STATUSES),
    )


async def _persons(conn: AsyncConnection, vault: Vault, mrns: Iterable[str]) -> dict[str, str]:
    """The ids of those of `mrns` that are known; one statement for all, where `People` asks for one at a time."""
    blinds = {vault.blind.of("mrn", mrn): mrn for mrn in mrns}
    query = sa.select(person.c.mrn_blind, survivor().label("id")).where(person.c.mrn_blind.in_(blinds))
    found = await conn.execute(query)
    return {blinds[row.mrn_blind]: row.id for row in found}


def _row(visit: _Visit, person_id: str, ids: Mapping[Name, str]) -> dict[str, Any]:
    return {
        "person_id": person_id,
        **{f"{kind}_id": ids[kind, name] for kind, name in visit.names.items()},
        "start": visit.start,
        "minutes": visit.minutes,
        "status": visit.status,
    }

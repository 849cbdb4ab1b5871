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
from hub import events
from hub.audit import Actor, Entry, Trail
from hub.campaigns.voiding import visits_changed
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, person, slot
from hub.events import Change
from hub.imports import cells
from hub.imports.rows import Parsed, Progress, Report, RowProblem, load
from hub.people.records import survivor
from hub.types import new_id
from hub.vault import Vault

COLUMNS = ("mrn", "provider", "visit_type", "location", "start", "minutes", "status")
_KINDS: tuple[Kind, ...] = ("provider", "visit_type", "location")
_STATUSES: dict[str, AppointmentStatus] = {
    "booked": "booked",
    "cancelled": "cancelled",
    "fulfilled": "fulfilled",
    "noshow": "noshow",
}
_TOLD = ("visit_type_id", "location_id", "minutes", "status")
"""What the file says of a visit beyond what it is found by."""


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
        book = await _Book.read(conn, rows)
        outcomes = [book.take(row, clock.now()) for row in rows]
        await book.write(conn, trail, clock.now())
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


class _Book:
    """The visits and slots that a batch touches: read once, changed in memory, written once."""

    def __init__(self, visits: Iterable[dict[str, Any]], slots: Iterable[dict[str, Any]]) -> None:
        # Of several visits of one person at one time only one is booked: it comes last, and wins.
        ordered = sorted(visits, key=lambda row: (row["status"] == "booked", row["updated_at"], row["id"]))
        self._visits = {_visit_key(row): row for row in ordered}
        self._slots = {_slot_key(row): row for row in slots}
        self._slots_by_id = {row["id"]: row for row in self._slots.values()}
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._relinked: dict[str, dict[str, Any]] = {}
        self._touched: dict[str, dict[str, Any]] = {}

    @classmethod
    async def read(cls, conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> "_Book":
        """What the database has on the visits in `rows`."""
        starts = {row["start"] for row in rows}
        visits = sa.select(appointment).where(
            appointment.c.person_id.in_({row["person_id"] for row in rows}), appointment.c.start.in_(starts)
        )
        slots = sa.select(slot).where(
            slot.c.provider_id.in_({row["provider_id"] for row in rows}), slot.c.start.in_(starts)
        )
        found = [[dict(row) for row in (await conn.execute(query)).mappings()] for query in (visits, slots)]
        return cls(*found)

    def take(self, row: dict[str, Any], now: datetime) -> str:
        """Put one row of the file in: `created`, `updated` or `unchanged`."""
        visit = self._visits.get(_visit_key(row))
        if visit is None:
            visit = {**row, "id": new_id(), "slot_id": None, "version": 1, "created_at": now, "updated_at": now}
            visit["confirmed_at"] = None
            self._visits[_visit_key(row)] = self._new[visit["id"]] = visit
            self._settle(visit)
            return "created"
        if all(visit[name] == row[name] for name in _TOLD):
            if visit["status"] == "booked" and visit["slot_id"] is None and self._settle(visit):
                # The calendar came after the visit: they find each other, and nothing changed for the person.
                self._relinked[visit["id"]] = visit
            return "unchanged"
        self._free(visit)
        visit.update(row, version=visit["version"] + 1, updated_at=now, confirmed_at=None)
        self._settle(visit)
        if visit["id"] not in self._new:
            self._changed[visit["id"]] = visit
        return "updated"

    async def write(self, conn: AsyncConnection, trail: Trail, now: datetime) -> None:
        """Write what changed, with its audit entries and events."""
        changed = {**self._relinked, **self._changed}
        if changed:
            # Visits that let go of a slot before those that take it: the database knows one visit a slot.
            for row in sorted(changed.values(), key=lambda row: row["status"] == "booked"):
                values = {name: value for name, value in row.items() if name not in ("id", "person_id", "created_at")}
                await conn.execute(sa.update(appointment).where(appointment.c.id == row["id"]).values(**values))
        if self._new:
            await conn.execute(sa.insert(appointment), list(self._new.values()))
        freed = [place["id"] for place in self._touched.values() if place["state"] == "free"]
        await visits_changed(conn, now, list(self._changed), freed)
        for place in self._touched.values():
            values = {name: place[name] for name in ("state", "held_by", "held_until")}
            await conn.execute(sa.update(slot).where(slot.c.id == place["id"]).values(**values))
        told = (*self._new.values(), *self._changed.values())
        await trail.record(conn, *(_entry(row) for row in told))
        await events.publish(conn, now, [_change(row) for row in told])

    def _settle(self, visit: dict[str, Any]) -> bool:
        """Let a booked visit take the slot that fits it; True when it did."""
        place = self._slots.get(_slot_key(visit))
        if visit["status"] != "booked" or place is None or place["state"] == "booked":
            return False
        self._touched[place["id"]] = place
        place.update(state="booked", held_by=None, held_until=None)
        visit["slot_id"] = place["id"]
        return True

    def _free(self, visit: dict[str, Any]) -> None:
        """Take a visit out of the slot that it has."""
        place = self._slots_by_id.get(visit["slot_id"])
        if visit["status"] == "booked" and place is not None:
            self._touched[place["id"]] = place
            place.update(state="free")
        visit["slot_id"] = None


def _entry(row: Mapping[str, Any]) -> Entry:
    details = {"status": row["status"], "version": row["version"]}
    return Entry(
        action="appointment.import",
        actor=Actor("system"),
        person_id=row["person_id"],
        object_id=row["id"],
        details=details,
    )


def _change(row: Mapping[str, Any]) -> Change:
    kind = row["status"] if row["version"] == 1 or row["status"] == "cancelled" else "updated"
    return Change(f"appointment.{kind}", row["id"])


def _visit_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["person_id"], row["provider_id"], row["start"]


def _slot_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["provider_id"], row["start"], row["visit_type_id"], row["location_id"]

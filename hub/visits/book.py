"""The visits and slots that a change touches: read once, changed in memory, written once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.audit import Actor, Entry, Trail
from hub.campaigns.voiding import visits_changed
from hub.db.tables import appointment, slot
from hub.events import Change
from hub.part2 import by_visits
from hub.types import new_id

_TOLD = ("provider_id", "visit_type_id", "location_id", "start", "minutes", "status")
"""What is said of a visit."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one visit."""

    outcome: Literal["created", "updated", "unchanged"]
    appointment_id: str
    version: int


class Book:
    """A batch of visits and the slots that fit them, each locked until the unit of work ends."""

    def __init__(self, visits: Iterable[dict[str, Any]], slots: Iterable[dict[str, Any]]) -> None:
        # Of several visits of one person at one time only one is booked: it comes last, and wins.
        ordered = sorted(visits, key=lambda row: (row["status"] == "booked", row["updated_at"], row["id"]))
        self._visits = {_visit_key(row): row for row in ordered}
        self._by_id = {row["id"]: row for row in ordered}
        self._slots = {_slot_key(row): row for row in slots}
        self._slots_by_id = {row["id"]: row for row in self._slots.values()}
        self._new: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, dict[str, Any]] = {}
        self._relinked: dict[str, dict[str, Any]] = {}
        self._touched: dict[str, dict[str, Any]] = {}

    @classmethod
    async def read(
        cls, conn: AsyncConnection, rows: Sequence[Mapping[str, Any]], known: Collection[str] = ()
    ) -> "Book":
        """What the database has on the visits in `rows`, and on those with the ids `known`, wherever they now are."""
        starts = {row["start"] for row in rows}
        same = sa.and_(appointment.c.person_id.in_({row["person_id"] for row in rows}), appointment.c.start.in_(starts))
        wanted = sa.or_(same, appointment.c.id.in_(list(known))) if known else same
        # Visits before slots, each in the order of their ids, as whoever books and cancels takes them.
        visits = await _locked(conn, sa.select(appointment).where(wanted).order_by(appointment.c.id))
        fitting = sa.and_(slot.c.provider_id.in_({row["provider_id"] for row in rows}), slot.c.start.in_(starts))
        had = [row["slot_id"] for row in visits if row["slot_id"] is not None]
        places = sa.or_(fitting, slot.c.id.in_(had)) if had else fitting
        return cls(visits, await _locked(conn, sa.select(slot).where(places).order_by(slot.c.id)))

    def at(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The visit of the same person with the same clinician at the same time; None when there is none."""
        return self._visits.get(_visit_key(row))

    def take(self, row: dict[str, Any], now: datetime, appointment_id: str | None = None) -> Taken:
        """Let a visit be what `row` says: the one with this id, or the one `at` the same time, or a new one.

        A visit that differs gets its next version, so that reminders of the old one are void. A booked one takes the
        slot that fits it, if there is one; one that is no longer booked frees it.
        """
        visit = self._by_id[appointment_id] if appointment_id is not None else self.at(row)
        if visit is None:
            return self._add(row, now)
        if all(visit[name] == row[name] for name in _TOLD):
            if visit["status"] == "booked" and visit["slot_id"] is None and self._settle(visit):
                # The calendar came after the visit: they find each other, and nothing changed for the person.
                self._relinked[visit["id"]] = visit
            return Taken("unchanged", visit["id"], visit["version"])
        self._free(visit)
        told = {name: row[name] for name in _TOLD}
        visit.update(told, version=visit["version"] + 1, updated_at=now, confirmed_at=None)
        self._settle(visit)
        if visit["id"] not in self._new:
            self._changed[visit["id"]] = visit
        return Taken("updated", visit["id"], visit["version"])

    def add(self, row: dict[str, Any], now: datetime) -> Taken:
        """A new visit, whatever else the person has at that time."""
        return self._add(row, now)

    async def write(self, conn: AsyncConnection, trail: Trail, now: datetime, action: str, actor: Actor) -> None:
        """Write what changed, void what was to be said of it, and tell: `action` names the audit entries."""
        changed = {**self._relinked, **self._changed}
        # Visits that let go of a slot before those that take it: the database knows one visit a slot.
        for row in sorted(changed.values(), key=lambda row: row["status"] == "booked"):
            values = {name: value for name, value in row.items() if name not in ("id", "person_id", "created_at")}
            await conn.execute(sa.update(appointment).where(appointment.c.id == row["id"]).values(**values))
        if self._new:
            await conn.execute(sa.insert(appointment), list(self._new.values()))
        freed = [place["id"] for place in self._touched.values() if place["state"] == "free" and place["start"] > now]
        await visits_changed(conn, now, list(self._changed), freed)
        await by_visits(conn, {row["person_id"] for row in (*self._new.values(), *changed.values())}, trail, now)
        for place in self._touched.values():
            values = {name: place[name] for name in ("state", "held_by", "held_until")}
            await conn.execute(sa.update(slot).where(slot.c.id == place["id"]).values(**values))
        told = (*self._new.values(), *self._changed.values())
        await trail.record(conn, *(_entry(row, action, actor) for row in told))
        await events.publish(conn, now, [_change(row) for row in told])

    def _add(self, row: dict[str, Any], now: datetime) -> Taken:
        visit = {**row, "id": new_id(), "slot_id": None, "version": 1, "created_at": now, "updated_at": now}
        visit["confirmed_at"] = None
        self._visits[_visit_key(row)] = self._by_id[visit["id"]] = self._new[visit["id"]] = visit
        self._settle(visit)
        return Taken("created", visit["id"], 1)

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


async def _locked(conn: AsyncConnection, query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in (await conn.execute(query.with_for_update())).mappings()]


def _entry(row: Mapping[str, Any], action: str, actor: Actor) -> Entry:
    details = {"status": row["status"], "version": row["version"]}
    return Entry(action=action, actor=actor, person_id=row["person_id"], object_id=row["id"], details=details)


def _change(row: Mapping[str, Any]) -> Change:
    kind = row["status"] if row["version"] == 1 or row["status"] == "cancelled" else "updated"
    return Change(f"appointment.{kind}", row["id"])


def _visit_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["person_id"], row["provider_id"], row["start"]


def _slot_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["provider_id"], row["start"], row["visit_type_id"], row["location_id"]

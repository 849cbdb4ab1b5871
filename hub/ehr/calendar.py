"""The EHR's slots as the hub's own: so that a wish is looked for here, in no time, and what is offered is asked there.

What is new comes with each round of `poll`; what is about to be offered is looked at once more in the EHR (`recheck`).
A slot of the EHR that may not be had, for whatever reason, is `booked` here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.local import OnChange
from bots.scheduling.names import Kind, Names
from hub.clock import Clock
from hub.db import Database
from hub.db.tables import appointment, ehr_cursor, ehr_request, ehr_slot, slot
from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrRefused
from hub.ehr.reading import RemoteSlot, instant, read_slot
from hub.ehr.schedules import Schedule, Schedules
from hub.ehr.slots import Slots
from hub.types import new_id

__all__ = ["Calendar", "Known", "cursor", "follow"]

_KINDS: tuple[Kind, ...] = ("provider", "specialty", "visit_type", "location")
_PAGE = "200"
OVERLAP = timedelta(minutes=2)
"""How far each round goes back behind the newest change that was seen: servers commit out of order."""


@dataclass(frozen=True, slots=True)
class Known:
    """A slot of the EHR that has a place here."""

    slot_id: str
    remote_id: str
    start: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """A slot as the EHR has it now. `free`: this hub may have it."""

    remote: RemoteSlot
    free: bool
    names: Mapping[Kind, str] = field(repr=False)


class Calendar:
    """The slots of one EHR."""

    def __init__(
        self,
        *,
        client: Client,
        slots: Slots,
        schedules: Schedules,
        db: Database,
        names: Names,
        clock: Clock,
        on_change: OnChange | None,
    ) -> None:
        self._client = client
        self._slots = slots
        self._schedules = schedules
        self._db = db
        self._names = names
        self._clock = clock
        self._on_change = on_change

    async def poll(self) -> int:
        """Take in what changed since the last round, or everything to come at the first one; how many slots did.

        Raises: EhrError.
        """
        since = await cursor(self._db, "slots")
        try:
            return await self._take(_changed_since(since) if since is not None else self._to_come())
        except EhrRefused:
            if since is None:
                raise
            # A server that cannot search by what changed: all of it is read again.
            return await self._take(self._to_come())

    async def recheck(self, slot_ids: Sequence[str]) -> set[str]:
        """Look at slots in the EHR once more; those of them that may not be had now. Raises: EhrError."""
        known = {one.remote_id: one.slot_id for one in await self.known(slot_ids)}
        found = await self._client.search("Slot", [("_id", ",".join(sorted(known)))]) if known else []
        seen = [one for resource in found if (one := await self._see(resource)) is not None]
        gone = set(known) - {one.remote.id for one in seen}
        lost = {known[one.remote.id] for one in seen if not one.free and one.remote.id in known}
        lost |= {known[remote_id] for remote_id in gone}
        if lost:
            await self._absorb(seen, gone)
        return lost | (set(slot_ids) - set(known.values()))

    async def known(self, slot_ids: Collection[str]) -> list[Known]:
        """Those of the slots that are the EHR's."""
        query = (
            sa.select(ehr_slot.c.slot_id, ehr_slot.c.remote_id, slot.c.start, slot.c.minutes)
            .join(slot, slot.c.id == ehr_slot.c.slot_id)
            .where(ehr_slot.c.slot_id.in_(list(slot_ids)))
        )
        async with self._db.read() as conn:
            return [Known(*row) for row in await conn.execute(query)]

    def _to_come(self) -> list[tuple[str, str]]:
        return [("start", f"ge{instant(self._clock.now())}"), ("_count", _PAGE)]

    async def _take(self, params: list[tuple[str, str]]) -> int:
        taken, newest = 0, None
        async for page in self._client.pages("Slot", params):
            seen = [one for resource in page if (one := await self._see(resource)) is not None]
            taken += await self._absorb(seen, ())
            newest = max((one.remote.changed for one in seen if one.remote.changed), default=newest)
            await follow(self._db, "slots", newest)
        return taken

    async def _see(self, resource: Resource) -> _Seen | None:
        remote = read_slot(resource)
        schedule: Schedule | None = await self._schedules.get(remote.schedule) if remote is not None else None
        if remote is None or schedule is None:
            return None
        free = remote.status == "free" or self._slots.ours(resource)
        return _Seen(remote, free, schedule.names(remote))

    async def _absorb(self, seen: Sequence[_Seen], gone: Collection[str]) -> int:
        """Let the hub's slots be what the EHR's are; how many changed."""
        if not seen and not gone:
            return 0

        async def unit(conn: AsyncConnection) -> int:
            now = self._clock.now()
            book = await _Shelf.read(conn, self._names, seen, gone)
            for one in seen:
                book.put(one, now)
            for remote_id in gone:
                book.close(remote_id)
            freed = await book.write(conn, now)
            if freed and self._on_change is not None:
                await self._on_change(conn, now, (), freed)
            return book.changes

        return await self._db.write(unit)


class _Shelf:
    """The slots that one page of news touches: read once, changed in memory, written once."""

    def __init__(
        self,
        rows: Sequence[dict[str, Any]],
        links: Mapping[str, str],
        busy: Collection[str],
        ids: Mapping[Any, str],
    ) -> None:
        self._rows = {row["id"]: row for row in rows}
        self._by_key = {_key(row): row for row in rows}
        self._links = dict(links)
        self._linked = set(links.values())
        self._busy = set(busy)
        self._ids = ids
        self._new: list[dict[str, Any]] = []
        self._new_links: list[dict[str, Any]] = []
        self._changed: dict[str, dict[str, Any]] = {}
        self._freed: list[str] = []
        self.changes = 0

    @classmethod
    async def read(cls, conn: AsyncConnection, names: Names, seen: Sequence[_Seen], gone: Collection[str]) -> "_Shelf":
        """What the hub has of these slots."""
        ids = await names.ensure(conn, [name for one in seen for name in one.names.items()]) if seen else {}
        remote = [*(one.remote.id for one in seen), *gone]
        found = await conn.execute(
            sa.select(ehr_slot.c.remote_id, ehr_slot.c.slot_id).where(ehr_slot.c.remote_id.in_(remote))
        )
        links = {row.remote_id: row.slot_id for row in found}
        providers = {ids["provider", one.names["provider"]] for one in seen}
        starts = {one.remote.start for one in seen}
        fits = sa.and_(slot.c.provider_id.in_(providers), slot.c.start.in_(starts))
        query = sa.select(slot).where(sa.or_(slot.c.id.in_(list(links.values())), fits)).order_by(slot.c.id)
        rows = [dict(row) for row in (await conn.execute(query.with_for_update())).mappings()]
        own = [row["id"] for row in rows]
        taken = sa.select(appointment.c.slot_id).where(appointment.c.slot_id.in_(own), appointment.c.status == "booked")
        asked = sa.select(ehr_request.c.slot_id).where(ehr_request.c.slot_id.in_(own))
        busy = {one for query in (taken, asked) for one in (await conn.execute(query)).scalars()}
        linked = await conn.execute(
            sa.select(ehr_slot.c.remote_id, ehr_slot.c.slot_id).where(ehr_slot.c.slot_id.in_(own))
        )
        links |= {row.remote_id: row.slot_id for row in linked}
        return cls(rows, links, busy, ids)

    def put(self, one: _Seen, now: datetime) -> None:
        """Take in what a slot of the EHR is."""
        told: dict[str, Any] = {f"{kind}_id": self._ids[kind, one.names[kind]] for kind in _KINDS}
        told |= {"start": one.remote.start, "minutes": one.remote.minutes}
        slot_id = self._links.get(one.remote.id)
        if slot_id is None:
            self._add(one, told, now)
            return
        row = self._rows[slot_id]
        if any(row[name] != value for name, value in told.items()) and slot_id not in self._busy:
            self._rename(row, told)
        self._set(row, "free" if one.free else "booked")

    def close(self, remote_id: str) -> None:
        """A slot is no longer in the EHR."""
        if remote_id in self._links:
            self._set(self._rows[self._links[remote_id]], "booked")

    async def write(self, conn: AsyncConnection, now: datetime) -> list[str]:
        """Write what changed; which slots came free."""
        if self._new:
            await conn.execute(sa.insert(slot), self._new)
        if self._new_links:
            await conn.execute(sa.insert(ehr_slot), self._new_links)
        for row in self._changed.values():
            values = {name: value for name, value in row.items() if name != "id"}
            await conn.execute(sa.update(slot).where(slot.c.id == row["id"]).values(**values))
        return [one for one in self._freed if self._rows[one]["start"] > now]

    def _add(self, one: _Seen, told: dict[str, Any], now: datetime) -> None:
        row = self._by_key.get(_key(told))
        if row is None:
            if not one.free:
                return
            row = {"id": new_id(), **told, "state": "free", "held_by": None, "held_until": None}
            self._rows[row["id"]] = self._by_key[_key(told)] = row
            self._new.append(row)
            self.changes += 1
        elif row["id"] in self._linked:
            # A second slot at the same time with the same clinician: the hub books a clinician once at a time.
            return
        else:
            self._set(row, "free" if one.free else "booked")
        self._links[one.remote.id] = row["id"]
        self._linked.add(row["id"])
        link = {"slot_id": row["id"], "remote_id": one.remote.id, "proposal_sealed": None, "seen_at": now}
        self._new_links.append(link)

    def _rename(self, row: dict[str, Any], told: dict[str, Any]) -> None:
        there = self._by_key.get(_key(told))
        if there is not None and there is not row:
            # It now says what another one says: that one stands.
            self._set(row, "booked")
            return
        self._by_key.pop(_key(row), None)
        row.update(told)
        self._by_key[_key(row)] = row
        self._changed[row["id"]] = row
        self.changes += 1

    def _set(self, row: dict[str, Any], state: str) -> None:
        """Free or not; what is booked here, or being booked, stays so until that is known to be over."""
        if row["id"] in self._busy or row["state"] == state or (state == "free" and row["state"] == "held"):
            return
        row.update(state=state, held_by=None, held_until=None)
        if row not in self._new:
            self._changed[row["id"]] = row
        if state == "free":
            self._freed.append(row["id"])
        self.changes += 1


async def cursor(db: Database, name: str) -> datetime | None:
    """The newest change of what is followed under this name that was taken in, by the EHR's clock."""
    async with db.read() as conn:
        found = await conn.execute(sa.select(ehr_cursor.c.at).where(ehr_cursor.c.name == name))
        return found.scalar_one_or_none()


async def follow(db: Database, name: str, at: datetime | None) -> None:
    """Note how far was followed; never backwards."""
    if at is None:
        return

    async def unit(conn: AsyncConnection) -> None:
        query = sa.select(ehr_cursor.c.at).where(ehr_cursor.c.name == name).with_for_update()
        known = (await conn.execute(query)).scalar_one_or_none()
        if known is None:
            await conn.execute(sa.insert(ehr_cursor), {"name": name, "at": at})
        elif known < at:
            await conn.execute(sa.update(ehr_cursor).where(ehr_cursor.c.name == name).values(at=at))

    await db.write(unit)


def _changed_since(at: datetime) -> list[tuple[str, str]]:
    return [("_lastUpdated", f"ge{instant(at - OVERLAP)}"), ("_count", _PAGE)]


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["provider_id"], row["start"], row["visit_type_id"], row["location_id"]

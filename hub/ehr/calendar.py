"""The EHR's slots as the hub's own: so that a wish is looked for here, in no time, and what is offered is asked there.

What is new comes with each round of `poll`; what is about to be offered is looked at once more in the EHR (`recheck`).
A slot of the EHR that may not be had, for whatever reason, is `booked` here.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.local import OnChange
from bots.scheduling.names import Kind, Names
from hub.clock import Clock
from hub.crypto import Place
from hub.db import Database
from hub.db.tables import appointment, ehr_cursor, ehr_request, ehr_slot, slot
from hub.ehr.client import Client, Resource
from hub.ehr.errors import EhrRefused
from hub.ehr.reading import instant, read_slot
from hub.ehr.schedules import Schedule, Schedules
from hub.ehr.slots import Slots
from hub.types import new_id
from hub.vault import HUB, Vault

__all__ = ["Calendar", "Known", "News", "Seen", "SlotNews", "Source", "cursor", "follow", "known"]

_KINDS: tuple[Kind, ...] = ("provider", "specialty", "visit_type", "location")
_PAGE = "200"
_ASKED = 40
"""Slots asked for by their ids in one request."""
OVERLAP = timedelta(minutes=2)
"""How far each round goes back behind the newest change that was seen: servers commit out of order."""


@dataclass(frozen=True, slots=True)
class Known:
    """A slot of the EHR that has a place here. `kept_until`: somebody here keeps it, or kept it, until then."""

    slot_id: str
    remote_id: str
    start: datetime
    minutes: int
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A slot as the EHR has it now. `free`: this hub may have it. `proposal`: what is to be handed back to it."""

    remote_id: str
    start: datetime
    minutes: int
    free: bool
    changed: datetime | None = None
    names: Mapping[Kind, str] = field(repr=False)
    proposal: Resource | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class News:
    """Slots as they are now. `whole`: all that is free between two moments, so that what is missing is not."""

    seen: Sequence[Seen]
    whole: tuple[datetime, datetime] | None = None


class Source(Protocol):
    """Where news of slots come from. `tells_kept`: whether what the EHR keeps for us is among them."""

    tells_kept: ClassVar[bool]

    def news(self, since: datetime | None) -> AsyncIterator[News]:
        """What changed since a moment of the EHR's; everything to come where that is None. Raises: EhrError."""
        ...

    async def again(self, known: Sequence[Known]) -> News:
        """Slots as they are at this moment; one that is not there is gone. Raises: EhrError."""
        ...


class SlotNews:
    """News by searching Slot."""

    tells_kept: ClassVar[bool] = True

    def __init__(self, client: Client, slots: Slots, schedules: Schedules, clock: Clock) -> None:
        self._client = client
        self._slots = slots
        self._schedules = schedules
        self._clock = clock

    async def news(self, since: datetime | None) -> AsyncIterator[News]:
        """What changed since a moment of the EHR's; everything to come where that is None. Raises: EhrError."""
        to_come = [("start", f"ge{instant(self._clock.now())}"), ("_count", _PAGE)]
        params = to_come if since is None else _changed_since(since)
        try:
            async for page in self._client.pages("Slot", params):
                yield await self._see_all(page)
        except EhrRefused:
            if since is None:
                raise
            # A server that cannot search by what changed: all of it is read again.
            async for page in self._client.pages("Slot", to_come):
                yield await self._see_all(page)

    async def again(self, known: Sequence[Known]) -> News:
        """Slots as they are at this moment; one that is not there is gone. Raises: EhrError."""
        ids = sorted(one.remote_id for one in known)
        found: list[Resource] = []
        for n in range(0, len(ids), _ASKED):
            # An address of the web has a length that all can bear.
            found += await self._client.search("Slot", [("_id", ",".join(ids[n : n + _ASKED]))])
        return await self._see_all(found)

    async def _see_all(self, page: Sequence[Resource]) -> News:
        return News([one for resource in page if (one := await self._see(resource)) is not None])

    async def _see(self, resource: Resource) -> Seen | None:
        remote = read_slot(resource)
        schedule: Schedule | None = await self._schedules.get(remote.schedule) if remote is not None else None
        if remote is None or schedule is None:
            return None
        return Seen(
            remote_id=remote.id,
            start=remote.start,
            minutes=remote.minutes,
            free=remote.status == "free" or self._slots.ours(resource),
            changed=remote.changed,
            names=schedule.names(remote),
        )


class Calendar:
    """The slots of one EHR."""

    def __init__(
        self,
        *,
        source: Source,
        db: Database,
        vault: Vault,
        names: Names,
        clock: Clock,
        on_change: OnChange | None,
    ) -> None:
        self._source = source
        self._db = db
        self._vault = vault
        self._names = names
        self._clock = clock
        self._on_change = on_change

    async def poll(self) -> int:
        """Take in what changed since the last round, or everything to come at the first one; how many slots did.

        Raises: EhrError.
        """
        taken, newest = 0, None
        async for news in self._source.news(await cursor(self._db, "slots")):
            gone = await self._missing(news) if news.whole is not None else set()
            taken += await self._absorb(news.seen, gone)
            newest = max((one.changed for one in news.seen if one.changed), default=newest)
            await follow(self._db, "slots", newest)
        return taken

    async def recheck(self, slot_ids: Sequence[str]) -> set[str]:
        """Look at slots in the EHR once more; those of them that may not be had now. Raises: EhrError."""
        asked = {one.remote_id: one for one in await known(self._db, slot_ids)}
        if not asked:
            return set(slot_ids)
        news = await self._source.again(list(asked.values()))
        free = {one.remote_id for one in news.seen if one.free}
        if not self._source.tells_kept:
            now = self._clock.now()
            free |= {one.remote_id for one in asked.values() if one.kept_until is not None and one.kept_until > now}
        lost = set(asked) - free
        if lost:
            there = {one.remote_id for one in news.seen}
            await self._absorb([one for one in news.seen if one.remote_id in asked], lost - there)
        return {asked[one].slot_id for one in lost} | (set(slot_ids) - {one.slot_id for one in asked.values()})

    async def _missing(self, news: News) -> set[str]:
        """Slots that are free here and no longer there, in the stretch that the news are all of."""
        start, end = news.whole or (self._clock.now(), self._clock.now())
        query = (
            sa.select(ehr_slot.c.remote_id)
            .join(slot, slot.c.id == ehr_slot.c.slot_id)
            .where(slot.c.state == "free", slot.c.start >= start, slot.c.start < end)
        )
        async with self._db.read() as conn:
            return set((await conn.execute(query)).scalars()) - {one.remote_id for one in news.seen}

    async def _absorb(self, seen: Sequence[Seen], gone: Collection[str]) -> int:
        """Let the hub's slots be what the EHR's are; how many changed."""
        if not seen and not gone:
            return 0

        async def unit(conn: AsyncConnection) -> int:
            now = self._clock.now()
            shelf = await _Shelf.read(conn, self._names, seen, gone)
            for one in seen:
                shelf.put(one)
            for remote_id in gone:
                shelf.close(remote_id)
            freed = await shelf.write(conn, now)
            proposed = [one for one in seen if one.proposal is not None and shelf.slot_of(one) is not None]
            if proposed:
                keys = await self._vault.key(conn, HUB)
                for one in proposed:
                    slot_id = str(shelf.slot_of(one))
                    sealed = keys.seal(HUB, json.dumps(one.proposal).encode(), proposed_at(slot_id))
                    mine = sa.update(ehr_slot).where(ehr_slot.c.slot_id == slot_id)
                    await conn.execute(mine.values(proposal_sealed=sealed))
            if freed and self._on_change is not None:
                await self._on_change(conn, now, (), freed)
            return shelf.changes

        return await self._db.write(unit)


def proposed_at(slot_id: str) -> Place:
    """Where what the EHR proposed for a slot is bound to."""
    return Place("ehr_slot", "proposal_sealed", slot_id)


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
    async def read(cls, conn: AsyncConnection, names: Names, seen: Sequence[Seen], gone: Collection[str]) -> "_Shelf":
        """What the hub has of these slots."""
        ids = await names.ensure(conn, [name for one in seen for name in one.names.items()]) if seen else {}
        remote = [*(one.remote_id for one in seen), *gone]
        found = await conn.execute(
            sa.select(ehr_slot.c.remote_id, ehr_slot.c.slot_id).where(ehr_slot.c.remote_id.in_(remote))
        )
        links = {row.remote_id: row.slot_id for row in found}
        providers = {ids["provider", one.names["provider"]] for one in seen}
        starts = {one.start for one in seen}
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

    def put(self, one: Seen) -> None:
        """Take in what a slot of the EHR is."""
        told: dict[str, Any] = {f"{kind}_id": self._ids[kind, one.names[kind]] for kind in _KINDS}
        told |= {"start": one.start, "minutes": one.minutes}
        slot_id = self._links.get(one.remote_id)
        if slot_id is None:
            self._add(one, told)
            return
        row = self._rows[slot_id]
        if any(row[name] != value for name, value in told.items()) and slot_id not in self._busy:
            self._rename(row, told)
        self._set(row, "free" if one.free else "booked")

    def slot_of(self, one: Seen) -> str | None:
        """The hub's id of a slot that is free for it to be handed back; None for one that has no place here."""
        return self._links.get(one.remote_id)

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

    def _add(self, one: Seen, told: dict[str, Any]) -> None:
        row = self._by_key.get(_key(told))
        if row is None:
            state = "free" if one.free else "booked"
            row = {"id": new_id(), **told, "state": state, "held_by": None, "held_until": None}
            self._rows[row["id"]] = self._by_key[_key(told)] = row
            self._new.append(row)
            self.changes += 1
        elif row["id"] in self._linked:
            # A second slot at the same time with the same clinician: the hub books a clinician once at a time.
            return
        else:
            self._set(row, "free" if one.free else "booked")
        self._links[one.remote_id] = row["id"]
        self._linked.add(row["id"])
        link = {"slot_id": row["id"], "remote_id": one.remote_id, "proposal_sealed": None}
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


async def known(db: Database, slot_ids: Collection[str]) -> list[Known]:
    """Those of the slots that are the EHR's."""
    query = (
        sa.select(ehr_slot.c.slot_id, ehr_slot.c.remote_id, slot.c.start, slot.c.minutes, slot.c.held_until)
        .join(slot, slot.c.id == ehr_slot.c.slot_id)
        .where(ehr_slot.c.slot_id.in_(list(slot_ids)))
    )
    async with db.read() as conn:
        return [Known(*row) for row in await conn.execute(query)]


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

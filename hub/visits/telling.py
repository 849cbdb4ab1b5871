"""A visit that a system outside tells of: found by that system's ids, changed if the news are news."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.scheduling.base import AppointmentStatus
from bots.scheduling.names import Kind, Names
from hub.audit import Actor, Trail
from hub.clock import Clock
from hub.crypto import Place
from hub.db.tables import appointment, outside_record
from hub.errors import MetAnother
from hub.vault import HUB, Vault
from hub.visits.book import Book, Taken

_KINDS: tuple[Kind, ...] = ("provider", "visit_type", "location")


@dataclass(frozen=True, slots=True)
class OutsideId:
    """How a system outside names a record.

    source: the kind of system, such as `hl7` or `fhir`; space: whose ids they are, within it; value: the id itself.
    """

    source: str
    space: str = field(repr=False)
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToldAt:
    """When news are of: the moment (aware) at which they were told or came to be, and their number where they have one.

    Numbers are compared only between news of one moment.
    """

    at: datetime
    number: int | None = None

    def older_than(self, at: datetime, number: int | None) -> bool:
        """Whether news of this moment are older than those known."""
        if self.at != at:
            return self.at < at
        return self.number is not None and number is not None and self.number < number


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldVisit:
    """What a system outside says of a visit. None: it does not say, and what is known stays; a new one is booked.

    ids: its names for the visit, the surest first. Whichever is known finds the visit, and all find it from then on.
    """

    ids: tuple[OutsideId, ...]
    told: ToldAt
    person_id: str
    status: AppointmentStatus | None
    provider: str | None = field(default=None, repr=False)
    visit_type: str | None = field(default=None, repr=False)
    location: str | None = field(default=None, repr=False)
    start: datetime | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the news. `older`: more recent ones were known. `incomplete`: it is no visit that is known, and
    too little was said to make one. Then nothing was written.
    """

    outcome: Literal["created", "updated", "unchanged", "older", "incomplete"]
    appointment_id: str | None = None
    version: int = 0


class Visits:
    """The one way in for news of visits."""

    def __init__(self, vault: Vault, trail: Trail, clock: Clock) -> None:
        self._vault = vault
        self._trail = trail
        self._clock = clock
        self._names = Names(vault)

    async def tell(self, conn: AsyncConnection, visit: ToldVisit, actor: Actor) -> Told:
        """Take the news of a visit in, in the caller's transaction; `actor` is who brought them.

        The visit is changed in place and gets its next version; one that turns out to be another person's ends, and a
        new one begins. Raises: MetAnother where another told of the same visit in the same moment.
        """
        blinds = [self._blind(one) for one in visit.ids]
        known = await self._known(conn, blinds)
        if any(visit.told.older_than(row.told_at, row.number) for row in known):
            return Told("older", known[0].appointment_id)
        found = await _visit(conn, known[0].appointment_id) if known else None
        said = await self._said(conn, visit)
        whole = _whole(visit, said, found)
        if whole is None:
            return Told("incomplete")
        taken = await self._take(conn, visit, whole, found, actor)
        await self._remember(conn, visit, blinds, {row.blind for row in known}, taken.appointment_id)
        return Told(taken.outcome, taken.appointment_id, taken.version)

    async def appointment_of(self, conn: AsyncConnection, one: OutsideId) -> str | None:
        """The id of the visit that a system outside names so; None when it never told of it."""
        query = sa.select(outside_record.c.appointment_id).where(outside_record.c.blind == self._blind(one))
        return (await conn.execute(query)).scalar_one_or_none()

    async def outside_ids(self, conn: AsyncConnection, appointment_id: str, source: str) -> tuple[str, ...]:
        """How the systems of one kind name this visit, the oldest name first."""
        query = sa.select(outside_record.c.blind, outside_record.c.id_sealed).where(
            outside_record.c.appointment_id == appointment_id, outside_record.c.source == source
        )
        rows = (await conn.execute(query.order_by(outside_record.c.created_at))).all()
        keys = await self._vault.key(conn, HUB)
        return tuple(keys.open(HUB, row.id_sealed, _place(row.blind)).decode() for row in rows)

    def _blind(self, one: OutsideId) -> bytes:
        return self._vault.blind.of("outside", f"visit\0{one.source}\0{one.space}\0{one.value}")

    async def _known(self, conn: AsyncConnection, blinds: Sequence[bytes]) -> list[Any]:
        """What was told before under these names, in their order; nobody else tells of it until the unit ends."""
        query = sa.select(outside_record).where(outside_record.c.blind.in_(blinds)).order_by(outside_record.c.blind)
        rows = {row.blind: row for row in await conn.execute(query.with_for_update())}
        return [rows[blind] for blind in blinds if blind in rows]

    async def _said(self, conn: AsyncConnection, visit: ToldVisit) -> dict[str, Any]:
        """What is said of the visit, as columns."""
        # Read first, so that what `ensure` looks in is no older than this transaction.
        await self._names.read(conn)
        named = [(kind, name) for kind in _KINDS if (name := getattr(visit, kind)) is not None]
        ids = await self._names.ensure(conn, named) if named else {}
        said: dict[str, Any] = {f"{kind}_id": resource_id for (kind, _), resource_id in ids.items()}
        plain = {"start": visit.start, "minutes": visit.minutes}
        return said | {name: value for name, value in plain.items() if value is not None}

    async def _take(
        self, conn: AsyncConnection, visit: ToldVisit, whole: dict[str, Any], found: Any, actor: Actor
    ) -> Taken:
        now = self._clock.now()
        book = await Book.read(conn, [whole], [found["id"]] if found is not None else [])
        if found is not None and found["person_id"] == visit.person_id:
            taken = book.take(whole, now, found["id"])
        elif found is not None:
            # It was entered for somebody else: their visit ends here.
            book.take({**found, "status": "cancelled"}, now, found["id"])
            taken = book.add(whole, now)
        else:
            there = book.at(whole)
            free = there is not None and not await self._named(conn, there["id"], visit.ids[0].source)
            taken = book.take(whole, now) if free else book.add(whole, now)
        await book.write(conn, self._trail, now, "appointment.told", actor)
        return taken

    @staticmethod
    async def _named(conn: AsyncConnection, appointment_id: str, source: str) -> bool:
        """Whether systems of this kind know the visit by another name: then it is another visit at the same time."""
        query = sa.select(outside_record.c.blind).where(
            outside_record.c.appointment_id == appointment_id, outside_record.c.source == source
        )
        return (await conn.execute(query.limit(1))).first() is not None

    async def _remember(
        self,
        conn: AsyncConnection,
        visit: ToldVisit,
        blinds: Sequence[bytes],
        known: Collection[bytes],
        appointment_id: str,
    ) -> None:
        """Keep under every name which visit it is, and of when the newest news of it are."""
        keys = await self._vault.key(conn, HUB)
        news = {"appointment_id": appointment_id, "told_at": visit.told.at, "number": visit.told.number}
        for blind, one in dict(zip(blinds, visit.ids, strict=True)).items():
            if blind in known:
                await conn.execute(sa.update(outside_record).where(outside_record.c.blind == blind).values(**news))
                continue
            row = {
                "blind": blind,
                "source": one.source,
                "id_sealed": keys.seal(HUB, one.value.encode(), _place(blind)),
                "created_at": self._clock.now(),
                **news,
            }
            try:
                # One that was not there is not there now, or another made a visit of it meanwhile.
                await conn.execute(sa.insert(outside_record), row)
            except IntegrityError:
                raise MetAnother from None


async def _visit(conn: AsyncConnection, appointment_id: str) -> dict[str, Any] | None:
    query = sa.select(appointment).where(appointment.c.id == appointment_id).with_for_update()
    row = (await conn.execute(query)).mappings().first()
    return None if row is None else dict(row)


def _whole(visit: ToldVisit, said: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The visit as it is from now on: what is said, over what is known; None where that makes no visit."""
    columns = ("provider_id", "visit_type_id", "location_id", "start", "minutes")
    known = {name: found[name] for name in columns} if found is not None else {}
    whole = known | said
    if not all(name in whole for name in columns):
        return None
    status = visit.status or (found["status"] if found is not None else "booked")
    return whole | {"person_id": visit.person_id, "status": status}


def _place(blind: bytes) -> Place:
    return Place("outside_record", "id_sealed", blind.hex())

"""The register as it is kept: recorded, ended, listed, and asked which channels are barred."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Trail
from hub.clock import Clock
from hub.db.tables import vendor
from hub.errors import InputError
from hub.types import ChannelKind, new_id
from hub.vendors.agreements import Enforcing, NewVendor, Standing, Vendor, carries, checked, standing

__all__ = ["NO_REGISTER", "Barring", "NotBarred", "Register", "in_force"]

_NONE: frozenset[ChannelKind] = frozenset()


class Barring(Protocol):
    """What the router and the outbox ask."""

    async def barred(self, conn: AsyncConnection, now: datetime) -> frozenset[ChannelKind]:
        """The channels that may carry nothing of anybody now."""
        ...


class NotBarred:
    """Bars nothing: for parts that are put together without a clinic around them."""

    async def barred(self, conn: AsyncConnection, now: datetime) -> frozenset[ChannelKind]:
        """None of the channels."""
        return _NONE


NO_REGISTER: Barring = NotBarred()


class Register:
    """The business associates of the clinic.

    outside: what is done on somebody else's machines, each service with their host: see `done_outside`.
    zone: the clinic's, by whose calendar agreements end.
    """

    def __init__(
        self, *, trail: Trail, clock: Clock, zone: ZoneInfo, enforcing: Enforcing, outside: Mapping[str, str]
    ) -> None:
        self._trail = trail
        self._clock = clock
        self._zone = zone
        self.enforcing = enforcing
        self.outside = outside

    async def barred(self, conn: AsyncConnection, now: datetime) -> frozenset[ChannelKind]:
        """The channels that may carry nothing of anybody now, for want of an agreement."""
        ways = [kind for kind in ChannelKind if kind.value in self.outside]
        if not ways or self.enforcing == "no":
            return _NONE
        vendors = await self.vendors(conn)
        today = self.day(now)
        return frozenset(kind for kind in ways if not carries(standing(vendors, kind.value, today), self.enforcing))

    async def carries(self, conn: AsyncConnection, service: str, now: datetime) -> bool:
        """Whether a service may carry what is of persons now; what nobody else does may."""
        if service not in self.outside:
            return True
        return carries(standing(await self.vendors(conn), service, self.day(now)), self.enforcing)

    async def states(self, conn: AsyncConnection, now: datetime) -> dict[str, Standing]:
        """What holds for each service that somebody else does for this hub."""
        vendors, today = await self.vendors(conn), self.day(now)
        return {service: standing(vendors, service, today) for service in self.outside}

    async def vendors(self, conn: AsyncConnection, *, everything: bool = False) -> list[Vendor]:
        """The entries in force by name; and those that ended, if `everything`, the newest first."""
        if not everything:
            return await in_force(conn)
        return [_read(row) for row in await conn.execute(_ALL)]

    async def record(self, conn: AsyncConnection, new: NewVendor, actor: Actor) -> str:
        """The id of a new entry, in the caller's transaction; the vendor's entry before it ends.

        A service that was in use before there was a register is from now on judged by what was written of it.

        Raises: InputError for what is missing or cannot be.
        """
        now = self._clock.now()
        new = checked(new, self.day(now))
        key, made = new.name.casefold(), new_id()
        await self._close(conn, [key, *new.services], now, "recorded anew")
        row = {
            "id": made,
            "name": new.name,
            "key": key,
            "services": " ".join(new.services),
            "agreement": new.agreement,
            "signed_on": new.signed_on,
            "expires_on": new.expires_on,
            "document": new.document,
            "subcontractors": new.subcontractors,
            "notes": new.notes,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "at": now,
            "ended_why": "",
        }
        await conn.execute(sa.insert(vendor), row)
        told = {"services": " ".join(new.services), "agreement": new.agreement, "until": str(new.expires_on or "")}
        await self._trail.record(conn, Entry(action="vendor.record", actor=actor, object_id=made, details=told))
        return made

    async def end(self, conn: AsyncConnection, name: str, why: str, actor: Actor) -> None:
        """End a vendor's entry, in the caller's transaction: the clinic works with them no more.

        Raises: InputError when there is none of this name, or `why` is empty.
        """
        if not why.strip():
            raise InputError("say why the vendor's entry ends")
        key = " ".join(name.split()).casefold()
        named = vendor.c.key == key, vendor.c.agreement != "unrecorded", vendor.c.ended_at.is_(None)
        found = (await conn.execute(sa.select(vendor.c.id, vendor.c.services).where(*named).with_for_update())).first()
        if found is None:
            raise InputError("no vendor of this name is in the register; `hub vendors list` shows them")
        done = sa.update(vendor).where(vendor.c.id == found.id)
        await conn.execute(done.values(ended_at=self._clock.now(), ended_why=why.strip()[:400]))
        told = {"services": found.services}
        await self._trail.record(conn, Entry(action="vendor.end", actor=actor, object_id=found.id, details=told))

    def day(self, now: datetime) -> date:
        """The day on the clinic's calendar."""
        return now.astimezone(self._zone).date()

    async def _close(self, conn: AsyncConnection, keys: Collection[str], now: datetime, why: str) -> None:
        """End the entry of the name, which comes first, and what is only known to have been in use."""
        name, *services = keys
        these = sa.or_(
            vendor.c.key == name, sa.and_(vendor.c.agreement == "unrecorded", vendor.c.services.in_(services))
        )
        done = sa.update(vendor).where(these, vendor.c.ended_at.is_(None))
        await conn.execute(done.values(ended_at=now, ended_why=why))


async def in_force(conn: AsyncConnection) -> list[Vendor]:
    """The entries of the register that are in force, by name."""
    return [_read(row) for row in await conn.execute(_CURRENT)]


# Built once: to build a statement costs more than to run it.
_CURRENT = sa.select(vendor).where(vendor.c.ended_at.is_(None)).order_by(vendor.c.key)
_ALL = sa.select(vendor).order_by(vendor.c.ended_at.is_not(None), vendor.c.ended_at.desc(), vendor.c.key)


def _read(row: Any) -> Vendor:
    return Vendor(
        id=row.id,
        name=row.name,
        services=tuple(row.services.split()),
        agreement=row.agreement,
        signed_on=row.signed_on,
        expires_on=row.expires_on,
        document=row.document,
        subcontractors=row.subcontractors,
        notes=row.notes,
        by=f"{row.actor_kind}:{row.actor_id}",
        at=row.at,
        ended_at=row.ended_at,
        ended_why=row.ended_why,
    )

"""Leases: what only one process does at a time, by a row of the database.

1. `Leases.acquire` takes a lease that is free or past its time. Each change of hands raises its `number`.
2. Its holder renews it while it lives. Who dies renews no more, and the next who asks takes it over.
3. `Leader` does this for as long as a process runs, and says whether it leads.

        free ──acquire──► held until T ──renew──► held until T' ──release──► free
                            └── past T: anybody's, with the next number

A lease says who should do something, not who alone can: a process that stood still may believe for a moment that it
holds what it lost. What it guards must therefore bear being done twice, or be fenced by the lease's number. Moments
are those of each process's clock; a lease lasts long enough that clocks kept by NTP agree on it.
"""

import asyncio
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db import Database
from hub.db.tables import lease
from hub.errors import HubError
from hub.log import say
from hub.types import new_id

_log = logging.getLogger(__name__)

LASTS = timedelta(seconds=12)
"""How long a lease is good without being renewed: the longest that nobody does the work after a `kill -9`."""
_RENEW = timedelta(seconds=4)
_LOOK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease as its holder has it; `number` fences out every earlier holder."""

    name: str
    holder: str
    number: int
    until: datetime


def holder_name() -> str:
    """A name for this process's hold, which no other process has: the process's number and a random id."""
    return f"{os.getpid()}.{new_id()}"


class Leases:
    """The leases of a database."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def acquire(self, name: str, holder: str, lasts: timedelta = LASTS) -> Lease | None:
        """The lease, None when somebody else holds it. Taken again by its own holder it has a new number, too."""

        async def unit(conn: AsyncConnection) -> Lease | None:
            now = self._clock.now()
            row = await _locked(conn, name)
            if row is not None and row.holder != holder and now < row.until:
                return None
            number = 1 if row is None else row.number + 1
            taken = Lease(name=name, holder=holder, number=number, until=now + lasts)
            values = {"holder": holder, "number": number, "until": taken.until}
            if row is None:
                await conn.execute(sa.insert(lease), {"name": name} | values)
            else:
                await conn.execute(sa.update(lease).where(lease.c.name == name).values(values))
            return taken

        return await self._db.write(unit)

    async def renew(self, held: Lease, lasts: timedelta = LASTS) -> Lease | None:
        """The lease with its time begun anew, None when it was lost. One past its time is kept if nobody took it."""

        async def unit(conn: AsyncConnection) -> Lease | None:
            row = await _locked(conn, held.name)
            if row is None or (row.holder, row.number) != (held.holder, held.number):
                return None
            until = self._clock.now() + lasts
            await conn.execute(sa.update(lease).where(lease.c.name == held.name).values(until=until))
            return Lease(name=held.name, holder=held.holder, number=held.number, until=until)

        return await self._db.write(unit)

    async def release(self, held: Lease) -> bool:
        """Give the lease up, so that the next who asks has it at once; False when it was lost already."""

        async def unit(conn: AsyncConnection) -> bool:
            row = await _locked(conn, held.name)
            if row is None or (row.holder, row.number) != (held.holder, held.number):
                return False
            await conn.execute(sa.update(lease).where(lease.c.name == held.name).values(until=self._clock.now()))
            return True

        return await self._db.write(unit)

    async def free(self, name: str) -> bool:
        """Whether nobody holds the lease now: a look that costs no write."""
        async with self._db.glance() as conn:
            until = (await conn.execute(sa.select(lease.c.until).where(lease.c.name == name))).scalar_one_or_none()
        return until is None or until <= self._clock.now()


async def _locked(conn: AsyncConnection, name: str) -> Any:
    return (await conn.execute(sa.select(lease).where(lease.c.name == name).with_for_update())).first()


class Leader:
    """Tries to hold a lease for as long as it runs. Any number of processes may have one; one of them leads."""

    def __init__(
        self,
        leases: Leases,
        name: str,
        clock: Clock,
        *,
        lasts: timedelta = LASTS,
        renew: timedelta = _RENEW,
        look: timedelta = _LOOK,
    ) -> None:
        self.name = name
        self._leases = leases
        self._clock = clock
        self._lasts = lasts
        self._renew = renew
        self._look = look
        self._holder = holder_name()
        self._held: Lease | None = None
        self._task: asyncio.Task[None] | None = None

    def leads(self) -> bool:
        """Whether this process leads now. False, too, once its time has run out without having been renewed."""
        return self._held is not None and self._clock.now() < self._held.until

    async def start(self) -> None:
        """Begin; when the lease is free, this process leads from here on."""
        await self._round()
        self._task = asyncio.create_task(self._keep(), name=f"leader-{self.name}")

    async def stop(self) -> None:
        """End, and let another lead at once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._held is not None:
            held, self._held = self._held, None
            try:
                await self._leases.release(held)
            except HubError as error:
                # Then it runs out by itself.
                say(_log, "lease_failed", logging.WARNING, lease=self.name, error=error)

    async def _keep(self) -> None:
        while True:
            pause = self._look if self._held is None else self._renew
            await asyncio.sleep(pause.total_seconds())
            # Cut off between its commit and its answer, a lease would be held and nobody know it.
            going = asyncio.create_task(self._round())
            try:
                await asyncio.shield(going)
            except asyncio.CancelledError:
                await going
                raise

    async def _round(self) -> None:
        try:
            if self._held is not None:
                self._held = await self._leases.renew(self._held, self._lasts)
                if self._held is None:
                    say(_log, "lease_lost", logging.WARNING, lease=self.name)
            if self._held is None and await self._leases.free(self.name):
                self._held = await self._leases.acquire(self.name, self._holder, self._lasts)
                if self._held is not None:
                    say(_log, "leads", lease=self.name, number=self._held.number)
        except HubError as error:
            say(_log, "lease_failed", logging.WARNING, lease=self.name, error=error)
        except Exception:
            _log.exception("lease_failed", extra={"values": {"lease": self.name}})

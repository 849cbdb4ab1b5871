"""Calendars to test on: each is a real scheduling system with a way to open slots in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bots.scheduling.base import Scheduling
from bots.scheduling.local import LocalScheduling
from bots.scheduling.names import Kind, Names
from hub.audit import Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import person, slot
from hub.types import new_id
from hub.vault import Vault

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A slot that a test wants open; `start` is wall time in the clinic's zone."""

    start: datetime
    minutes: int = 30
    provider: str = "Dr. Ana Lee"
    specialty: str = "Family medicine"
    visit_type: str = "Check-up"
    location: str = "Main Street"


class Backend(Protocol):
    """A scheduling system under test; `persons` are the ids of people it knows."""

    scheduling: Scheduling
    clock: FixedClock
    persons: tuple[str, ...]

    async def open(self, *openings: Opening) -> list[str]:
        """Open slots; returns their ids."""
        ...


class LocalBackend:
    """The embedded calendar."""

    def __init__(self, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None:
        self.db = db
        self.clock = clock
        self.scheduling: LocalScheduling = LocalScheduling(db, vault, clock, NEW_YORK, trail)
        self.persons: tuple[str, ...] = ()
        self._names = Names(vault)

    async def populate(self, count: int) -> None:
        """Put `count` persons on the books."""
        now = self.clock.now()
        rows = [{"id": new_id(), "kind": "patient", "created_at": now, "updated_at": now} for _ in range(count)]
        await self.db.write(lambda conn: conn.execute(sa.insert(person), rows))
        self.persons = tuple(str(row["id"]) for row in rows)

    async def open(self, *openings: Opening) -> list[str]:
        """Open slots; returns their ids."""
        return await self.open_all(openings)

    async def open_all(self, openings: Sequence[Opening]) -> list[str]:
        """Open any number of slots in one commit; returns their ids."""
        kinds: tuple[Kind, ...] = ("provider", "specialty", "visit_type", "location")

        async def unit(conn: sa.ext.asyncio.AsyncConnection) -> list[str]:
            ids = await self._names.ensure(conn, {(kind, getattr(one, kind)) for one in openings for kind in kinds})
            rows = [
                {
                    "id": new_id(),
                    **{f"{kind}_id": ids[kind, getattr(one, kind)] for kind in kinds},
                    "start": one.start.replace(tzinfo=one.start.tzinfo or NEW_YORK),
                    "minutes": one.minutes,
                    "state": "free",
                }
                for one in openings
            ]
            await conn.execute(sa.insert(slot), rows)
            return [str(row["id"]) for row in rows]

        return await self.db.write(unit)

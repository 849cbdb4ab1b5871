"""How an EHR is asked for times, and to keep and book them: by its own operations, or by the status of its slots."""

from dataclasses import dataclass

from bots.scheduling.local import OnChange
from bots.scheduling.names import Names
from hub.clock import Clock
from hub.db import Database
from hub.ehr.booker import Booker, SlotBooker
from hub.ehr.bookings import Bookings
from hub.ehr.calendar import Calendar, SlotNews, Source
from hub.ehr.client import Client
from hub.ehr.operations import OperationBooker, Proposals, Shelf
from hub.ehr.reading import operations
from hub.ehr.schedules import Schedules
from hub.ehr.slots import Slots
from hub.vault import Vault

__all__ = ["Way", "Ways"]


@dataclass(frozen=True, slots=True)
class Way:
    """The way that an EHR is asked."""

    calendar: Calendar
    booker: Booker


class Ways:
    """Finds the way, when it is first asked for, by what the EHR declares."""

    def __init__(
        self,
        *,
        client: Client,
        db: Database,
        vault: Vault,
        clock: Clock,
        names: Names,
        schedules: Schedules,
        bookings: Bookings,
        on_change: OnChange | None,
    ) -> None:
        self._client = client
        self._db = db
        self._vault = vault
        self._clock = clock
        self._names = names
        self._schedules = schedules
        self._bookings = bookings
        self._on_change = on_change
        self._found: Way | None = None

    async def get(self) -> Way:
        """The way. Raises: EhrError."""
        if self._found is None:
            source: Source
            booker: Booker
            if {"find", "hold", "book"} <= operations(await self._client.capabilities()):
                source = Proposals(self._client, self._schedules, self._clock)
                booker = OperationBooker(self._client, self._bookings, Shelf(self._db, self._vault))
            else:
                slots = Slots(self._client, self._vault.blind.of("token", "ehr-hold").hex())
                source = SlotNews(self._client, slots, self._schedules, self._clock)
                booker = SlotBooker(self._client, slots, self._schedules, self._bookings)
            calendar = Calendar(
                source=source,
                db=self._db,
                vault=self._vault,
                names=self._names,
                clock=self._clock,
                on_change=self._on_change,
            )
            self._found = Way(calendar, booker)
        return self._found

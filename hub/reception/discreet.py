"""The calendar as somebody sees it who may not be the patient: without the visits that are the patient's alone."""

from datetime import datetime

from bots.nlu.model import Catalogue
from bots.scheduling.base import Appointment, Gone, Held, Offer, Query, Scheduling, Taken
from hub.db import Database
from hub.proxies import Proxies


class Discreet(Scheduling):
    """`calendar` for a conversation with `writer`, None where that is a shared line or somebody unknown.

    A confidential visit shows to the patient who writes from an address that is theirs, and to nobody else: neither to
    who acts for them nor on a line that others have, too.
    """

    def __init__(self, calendar: Scheduling, db: Database, proxies: Proxies, writer: str | None) -> None:
        self._calendar = calendar
        self._db = db
        self._proxies = proxies
        self._writer = writer

    async def appointments(self, person_id: str, *, after: datetime) -> tuple[Appointment, ...]:
        """The person's booked visits that the writer may know of."""
        found = await self._calendar.appointments(person_id, after=after)
        if person_id == self._writer or not found:
            return found
        secret = await self._secret(*(one.id for one in found))
        return tuple(one for one in found if one.id not in secret)

    async def _secret(self, *visits: str) -> frozenset[str]:
        async with self._db.glance() as conn:
            return await self._proxies.confidential_visits(conn, visits)

    async def catalogue(self) -> Catalogue:
        """See `Scheduling.catalogue`."""
        return await self._calendar.catalogue()

    async def find(self, query: Query) -> Offer:
        """See `Scheduling.find`."""
        return await self._calendar.find(query)

    async def hold(self, slot_id: str, person_id: str, key: str) -> Held | Taken:
        """See `Scheduling.hold`."""
        return await self._calendar.hold(slot_id, person_id, key)

    async def book(self, slot_id: str, person_id: str, key: str) -> Appointment | Taken:
        """See `Scheduling.book`."""
        return await self._calendar.book(slot_id, person_id, key)

    async def move(self, appointment_id: str, slot_id: str, person_id: str, key: str) -> Appointment | Taken | Gone:
        """See `Scheduling.move`; what the writer may not know of is not there."""
        if person_id != self._writer and await self._secret(appointment_id):
            return Gone(appointment_id)
        return await self._calendar.move(appointment_id, slot_id, person_id, key)

    async def cancel(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """See `Scheduling.cancel`; what the writer may not know of is not there."""
        if person_id != self._writer and await self._secret(appointment_id):
            return Gone(appointment_id)
        return await self._calendar.cancel(appointment_id, person_id, key)

    async def confirm(self, appointment_id: str, person_id: str, key: str) -> Appointment | Gone:
        """See `Scheduling.confirm`; what the writer may not know of is not there."""
        if person_id != self._writer and await self._secret(appointment_id):
            return Gone(appointment_id)
        return await self._calendar.confirm(appointment_id, person_id, key)

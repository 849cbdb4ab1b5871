"""A feed of messages into a hub, and what the hub made of them."""

from typing import Any

import sqlalchemy as sa

from hub.db.tables import appointment, hl7_message, person
from hub.hl7 import Inbox
from hub.people import Person
from tests.hub.campaigns.clinic import Clinic
from tests.hub.hl7.messages import acknowledged
from tests.hub.outbox.mail import Mail


class Feed:
    """Hands messages over as the listener does."""

    def __init__(self, mail: Mail) -> None:
        self.mail, self.rig, self.parts, self.clock = mail, mail.rig, mail.rig.parts, mail.clock
        self.clinic = Clinic(mail)
        self.inbox = Inbox(self.parts)

    async def raw(self, content: bytes) -> list[bytes]:
        """The answers to a message."""
        return await self.inbox.take(content)

    async def take(self, content: bytes) -> str:
        """What the one answer to a message says: its code, and the error code behind it."""
        (answer,) = await self.inbox.take(content)
        code, _, error = acknowledged(answer)
        return f"{code} {error}".strip()

    async def visits(self) -> list[Any]:
        """All visits, the oldest first."""
        return await self.rig.rows(sa.select(appointment).order_by(appointment.c.id))

    async def letters(self) -> list[Any]:
        """All messages that are kept, the oldest first."""
        return await self.rig.rows(sa.select(hl7_message).order_by(hl7_message.c.id))

    async def persons(self) -> int:
        """How many records there are."""
        return int(await self.rig.value(sa.select(sa.func.count()).select_from(person)))

    async def person(self, mrn: str = "M1") -> Person:
        """The record under this number, or the one that goes on for it."""
        async with self.parts.db.read() as conn:
            found = await self.parts.people.by_mrn(conn, mrn)
            assert found is not None
            known = await self.parts.people.get(conn, found)
        assert known is not None
        return known

    async def addresses(self, person_id: str) -> dict[str, str]:
        """Each address that is or was the person's, and how it stands."""
        async with self.parts.db.read() as conn:
            return {one.address.value: one.standing for one in await self.parts.addresses.of(conn, person_id)}

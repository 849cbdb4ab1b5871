"""The floor of a clinic: a hub that does nothing by itself, its staff, a patient, and what happens when it is told to.

It is Monday, 10:00 in New York; the clinic opened two hours ago.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.bulk import insert_rows
from hub.db.tables import staff_user, team, team_member
from hub.desk.states import Act
from hub.desk.writing import Writer
from hub.hours import OpeningHours
from hub.parts import Parts
from hub.types import Address, AddressKind, ChannelKind, DeliveryState, Inbound, Lane, new_id
from tests.hub_rig import CLINIC, Rig, open_rig

ANA = "+12025550111"


@dataclass
class Floor:
    """What tests ask of it."""

    rig: Rig
    clock: FixedClock

    @property
    def parts(self) -> Parts:
        return self.rig.parts

    async def patient(self, phone: str = ANA, mrn: str = "MRN-1", **more: Any) -> str:
        return await self.rig.patient(mrn, "Ana", "Lopez", phone, **more)

    async def user(self, role: str = "agent", **more: Any) -> str:
        """The id of one of the staff."""
        row = {
            "id": new_id(),
            "email_blind": new_id().encode(),
            "profile_sealed": b"sealed",
            "role": role,
            "status": "active",
            "language": "en",
            "capacity": 3,
            "available": True,
            "settings": "{}",
            "created_at": self.clock.now(),
            "updated_at": self.clock.now(),
        } | more
        await self.parts.db.write(lambda conn: insert_rows(conn, staff_user, [row]))
        return str(row["id"])

    async def team(self, *members: str, name: str = "Front desk", **more: Any) -> str:
        """The id of a team with these members."""
        row = {
            "id": new_id(),
            "name": name,
            "routing": "manual",
            "reply_within": None,
            "private": False,
            "archived_at": None,
            "created_at": self.clock.now(),
        } | more
        rows = [{"team_id": row["id"], "user_id": one, "turn_at": None} for one in members]

        async def unit(conn: Any) -> None:
            await insert_rows(conn, team, [row])
            await insert_rows(conn, team_member, rows)

        await self.parts.db.write(unit)
        return str(row["id"])

    async def says(self, text: str = "Hello", phone: str = ANA) -> str:
        """The id of the thread in which a text was accepted; nobody has reacted to it."""
        inbound = Inbound(
            channel=ChannelKind.SMS,
            provider_id=new_id(),
            sender=Address(AddressKind.PHONE, phone),
            recipient=Address(AddressKind.PHONE, CLINIC),
            text=text,
            received_at=self.clock.now(),
        )
        return (await self.parts.acceptor.accept(inbound)).thread_id

    async def reacts(self, thread_id: str) -> None:
        """Let the hub react to what was accepted."""
        await self.parts.reception._handle_thread(thread_id)

    async def asks(self, text: str = "Hello", phone: str = ANA) -> str:
        """The thread that the staff have, of a person who waits."""
        thread_id = await self.says(text, phone)
        await self.parts.db.write(lambda conn: self.parts.threads.set_state(conn, thread_id, status="open"))  # type: ignore[arg-type]
        return thread_id

    async def act(self, thread_id: str, act: Act, by: str = "u") -> Any:
        desk = self.parts.desk
        return await self.parts.db.write(lambda conn: desk.custody.act(conn, thread_id, act, Actor("staff", by)))

    async def write(self, thread_id: str, writer: Writer, text: str = "We look into it", **more: Any) -> Any:
        """What becomes of a reply."""

        async def unit(conn: Any) -> Any:
            held = await self.parts.desk.custody.hold(conn, thread_id)
            assert held is not None
            return await self.parts.desk.writing.reply(conn, held, writer, text=text, **({"key": new_id()} | more))

        return await self.parts.db.write(unit)

    async def note(self, thread_id: str, writer: Writer, text: str = "Call her", **more: Any) -> Any:
        async def unit(conn: Any) -> Any:
            held = await self.parts.desk.custody.hold(conn, thread_id)
            assert held is not None
            return await self.parts.desk.writing.note(conn, held, writer, text=text, **more)

        return await self.parts.db.write(unit)

    async def withdraw(self, thread_id: str, message_id: str, writer: Writer) -> Any:
        desk = self.parts.desk
        return await self.parts.db.write(lambda conn: desk.withdrawing.withdraw(conn, thread_id, message_id, writer))

    async def claim(self) -> list[str]:
        """What a dispatcher takes now, as ids of deliveries."""

        async def unit(conn: Any) -> list[str]:
            claims, _ = await self.parts.outbox._claims.claim(
                conn, self.clock.now(), lanes=tuple(Lane), limit=50, segments=100
            )
            return [one.delivery_id for one in claims]

        return await self.parts.db.write(unit)

    async def state(self, thread_id: str) -> Any:
        """What the thread is to the staff."""

        async def unit(conn: Any) -> Any:
            held = await self.parts.desk.custody.hold(conn, thread_id)
            assert held is not None
            return held.state

        return await self.parts.db.write(unit)

    async def rows(self, table: sa.Table) -> list[Any]:
        return await self.rig.rows(sa.select(table))

    async def said(self, person_id: str) -> list[tuple[str, str]]:
        """The entries of a thread: whose, and what."""
        return [(line.author, line.text) for line in await self.rig.lines(person_id)]

    async def states(self, person_id: str) -> list[DeliveryState]:
        return [DeliveryState(row.state) for row in await self.rig.deliveries(person_id)]


def agent(user_id: str, name: str = "Dana") -> Writer:
    """One of the staff, as a writer."""
    return Writer(actor=Actor("staff", user_id), name=name, user_id=user_id)


@pytest.fixture
async def floor(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Floor]:
    hours = OpeningHours.parse("Mon-Fri 08:00-18:00; Sat 09:00-13:00")
    given: dict[str, Any] = {"clock": clock, "started": False, "engine": False, "open_hours": hours}
    async with open_rig(database_url, tmp_path, keyring, **given) as rig:
        rig.parts.acceptor.start()
        yield Floor(rig, clock)

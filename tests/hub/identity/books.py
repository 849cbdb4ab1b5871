"""A clinic's books with all the rooms that identity ties together, over a test's own database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import Ledger, NewFact
from hub.accept import Accepted, Acceptor
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import message, thread
from hub.identity import Merger
from hub.metrics import Metrics
from hub.people import NewPatient, People, Senders
from hub.sealed import open_body
from hub.threads import Threads
from hub.types import Address, AddressKind, ChannelKind, Inbound, new_id
from hub.vault import Vault

STAFF = Actor("token", "front-desk")
BORN = date(1985, 4, 23)


def phone(last: int) -> Address:
    """One of a hundred synthetic numbers."""
    return Address(AddressKind.PHONE, f"+120255501{last:02}")


@dataclass
class Books:
    """The rooms, and what tests ask of them."""

    db: Database
    vault: Vault
    clock: FixedClock
    trail: Trail

    def __post_init__(self) -> None:
        self.people = People(self.vault, self.trail, self.clock)
        self.threads = Threads(self.vault, self.clock)
        self.ledger = Ledger(self.vault, self.trail, self.clock)
        self.senders = Senders(self.vault, self.clock)
        self.merger = Merger(
            vault=self.vault,
            people=self.people,
            threads=self.threads,
            ledger=self.ledger,
            trail=self.trail,
            clock=self.clock,
        )
        self.heard: set[str] = set()
        self.acceptor = Acceptor(
            db=self.db,
            vault=self.vault,
            senders=self.senders,
            threads=self.threads,
            trail=self.trail,
            clock=self.clock,
            metrics=Metrics(),
            limit=2000,
            on_accepted=self._on_accepted,
        )

    def _on_accepted(self, thread_ids: Iterable[str]) -> None:
        self.heard |= set(thread_ids)

    async def patient(self, mrn: str, *numbers: int, name: str = "Ana Ruiz", born: date | None = BORN) -> str:
        """The id of a patient on the books."""
        given, family = name.split(" ", 1)
        new = NewPatient(
            mrn=mrn,
            given_name=given,
            family_name=family,
            birth_date=born,
            addresses=tuple(phone(one) for one in numbers),
        )
        return (await self.db.write(lambda conn: self.people.upsert(conn, new, Actor("system", "import")))).person_id

    async def says(self, number: int, text: str, provider_id: str = "") -> Accepted:
        """Where a text from a number is kept."""
        return await self.acceptor.accept(
            Inbound(
                channel=ChannelKind.SMS,
                provider_id=provider_id or new_id(),
                sender=phone(number),
                recipient=Address(AddressKind.PHONE, "+12025550100"),
                text=text,
                received_at=self.clock.now(),
            )
        )

    async def merge(self, from_id: str, into_id: str, **more: Any) -> Any:
        """What comes of a merge."""
        return await self.db.write(
            lambda conn: self.merger.merge_in(conn, from_id, into_id, "entered twice", STAFF, **more)
        )

    async def texts(self, person_id: str) -> list[str]:
        """What stands in a person's thread, opened, in order."""
        query = (
            sa.select(message)
            .join(thread, thread.c.id == message.c.thread_id)
            .where(thread.c.person_id == person_id)
            .order_by(message.c.seq)
        )
        async with self.db.read() as conn:
            rows = list(await conn.execute(query))
            keys = await self.vault.keys(conn, (person_id,))
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), "numbered without gaps"
        return [open_body(keys, person_id, row.thread_id, row.id, row.body_sealed).text for row in rows]

    async def rows(self, query: Any) -> list[Any]:
        """The rows that a query finds."""
        async with self.db.read() as conn:
            return list((await conn.execute(query)).all())

    async def numbers(self, person_id: str) -> list[str]:
        """The addresses of a person, opened."""
        async with self.db.read() as conn:
            return sorted(one.address.value for one in await self.people.contacts(conn, person_id))

    async def decides(self, person_id: str, number: int, state: ConsentState, source: Source) -> None:
        """Record a decision about a number."""

        async def unit(conn: Any) -> None:
            sender = (await self.senders.resolve(conn, (phone(number),)))[phone(number)]
            fact = NewFact(
                address_id=sender.address_id,
                person_id=person_id,
                state=state,
                scope=PHONE,
                source=source,
                at=self.clock.now(),
                actor=STAFF,
                evidence={"words": "synthetic"},
            )
            await self.ledger.record(conn, fact)

        await self.db.write(unit)

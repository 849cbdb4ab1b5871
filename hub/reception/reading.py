"""Everything a reaction needs to know about one message, read at one moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bots.dialogue import Known, Shared, Unknown
from consent.facts import Standing
from consent.ledger import Ledger
from consent.policy import AddressState
from hub.db.tables import address, message, unhandled
from hub.people import Identifier, People, Person
from hub.sealed import open_body
from hub.threads import Thread, Threads
from hub.types import ChannelKind, Language, OptOutWord
from hub.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One unhandled message with what is true around it. `text` is protected."""

    message_id: str
    thread: Thread
    person: Person
    address_id: str
    address_state: AddressState
    channel: ChannelKind
    text: str = field(repr=False)
    media: int
    at: datetime
    opt_out: OptOutWord | None
    standing: Standing
    writer: Known | Shared | Unknown
    dialogue: tuple[bytes, datetime] | None = field(repr=False)
    failures: int

    @property
    def language(self) -> Language | None:
        """The person's own language, if it is one that the hub speaks."""
        return cast(Language, self.person.language) if self.person.language in ("en", "es") else None


class Reader:
    """Reads the next message of a thread."""

    def __init__(self, vault: Vault, people: People, identifier: Identifier, threads: Threads, ledger: Ledger) -> None:
        self._vault = vault
        self._people = people
        self._identifier = identifier
        self._threads = threads
        self._ledger = ledger

    async def next(self, conn: AsyncConnection, thread_id: str) -> Incoming | None:
        """The oldest unhandled message of the thread, None when all are handled."""
        query = (
            sa.select(message, address.c.state.label("address_state"))
            .join(address, address.c.id == message.c.address_id)
            .where(message.c.thread_id == thread_id, unhandled)
            .order_by(message.c.seq)
            .limit(1)
        )
        row: Any = (await conn.execute(query)).first()
        thread = await self._threads.get(conn, thread_id) if row is not None else None
        if thread is None:
            return None
        person = await self._people.get(conn, thread.person_id)
        if person is None:
            return None
        keys = await self._vault.key(conn, thread.person_id)
        body = open_body(keys, thread.person_id, thread.id, row.id, row.body_sealed)
        return Incoming(
            message_id=row.id,
            thread=thread,
            person=person,
            address_id=row.address_id,
            address_state=row.address_state,
            channel=ChannelKind(row.channel),
            text=body.text,
            media=len(body.media),
            at=row.at,
            opt_out=OptOutWord(row.opt_out) if row.opt_out else None,
            standing=(await self._ledger.standings(conn, (row.address_id,)))[row.address_id],
            writer=await self._writer(conn, person, row.address_id),
            dialogue=await self._threads.dialogue(conn, keys, thread),
            failures=row.failures,
        )

    async def _writer(self, conn: AsyncConnection, person: Person, address_id: str) -> Known | Shared | Unknown:
        if person.kind in ("patient", "proxy"):
            return Known(person.id, person.profile.given_name)
        if person.kind == "line":
            return Shared(await self._identifier.on_line(conn, address_id))
        return Unknown()

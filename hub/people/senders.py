"""Whose thread an inbound message belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.lookup import Lookup
from hub.db.tables import address, contact, person
from hub.people.records import address_row, contact_row
from hub.types import Address, Language, new_id
from hub.vault import Vault

_BEHIND = Lookup(
    address.c.blind,
    lambda blinds: (
        sa.select(address.c.blind, address.c.id, person.c.id, person.c.kind)
        .outerjoin(contact, contact.c.address_id == address.c.id)
        .outerjoin(person, person.c.id == contact.c.person_id)
        .where(address.c.kind == sa.bindparam("kind"), address.c.blind.in_(blinds))
        .order_by(contact.c.created_at)
    ),
)
"""Each address, and each person on it, the longest known first."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person whose thread takes a message, and how sure that is.

    known: the only patient on the address. shared: a stand-in for several. unknown: nobody on the books.
    """

    person_id: str
    address_id: str
    standing: Literal["known", "shared", "unknown"]


class Senders:
    """Resolves addresses to senders, making what is missing."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def resolve(self, conn: AsyncConnection, addresses: Iterable[Address]) -> dict[Address, Sender]:
        """The sender behind each address, in the caller's transaction.

        A number that several patients share gets a thread of its own: what is written there is nobody's until
        they say who they are (invariant 9).
        """
        blinds = {one: self._vault.blind.of(one.kind.value, one.value) for one in set(addresses)}
        ids: dict[tuple[str, bytes], str] = {}
        linked: dict[tuple[str, bytes], list[tuple[str, str]]] = {}
        for kind in {one.kind for one in blinds}:
            wanted = [blind for one, blind in blinds.items() if one.kind is kind]
            for found, found_id, person_id, who in await _BEHIND(conn, wanted, kind=kind.value):
                ids[(kind.value, found)] = found_id
                if person_id is not None:
                    linked.setdefault((kind.value, found), []).append((person_id, who))

        senders: dict[Address, Sender] = {}
        stand_ins: list[tuple[Address, str, Literal["line", "unidentified"]]] = []
        new_addresses = []
        for one, blind in blinds.items():
            key = (one.kind.value, blind)
            persons = linked.get(key, [])
            address_id = ids.get(key)
            if address_id is None:
                address_id = new_id()
                new_addresses.append(address_row(address_id, one.kind, blind, self._clock.now()))
            on_the_books = [person_id for person_id, who in persons if who in ("patient", "proxy")]
            if len(on_the_books) == 1:
                senders[one] = Sender(on_the_books[0], address_id, "known")
                continue
            stands_for: Literal["line", "unidentified"] = "line" if on_the_books else "unidentified"
            stand_in = next((person_id for person_id, who in persons if who == stands_for), None)
            if stand_in is None:
                stand_in = new_id()
                stand_ins.append((one, stand_in, stands_for))
            senders[one] = Sender(stand_in, address_id, "shared" if on_the_books else "unknown")
        if new_addresses:
            await insert_rows(conn, address, new_addresses)
        if stand_ins:
            await self._make(conn, stand_ins, senders)
        return senders

    async def language(self, conn: AsyncConnection, one: Address) -> Language | None:
        """The language of the patients and proxies on an address; None where they have none, or several."""
        blind = self._vault.blind.of(one.kind.value, one.value)
        query = (
            sa.select(person.c.language)
            .join(contact, contact.c.person_id == person.c.id)
            .join(address, address.c.id == contact.c.address_id)
            .where(address.c.kind == one.kind, address.c.blind == blind, person.c.kind.in_(("patient", "proxy")))
            .distinct()
        )
        spoken = [cast(Language, found) for found in (await conn.execute(query)).scalars() if found in ("en", "es")]
        return spoken[0] if len(spoken) == 1 else None

    async def _make(
        self,
        conn: AsyncConnection,
        stand_ins: list[tuple[Address, str, Literal["line", "unidentified"]]],
        senders: dict[Address, Sender],
    ) -> None:
        now = self._clock.now()
        keys = await self._vault.create(conn, [person_id for _, person_id, _ in stand_ins], now)
        rows = [
            {"id": person_id, "kind": kind, "created_at": now, "updated_at": now} for _, person_id, kind in stand_ins
        ]
        await insert_rows(conn, person, rows)
        links = [contact_row(keys, person_id, senders[one].address_id, one, now) for one, person_id, _ in stand_ins]
        await insert_rows(conn, contact, links)

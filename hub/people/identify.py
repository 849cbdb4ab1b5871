"""Telling who writes when the number alone does not say."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import contact, person
from hub.people.records import People, Person, identity_text, plain_name
from hub.vault import Vault


@dataclass(frozen=True, slots=True)
class Match:
    """The persons who fit what was said: one is an answer, none or several are not."""

    persons: tuple[Person, ...]


class Identifier:
    """Compares what a sender says of themselves with the records."""

    def __init__(self, people: People, vault: Vault) -> None:
        self._people = people
        self._vault = vault

    async def among(
        self, conn: AsyncConnection, candidates: Iterable[str], name: str, birth_date: date | None
    ) -> Match:
        """Those of `candidates` whose given or full name is `name`, and whose birth date fits once it was said."""
        said = plain_name(name)
        fitting = []
        for one in (await self._people.many(conn, list(candidates))).values():
            given = plain_name(one.profile.given_name)
            full = plain_name(f"{one.profile.given_name} {one.profile.family_name}")
            if said and said in (given, full, given.split(" ")[0]) and birth_date in (None, one.profile.birth_date):
                fitting.append(one)
        return Match(tuple(fitting))

    async def on_line(self, conn: AsyncConnection, address_id: str) -> tuple[str, ...]:
        """The ids of the clinic's patients, and those who act for them, on a shared address."""
        query = (
            sa.select(person.c.id)
            .join(contact, contact.c.person_id == person.c.id)
            .where(contact.c.address_id == address_id, person.c.kind.in_(("patient", "proxy")))
            .order_by(contact.c.created_at, person.c.id)
        )
        return tuple((await conn.execute(query)).scalars())

    async def on_the_books(self, conn: AsyncConnection, name: str, birth_date: date) -> Match:
        """Those on the clinic's books with exactly this full name and birth date."""
        given, _, family = plain_name(name).partition(" ")
        blind = self._vault.blind.of("identity", identity_text(given, family, birth_date))
        ids = list((await conn.execute(sa.select(person.c.id).where(person.c.identity_blind == blind))).scalars())
        return Match(tuple((await self._people.many(conn, ids)).values()))

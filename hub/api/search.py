"""Finding threads by what is sealed: exactly by blind index, by names and words through the index of search."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.parts import Parts
from hub.types import Address, AddressKind

PERSONS, MESSAGES = 200, 500
"""How many are found at most: persons by name, those active last; messages by their words, the newest."""


async def persons_with(conn: AsyncConnection, parts: Parts, q: str) -> set[str]:
    """The ids of the persons whom `q` names, or who wrote or were sent all its words in one message."""
    exact = await named_exactly(conn, parts, q.strip())
    if exact:
        return exact
    named = await parts.search.persons(conn, q, seen=sa.true(), limit=PERSONS)
    said = await parts.search.messages(conn, q, seen=sa.true(), limit=MESSAGES)
    return {*named, *(hit.person_id for hit in said.hits)}


async def named_exactly(conn: AsyncConnection, parts: Parts, q: str) -> set[str]:
    """The ids of the persons whose record number, phone number or mailbox `q` is."""
    found = set()
    if (by_mrn := await parts.people.by_mrn(conn, q)) is not None:
        found.add(by_mrn)
    if (number := e164(q, parts.settings.region)) is not None:
        found.update(await parts.people.by_address(conn, Address(AddressKind.PHONE, number)))
    if "@" in q:
        found.update(await parts.people.by_address(conn, Address(AddressKind.MAILBOX, q.lower())))
    return found

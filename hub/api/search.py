"""Finding threads by what is sealed: exact by blind index, words by opening what is recent."""

import asyncio
import unicodedata

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.phones import e164
from hub.db.tables import message, thread
from hub.parts import Parts
from hub.sealed import open_body
from hub.types import Address, AddressKind

NAMES = 2000
"""Threads, last active first, whose person's name is compared."""
MESSAGES = 5000
"""Messages, newest first, whose words are compared."""
_PAGE = 250


async def persons_with(conn: AsyncConnection, parts: Parts, q: str) -> set[str]:
    """The ids of the persons whom `q` names, or who wrote or were sent all its words in one recent message."""
    exact = await named_exactly(conn, parts, q.strip())
    if exact:
        return exact
    words = tuple(dict.fromkeys(_plain(q).split()))
    if not words:
        return set()
    return await _by_name(conn, parts, words) | await _by_message(conn, parts, words)


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


async def _by_name(conn: AsyncConnection, parts: Parts, words: tuple[str, ...]) -> set[str]:
    query = sa.select(thread.c.person_id).order_by(thread.c.last_at.desc(), thread.c.id.desc()).limit(NAMES)
    ids = list((await conn.execute(query)).scalars())
    found = set()
    for start in range(0, len(ids), _PAGE):
        for one in (await parts.people.many(conn, ids[start : start + _PAGE])).values():
            names = _plain(f"{one.profile.given_name} {one.profile.family_name}").split()
            if all(any(name.startswith(word) for name in names) for word in words):
                found.add(one.id)
        await asyncio.sleep(0)  # opening a page takes milliseconds: let others in between
    return found


async def _by_message(conn: AsyncConnection, parts: Parts, words: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    newest = sa.select(message.c.id, message.c.thread_id, message.c.body_sealed, thread.c.person_id).join(
        thread, thread.c.id == message.c.thread_id
    )
    newest = newest.order_by(message.c.id.desc()).limit(_PAGE)
    last: str | None = None
    for _ in range(MESSAGES // _PAGE):
        rows = (await conn.execute(newest if last is None else newest.where(message.c.id < last))).all()
        keys = await parts.vault.keys(conn, {row.person_id for row in rows})
        for row in rows:
            if row.person_id in found or row.person_id not in keys:
                continue
            text = _plain(open_body(keys, row.person_id, row.thread_id, row.id, row.body_sealed).text)
            if all(word in text for word in words):
                found.add(row.person_id)
        if len(rows) < _PAGE:
            break
        last = rows[-1].id
        await asyncio.sleep(0)
    return found


def _plain(text: str) -> str:
    """`text` without accents and case."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in spread if not unicodedata.combining(c))

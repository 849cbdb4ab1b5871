"""The index is built aside: a chore follows the event log, and never is anything of it in the way of a message.

Two places are kept, for messages and for persons. Each is either *walking* through all there is, in the order of ids,
or *following* the event log from the number at which the walk began. A place is moved in the transaction that writes
what was read, and only from where it was read: two processes at it at once do the work twice and write it once. Who
was away for longer than the log is kept (a day) walks anew.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.crypto import BlindIndex
from hub.db import Database
from hub.db.tables import message, person, search_name, search_place, search_word, thread
from hub.sealed import PERSONAL, open_body, open_profile
from hub.search import names, postings, words
from hub.vault import Vault

__all__ = ["Indexer"]

Kind = Literal["messages", "persons"]
KINDS: tuple[Kind, ...] = ("messages", "persons")
_ROUND = 0.4
"""Seconds that a round of the chore takes at most: others need the writer, too."""
_FEW, _MANY = 100, 2000
"""Messages or persons in one unit of work: beside others' work, and where it is all there is to do."""


@dataclass(frozen=True, slots=True)
class _Place:
    seq: int
    walked: str | None


class Indexer:
    """Keeps the index of one deployment."""

    def __init__(self, db: Database, vault: Vault, blind: BlindIndex) -> None:
        self._db = db
        self._vault = vault
        self._blind = blind

    async def follow(self) -> None:
        """Go on from where it last stopped, for a while; the chore."""
        until = time.monotonic() + _ROUND
        for kind in KINDS:
            while await self._step(kind, _FEW) and time.monotonic() < until:
                pass

    async def catch_up(self) -> None:
        """Go on until nothing is left to index."""
        for kind in KINDS:
            while await self._step(kind, _FEW):
                pass

    async def rebuild(self, told: Callable[[int], None] = lambda done: None) -> int:
        """Forget everything and index all there is; how many messages and persons that were. Calls `told` with each."""
        done = 0
        for kind in KINDS:
            await self._db.write(partial(_forget, kind=kind))
            while (place := await self._place(kind)) is None or place.walked is not None:
                done += await self._step(kind, _MANY)
                told(done)
        await self.catch_up()
        return done

    async def _place(self, kind: Kind) -> _Place | None:
        async with self._db.read() as conn:
            return await _place(conn, kind)

    async def _step(self, kind: Kind, limit: int) -> int:
        """Index some more; how many there were, 0 when that was all there is for now."""
        async with self._db.read() as conn:
            place = await _place(conn, kind)
            lowest, highest = await events.bounds(conn)
            behind = place is not None and place.walked is None and (lowest or highest + 1) > place.seq + 1
            if place is None or behind or place.seq > highest:
                await self._db.write(lambda conn: _begin(conn, kind, place, highest))
                return 1
            if place.walked is not None:
                ids = await _after(conn, kind, place.walked, limit)
                then, more = _Place(place.seq, ids[-1] if ids else None), True
            else:
                if highest == place.seq:
                    return 0
                changes = await events.read(conn, place.seq, limit=limit, types=_TYPES[kind])
                ids = list(dict.fromkeys(one.object_id for _, one in changes))
                more = len(changes) == limit
                then = _Place(changes[-1][0] if more else highest, None)
            if kind == "messages":
                found = await self._words(conn, ids)
            else:
                tokens = await self._names(conn, ids)

        async def unit(conn: AsyncConnection) -> bool:
            if await _place(conn, kind, lock=True) != place:
                return False
            if kind == "messages":
                await postings.add(conn, found)
            elif tokens:
                await names.keep(conn, tokens)
            await _move(conn, kind, then)
            return True

        if not await self._db.write(unit):
            return 1
        # What came meanwhile is for the next round: to follow a busy hub event by event costs more than the index.
        return len(ids) or 1 if more else 0

    async def _words(self, conn: AsyncConnection, ids: Sequence[str]) -> dict[int, list[int]]:
        """The words of messages, each with the heads of those that have it."""
        found: dict[str, list[int]] = {}
        for start in range(0, len(ids), 500):
            query = (
                sa.select(message.c.id, message.c.thread_id, message.c.body_sealed, thread.c.person_id)
                .join(thread, thread.c.id == message.c.thread_id)
                .where(message.c.id.in_(ids[start : start + 500]), _PUBLIC)
            )
            rows = (await conn.execute(query)).all()
            keys = await self._vault.keys(conn, {row.person_id for row in rows})
            for row in rows:
                if row.person_id in keys:
                    text = open_body(keys, row.person_id, row.thread_id, row.id, row.body_sealed).text
                    head = postings.head_of(row.id)
                    for word in words.kept(text):
                        found.setdefault(word, []).append(head)
        return dict(zip(postings.tokens(self._blind, found), found.values(), strict=True))

    async def _names(self, conn: AsyncConnection, ids: Sequence[str]) -> dict[str, set[int]]:
        """All that persons are found by."""
        found: dict[str, set[int]] = {}
        for start in range(0, len(ids), 500):
            query = sa.select(person.c.id, person.c.profile_sealed).where(person.c.id.in_(ids[start : start + 500]))
            rows = (await conn.execute(query)).all()
            keys = await self._vault.keys(conn, {row.id for row in rows})
            for row in rows:
                if row.id in keys:
                    found[row.id] = names.tokens_of(self._blind, open_profile(keys, row.id, row.profile_sealed))
        return found


_TYPES: dict[Kind, frozenset[str]] = {
    "messages": frozenset(("message.created",)),
    "persons": frozenset(("profile.updated",)),
}
# What is for a person's eyes alone is found by nobody.
_PUBLIC = sa.or_(message.c.intent_key.is_(None), message.c.intent_key.not_like(f"{PERSONAL}%"))


async def _place(conn: AsyncConnection, kind: Kind, *, lock: bool = False) -> _Place | None:
    query = sa.select(search_place.c.seq, search_place.c.walked).where(search_place.c.kind == kind)
    row = (await conn.execute(query.with_for_update() if lock else query)).first()
    return None if row is None else _Place(row.seq, row.walked)


async def _begin(conn: AsyncConnection, kind: Kind, read: _Place | None, seq: int) -> None:
    """Begin to walk, and to follow from event `seq` once that is done."""
    if await _place(conn, kind, lock=True) != read:
        return
    if read is not None:
        await _forget(conn, kind)
    await conn.execute(sa.insert(search_place), {"kind": kind, "seq": seq, "walked": ""})


async def _forget(conn: AsyncConnection, kind: Kind) -> None:
    await conn.execute(sa.delete(search_place).where(search_place.c.kind == kind))
    await conn.execute(sa.delete(search_word if kind == "messages" else search_name))


async def _move(conn: AsyncConnection, kind: Kind, to: _Place) -> None:
    moved = sa.update(search_place).where(search_place.c.kind == kind)
    await conn.execute(moved.values(seq=to.seq, walked=to.walked))


async def _after(conn: AsyncConnection, kind: Kind, last: str, limit: int) -> list[str]:
    """The next ids of all there are."""
    column = (message if kind == "messages" else person).c.id
    query = sa.select(column).order_by(column).limit(limit)
    return list((await conn.execute(query.where(column > last) if last else query)).scalars())

"""Finding: by the words of messages, by the beginnings of names, by a birth date.

1. What is looked for is hashed as what is kept was; of each word the newest messages come from its rows.
2. Messages that have all words are looked up by the heads of their ids, those that the reader sees are opened, and
   those that really say the words are given back. So a hash can be cut, and a row may name what is gone.
3. Both steps are bounded. Where they end before enough was found, the reader is told so, and where to go on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import BlindIndex
from hub.db.direct import run
from hub.db.tables import person, search_name, search_place, thread
from hub.sealed import open_body, open_profile
from hub.search import postings, words
from hub.search.names import day_token, name_tokens
from hub.vault import Vault

__all__ = ["Found", "Hit", "Search"]

FIRST, READ = 3000, 48_000
"""Of each word, messages that are compared at first, and at once at most: the newest."""
OPENED = 800
"""Messages that are opened at most."""
_PAGE = 64
_MOST_NAMES = 6
PERSONS = 200
"""Persons of one name who are opened at most: those whose threads were active last."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that was found."""

    message_id: str
    thread_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, newest first. `before`: where to go on; None when nothing is left to look at.

    complete: whether everything that was ever said is in the index, and was looked at or will be.
    """

    hits: Sequence[Hit]
    before: int | None
    complete: bool


class Search:
    """Looks for persons and messages."""

    def __init__(self, vault: Vault, blind: BlindIndex) -> None:
        self._vault = vault
        self._blind = blind

    async def messages(
        self,
        conn: AsyncConnection,
        q: str,
        *,
        seen: sa.ColumnElement[bool],
        before: int | None = None,
        limit: int = 20,
    ) -> Found:
        """Messages with all words of `q`, newest first, of threads for which `seen` holds."""
        complete = await self._complete(conn)
        wanted = words.said(q)
        keys = words.kept(q)
        if not keys:
            return Found((), None, complete)
        tokens = postings.tokens(self._blind, keys)
        hits: list[Hit] = []
        opened, most = 0, FIRST
        while True:
            candidates, since = await self._candidates(conn, tokens, before, most)
            for start in range(0, len(candidates), _PAGE):
                page = candidates[start : start + _PAGE]
                rows = await self._visible(conn, await _messages(conn, page), seen)
                opened += len(rows)
                hits += await self._said(conn, rows, wanted)
                before = page[-1]
                if len(hits) > limit:
                    last = hits[limit - 1]
                    return Found(hits[:limit], postings.head_of(last.message_id), complete)
                if opened >= OPENED:
                    return Found(hits, before, complete)
            if since is None:
                return Found(hits, None, complete)
            if most >= READ:
                return Found(hits, since, complete)
            # Words that everybody says are often together: few rows will do. Else more of them are read at once.
            before, most = since, min(READ, most * 4)

    async def _candidates(
        self, conn: AsyncConnection, tokens: Sequence[int], before: int | None, most: int
    ) -> tuple[list[int], int | None]:
        """Messages with all words, newest first; and down to which moment they are all, None for all there are."""
        lists = [await postings.heads(conn, token, before, most) for token in tokens]
        if not all(lists):
            return [], None
        # Beyond the oldest message of a list that was cut off, nothing can be said of that word.
        cut = [found[-1] for found in lists if len(found) >= most]
        since = max(cut, default=None)
        shortest, *others = sorted(lists, key=len)
        common = set(shortest).intersection(*others)
        return sorted((one for one in common if since is None or one >= since), reverse=True), since

    async def _visible(
        self, conn: AsyncConnection, rows: Sequence[Sequence[Any]], seen: sa.ColumnElement[bool]
    ) -> Sequence[Sequence[Any]]:
        if not rows:
            return rows
        query = sa.select(thread.c.id).where(thread.c.id.in_({str(row[1]) for row in rows}), seen)
        visible = set((await conn.execute(query)).scalars())
        return [row for row in rows if str(row[1]) in visible]

    async def _said(self, conn: AsyncConnection, rows: Sequence[Sequence[Any]], wanted: list[str]) -> list[Hit]:
        """Those that say the words, newest first."""
        keys = await self._vault.keys(conn, {str(row[3]) for row in rows})
        hits = []
        for message_id, thread_id, sealed, person_id in rows:
            one = Hit(str(message_id), str(thread_id), str(person_id))
            if one.person_id not in keys:
                continue  # disposed of: nothing is left to read
            body = open_body(keys, one.person_id, one.thread_id, one.message_id, sealed)
            if words.fits(wanted, body.text):
                hits.append(one)
        return sorted(hits, key=lambda hit: hit.message_id, reverse=True)

    async def persons(
        self, conn: AsyncConnection, q: str, *, seen: sa.ColumnElement[bool], limit: int = 20
    ) -> list[str]:
        """Ids of persons with a thread for which `seen` holds, whose name has all words of `q`, or begins so.

        Whoever was active last comes first.
        """
        query = sa.select(person.c.id, person.c.profile_sealed).join(thread, thread.c.person_id == person.c.id)
        query = query.where(seen).order_by(thread.c.last_at.desc(), thread.c.id.desc())
        return (await self._named(conn, q, query))[:limit]

    async def on_the_books(self, conn: AsyncConnection, q: str) -> list[str]:
        """Ids of patients and proxies, with a thread or without, whose name has all words of `q`, or begins so."""
        books = sa.and_(person.c.kind.in_(("patient", "proxy")), person.c.merged_into.is_(None))
        query = sa.select(person.c.id, person.c.profile_sealed).where(books)
        return await self._named(conn, q, query.order_by(person.c.updated_at.desc(), person.c.id.desc()))

    async def _named(self, conn: AsyncConnection, q: str, query: sa.Select[tuple[str, bytes | None]]) -> list[str]:
        """Ids out of `query` whose name has all words of `q`, or begins so; of the first `PERSONS` with such words."""
        wanted = words.said(q)
        if len(wanted) > _MOST_NAMES or max(map(len, wanted), default=0) < 2:
            return []
        # What is hardly begun only chooses among those whom the rest finds.
        begun = [one for one in wanted if len(one) > 2] or [one for one in wanted if len(one) == 2]
        tokens = name_tokens(self._blind, [one[: words.LETTERS] for one in begun])
        named = sa.select(search_name.c.person_id)
        query = query.where(*(person.c.id.in_(named.where(search_name.c.word == token)) for token in tokens))
        query = query.limit(PERSONS)
        rows = (await conn.execute(query)).all()
        keys = await self._vault.keys(conn, {row.id for row in rows})
        found = []
        for row in rows:
            if row.id in keys:
                profile = open_profile(keys, row.id, row.profile_sealed)
                names = words.said(f"{profile.given_name} {profile.family_name}")
                if all(any(name.startswith(one) for name in names) for one in wanted):
                    found.append(row.id)
        return found

    async def born(
        self, conn: AsyncConnection, day: date, *, seen: sa.ColumnElement[bool], limit: int = 20
    ) -> list[str]:
        """Ids of persons born on a day, with a thread for which `seen` holds."""
        query = (
            sa.select(search_name.c.person_id)
            .join(thread, thread.c.person_id == search_name.c.person_id)
            .where(search_name.c.word == day_token(self._blind, day), seen)
            .order_by(thread.c.last_at.desc(), thread.c.id.desc())
            .limit(limit)
        )
        return list((await conn.execute(query)).scalars())

    @staticmethod
    async def _complete(conn: AsyncConnection) -> bool:
        """Whether all that is there was walked through."""
        query = sa.select(search_place.c.walked).where(search_place.c.kind == "messages")
        row = (await conn.execute(query)).first()
        return row is not None and row.walked is None


_ROW = (
    "SELECT message.id, message.thread_id, message.body_sealed, "
    # Not joined: a server takes the ranges to be wide, and would read every thread there is.
    "(SELECT thread.person_id FROM thread WHERE thread.id = message.thread_id) "
)
_WORDS = {
    "sqlite": (
        f"WITH given(low, high) AS (VALUES {{places}}) {_ROW}"
        "FROM given CROSS JOIN message ON message.id BETWEEN given.low AND given.high"
    ),
    "postgresql": (
        f"{_ROW}FROM unnest($1::uuid[], $2::uuid[]) AS given(low, high) "
        "JOIN message ON message.id BETWEEN given.low AND given.high"
    ),
}
"""In the drivers' own words: a list of ranges, each along the index."""


async def _messages(conn: AsyncConnection, heads: Collection[int]) -> Sequence[Sequence[Any]]:
    """Id, thread, sealed body and person of the messages with these heads, in no order."""
    ranges = [postings.ids_between(one) for one in heads]
    if conn.dialect.name == "postgresql":
        low, high = [one for one, _ in ranges], [one for _, one in ranges]
        return await run(conn, _WORDS["postgresql"], (low, high))
    places = ", ".join(["(?, ?)"] * len(ranges))
    return await run(conn, _WORDS["sqlite"].format(places=places), [one for both in ranges for one in both])

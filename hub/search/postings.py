"""Which messages a word stands in, as rows of keyed hashes: written aside, read newest first.

A message is named by the head of its id: its moment to a 4096th of a millisecond, eight bytes. A word has rows of some
hundred heads, in order of time, so that a new message changes the newest row of each of its words alone. To write
the same message again changes nothing. A message that is gone is found by nothing, for its id is looked up before
anything is shown.
"""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import BlindIndex
from hub.db.lookup import Lookup
from hub.db.tables import search_word

__all__ = ["add", "head_of", "heads", "ids_between", "remove", "tokens"]

_ROW = 112
"""Heads in a row at most: a row stays in its page, on SQLite and on PostgreSQL."""
_OTHER = search_word.alias("other")
_NEWEST = Lookup(
    search_word.c.word,
    lambda among: sa.select(search_word).where(
        among,
        search_word.c.first
        == sa.select(sa.func.max(_OTHER.c.first)).where(_OTHER.c.word == search_word.c.word).scalar_subquery(),
    ),
)


def tokens(blind: BlindIndex, words: Iterable[str]) -> list[int]:
    """What the words are kept as: 63 bits of their keyed hashes."""
    return [int.from_bytes(blind.of("word", one)[:8], "big") >> 1 for one in words]


def head_of(message_id: str) -> int:
    """The first 60 bits of an id that tell when it was made."""
    return int(message_id[:8] + message_id[9:13] + message_id[15:18], 16)


def ids_between(head: int) -> tuple[str, str]:
    """The lowest and the highest id with this head."""
    text = f"{head:015x}"
    start = f"{text[:8]}-{text[8:12]}-7{text[12:]}"
    return f"{start}-0000-000000000000", f"{start}-ffff-ffffffffffff"


async def add(conn: AsyncConnection, found: Mapping[int, Sequence[int]]) -> None:
    """Keep, for each word, the heads of messages that have it, in the caller's transaction."""
    tails = {word: (first, kept) for word, first, kept in await _NEWEST(conn, list(found))}
    rows = []
    for word, given in found.items():
        fresh = sorted(set(given))
        tail = tails.get(word)
        if tail is not None:
            first, kept = tail
            known = array("Q", kept)
            # The newest row takes what is older than it, too, and as much of the rest as there is room for.
            room = max(0, _ROW - len(known))
            older = [one for one in fresh if one <= first]
            newer = [one for one in fresh if one > first]
            taken, fresh = older + newer[:room], newer[room:]
            both = sorted({*known, *taken})
            if len(both) > len(known):
                rows.append({"word": word, "first": first, "heads": array("Q", both).tobytes()})
        for start in range(0, len(fresh), _ROW):
            part = fresh[start : start + _ROW]
            rows.append({"word": word, "first": part[0], "heads": array("Q", part).tobytes()})
    if rows:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(search_word)
        kept_rows = insert.on_conflict_do_update(
            index_elements=["word", "first"], set_={"heads": insert.excluded.heads}
        )
        await conn.execute(kept_rows, rows)


async def remove(conn: AsyncConnection, found: Mapping[int, Collection[int]]) -> None:
    """Take, for each word, the heads of messages out of its rows, in the caller's transaction."""
    for word, gone in found.items():
        rows = (await conn.execute(sa.select(search_word).where(search_word.c.word == word).with_for_update())).all()
        for _, first, kept in rows:
            left = array("Q", [one for one in array("Q", kept) if one not in gone])
            if len(left) * left.itemsize == len(kept):
                continue
            row = sa.and_(search_word.c.word == word, search_word.c.first == first)
            if left:
                await conn.execute(sa.update(search_word).where(row).values(heads=left.tobytes()))
            else:
                await conn.execute(sa.delete(search_word).where(row))


async def heads(conn: AsyncConnection, word: int, before: int | None, limit: int) -> list[int]:
    """The newest messages with a word, made before a moment; newest first, at most some more than `limit`."""
    query = sa.select(search_word.c.heads).where(search_word.c.word == word).order_by(search_word.c.first.desc())
    if before is not None:
        query = query.where(search_word.c.first < before)
    # One row more, for the newest may hold what is younger than asked for.
    rows = (await conn.execute(query.limit(limit // _ROW + 2))).scalars()
    found: set[int] = set()
    for kept in rows:
        found.update(array("Q", kept))
    return sorted((one for one in found if before is None or one < before), reverse=True)

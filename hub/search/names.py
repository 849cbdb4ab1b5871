"""What persons are found by: keyed hashes of the beginnings of their names, and of their birth date."""

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import BlindIndex
from hub.db.bulk import insert_rows
from hub.db.tables import search_name
from hub.sealed import Profile
from hub.search import words

__all__ = ["day_token", "keep", "name_tokens", "tokens_of"]


def name_tokens(blind: BlindIndex, keys: Iterable[str]) -> list[int]:
    """What beginnings of names are kept as."""
    return [int.from_bytes(blind.of("name", one)[:8], "big") >> 1 for one in keys]


def day_token(blind: BlindIndex, day: date) -> int:
    """What a birth date is kept as."""
    return int.from_bytes(blind.of("born", day.isoformat())[:8], "big") >> 1


def tokens_of(blind: BlindIndex, profile: Profile) -> set[int]:
    """All that a person is found by."""
    found = set(name_tokens(blind, words.name_keys(f"{profile.given_name} {profile.family_name}")))
    if profile.birth_date is not None:
        found.add(day_token(blind, profile.birth_date))
    return found


async def keep(conn: AsyncConnection, wanted: Mapping[str, set[int]]) -> None:
    """Let persons be found by these tokens and no others, in the caller's transaction."""
    query = sa.select(search_name).where(search_name.c.person_id.in_(list(wanted)))
    there: dict[str, set[int]] = {}
    for row in (await conn.execute(query)).all():
        there.setdefault(row.person_id, set()).add(row.word)
    gone = [
        {"gone_word": one, "gone_person": person_id}
        for person_id, kept in there.items()
        for one in kept - wanted[person_id]
    ]
    if gone:
        await conn.execute(_GONE, gone)
    new = [
        {"word": one, "person_id": person_id}
        for person_id, tokens in wanted.items()
        for one in sorted(tokens - there.get(person_id, set()))
    ]
    await insert_rows(conn, search_name, new)


_GONE = sa.delete(search_name).where(
    search_name.c.word == sa.bindparam("gone_word"),
    search_name.c.person_id == sa.bindparam("gone_person", type_=search_name.c.person_id.type),
)

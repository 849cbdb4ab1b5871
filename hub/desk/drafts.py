"""What staff began to write: kept for each user, thread and kind, under the key of the thread's person.

A draft is of one thread and of one kind: it never becomes another patient's, nor a note a reply.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.db.bulk import insert_rows
from hub.db.tables import draft
from hub.desk.custody import Held
from hub.sealed import draft_place
from hub.types import ChannelKind
from hub.vault import Keys, Vault

Kind = Literal["reply", "note"]
LONGEST = 10_000
"""Characters of a draft: more than is sent, so that nothing is lost of what must be made shorter."""


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed of a draft."""

    text: str
    channel: ChannelKind | None = None

    def __repr__(self) -> str:
        return "Words(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft, opened. `at`: when it was kept last."""

    kind: Kind
    text: str = field(repr=False)
    channel: ChannelKind | None
    at: datetime


_WORDS = msgspec.json.Decoder(Words)


class Drafts:
    """Keeps drafts."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    async def keep(
        self, conn: AsyncConnection, held: Held, user_id: str, kind: Kind, text: str, channel: ChannelKind | None = None
    ) -> None:
        """Keep the draft in place of the one before it; one without words is none."""
        await conn.execute(sa.delete(draft).where(*_which(user_id, held.id), draft.c.kind == kind))
        if not text.strip():
            return
        keys = await self._vault.key(conn, held.person_id)
        words = Words(text=text, channel=channel)
        row = {
            "user_id": user_id,
            "thread_id": held.id,
            "kind": kind,
            "body_sealed": seal(keys, held.person_id, held.id, user_id, kind, words),
            "at": self._clock.now(),
        }
        await insert_rows(conn, draft, [row])

    async def give_back(
        self, conn: AsyncConnection, held: Held, user_id: str, text: str, channel: ChannelKind | None
    ) -> None:
        """Make of a message that was taken back a draft, unless the user began another."""
        query = sa.select(draft.c.kind).where(*_which(user_id, held.id), draft.c.kind == "reply")
        if (await conn.execute(query)).first() is None:
            await self.keep(conn, held, user_id, "reply", text, channel)

    async def of(self, conn: AsyncConnection, thread_id: str, person_id: str, user_id: str) -> list[Draft]:
        """The user's drafts in a thread."""
        rows: list[Any] = list(await conn.execute(sa.select(draft).where(*_which(user_id, thread_id))))
        if not rows:
            return []
        keys = await self._vault.key(conn, person_id)
        found = []
        for row in rows:
            words = open_words(keys, person_id, thread_id, user_id, row.kind, row.body_sealed)
            found.append(Draft(kind=row.kind, text=words.text, channel=words.channel, at=row.at))
        return found


def seal(keys: Keys, person_id: str, thread_id: str, user_id: str, kind: str, words: Words) -> bytes:
    """A draft's words, sealed for their user, thread and kind alone."""
    return keys.seal(person_id, msgspec.json.encode(words), draft_place(person_id, thread_id, user_id, kind))


def open_words(keys: Keys, person_id: str, thread_id: str, user_id: str, kind: str, sealed: bytes) -> Words:
    """What a draft says. Raises: SealBroken, KeyDestroyed."""
    return _WORDS.decode(keys.open(person_id, sealed, draft_place(person_id, thread_id, user_id, kind)))


def _which(user_id: str, thread_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return draft.c.user_id == user_id, draft.c.thread_id == thread_id

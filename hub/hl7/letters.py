"""Messages as they are kept: sealed, under the name that their sender gave them, with what they were answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.crypto import Place
from hub.db.tables import hl7_message
from hub.hl7.faults import Flaw
from hub.hl7.kinds import Header
from hub.types import new_id
from hub.vault import HUB, Vault

State = Literal["waiting", "applied", "older", "failed", "dropped"]
KEEP = timedelta(days=30)
"""For how long a control id is known again. Counters of senders begin anew."""
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that is kept, without what it says."""

    id: str
    kind: str
    state: State
    code: int | None
    place: str
    reason: str
    attempts: int
    told_at: datetime
    received_at: datetime
    handled_at: datetime | None


class Letters:
    """The table of messages."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def blind(self, header: Header) -> bytes:
        """What a message is found again by: who sent it, and how they call it."""
        return self._vault.blind.of("outside", "\0".join(("hl7", *header.sender, header.control_id)))

    def digest(self, content: bytes) -> bytes:
        """What tells whether two messages are the same."""
        return self._vault.blind.of("outside", "hl7\0" + content.strip(b"\r\n\t \x00").hex())

    async def known(self, conn: AsyncConnection, blind: bytes) -> Any:
        """The row of a message that came before, locked; None when there is none."""
        query = sa.select(hl7_message).where(hl7_message.c.blind == blind).with_for_update()
        return (await conn.execute(query)).first()

    async def add(
        self, conn: AsyncConnection, header: Header, content: bytes, *, blind: bytes, now: datetime, **sealed: bytes
    ) -> str:
        """Keep a message that waits; its id."""
        letter = new_id()
        row = {
            "id": letter,
            "blind": blind,
            "digest": self.digest(content),
            "kind": header.name,
            "state": "waiting",
            "place": "",
            "reason": "",
            "attempts": 0,
            "told_at": header.at,
            "received_at": now,
            **await self._seal(conn, letter, {"body": content, **sealed}),
        }
        await conn.execute(sa.insert(hl7_message), row)
        return letter

    async def applied(
        self, conn: AsyncConnection, letter: str, answer: bytes, now: datetime, *, news: bool, attempts: int = 1
    ) -> None:
        """Note that a message was applied, or (without `news`) was older than what was known; what it said goes."""
        state = "applied" if news else "older"
        values = {"state": state, "code": None, "place": "", "reason": "", "attempts": attempts, "handled_at": now}
        await self._set(conn, letter, values | {"body_sealed": None}, answer)

    async def failed(
        self, conn: AsyncConnection, letter: str, answer: bytes, now: datetime, flaw: Flaw, *, attempts: int = 1
    ) -> None:
        """Note why a message could not be applied; it is kept until somebody has looked."""
        why = {"code": int(flaw.fault), "place": flaw.place[:32], "reason": flaw.reason[:32]}
        await self._set(conn, letter, {"state": "failed", "attempts": attempts, "handled_at": now, **why}, answer)

    async def drop(self, conn: AsyncConnection, letter: str, now: datetime) -> bool:
        """Give up a message that failed; False when it did not, or is not there."""
        failed = sa.and_(hl7_message.c.id == letter, hl7_message.c.state == "failed")
        gone = {"state": "dropped", "body_sealed": None, "handled_at": now}
        return bool((await conn.execute(sa.update(hl7_message).where(failed).values(**gone))).rowcount)

    async def to_apply(self, conn: AsyncConnection, letter: str, states: Sequence[State]) -> Any:
        """The row of a message in one of these states, locked; None where another process has it, or it is not."""
        query = sa.select(hl7_message).where(hl7_message.c.id == letter, hl7_message.c.state.in_(states))
        return (await conn.execute(query.with_for_update(skip_locked=True))).first()

    async def open(self, conn: AsyncConnection, row: Any, what: str) -> bytes | None:
        """What is sealed of a row: its `body`, or its `commit` or `answer`; None where there is none."""
        sealed = getattr(row, f"{what}_sealed")
        if sealed is None:
            return None
        keys = await self._vault.key(conn, HUB)
        return keys.open(HUB, sealed, _place(what, row.id))

    async def listed(self, conn: AsyncConnection, state: State | None, limit: int) -> list[Letter]:
        """Messages, the newest first."""
        query = sa.select(*(hl7_message.c[name] for name in Letter.__slots__))
        if state is not None:
            query = query.where(hl7_message.c.state == state)
        rows = await conn.execute(
            query.order_by(hl7_message.c.received_at.desc(), hl7_message.c.id.desc()).limit(limit)
        )
        return [Letter(**row) for row in rows.mappings()]

    async def ids(
        self, conn: AsyncConnection, state: State, *, before: datetime | None = None, after: str = ""
    ) -> list[str]:
        """Ids of messages in one state, the oldest first; received `before` then, with ids after that one."""
        query = sa.select(hl7_message.c.id).where(hl7_message.c.state == state)
        if before is not None:
            query = query.where(hl7_message.c.received_at < before)
        if after:
            query = query.where(hl7_message.c.id > after)
        return list((await conn.execute(query.order_by(hl7_message.c.id).limit(_PAGE))).scalars())

    async def over(self, conn: AsyncConnection, now: datetime) -> list[str]:
        """Some messages that are done with, and were received long ago."""
        done = hl7_message.c.state.in_(("applied", "older", "dropped"))
        query = sa.select(hl7_message.c.id).where(done, hl7_message.c.received_at < now - KEEP).limit(_PAGE)
        return list((await conn.execute(query)).scalars())

    async def prune(self, conn: AsyncConnection, letters: Sequence[str]) -> None:
        """Forget these messages: their control ids are free again."""
        await conn.execute(sa.delete(hl7_message).where(hl7_message.c.id.in_(letters)))

    async def _set(self, conn: AsyncConnection, letter: str, values: Mapping[str, Any], answer: bytes) -> None:
        sealed = await self._seal(conn, letter, {"answer": answer})
        await conn.execute(sa.update(hl7_message).where(hl7_message.c.id == letter).values(**values, **sealed))

    async def _seal(self, conn: AsyncConnection, letter: str, texts: Mapping[str, bytes]) -> dict[str, bytes]:
        keys = await self._vault.key(conn, HUB)
        return {f"{what}_sealed": keys.seal(HUB, text, _place(what, letter)) for what, text in texts.items()}


async def count_failed(conn: AsyncConnection) -> int:
    """How many messages could not be applied, and wait for somebody."""
    query = sa.select(sa.func.count()).select_from(hl7_message).where(hl7_message.c.state == "failed")
    return int((await conn.execute(query)).scalar_one())


def _place(what: str, letter: str) -> Place:
    return Place("hl7_message", f"{what}_sealed", letter)

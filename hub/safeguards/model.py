"""What a safeguard is, and what is found of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import audit_event
from hub.db.tables.records import SELDOM
from hub.parts import Parts

__all__ = ["Evidence", "Finding", "Result", "Safeguard", "State", "last_of", "older"]

F = TypeVar("F")
Evidence = Mapping[str, datetime | int | str | None]


class State(StrEnum):
    """How a safeguard stands, worst last but one: `UNSEEN` is what cannot be checked from here."""

    IN_PLACE = "in_place"
    ATTENTION = "attention"
    MISSING = "missing"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a judge says. reason: a code of what is to be mended; empty where nothing is."""

    state: State
    reason: str = ""
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard(Generic[F]):
    """One thing that protects. law: sections of 45 CFR. reasons: every code that its judge may give.

    gather: reads the facts, in a transaction that only reads. judge: pure, given the facts and the time.
    """

    name: str
    group: str
    law: tuple[str, ...]
    reasons: tuple[str, ...]
    gather: Callable[[AsyncConnection, Parts], Awaitable[F]]
    judge: Callable[[F, datetime], Finding]

    async def look(self, conn: AsyncConnection, parts: Parts, now: datetime) -> "Result":
        """How it stands now."""
        return Result(
            name=self.name, group=self.group, law=self.law, found=self.judge(await self.gather(conn, parts), now)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A safeguard as it was found."""

    name: str
    group: str
    law: tuple[str, ...]
    found: Finding


def older(moment: datetime | None, now: datetime, most: timedelta) -> bool:
    """Whether a moment is longer ago than `most`, or there is none."""
    return moment is None or now - moment > most


async def last_of(conn: AsyncConnection, *actions: str) -> Any:
    """The newest entry of the audit with one of these actions, which are among `SELDOM`; None where there is none."""
    known = ", ".join(f"'{one}'" for one in SELDOM)
    # In the words of the index, so that both databases see that it holds what is asked for.
    seldom = sa.text(f"action IN ({known})")
    rows: list[Any] = []
    for one in actions:
        query = sa.select(audit_event).where(seldom, audit_event.c.action == one)
        rows += (await conn.execute(query.order_by(audit_event.c.id.desc()).limit(1))).all()
    return max(rows, key=lambda row: row.id, default=None)

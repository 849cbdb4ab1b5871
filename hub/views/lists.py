"""Lists of threads: what each view holds, filtered, in order, a page at a time.

1. A view is a condition, and so are a filter and what the reader may see at all (`reach`): every query has all three.
2. Emergencies come first, whatever the order. So a list has stretches, each by an index of its own: those pinned, then
   the rest; or, by waiting time, those who wait, then the rest.
3. A page begins after a position, which names the stretch, the moment and the id of the last row: what comes in
   meanwhile shows no thread twice.

Conditions that an index is limited to are written in its own words: a bound value would not match it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.tables import mention, person, thread, thread_label
from hub.types import ChannelKind, ThreadStatus
from hub.views.reach import Reach

__all__ = ["COLUMNS", "Filters", "Listed", "Position", "Sort", "View", "listed", "unanswered"]

View = Literal["mine", "unassigned", "team", "all", "urgent", "mentions", "bot", "snoozed", "closed"]
Sort = Literal["newest", "waiting"]
Position = tuple[int, datetime, str]
"""Where a page ends: the stretch, then the moment and the id of its last row."""
NOBODY = "none"
"""Stands for "no assignee" in a filter."""

COLUMNS = tuple(column for column in thread.c if column.name != "dialogue_sealed")
_STATUS: dict[View, tuple[ThreadStatus, ...]] = {
    "mine": (ThreadStatus.OPEN,),
    "unassigned": (ThreadStatus.OPEN,),
    "team": (ThreadStatus.OPEN,),
    "all": (ThreadStatus.OPEN,),
    "urgent": (),
    "mentions": (),
    "bot": (ThreadStatus.BOT,),
    "snoozed": (ThreadStatus.SNOOZED,),
    "closed": (ThreadStatus.CLOSED,),
}
"""The states of the threads that a view holds; empty for any."""
_URGENT = thread.c.priority >= sa.literal_column("2")
_PINNED = sa.and_(_URGENT, thread.c.priority == 3)
_WAITS = thread.c.waiting_since.is_not(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is asked for; filters combine.

    team: of the view `team`, whose threads; without it those of all teams of the reader. status: in place of the
    view's own. assignee: a user's id, or `none`. waiting: whether somebody waits for an answer.
    """

    view: View = "all"
    sort: Sort = "newest"
    team: str | None = None
    label: str | None = None
    channel: ChannelKind | None = None
    language: str | None = None
    assignee: str | None = None
    status: ThreadStatus | None = None
    waiting: bool | None = None

    def conditions(self, reach: Reach, *, by_priority: bool = False) -> list[sa.ColumnElement[bool]]:
        """What a thread must fulfil to be in the list of whoever has this reach.

        by_priority: the threads are few and found by their priority, so that no index by status is to be taken.
        """
        found = [_in_view(self, reach, sa.func.coalesce(thread.c.status, "") if by_priority else thread.c.status)]
        if self.team is not None:
            found.append(thread.c.team_id == self.team)
        if self.label is not None:
            labelled = sa.select(thread_label.c.thread_id).where(thread_label.c.label_id == self.label)
            found.append(thread.c.id.in_(labelled))
        if self.channel is not None:
            found.append(thread.c.last_channel == self.channel)
        if self.language is not None:
            # Looked up thread by thread, along the list's own index.
            spoken = sa.select(person.c.language).where(person.c.id == thread.c.person_id).scalar_subquery()
            found.append(spoken == self.language)
        if self.assignee is not None:
            found.append(thread.c.assignee.is_(None) if self.assignee == NOBODY else thread.c.assignee == self.assignee)
        if self.waiting is not None:
            found.append(_WAITS if self.waiting else thread.c.waiting_since.is_(None))
        found.append(reach.threads())
        return found


def _in_view(asked: Filters, reach: Reach, status: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    statuses = _STATUS[asked.view] if asked.status is None else (asked.status,)
    conditions: list[sa.ColumnElement[bool]] = []
    if len(statuses) == 1:
        conditions.append(status == sa.literal_column(f"'{statuses[0].value}'"))
    elif statuses:
        conditions.append(status.in_(statuses))
    match asked.view:
        case "mine":
            conditions.append(thread.c.assignee == reach.user_id)
        case "unassigned":
            conditions.append(thread.c.assignee.is_(None))
        case "team" if asked.team is None:
            conditions.append(thread.c.team_id.in_(list(reach.teams)))
        case "urgent":
            conditions.append(_URGENT)
            if asked.status is None:
                conditions.append(thread.c.status != ThreadStatus.CLOSED.value)
        case "mentions":
            conditions.append(thread.c.id.in_(unanswered(reach.user_id)))
    return sa.and_(*conditions)


def unanswered(user_id: str) -> sa.Select[tuple[str]]:
    """The threads in which a user was mentioned and has not looked since."""
    return sa.select(mention.c.thread_id).where(mention.c.user_id == user_id, mention.c.seen_at.is_(None))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page: rows of `thread` with `COLUMNS`, and the position after which the next one begins."""

    rows: Sequence[Any]
    following: Position | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    holds: sa.ColumnElement[bool]
    by: sa.Column[Any]
    descending: bool
    pinned: bool = False

    def query(self, conditions: Sequence[sa.ColumnElement[bool]], after: Position | None) -> sa.Select[Any]:
        query = sa.select(*COLUMNS).where(self.holds, *conditions)
        order = (self.by, thread.c.id)
        if after is not None:
            # Alike on every database, and along the index on each.
            here, there = (
                sa.tuple_(*order),
                sa.tuple_(sa.literal(after[1], self.by.type), sa.literal(after[2], thread.c.id.type)),
            )
            query = query.where(here < there if self.descending else here > there)
        return query.order_by(*(one.desc() if self.descending else one for one in order))


_REST = thread.c.priority < 3
_STRETCHES: dict[Sort, tuple[_Stretch, ...]] = {
    "newest": (_Stretch(_PINNED, thread.c.last_at, True, True), _Stretch(_REST, thread.c.last_at, True)),
    "waiting": (
        _Stretch(sa.and_(_PINNED, _WAITS), thread.c.waiting_since, False, True),
        _Stretch(sa.and_(_PINNED, thread.c.waiting_since.is_(None)), thread.c.last_at, True, True),
        _Stretch(sa.and_(_REST, _WAITS), thread.c.waiting_since, False),
        _Stretch(sa.and_(_REST, thread.c.waiting_since.is_(None)), thread.c.last_at, True),
    ),
}


async def listed(
    conn: AsyncConnection, asked: Filters, reach: Reach, *, after: Position | None = None, limit: int = 50
) -> Listed:
    """The page of at most `limit` threads that comes after a position, or the first."""
    stretches = _STRETCHES[asked.sort]
    found: list[tuple[int, Any]] = []
    for number in range(after[0] if after is not None else 0, len(stretches)):
        begin = after if after is not None and after[0] == number else None
        conditions = asked.conditions(reach, by_priority=stretches[number].pinned)
        query = stretches[number].query(conditions, begin).limit(limit + 1 - len(found))
        found += [(number, row) for row in (await conn.execute(query)).all()]
        if len(found) > limit:
            break
    shown = found[:limit]
    following = None
    if len(found) > limit:
        number, last = shown[-1]
        following = (number, getattr(last, stretches[number].by.name), last.id)
    return Listed([row for _, row in shown], following)

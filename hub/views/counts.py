"""Counters: how many threads each view holds, and in how many of them somebody waits. Exact, at any number of threads.

To count a hundred thousand rows anew for every change is too slow, and a counter in the database would be what all
writers wait for. So each process keeps, for every thread, which group it is in (20 MB for 100,000), and the numbers of
each group. Before it answers it reads the event log from where it last stood, and moves the threads that changed since:
what it says is what holds as of one number of the log. Who was away longer than the log is kept counts anew.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.db import Database
from hub.db.tables import mention, team, thread
from hub.views.lists import View, unanswered
from hub.views.reach import Reach
from hub.views.touched import touched

__all__ = ["Counted", "Counters", "Number"]

_PAGE = 2000
"""Threads read at once while all are counted; others get a turn in between."""
_BEHIND = 4000
"""Changes that are looked at one by one; beyond them all is counted anew."""


class Number(NamedTuple):
    """How many threads, and in how many of them somebody waits."""

    threads: int = 0
    waiting: int = 0

    def __add__(self, other: "Number") -> "Number":  # type: ignore[override]
        return Number(self.threads + other.threads, self.waiting + other.waiting)


class _Group(NamedTuple):
    """What decides in which views a thread stands."""

    status: str
    team_id: str | None
    assignee: str | None
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counters of one reader as of number `seq` of the event log. `teams`: of each team that they see."""

    views: Mapping[View, Number]
    teams: Mapping[str, Number]
    seq: int


_COLUMNS = (
    thread.c.id,
    thread.c.status,
    thread.c.team_id,
    thread.c.assignee,
    thread.c.priority,
    thread.c.waiting_since,
)


class Counters:
    """The counters of one process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._of: dict[bytes, tuple[_Group, bool]] = {}
        self._numbers: defaultdict[_Group, list[int]] = defaultdict(lambda: [0, 0])
        self._seq = -1
        self._turn = asyncio.Lock()

    async def of(self, reach: Reach) -> Counted:
        """The counters of whoever has this reach, as of now."""
        async with self._turn, self._db.read() as conn:
            await self._catch_up(conn)
            hidden: set[str] = set((await conn.execute(_hidden(reach))).scalars())
            views: dict[View, Number] = dict.fromkeys(_PLACES, Number())
            teams: dict[str, Number] = defaultdict(Number)
            for one in reach.teams:
                teams[one] = Number()
            for group, (threads, waiting) in self._numbers.items():
                if _is_seen(reach, group, hidden):
                    _count(views, teams, reach.user_id, group, Number(threads, waiting))
            for row in (await conn.execute(_beyond(reach, hidden))).all():
                _count(views, teams, reach.user_id, _group(row), Number(1, row.waiting_since is not None))
            views["mentions"] = await _mentions(conn, reach)
            views["team"] = sum((teams[one] for one in reach.teams), Number())
            return Counted(views=views, teams=dict(teams), seq=self._seq)

    async def _catch_up(self, conn: AsyncConnection) -> None:
        lowest, highest = await events.bounds(conn)
        if highest == self._seq:
            return
        gone = self._seq < 0 or highest < self._seq or highest - self._seq > _BEHIND
        if gone or (lowest or highest + 1) > self._seq + 1:
            await self._count_all(conn)
        else:
            changes = await events.read(conn, self._seq, limit=_BEHIND)
            about = await touched(conn, {one for _, one in changes if one.audience == "staff"})
            ids = sorted({one for many in about.values() for one in many})
            rows = await _rows(conn, ids)
            for one in set(ids) - {row.id for row in rows}:
                self._move(one, None)
            self._place(rows)
        self._seq = highest

    async def _count_all(self, conn: AsyncConnection) -> None:
        self._of.clear()
        self._numbers.clear()
        last = ""
        while True:
            query = sa.select(*_COLUMNS).order_by(thread.c.id).limit(_PAGE)
            rows = (await conn.execute(query.where(thread.c.id > last) if last else query)).all()
            self._place(rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].id
            await asyncio.sleep(0)

    def _place(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self._move(row.id, (_group(row), row.waiting_since is not None))

    def _move(self, thread_id: str, to: tuple[_Group, bool] | None) -> None:
        key = bytes.fromhex(thread_id.replace("-", ""))
        left = self._of.pop(key, None)
        if left is not None:
            self._add(left, -1)
        if to is not None:
            self._of[key] = self._kept(to)
            self._add(to, 1)

    def _kept(self, to: tuple[_Group, bool]) -> tuple[_Group, bool]:
        """The one tuple that all threads of a group share."""
        return _SAME.setdefault(to, to)

    def _add(self, one: tuple[_Group, bool], by: int) -> None:
        numbers = self._numbers[one[0]]
        numbers[0] += by
        numbers[1] += by * one[1]


_SAME: dict[tuple[_Group, bool], tuple[_Group, bool]] = {}
_PLACES: tuple[View, ...] = ("mine", "unassigned", "team", "all", "urgent", "mentions", "bot", "snoozed", "closed")


async def _rows(conn: AsyncConnection, ids: Sequence[str]) -> Sequence[Any]:
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        query = sa.select(*_COLUMNS).where(thread.c.id.in_(ids[start : start + 500]))
        found += (await conn.execute(query)).all()
    return found


def _group(row: Any) -> _Group:
    return _Group(row.status, row.team_id, row.assignee, row.priority >= 2)


def _hidden(reach: Reach) -> sa.Select[Any]:
    """Teams whose threads are not seen for the asking."""
    query = sa.select(team.c.id).where(team.c.private, team.c.id.not_in(list(reach.teams)))
    return query.where(sa.false()) if reach.everything else query


def _is_seen(reach: Reach, group: _Group, hidden: set[str]) -> bool:
    """Whether all threads of a group are seen; of the others some may be, one by one (`_beyond`)."""
    if reach.everything:
        return True
    return reach.roams and (group.team_id not in hidden or group.assignee == reach.user_id)


def _beyond(reach: Reach, hidden: set[str]) -> sa.Select[Any]:
    """Threads that are seen though their groups are not: few, and found by an index."""
    query = sa.select(*_COLUMNS)
    if reach.everything:
        return query.where(sa.false())
    broken = thread.c.person_id.in_(list(reach.persons))
    if not reach.roams:
        return query.where(broken)
    others = sa.or_(thread.c.assignee.is_(None), thread.c.assignee != reach.user_id)
    told = sa.select(mention.c.thread_id).where(mention.c.user_id == reach.user_id)
    seen = sa.or_(thread.c.id.in_(told), broken)
    return query.where(thread.c.team_id.in_(sorted(hidden)), others, seen) if hidden else query.where(sa.false())


async def _mentions(conn: AsyncConnection, reach: Reach) -> Number:
    # In two steps: as one, a server reads all threads to find these few.
    ids = set((await conn.execute(unanswered(reach.user_id))).scalars())
    if not ids:
        return Number()
    query = sa.select(sa.func.count(), sa.func.count(thread.c.waiting_since))
    return Number(*(await conn.execute(query.where(thread.c.id.in_(ids), reach.threads()))).one())


def _count(views: dict[View, Number], teams: dict[str, Number], user_id: str, group: _Group, number: Number) -> None:
    if group.urgent and group.status != "closed":
        views["urgent"] += number
    if group.status != "open":
        views[_OTHERS[group.status]] += number
        return
    views["all"] += number
    if group.assignee is None:
        views["unassigned"] += number
    elif group.assignee == user_id:
        views["mine"] += number
    if group.team_id is not None:
        teams[group.team_id] = teams.get(group.team_id, Number()) + number


_OTHERS: dict[str, View] = {"bot": "bot", "snoozed": "snoozed", "closed": "closed"}

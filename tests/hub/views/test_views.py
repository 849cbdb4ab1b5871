"""Lists and counters, held against what stands in the table; on both databases."""

from typing import Any

import pytest

from hub.staff.inbox.beats import Beat, Push, is_seen
from hub.staff.inbox.rows import NOTHING, Shared
from hub.types import ThreadStatus
from hub.views import EVERYTHING, Counters, Filters, Reach, View, counts, listed
from tests.hub.identity.books import Books
from tests.hub.views.hall import Hall
from tests.stores import embedded_only

VIEWS: tuple[View, ...] = ("mine", "unassigned", "team", "all", "urgent", "mentions", "bot", "snoozed", "closed")


@pytest.fixture
async def hall(books: Books) -> Hall:
    made = Hall(books)
    await made.open()
    await made.shuffle(1)
    return made


async def every(hall: Hall, asked: Filters, reach: Reach, limit: int = 3) -> list[str]:
    """All pages of a list."""
    found, after = [], None
    while True:
        async with hall.books.db.read() as conn:
            page = await listed(conn, asked, reach, after=after, limit=limit)
        found += [row.id for row in page.rows]
        after = page.following
        if after is None:
            return found


def holds(view: View, row: Any, reach: Reach, mentioned: set[str]) -> bool:
    """Whether a view holds a thread."""
    is_open = row.status == "open"
    return {
        "mine": is_open and row.assignee == reach.user_id,
        "unassigned": is_open and row.assignee is None,
        "team": is_open and row.team_id in reach.teams,
        "all": is_open,
        "urgent": row.priority >= 2 and row.status != "closed",
        "mentions": row.id in mentioned,
    }.get(view, row.status == view)


async def test_each_view_holds_what_it_says_in_order_and_counts_it(hall: Hall) -> None:
    """For who is in the private team, who is not, who was mentioned in it, and who broke the glass."""
    rows = await hall.rows()
    secret = [one for one in hall.threads if rows[one].team_id == hall.teams[1]]
    await hall.mention(secret[0], hall.users[1])
    counters = Counters(hall.books.db)
    broken = (rows[secret[1]].person_id,)
    readers = (
        (hall.reach(0, 0), set()),
        (hall.reach(2, 0, 1), set()),
        (hall.reach(1, 0, persons=broken), {secret[0]}),
        (hall.reach(0, roams=False, persons=broken), set()),
        (EVERYTHING, set()),
    )
    for reach, mentioned in readers:
        seen = await hall.seen(reach)
        counted = await counters.of(reach)
        for view in VIEWS:
            found = await every(hall, Filters(view=view), reach)
            wanted = [row for row in rows.values() if row.id in seen and holds(view, row, reach, mentioned)]
            wanted.sort(key=lambda row: (row.priority == 3, row.last_at, row.id), reverse=True)
            assert found == [row.id for row in wanted], view
            waiting = sum(row.waiting_since is not None for row in wanted)
            assert counted.views[view] == (len(wanted), waiting), view
    assert secret[2] not in await hall.seen(readers[0][0]) or rows[secret[2]].assignee == hall.users[0]


async def test_by_waiting_time_emergencies_come_first_and_who_waits_for_nothing_last(hall: Hall) -> None:
    rows = await hall.rows()

    found = [rows[one] for one in await every(hall, Filters(view="all", sort="waiting"), EVERYTHING)]

    def rank(row: Any) -> tuple[object, ...]:
        waits = row.waiting_since is not None
        return row.priority != 3, not waits, row.waiting_since.timestamp() if waits else -row.last_at.timestamp()

    assert found == sorted(found, key=rank)
    assert {row.id for row in found} == {row.id for row in rows.values() if row.status == "open"}


async def test_filters_combine(hall: Hall) -> None:
    rows = await hall.rows()
    one = next(row for row in rows.values() if row.status == "snoozed")
    await hall.labelled(one.id)
    await hall.change(one.id, assignee=hall.users[0], waiting_since=None)

    async def found(**asked: Any) -> list[str]:
        return await every(hall, Filters(**asked), EVERYTHING)

    assert await found(status=ThreadStatus.SNOOZED, label=hall.labels[0], assignee=hall.users[0]) == [one.id]
    assert await found(label=hall.labels[0]) == []
    assert await found(status=ThreadStatus.SNOOZED, label=hall.labels[0], waiting=True) == []
    assert await found(status=ThreadStatus.SNOOZED, assignee="none", label=hall.labels[0]) == []
    assert await found(status=ThreadStatus.SNOOZED, language="es") == []
    assert set(await found(waiting=True)) == {
        row.id for row in rows.values() if row.status == "open" and row.waiting_since is not None
    }


async def test_counters_follow_what_changes_and_count_anew_what_they_missed(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = Counters(hall.books.db)
    before = (await counters.of(EVERYTHING)).views
    monkeypatch.setattr(counters, "_count_all", None)  # from here on it must do without

    one = next(row for row in (await hall.rows()).values() if row.status == "open" and row.priority < 2)
    await hall.change(one.id, status="closed", waiting_since=None)
    await hall.books.says(50, "a new one")
    after = (await counters.of(EVERYTHING)).views

    assert after["all"].threads == before["all"].threads - 1
    assert after["closed"].threads == before["closed"].threads + 1
    assert after["bot"].threads == before["bot"].threads + 1
    monkeypatch.undo()
    monkeypatch.setattr(counts, "_BEHIND", 0)
    await hall.change(one.id, status="open", waiting_since=one.waiting_since)
    assert (await counters.of(EVERYTHING)).views["all"] == before["all"]


@embedded_only
async def test_what_is_pushed_is_seen_by_exactly_those_whose_lists_show_it(hall: Hall) -> None:
    rows = await hall.rows()
    secret = [one for one in hall.threads if rows[one].team_id == hall.teams[1]]
    await hall.mention(secret[0], hall.users[1])
    for reach in (
        hall.reach(0, 0),
        hall.reach(1, 0),
        hall.reach(2, 0, 1),
        hall.reach(0, roams=False, persons=(rows[secret[0]].person_id,)),
        EVERYTHING,
    ):
        seen = set()
        for row in rows.values():
            mentioned = frozenset({hall.users[1]} if row.id == secret[0] else ())
            shared = Shared(row=row, team_id=row.team_id, assignee=row.assignee)
            push = Push(row.id, shared, [], mentioned, NOTHING)
            if is_seen(Beat(seq=1, hidden=frozenset({hall.teams[1]})), push, reach.user_id, reach):
                seen.add(row.id)

        assert seen == await hall.seen(reach)

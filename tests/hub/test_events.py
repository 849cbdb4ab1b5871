"""The event log: numbers without gaps, in the order of commits, for those who may hear; and the bell."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import events
from hub.clock import FixedClock
from hub.db import Database
from hub.events import Bell, Change


async def publish(db: Database, clock: FixedClock, *changes: Change) -> None:
    await db.write(lambda conn: events.publish(conn, clock.now(), changes))


async def heard(db: Database, after: int = 0, *audiences: str, limit: int = 200) -> list[tuple[int, Change]]:
    async with db.read() as conn:
        return await events.read(conn, after, audiences or ("staff",), limit)


async def bounds(db: Database) -> tuple[int, int]:
    async with db.read() as conn:
        return await events.bounds(conn)


class TestNumbers:
    async def test_changes_are_numbered_from_one_in_the_order_given(self, db: Database, clock: FixedClock) -> None:
        first, second, third = (Change("message.created", f"m{number}") for number in range(3))

        await publish(db, clock, first, second)
        await publish(db, clock, third)

        assert await heard(db) == [(1, first), (2, second), (3, third)]

    async def test_writers_at_once_leave_no_gap_and_take_no_number_twice(self, db: Database, clock: FixedClock) -> None:
        async def write(writer: int) -> None:
            for number in range(5):
                many = [Change("a.b", f"{writer}.{number}.{part}") for part in range(1 + number % 3)]
                await publish(db, clock, *many)

        await asyncio.gather(*(write(writer) for writer in range(20)))

        found = await heard(db, limit=1000)
        assert [number for number, _ in found] == list(range(1, 181))
        for writer in range(20):
            own = [change.object_id for _, change in found if change.object_id.startswith(f"{writer}.")]
            assert own == sorted(own)

    async def test_a_reader_never_misses_a_number_below_one_it_saw(self, db: Database, clock: FixedClock) -> None:
        writing = True
        seen: list[int] = []

        async def follow() -> None:
            while writing or seen[-1:] != [100]:
                seen.extend(number for number, _ in await heard(db, seen[-1] if seen else 0))

        following = asyncio.create_task(follow())
        await asyncio.gather(*(publish(db, clock, Change("a.b", f"{number}")) for number in range(100)))
        writing = False
        await following

        assert seen == list(range(1, 101))

    async def test_a_change_that_was_undone_leaves_neither_event_nor_gap(self, db: Database, clock: FixedClock) -> None:
        async def undone(conn: AsyncConnection) -> None:
            await events.publish(conn, clock.now(), [Change("a.b", "never")])
            raise LookupError

        await publish(db, clock, Change("a.b", "one"))
        with pytest.raises(LookupError):
            await db.write(undone)
        await publish(db, clock, Change("a.b", "two"))

        assert [(number, change.object_id) for number, change in await heard(db)] == [(1, "one"), (2, "two")]

    async def test_nothing_published_takes_no_number(self, db: Database, clock: FixedClock) -> None:
        await publish(db, clock)

        assert await bounds(db) == (0, 0)


class TestReading:
    async def test_each_hears_what_is_meant_for_them(self, db: Database, clock: FixedClock) -> None:
        staff, mine, hers = Change("a.b", "1"), Change("a.b", "2", "person:me"), Change("a.b", "3", "person:her")
        await publish(db, clock, staff, mine, hers)

        assert await heard(db, 0, "staff") == [(1, staff)]
        assert await heard(db, 0, "person:me") == [(2, mine)]
        assert await heard(db, 0, "staff", "person:her") == [(1, staff), (3, hers)]
        assert await heard(db, 0, "person:m") == []

    async def test_without_audiences_everything_is_read(self, db: Database, clock: FixedClock) -> None:
        staff, mine = Change("a.b", "1"), Change("a.b", "2", "person:me")
        await publish(db, clock, staff, mine)

        async with db.read() as conn:
            assert await events.read(conn, 0) == [(1, staff), (2, mine)]

    async def test_a_page_goes_on_where_the_last_one_ended(self, db: Database, clock: FixedClock) -> None:
        await publish(db, clock, *(Change("a.b", str(number)) for number in range(7)))

        pages = [[number for number, _ in await heard(db, after, limit=3)] for after in (0, 3, 6, 7)]

        assert pages == [[1, 2, 3], [4, 5, 6], [7], []]


class TestPruning:
    async def test_events_older_than_a_day_go_and_the_numbers_go_on(self, db: Database, clock: FixedClock) -> None:
        await publish(db, clock, Change("a.b", "old"))
        clock.advance(timedelta(microseconds=1))
        await publish(db, clock, Change("a.b", "a day old"))
        clock.advance(events.KEEP)
        await publish(db, clock, Change("a.b", "new"))

        pruned = await db.write(lambda conn: events.prune(conn, clock.now()))

        assert pruned == 1
        assert [change.object_id for _, change in await heard(db)] == ["a day old", "new"]
        assert await bounds(db) == (2, 3)

    async def test_with_all_gone_the_highest_number_is_still_known(self, db: Database, clock: FixedClock) -> None:
        await publish(db, clock, Change("a.b", "one"), Change("a.b", "two"))
        clock.advance(2 * events.KEEP)

        await db.write(lambda conn: events.prune(conn, clock.now()))
        emptied = await bounds(db)
        await publish(db, clock, Change("a.b", "three"))

        assert emptied == (0, 2)
        assert await bounds(db) == (3, 3)


class TestBell:
    async def test_one_ring_wakes_all_who_wait(self) -> None:
        bell = Bell()
        waiting = [asyncio.create_task(bell.wait(30)) for _ in range(3)]
        await asyncio.sleep(0)

        bell.ring()

        assert await asyncio.gather(*waiting) == [True, True, True]

    async def test_without_a_ring_the_wait_ends_by_itself(self) -> None:
        assert await Bell().wait(0.001) is False

    async def test_a_ring_that_nobody_waited_for_is_not_kept(self) -> None:
        bell = Bell()
        bell.ring()

        assert await bell.wait(0.001) is False

    async def test_who_hears_is_called_at_every_ring(self) -> None:
        bell = Bell()
        heard: list[str] = []
        bell.hear(lambda: heard.append("one"))
        bell.hear(lambda: heard.append("other"))

        bell.ring()
        bell.ring()

        assert heard == ["one", "other", "one", "other"]

    async def test_whoever_stops_waiting_is_forgotten(self) -> None:
        bell = Bell()
        leaving = asyncio.create_task(bell.wait(30))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

        bell.ring()

        assert not bell._waiting

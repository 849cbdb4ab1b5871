"""The feed: every change once, in order, to each who may hear it, whoever wrote it and however far behind they are."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub import events
from hub.clock import FixedClock
from hub.db import Database
from hub.errors import StorageError
from hub.events import Change
from hub.live import Subscription, feed
from tests.hub.live.sides import WITHIN, Process, Sides, until

STAFF = ("staff",)


async def publish(db: Database, clock: FixedClock, *changes: Change) -> None:
    """Commit `changes`, and ring nothing."""
    await db.write(lambda conn: events.publish(conn, clock.now(), changes))


async def write(process: Process, db: Database, clock: FixedClock, count: int = 1) -> None:
    """Commit changes as a process does: and ring its bell."""
    for _ in range(count):
        await publish(db, clock, Change("message.created", "object"))
        process.bell.ring()


async def got(subscription: Subscription, count: int) -> list[int]:
    """The numbers of the next changes, as many as come."""
    found: list[int] = []
    while len(found) < count:
        batch = await subscription.next(WITHIN)
        assert batch.changes, "nothing more came"
        assert not batch.reset
        found += [seq for seq, _ in batch.changes]
    return found


async def test_what_is_rung_for_is_heard_by_all_who_subscribe(sides: Sides, db: Database, clock: FixedClock) -> None:
    process = await sides.process()
    async with process.feed.subscribe(None, STAFF) as one, process.feed.subscribe(None, STAFF) as other:
        await write(process, db, clock, 3)

        assert await got(one, 3) == await got(other, 3) == [1, 2, 3]
        assert (one.seq, one.reset) == (3, False)


async def test_what_nobody_rang_for_is_heard_by_the_poll(sides: Sides, db: Database, clock: FixedClock) -> None:
    process = await sides.process()
    async with process.feed.subscribe(None, STAFF) as one:
        await publish(db, clock, Change("a.b", "1"))

        assert await got(one, 1) == [1]


async def test_another_process_hears_it(sides: Sides, db: Database, clock: FixedClock) -> None:
    here, there = await sides.process(), await sides.process()
    async with there.feed.subscribe(None, STAFF) as one:
        await write(here, db, clock, 5)

        assert await got(one, 5) == [1, 2, 3, 4, 5]


async def test_writers_in_many_processes_are_heard_in_order_without_a_gap(
    sides: Sides, db: Database, clock: FixedClock
) -> None:
    processes = [await sides.process() for _ in range(3)]

    async def listen(process: Process) -> list[int]:
        async with process.feed.subscribe(0, STAFF) as one:
            return await got(one, 90)

    listening = [asyncio.create_task(listen(process)) for process in processes]
    await asyncio.gather(*(write(process, db, clock, 30) for process in processes))

    assert await asyncio.gather(*listening) == [list(range(1, 91))] * 3


async def test_each_hears_what_is_meant_for_them(sides: Sides, db: Database, clock: FixedClock) -> None:
    process = await sides.process()
    async with process.feed.subscribe(None, STAFF) as staff, process.feed.subscribe(None, ("person:1",)) as person:
        await publish(db, clock, Change("a.b", "1"), Change("a.b", "2", "person:1"), Change("a.b", "3", "person:2"))
        process.bell.ring()

        assert await got(staff, 1) == [1]
        assert await got(person, 1) == [2]
        assert (await person.next(0)).changes == ()
        assert person.seq == 3


async def test_silence_ends_the_wait(sides: Sides, db: Database) -> None:
    process = await sides.process()
    async with process.feed.subscribe(None, STAFF) as one:
        batch = await one.next(0.001)

    assert (batch.changes, batch.reset, batch.seq) == ((), False, 0)


class TestComingBack:
    async def test_what_was_missed_comes_once_and_then_what_is_new(
        self, sides: Sides, db: Database, clock: FixedClock
    ) -> None:
        process = await sides.process()
        await publish(db, clock, *(Change("a.b", str(n)) for n in range(5)))
        async with process.feed.subscribe(2, STAFF) as one:
            assert await got(one, 3) == [3, 4, 5]
            await write(process, db, clock)

            assert await got(one, 1) == [6]

    async def test_what_is_in_memory_is_not_read_again(
        self, sides: Sides, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def gone(*_: object, **__: object) -> None:
            raise StorageError("gone")

        process = await sides.process()
        async with process.feed.subscribe(None, STAFF) as one:
            await write(process, db, clock, 4)
            await got(one, 4)
            async with process.feed.subscribe(2, STAFF) as other:
                monkeypatch.setattr(feed, "read", gone)

                assert await got(other, 2) == [3, 4]

    async def test_more_than_is_in_memory_comes_out_of_the_log(
        self, sides: Sides, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "KEPT", 10)
        monkeypatch.setattr(feed, "_PAGE", 7)
        process = await sides.process()
        async with process.feed.subscribe(None, STAFF) as slow, process.feed.subscribe(None, STAFF) as quick:
            for _ in range(10):
                await publish(db, clock, *(Change("a.b", "x") for _ in range(10)))
                process.bell.ring()
                await got(quick, 10)

            assert len(process.feed._recent) <= 20
            assert await got(slow, 100) == list(range(1, 101))

    async def test_who_was_away_too_long_is_told_and_then_goes_on(
        self, sides: Sides, db: Database, clock: FixedClock
    ) -> None:
        process = await sides.process()
        await publish(db, clock, *(Change("a.b", str(n)) for n in range(5)))
        clock.advance(2 * events.KEEP)
        await publish(db, clock, Change("a.b", "new"))
        await db.write(lambda conn: events.prune(conn, clock.now()))

        async with process.feed.subscribe(2, STAFF) as one:
            assert (one.reset, one.seq) == (True, 6)
            await write(process, db, clock)
            assert await got(one, 1) == [7]

    async def test_who_is_overtaken_by_pruning_while_subscribed_is_told(
        self, sides: Sides, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feed, "KEPT", 2)
        process = await sides.process()
        async with process.feed.subscribe(0, STAFF) as slow, process.feed.subscribe(0, STAFF) as quick:
            await write(process, db, clock, 10)
            await got(quick, 10)
            clock.advance(timedelta(days=2))
            await db.write(lambda conn: events.prune(conn, clock.now()))

            batch = await slow.next(WITHIN)

            assert (batch.reset, batch.seq) == (True, 10)
            await write(process, db, clock)
            assert await got(slow, 1) == [11]


async def test_without_subscribers_it_rests_and_begins_again(db: Database, clock: FixedClock) -> None:
    process = await Sides(db, None).process(started=False)
    async with process.feed.subscribe(None, STAFF) as one:
        await write(process, db, clock)
        await got(one, 1)
    process.bell.ring()
    await until(lambda: process.feed._task is None, "it rests")
    await write(process, db, clock, 3)

    async with process.feed.subscribe(1, STAFF) as one:
        assert await got(one, 3) == [2, 3, 4]
    await process.feed.stop()


async def test_a_log_that_cannot_be_read_for_a_while_loses_nothing(
    sides: Sides, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise StorageError("gone")

    process = await sides.process()
    async with process.feed.subscribe(None, STAFF) as one:
        with monkeypatch.context() as broken:
            broken.setattr(feed, "read", gone)
            await write(process, db, clock, 3)
            await until(lambda: "feed_failed" in caplog.messages, "it is told")
            await write(process, db, clock, 3)

        assert await got(one, 6) == [1, 2, 3, 4, 5, 6]
    assert caplog.messages.count("feed_failed") == 1


class TestOverTheStream:
    async def test_a_process_that_only_listens_does_not_read_the_log_for_it(
        self, shared: Sides, db: Database, clock: FixedClock
    ) -> None:
        here, there = await shared.process(), await shared.process()
        async with there.feed.subscribe(None, STAFF) as one:
            await write(here, db, clock, 20)
            await got(one, 20)

        assert here.counted("hub_live_events_total", source="log") == 20
        assert there.counted("hub_live_events_total", source="relay") > 0

    async def test_the_stream_is_numbered_as_the_log_is(self, shared: Sides, db: Database, clock: FixedClock) -> None:
        here, there = await shared.process(), await shared.process()
        await asyncio.gather(*(write(process, db, clock, 20) for process in (here, there)))

        assert await streamed(shared, here, 40) == [f"{n}-0" for n in range(1, 41)]

    async def test_what_a_process_wrote_and_did_not_send_is_filled_in(
        self, shared: Sides, db: Database, clock: FixedClock
    ) -> None:
        first = await shared.process()
        await write(first, db, clock, 2)
        await streamed(shared, first, 2)
        await shared.close()
        await publish(db, clock, *(Change("a.b", "unsent") for _ in range(3)))

        second = await shared.process()
        await write(second, db, clock)

        assert await streamed(shared, second, 6) == [f"{n}-0" for n in range(1, 7)]

    async def test_a_stream_that_is_far_behind_begins_anew(
        self, shared: Sides, db: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hub.live.shared.relay._BEHIND", 10)
        first = await shared.process()
        await write(first, db, clock)
        await streamed(shared, first, 1)
        await shared.close()
        await publish(db, clock, *(Change("a.b", "unsent") for _ in range(20)))

        second = await shared.process()
        await write(second, db, clock)

        assert await streamed(shared, second, 22) == ["22-0"]

    async def test_a_stream_of_a_newer_database_is_dropped_after_a_restore(
        self, shared: Sides, db: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        process = await shared.process(started=False)
        assert process.link is not None
        assert shared.server is not None
        with shared.server.client() as client:
            client.xadd(process.link.key("events"), {"type": "a.b", "object": "lost", "audience": "staff"}, id="900-0")

        started, other = await shared.process(), await shared.process()
        async with other.feed.subscribe(None, STAFF) as one:
            await until(lambda: "stream_of_another_history" in caplog.messages, "it is told")
            await write(started, db, clock, 3)
            assert await got(one, 3) == [1, 2, 3]

        assert await streamed(shared, process, 3) == ["1-0", "2-0", "3-0"]

    async def test_an_entry_that_is_not_ours_is_passed_over(
        self, shared: Sides, db: Database, clock: FixedClock
    ) -> None:
        here, there = await shared.process(), await shared.process()
        async with there.feed.subscribe(None, STAFF) as one:
            assert shared.server is not None
            assert here.link is not None
            await write(here, db, clock)
            await streamed(shared, here, 1)
            with shared.server.client() as client:
                client.xadd(here.link.key("events"), {"of": "somebody else"}, id="1-1")
            await write(here, db, clock, 3)

            assert await got(one, 4) == [1, 2, 3, 4]


async def streamed(sides: Sides, process: Process, count: int) -> Sequence[str]:
    """The ids in the stream, once there are so many or the newest is so far."""
    assert sides.server is not None
    assert process.link is not None
    key, found = process.link.key("events"), []
    with sides.server.client() as client:

        def there() -> bool:
            found[:] = [entry for entry, _ in client.xrange(key)]
            return bool(found) and int(found[-1].partition("-")[0]) >= count

        await until(there, "the stream has it")
    return found

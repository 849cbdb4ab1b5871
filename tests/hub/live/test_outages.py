"""Redis killed, restarted, frozen or emptied: slower for a while, told once, and nothing lost."""

import logging

import pytest

from hub.clock import FixedClock
from hub.db import Database
from hub.live import Doing, Topic
from hub.live.shared.link import Away
from tests.hub.live.sides import Process, Sides, heard, until
from tests.hub.live.test_feed import STAFF, got, streamed, write
from tests.servers.valkey import PASSWORD, Valkey


async def lost(*processes: Process) -> None:
    """Wait until all know that the server is away."""
    await until(lambda: not any(one.link and one.link.up for one in processes), "the loss is noticed")


async def back(*processes: Process) -> None:
    """Wait until all have the server again."""
    await until(lambda: all(one.link and one.link.up for one in processes), "it is found again")


@pytest.fixture(params=["killed", "frozen"])
def outage(request: pytest.FixtureRequest) -> str:
    """How the server goes away: it loses all it held, or answers nothing and keeps it."""
    return str(request.param)


def go(server: Valkey, outage: str) -> None:
    """Let the server go away."""
    server.kill() if outage == "killed" else server.freeze()


def come(server: Valkey, outage: str) -> None:
    """Let the server come back."""
    server.start() if outage == "killed" else server.thaw()


async def test_events_go_on_over_an_outage_without_a_gap(
    apart: Sides, breakable: Valkey, db: Database, clock: FixedClock, outage: str
) -> None:
    here, there = await apart.process(), await apart.process()
    async with there.feed.subscribe(None, STAFF) as one:
        await write(here, db, clock, 3)
        found = await got(one, 3)

        go(breakable, outage)
        await lost(here, there)
        await write(here, db, clock, 3)
        found += await got(one, 3)

        come(breakable, outage)
        await back(here, there)
        await write(here, db, clock, 3)
        found += await got(one, 3)

    assert found == list(range(1, 10))
    assert (await streamed(apart, here, 9))[-1] == "9-0"


async def test_wakeups_cross_again_after_an_outage(apart: Sides, breakable: Valkey, outage: str) -> None:
    here, there = await apart.process(), await apart.process()
    own, others = heard(here, Topic.ACCEPTED), heard(there, Topic.ACCEPTED)

    go(breakable, outage)
    await lost(here, there)
    here.wakeups.ring(Topic.ACCEPTED, ["during"])
    come(breakable, outage)
    await back(here, there)

    def crosses() -> bool:
        here.wakeups.ring(Topic.ACCEPTED, ["after"])
        return ["after"] in others

    await until(crosses, "a ring is heard again")
    assert own[0] == ["during"]
    assert here.counted("hub_wakeups_total", topic="accepted", result="unsent") == 1


async def test_each_dispatcher_keeps_to_its_share_meanwhile(apart: Sides, breakable: Valkey, outage: str) -> None:
    processes = [await apart.process() for _ in range(4)]
    paces = [process.pace("texts", 40.0) for process in processes]
    for pace in paces:
        await pace.settle(await pace.reserve(1), 1)
    await paces[0].settle(await paces[0].reserve(1), 1)

    go(breakable, outage)
    await lost(*processes)
    first = await paces[0].reserve(40)
    await paces[0].settle(first, int(first.segments) + 5)
    indebted = await paces[0].reserve(40)

    # Nothing is there at first, so that all together do not have more than one; then it comes at a fourth of the rate.
    assert first.segments < 5
    assert indebted.segments == 0
    assert indebted.wait <= 5 / 10 + 0.1

    come(breakable, outage)
    await back(*processes)
    assert (await paces[0].reserve(40)).segments > 5


async def test_what_was_reserved_before_an_outage_is_settled_in_it(apart: Sides, breakable: Valkey) -> None:
    process = await apart.process()
    pace = process.pace("texts", 2.0)
    grant = await pace.reserve(2)

    breakable.kill()
    await lost(process)
    await pace.settle(grant, 22)

    assert (await pace.reserve(2)).wait > 5


async def test_presence_goes_on_within_each_process(apart: Sides, breakable: Valkey, outage: str) -> None:
    here, there = await apart.process(), await apart.process()

    go(breakable, outage)
    await lost(here, there)
    await here.presence.here("thread-1", "user-a", Doing.TYPING)

    assert await here.presence.who("thread-1") == {"user-a": Doing.TYPING}
    assert await there.presence.who("thread-1") == {}


async def test_an_emptied_server_costs_nothing(
    apart: Sides, breakable: Valkey, db: Database, clock: FixedClock
) -> None:
    here, there = await apart.process(), await apart.process()
    others = heard(there, Topic.QUEUED)
    async with there.feed.subscribe(None, STAFF) as one:
        await write(here, db, clock, 3)
        found = await got(one, 3)
        breakable.flush()
        await write(here, db, clock, 3)
        found += await got(one, 3)
        breakable.flush()
        here.wakeups.ring(Topic.QUEUED)
        await until(lambda: bool(others), "rings cross")

    pace = here.pace("texts", 5.0)
    await pace.settle(await pace.reserve(5), 5)
    breakable.flush()

    assert found == list(range(1, 7))
    assert (await pace.reserve(5)).segments == 5
    assert here.counted("hub_redis_connects_total") == 1


async def test_each_change_of_state_is_told_once_and_counted(
    apart: Sides, breakable: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="hub")
    process = await apart.process()
    assert process.link is not None
    assert process.link.standing == "ok"
    assert process.counted("hub_redis_up") == 1

    breakable.kill()
    await lost(process)
    for _ in range(5):
        process.wakeups.ring(Topic.QUEUED)
        with pytest.raises(Away):
            await process.link.ask(lambda client: client.ping())
    away = process.link.standing, process.counted("hub_redis_up")
    breakable.start()
    await back(process)

    assert away == ("slow: polling (no answer)", 0)
    assert process.link.standing == "ok"
    assert process.counted("hub_redis_up") == 1
    assert process.counted("hub_redis_connects_total") == 2
    told = [message for message in caplog.messages if message.startswith("redis_")]
    assert told == ["redis_answers", "redis_away", "redis_answers"]


async def test_a_process_that_starts_during_an_outage_serves_and_connects_later(
    apart: Sides, breakable: Valkey, db: Database, clock: FixedClock
) -> None:
    breakable.kill()

    process = await apart.process()
    async with process.feed.subscribe(None, STAFF) as one:
        await write(process, db, clock)
        assert await got(one, 1) == [1]
        breakable.start()
        await back(process)
        other = await apart.process()
        await write(other, db, clock)
        assert await got(one, 1) == [2]


async def test_a_server_that_takes_no_writes_is_as_good_as_away(apart: Sides, breakable: Valkey) -> None:
    process = await apart.process()
    assert process.link is not None
    with breakable.client() as client:
        client.replicaof("127.0.0.1", breakable.port)

    await lost(process)

    assert process.link.standing == "slow: polling (takes no writes)"


async def test_a_wrong_password_is_told_without_it(
    apart: Sides, breakable: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    with breakable.client() as client:
        client.config_set("requirepass", "another")

    process = await apart.process()

    assert process.link is not None
    assert process.link.standing == "slow: polling (refuses the password)"
    assert PASSWORD not in caplog.text
    assert breakable.url not in caplog.text

"""One process at a time holds a lease; who dies loses it, who ends gives it up, and who lost it is fenced out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from hub.clock import FixedClock
from hub.db import Database
from hub.leases import LASTS, Leader, Leases

SECOND = timedelta(seconds=1)
SOON = timedelta(milliseconds=1)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def leases(db: Database, clock: FixedClock) -> Leases:
    return Leases(db, clock)


@pytest.fixture
async def elsewhere(database_url: str, db: Database, clock: FixedClock) -> AsyncIterator[Leases]:
    """The leases as another process sees them."""
    other = await Database.open(database_url)
    yield Leases(other, clock)
    await other.close()


async def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "expected something that did not come to pass"
        await asyncio.sleep(0.005)


class TestLeases:
    async def test_what_nobody_holds_is_had_for_the_asking(self, leases: Leases, clock: FixedClock) -> None:
        held = await leases.acquire("clock", "one")

        assert held is not None
        assert (held.name, held.holder, held.number, held.until) == ("clock", "one", 1, clock.now() + LASTS)

    async def test_what_one_holds_no_other_gets(self, leases: Leases, elsewhere: Leases) -> None:
        await leases.acquire("clock", "one")

        assert await elsewhere.acquire("clock", "other") is None
        assert not await elsewhere.free("clock")

    async def test_one_lease_does_not_hinder_another(self, leases: Leases, elsewhere: Leases) -> None:
        await leases.acquire("clock", "one")

        assert await elsewhere.acquire("worker", "other") is not None

    async def test_asked_for_at_once_one_has_it(self, leases: Leases, elsewhere: Leases) -> None:
        asked = [where.acquire("clock", f"{n}") for n in range(5) for where in (leases, elsewhere)]

        had = [held for held in await asyncio.gather(*asked) if held is not None]

        assert len({held.holder for held in had}) == 1

    async def test_when_its_time_is_up_another_gets_it_with_the_next_number(
        self, leases: Leases, elsewhere: Leases, clock: FixedClock
    ) -> None:
        await leases.acquire("clock", "one")

        clock.advance(LASTS - MOMENT)
        early = await elsewhere.acquire("clock", "other")
        clock.advance(MOMENT)
        late = await elsewhere.acquire("clock", "other")

        assert early is None
        assert late is not None
        assert late.number == 2

    async def test_renewed_in_time_it_is_kept(self, leases: Leases, elsewhere: Leases, clock: FixedClock) -> None:
        held = await leases.acquire("clock", "one")
        for _ in range(3):
            clock.advance(LASTS - SECOND)
            assert held is not None
            held = await leases.renew(held)

        assert held is not None
        assert (held.number, held.until) == (1, clock.now() + LASTS)
        assert await elsewhere.acquire("clock", "other") is None

    async def test_late_it_is_kept_if_nobody_took_it(self, leases: Leases, clock: FixedClock) -> None:
        held = await leases.acquire("clock", "one")
        clock.advance(LASTS * 2)

        assert held is not None
        assert await leases.renew(held) is not None

    async def test_who_lost_it_can_neither_renew_nor_release_it(
        self, leases: Leases, elsewhere: Leases, clock: FixedClock
    ) -> None:
        lost = await leases.acquire("clock", "one")
        clock.advance(LASTS)
        await elsewhere.acquire("clock", "other")

        assert lost is not None
        assert await leases.renew(lost) is None
        assert not await leases.release(lost)
        assert await leases.acquire("clock", "one") is None

    async def test_an_earlier_hold_of_the_same_holder_is_fenced_out_too(self, leases: Leases) -> None:
        earlier = await leases.acquire("clock", "one")
        later = await leases.acquire("clock", "one")

        assert earlier is not None
        assert later is not None
        assert later.number == 2
        assert await leases.renew(earlier) is None
        assert await leases.renew(later) is not None

    async def test_released_it_is_anybodys_at_once(self, leases: Leases, elsewhere: Leases) -> None:
        held = await leases.acquire("clock", "one")
        assert held is not None

        assert await leases.release(held)

        assert await elsewhere.free("clock")
        taken = await elsewhere.acquire("clock", "other")
        assert taken is not None
        assert taken.number == 2


class TestLeaders:
    @pytest.fixture
    async def leaders(self, leases: Leases, elsewhere: Leases, clock: FixedClock) -> AsyncIterator[list[Leader]]:
        """Two processes that would lead, not yet started; they look and renew all the time."""
        made = [Leader(where, "clock", clock, renew=SOON, look=SOON) for where in (leases, elsewhere)]
        yield made
        for leader in made:
            await leader.stop()

    async def test_the_first_leads_from_its_start_on(self, leaders: list[Leader]) -> None:
        one, other = leaders

        await one.start()
        await other.start()

        assert (one.leads(), other.leads()) == (True, False)

    async def test_started_at_once_one_leads(self, leaders: list[Leader]) -> None:
        await asyncio.gather(*(leader.start() for leader in leaders))

        assert sum(leader.leads() for leader in leaders) == 1

    async def test_it_leads_on_for_as_long_as_it_renews(self, leaders: list[Leader], clock: FixedClock) -> None:
        one, other = leaders
        await one.start()
        await other.start()

        for _ in range(5):
            clock.advance(LASTS / 2)
            until = clock.now() + LASTS
            await eventually(lambda until=until: one._held is not None and one._held.until == until)

        assert (one.leads(), other.leads()) == (True, False)

    async def test_when_it_ends_another_leads(self, leaders: list[Leader]) -> None:
        one, other = leaders
        await one.start()
        await other.start()

        await one.stop()

        await eventually(other.leads)
        assert not one.leads()

    async def test_when_it_died_another_leads_once_its_time_is_up(
        self, leases: Leases, leaders: list[Leader], clock: FixedClock
    ) -> None:
        await leases.acquire("clock", "died")
        one, _ = leaders
        await one.start()
        before = one.leads()

        clock.advance(LASTS)

        await eventually(one.leads)
        assert not before

    async def test_who_cannot_renew_stops_leading_when_its_time_is_up(
        self, database_url: str, clock: FixedClock
    ) -> None:
        db = await Database.open(database_url)
        leader = Leader(Leases(db, clock), "clock", clock, renew=timedelta(days=1))
        await leader.start()
        during = leader.leads()

        clock.advance(LASTS)

        assert (during, leader.leads()) == (True, False)
        await leader.stop()
        await db.close()

    async def test_who_finds_its_lease_taken_leads_no_more(
        self, elsewhere: Leases, leases: Leases, clock: FixedClock
    ) -> None:
        leader = Leader(leases, "clock", clock, renew=SOON, look=timedelta(days=1))
        await leader.start()

        clock.advance(LASTS)
        while await elsewhere.acquire("clock", "thief") is None:
            clock.advance(LASTS)
        clock.advance(-LASTS)

        await eventually(lambda: not leader.leads())
        await leader.stop()

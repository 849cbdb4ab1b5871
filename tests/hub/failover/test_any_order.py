"""In whatever order things happen, no step is sent twice, nothing after a STOP, and every message ends."""

import random
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from hub.db.tables import escalation, message
from hub.errors import OutcomeUnknown, Rejected, TextsRefused
from hub.outbox import watch
from hub.outbox.backoff import Outcome
from hub.outbox.claims import Claim
from hub.types import ChannelKind, DeliveryState
from tests.hub.failover.steps import EMAIL, SMS, VOICE, Steps

PEOPLE, EVENTS = 8, 260
S = DeliveryState


class World:
    """Eight people, a message for each, and what a provider and they themselves may do."""

    def __init__(self, steps: Steps, chance: random.Random) -> None:
        self.steps = steps
        self.chance = chance
        self.phones = [f"+120255501{n + 20:02d}" for n in range(PEOPLE)]
        self.open: list[Claim] = []
        self.left: list[Claim] = []
        self.sent: Counter[str] = Counter()
        self.stopped: set[str] = set()
        self.calm = False

    async def begin(self) -> None:
        for n, phone in enumerate(self.phones):
            agreed = self.chance.sample([SMS, VOICE, EMAIL], self.chance.randint(1, 3))
            person = await self.steps.ana(agreed=tuple(agreed), phone=phone, mailbox=f"p{n}@example.org")
            full = self.chance.random() < 0.3
            await self.steps.send(person, level="full" if full else "limited")

    async def claims(self) -> None:
        for claim in await self.steps.claim():
            assert claim.channel is EMAIL or claim.part.recipient.value not in self.stopped, "sent after a STOP"
            self.open.append(claim)

    async def answers(self) -> None:
        """A provider says something of a request, or nothing."""
        if not self.open:
            return
        claim = self.open.pop(self.chance.randrange(len(self.open)))
        what = self.chance.choice(["took", "took", "refused", "landline", "lost"])
        match "took" if self.calm else what:
            case "took":
                self.sent[claim.delivery_id] += 1
                self.left.append(claim)
                await self.steps.took(claim)
            case "refused":
                await self.steps.fell(claim, Rejected(provider_code="30007"))
            case "landline" if claim.channel is SMS:
                await self.steps.fell(claim, TextsRefused(provider_code="30006"))
            case "landline":
                self.open.append(claim)
            case "lost":
                # The provider has it, or not: it is asked about later.
                had = self.chance.random() < 0.5
                self.sent[claim.delivery_id] += had
                await self.steps.fell(claim, OutcomeUnknown())
                found = "taken" if had else "not_taken"
                await self.reconciled(claim, S.SENT if had else S.QUEUED, found)
                if had:
                    self.left.append(claim)

    async def reconciled(self, claim: Claim, state: DeliveryState, result: str) -> None:
        outcome = Outcome(state=state, due_at=self.steps.clock.now(), result=result)
        await self.steps.settle(claim, outcome)

    async def reports(self) -> None:
        """A callback: early or late, once or twice, or one that goes back."""
        if self.left:
            claim = self.chance.choice(self.left)
            state = self.chance.choice([S.SENT, S.DELIVERED, S.FAILED])
            for _ in range(self.chance.randint(1, 2)):
                await self.steps.told(claim, state, "30003" if state is S.FAILED else None)

    async def writes(self) -> None:
        await self.steps.writes(phone=self.chance.choice(self.phones))

    async def stops(self) -> None:
        phone = self.chance.choice(self.phones)
        await self.steps.stops(phone)
        self.stopped.add(phone)

    async def sees(self) -> None:
        rows = await self.steps.rig.rows(sa.select(message.c.id).where(message.c.direction == "outbound"))
        one = self.chance.choice(rows).id
        await self.steps.parts.db.write(lambda conn: watch.seen(conn, [one], self.steps.clock.now()))

    async def sweeps(self) -> None:
        await self.steps.sweep()

    async def waits(self) -> None:
        self.steps.wait(minutes=self.chance.choice([1, 30, 180, 600]))

    async def goes_on(self) -> None:
        acts = [self.claims, self.answers, self.reports, self.sweeps, self.waits, self.writes, self.stops, self.sees]
        (act,) = self.chance.choices(acts, weights=[20, 24, 14, 20, 12, 2, 1, 2])
        await act()

    async def comes_to_rest(self) -> None:
        self.calm = True
        for _ in range(60):
            await self.claims()
            while self.open:
                await self.answers()
            await self.steps.sweep()
            if not await self.rows_watched():
                return
            self.steps.wait(hours=5)

    async def rows_watched(self) -> list[Any]:
        return await self.steps.rig.rows(sa.select(escalation).where(escalation.c.outcome == ""))


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_message_comes_to_one_end_and_no_step_is_sent_twice(steps: Steps, seed: int) -> None:
    world = World(steps, random.Random(seed))
    await world.begin()

    for _ in range(EVENTS):
        await world.goes_on()
    await world.comes_to_rest()

    assert await world.rows_watched() == []
    assert set(world.sent.values()) <= {0, 1}
    by_message: dict[str, list[Any]] = {}
    for row in await steps.rig.rows(sa.select(escalation).order_by(escalation.c.message_id, escalation.c.step)):
        by_message.setdefault(row.message_id, []).append(row)
    for rows in by_message.values():
        assert [row.step for row in rows] == list(range(len(rows)))
        assert {row.outcome for row in rows[:-1]} <= {"next"}
        assert rows[-1].outcome in ("reached", "staff", "void")
    deliveries = await steps.deliveries()
    ways = Counter((row.message_id, row.channel, row.address_id) for row in deliveries)
    assert set(ways.values()) == {1}, "one way was taken twice for one message"
    assert len({row.channel for row in deliveries}) > 1
    assert ChannelKind.SMS in {row.channel for row in deliveries}

"""Many at once: one time, one number, one STOP (invariants 3 and 8)."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from consent.facts import ConsentState
from hub.crypto import Keyring
from hub.db.tables import consent_event
from hub.types import DeliveryState
from tests.faults import race
from tests.hub_rig import Rig, is_said, open_rig

ANA = "+12025550111"


async def test_of_forty_who_want_one_time_one_has_it_and_the_others_are_told(rig: Rig) -> None:
    result = await race.run(rig, 40)

    assert result == race.Result(visits=1, told_booked=1, told_otherwise=39, unanswered=0)


async def test_nothing_is_claimed_for_a_number_after_its_stop_committed(rig: Rig) -> None:
    numbers = [f"+120255501{n}" for n in range(20, 40)]
    people = [await rig.patient(f"MRN-{n}", "P", f"No{n}", number) for n, number in enumerate(numbers)]
    await rig.engine_ready()

    async def staff(person: str) -> None:
        for n in range(6):
            await rig.send(person, f"text {n}")
            await asyncio.sleep(0.01)

    async def stops(number: str) -> None:
        await asyncio.sleep(0.03)
        await rig.text(number, "STOP")

    await asyncio.gather(*(staff(person) for person in people), *(stops(number) for number in numbers))
    await rig.quiet()

    for person, number in zip(people, numbers, strict=True):
        assert await rig.consent(number) is ConsentState.REVOKE
        stopped = await rig.value(
            sa.select(consent_event.c.recorded_at).where(
                consent_event.c.address_id == await rig.address(number), consent_event.c.state == "revoke"
            )
        )
        for row in await rig.deliveries(person):
            if row.confirms_stop or row.state == DeliveryState.SUPPRESSED:
                continue
            (*_, last) = await rig.attempts(row.id)
            assert last.started_at <= stopped
        assert (
            sum(row.confirms_stop and row.state == DeliveryState.DELIVERED for row in await rig.deliveries(person)) == 1
        )


async def test_what_waits_for_the_rate_when_the_stop_comes_never_leaves(
    database_url: str, tmp_path: Path, keyring: Keyring
) -> None:
    async with open_rig(database_url, tmp_path, keyring, sms_rate=0.3) as rig:
        ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
        await rig.engine_ready()
        for n in range(6):
            await rig.send(ana, f"text {n}")

        await rig.hear(ANA)
        await rig.text(ANA, "STOP")
        await rig.quiet()

        *texts, confirmation = rig.on_phone(ANA)
        assert texts == [f"text {n}" for n in range(len(texts))]
        assert is_said("consent.stopped", confirmation)
        states = [row.state for row in await rig.deliveries(ana)]
        assert states == ["delivered"] * len(texts) + ["suppressed"] * (6 - len(texts)) + ["delivered"]
        assert len(texts) <= 3

"""An attempt belongs to who says so in time; who was too slow sends nothing, and what they know still counts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.outbox.backoff import Outcome
from hub.outbox.claims import Claim
from hub.outbox.leases import LONGEST, Leases
from hub.outbox.sending import AT_ONCE, Crew
from hub.types import AuthorKind, DeliveryState, Lane, Purpose
from tests.hub.outbox.mail import ANA, BEN, Mail


async def held(mail: Mail, claims: list[Claim]) -> Leases:
    """What a dispatcher holds after these claims."""
    leases = Leases()
    leases.hold([(claim.delivery_id, claim.attempt) for claim in claims], mail.clock.now())
    return leases


async def extend(mail: Mail, leases: Leases) -> int:
    """How many leases were extended."""
    now = mail.clock.now()
    kept = await mail.rig.parts.db.write(lambda conn: leases.extend(conn, now))
    leases.extended(kept, now)
    return len(kept)


def crew(mail: Mail, leases: Leases, ended: Callable[[Claim, Outcome], Any]) -> Crew:
    """A crew that sends to the carrier."""
    wait = timedelta(minutes=1)
    return Crew(mail.rig.parts.channels, mail.clock, leases, reconcile_after=wait, few=1, ended=ended)


async def test_what_is_extended_in_time_is_never_lost(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    leases = await held(mail, [claim])

    for _ in range(6):
        mail.wait(seconds=20)
        assert await extend(mail, leases) == 1
        assert await mail.mark_lost() == 0

    assert leases.good(delivery_id, claim.attempt, mail.clock.now())
    assert await mail.state(delivery_id) == "sending"


async def test_what_was_found_lost_is_not_taken_back(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    leases = await held(mail, [claim])
    mail.wait(seconds=31)
    assert await mail.mark_lost() == 1

    assert await extend(mail, leases) == 0

    assert not leases.good(delivery_id, claim.attempt, mail.clock.now())
    assert (await mail.row(delivery_id)).reason == "outcome_unknown"


async def test_what_never_comes_to_an_end_is_asked_about_at_last(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    (claim,) = await mail.claim()
    leases = await held(mail, [claim])
    started = mail.clock.now()

    while mail.clock.now() - started < LONGEST:
        assert await extend(mail, leases) == 1
        mail.wait(seconds=20)

    assert await extend(mail, leases) == 0
    mail.wait(seconds=20)
    assert await mail.mark_lost() == 1


async def test_an_older_attempt_extends_nothing(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    (claim,) = await mail.claim()
    leases = Leases()
    leases.hold([(claim.delivery_id, claim.attempt - 1)], mail.clock.now())

    assert await extend(mail, leases) == 0


async def test_what_is_released_while_it_is_extended_stays_released(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    (claim,) = await mail.claim()
    leases = await held(mail, [claim])

    leases.release(claim.delivery_id, claim.attempt)
    leases.extended([(claim.delivery_id, claim.attempt)], mail.clock.now())

    assert len(leases) == 0


async def test_the_result_of_an_attempt_whose_lease_was_lost_still_counts(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    mail.wait(seconds=31)
    await mail.mark_lost()

    assert await mail.sent(claim, "SM7")

    row = await mail.row(delivery_id)
    assert (row.state, row.provider_id, row.unknown_since, row.lease_until) == ("sent", "SM7", None, None)


async def test_a_result_counts_that_comes_after_the_carrier_was_asked_and_before_a_second_attempt(
    mail: Mail, ana: str
) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    mail.wait(seconds=31)
    await mail.mark_lost()
    mail.wait(minutes=2)
    await mail.reconcile()
    assert await mail.state(delivery_id) == "queued"

    assert await mail.sent(claim, "SM7")

    assert await mail.claim() == []
    assert await mail.history(delivery_id) == ["queued", "sending", "queued", "sent"]


async def test_a_claim_whose_lease_ran_out_before_its_turn_is_not_sent(mail: Mail, ana: str) -> None:
    ben = await mail.rig.patient("MRN-2", "Ben", "Reed", BEN)
    await mail.queue(ana, "too late")
    late = await mail.claim()
    leases = await held(mail, late)
    mail.wait(seconds=31)
    await mail.queue(ben, "in time")
    good = await mail.claim()
    leases.hold([(claim.delivery_id, claim.attempt) for claim in good], mail.clock.now())
    ended: list[Outcome] = []

    sending = crew(mail, leases, lambda _claim, outcome: ended.append(outcome))
    sending.start()
    sending.take([*late, *good])
    await sending.stop()

    assert [outcome.state for outcome in ended] == [DeliveryState.SENT]
    assert (mail.rig.on_phone(ANA), mail.rig.on_phone(BEN)) == ([], ["in time"])


async def test_the_reply_to_an_emergency_overtakes_what_was_claimed_before(mail: Mail, ana: str) -> None:
    for n in range(AT_ONCE + 2):
        person = await mail.rig.patient(f"MRN-{n + 2}", "P", f"No{n}", f"+1{203 + n // 90}55501{n % 90 + 10:02d}")
        await mail.queue(person)
    claims = await mail.claim(limit=100)
    values = {"lane": Lane.SAFETY, "purpose": Purpose.EMERGENCY, "author": AuthorKind.SYSTEM}
    urgent = await mail.queue(ana, "Call 911", replies_to=mail.clock.now(), **values)
    claims += await mail.claim()
    order: list[str] = []

    sending = crew(mail, await held(mail, claims), lambda claim, _outcome: order.append(claim.delivery_id))
    sending.start()
    sending.take(claims)
    await sending.stop()

    assert len(order) == len(claims) == AT_ONCE + 3
    assert urgent in order[:AT_ONCE]


async def test_many_results_are_recorded_together_and_each_by_its_own_attempt(mail: Mail) -> None:
    numbers = [f"+1{203 + n // 90}55501{n % 90 + 10:02d}" for n in range(130)]
    people = [await mail.rig.patient(f"MRN-{n}", "P", f"No{n}", number) for n, number in enumerate(numbers)]
    ids = [await mail.queue(person) for person in people]
    claims = await mail.claim(limit=200)

    counted = await mail.sent_all(claims, stale=claims[3])

    assert sorted(counted) == sorted({*ids} - {claims[3].delivery_id})
    assert await mail.state(claims[3].delivery_id) == "sending"
    assert (await mail.row(claims[129].delivery_id)).provider_id == "SM129"
    outcomes = [(await mail.rig.attempts(claims[n].delivery_id))[0].outcome for n in (0, 3, 129)]
    assert outcomes == ["taken", "started", "taken"]

"""What failed is tried once more: the same row, the same message, and everything asked anew."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.campaigns.results import failures, results
from hub.campaigns.retrying import Retried
from hub.db.tables import audit_event, campaign_step, delivery, message
from hub.errors import Rejected
from tests.hub.campaigns.clinic import ALL, TWICE, Clinic
from tests.hub.outbox.mail import ANA, BEN

STAFF = Actor("staff", "01a218ee-1493-7ee3-88d1-c4571cf99160")


async def _fail_all(clinic: Clinic) -> None:
    for claim in await clinic.mail.claim():
        await clinic.mail.fell(claim, Rejected(provider_code="30006"))


async def test_a_retry_is_a_further_delivery_of_the_same_message_and_who_opted_out_is_told_of(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    ben = await clinic.rig.patient("MRN-2", "Ben", "Stone", BEN)
    await clinic.begin(ALL)
    await _fail_all(clinic)
    fact = NewFact(
        address_id=await clinic.rig.address(BEN),
        person_id=ben,
        state=ConsentState.REVOKE,
        scope=PHONE,
        source=Source.STOP,
        actor=Actor("patient"),
        at=clinic.clock.now(),
    )
    await clinic.parts.db.write(lambda conn: clinic.parts.ledger.record(conn, fact))
    run, retrying = await clinic.parts.campaigns.run("all"), clinic.parts.retrying
    async with clinic.parts.db.read() as conn:
        lost = await failures(conn, run, 10)
        no = await retrying.refusals(conn, run, lost)
    assert {one.person_id for one in lost} == {ana, ben}
    assert {one.person_id: no[one.step_id][0] for one in lost if one.step_id in no} == {ben: "opted-out"}

    # Two who press at once send it once.
    both = await asyncio.gather(retrying.retry(run, None, STAFF), retrying.retry(run, None, STAFF))
    assert sum(one.queued for one in both) == 1
    # Once more changes nothing: it is on its way.
    assert await retrying.retry(run, None, STAFF) == Retried(queued=0, refused=1)

    (again,) = await clinic.mail.claim()
    assert again.person_id == ana
    await clinic.mail.sent(again, "SM-again")
    async with clinic.parts.db.read() as conn:
        found = await results(conn, run)
        status = await clinic.parts.campaigns.status_of(conn, run)
    assert (found.queued, found.sent, found.failed) == (2, 1, 1)
    assert status.deliveries == {"sent": 1, "failed": 1}
    counts = [
        await clinic.rig.value(sa.select(sa.func.count()).select_from(one))
        for one in (campaign_step, message, delivery)
    ]
    assert counts == [2, 2, 3]
    told = sa.select(audit_event.c.actor_id).where(audit_event.c.action == "campaign.retry")
    assert [row.actor_id for row in await clinic.rig.rows(told)] == [STAFF.id]


async def test_a_visit_that_changed_or_a_run_that_was_stopped_is_not_tried_again(clinic: Clinic) -> None:
    ana = await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)
    ben = await clinic.rig.patient("MRN-2", "Ben", "Stone", BEN)
    visit = await clinic.visit(ana, timedelta(days=3))
    await clinic.visit(ben, timedelta(days=3))
    await clinic.begin(TWICE)
    await _fail_all(clinic)
    await clinic.parts.scheduling.cancel(visit.id, ana, "cancel:1")
    run, retrying = await clinic.parts.campaigns.run("twice"), clinic.parts.retrying
    async with clinic.parts.db.read() as conn:
        lost = await failures(conn, run, 10)
        no = await retrying.refusals(conn, run, lost)
    assert {one.person_id: no.get(one.step_id, ("",))[0] for one in lost} == {ana: "appointment_changed", ben: ""}

    await clinic.parts.campaigns.stop("twice", STAFF)
    run = await clinic.parts.campaigns.run("twice")
    assert await retrying.retry(run, None, STAFF) == Retried(queued=0, refused=2)
    assert await clinic.mail.claim() == []

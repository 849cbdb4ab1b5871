"""What came of a run: how far its messages got, and what patients did once theirs had left."""

from collections import Counter
from datetime import timedelta

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.campaigns.results import failures, results, wordings
from hub.errors import Rejected
from hub.types import DeliveryState
from tests.hub.campaigns.clinic import ALL, TWICE, Clinic

PHONES = [f"+120255501{number}" for number in range(31, 37)]


async def test_what_patients_did_counts_once_their_message_has_left(clinic: Clinic) -> None:
    people, visits = [], []
    for number, phone in enumerate(PHONES):
        people.append(await clinic.rig.patient(f"MRN-{number}", "Ana", f"Lopez {number}", phone))
        visits.append(await clinic.visit(people[-1], timedelta(days=3)))
    confirms, moves, leaves, fails, early, waits = people
    await clinic.begin(TWICE)
    scheduling = clinic.parts.scheduling
    # Cancelled before anything left: the run has not brought that about.
    await scheduling.cancel(visits[4].id, early, "cancel:early")

    claims = {claim.person_id: claim for claim in await clinic.mail.claim()}
    assert set(claims) == {confirms, moves, leaves, fails, waits}
    await clinic.mail.fell(claims[fails], Rejected(provider_code="30006"))
    for n, person_id in enumerate((confirms, moves, leaves)):
        await clinic.mail.sent(claims[person_id], f"SM{n}")
    await clinic.mail.reported(DeliveryState.DELIVERED, sid="SM0")
    clinic.mail.wait(minutes=5)
    await scheduling.confirm(visits[0].id, confirms, "confirm:1")
    await scheduling.cancel(visits[1].id, moves, "cancel:1")
    fact = NewFact(
        address_id=await clinic.rig.address(PHONES[2]),
        # Nobody knows who of a number says STOP.
        person_id=None,
        state=ConsentState.REVOKE,
        scope=PHONE,
        source=Source.STOP,
        actor=Actor("patient"),
        at=clinic.clock.now(),
    )
    await clinic.parts.db.write(lambda conn: clinic.parts.ledger.record(conn, fact))

    run = await clinic.parts.campaigns.run("twice")
    async with clinic.parts.db.read() as conn:
        found, lost = await results(conn, run), await failures(conn, run, 10)
    assert (found.queued, found.sent, found.delivered, found.read, found.failed) == (6, 3, 1, 0, 1)
    assert (found.confirmed, found.moved, found.opted_out) == (1, 1, 1)
    assert [(one.person_id, one.reason) for one in lost] == [(fails, "30006")]


async def test_two_texts_of_a_step_are_compared(clinic: Clinic) -> None:
    """By what each of them was sent to; a plan without such steps has nothing to compare."""
    for number, phone in enumerate(PHONES):
        await clinic.rig.patient(f"MRN-{number}", "Ana", f"Lopez {number}", phone)
    await clinic.begin(
        ALL.replace(
            "template: recall.due",
            "wordings: [{ name: plain, template: recall.due }, { name: short, template: caregap.due, share: 2 }]",
        )
    )
    for n, claim in enumerate(await clinic.mail.claim()):
        await clinic.mail.sent(claim, f"SM{n}")
    await clinic.mail.reported(DeliveryState.DELIVERED, sid="SM0")

    run = await clinic.parts.campaigns.run("all")
    async with clinic.parts.db.read() as conn:
        found = await wordings(conn, run)
    # Who gets which is a matter of their ids.
    given = Counter(row.variant for row in await clinic.rows())
    assert [(one.name, one.sent) for one in found] == [(name, given[name]) for name in ("plain", "short")]
    assert (sum(one.sent for one in found), sum(one.delivered for one in found)) == (len(PHONES), 1)

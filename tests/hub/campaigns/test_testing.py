"""A test of a text goes to staff and to nobody else, and counts nowhere."""

from typing import Any

import pytest
import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.campaigns.testing import NotTested
from hub.db.tables import audit_event, campaign_step, campaign_test, delivery
from hub.types import Address, AddressKind, ChannelKind, Skip
from tests.hub.campaigns.clinic import Clinic
from tests.hub.campaigns.test_library import flu
from tests.hub.outbox.mail import ANA, BEN
from tests.hub.staff.signed_in import hired

DESK = Address(AddressKind.PHONE, "+12025550155")


async def test_a_test_is_marked_filled_in_with_samples_and_never_a_patients(clinic: Clinic) -> None:
    parts, tests = clinic.parts, clinic.parts.campaign_tests
    mei = await hired(parts, "campaigns")
    await clinic.rig.patient("MRN-1", "Ana", "Lopez", ANA)

    async def keep(one: Address) -> None:
        await parts.db.write(lambda conn: tests.keep(conn, one, "The desk", mei.actor))

    async def send(to: str, **changes: Any) -> Any:
        given: dict[str, Any] = {"step": "word", "template": "own.word", "language": "es", "channel": ChannelKind.SMS}
        given |= {"to": to, "user_id": mei.id, "mailbox": "", "actor": mei.actor} | changes
        return await tests.send(flu(), **given)

    with pytest.raises(NotTested, match="patient's"):
        await keep(Address(AddressKind.PHONE, ANA))
    await keep(DESK)
    with pytest.raises(NotTested, match="already"):
        await keep(DESK)
    async with parts.db.read() as conn:
        (kept,) = await tests.addresses(conn)
    assert (kept.address, kept.label) == (DESK, "The desk")

    await send(kept.id)
    (claim,) = await clinic.mail.claim()
    assert claim.part.recipient == DESK
    assert claim.part.text.startswith("[PRUEBA] Hola Guadalupe:")
    assert await clinic.rig.value(sa.select(sa.func.count()).select_from(campaign_step)) == 0
    with pytest.raises(NotTested, match="not on the list"):
        await send("nowhere")
    with pytest.raises(NotTested, match="no such text"):
        await send(kept.id, template="reminder.appointment")

    # The number becomes a patient's: from then on no test goes there.
    await clinic.rig.patient("MRN-2", "Ben", "Stone", DESK.value)
    with pytest.raises(NotTested, match="patient's"):
        await send(kept.id)
    assert await clinic.rig.value(sa.select(sa.func.count()).select_from(delivery)) == 1
    assert await clinic.rig.value(sa.select(sa.func.count()).select_from(campaign_test)) == 1
    actions = [row.action for row in await clinic.rig.rows(sa.select(audit_event.c.action))]
    assert (actions.count("campaign.test"), actions.count("campaign.test-address.add")) == (1, 1)


async def test_who_said_stop_gets_no_test_and_nobody_sends_a_hundred(clinic: Clinic) -> None:
    parts, tests = clinic.parts, clinic.parts.campaign_tests
    mei = await hired(parts, "campaigns")
    one = Address(AddressKind.PHONE, BEN)
    await parts.db.write(lambda conn: tests.keep(conn, one, "", mei.actor))
    async with parts.db.read() as conn:
        (kept,) = await tests.addresses(conn)

    async def send() -> Any:
        return await tests.send(
            flu(),
            step="word",
            template="own.word",
            language="en",
            channel=ChannelKind.SMS,
            to=kept.id,
            user_id=mei.id,
            mailbox="",
            actor=mei.actor,
        )

    fact = NewFact(
        address_id=await clinic.rig.address(BEN),
        person_id=None,
        state=ConsentState.REVOKE,
        scope=PHONE,
        source=Source.STOP,
        actor=Actor("patient"),
        at=clinic.clock.now(),
    )
    await parts.db.write(lambda conn: parts.ledger.record(conn, fact))
    routed = await send()
    assert isinstance(routed.decision, Skip)
    async with parts.db.read() as conn:
        (shown,) = await tests.lately(conn, "flu", mei.id)
    assert (shown.state, shown.rule) == ("refused", "opted-out")
    for _ in range(19):
        await send()
    with pytest.raises(NotTested, match="an hour"):
        await send()

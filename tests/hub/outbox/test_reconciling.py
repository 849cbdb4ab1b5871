"""An attempt whose answer was lost is asked about before there is a second one (invariant 5)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from channels.carrier import Break, Carrier, Drop, Fault, Garbage, Hang, LoseCallbacks, Refuse, Throttle
from channels.sms import SmsChannel
from channels.twilio.client import TwilioApi
from channels.twilio.files import TwilioFiles
from hub.crypto import Keyring
from hub.db.tables import delivery
from hub.errors import StorageError
from hub.settings import Secret
from hub.types import ChannelKind, DeliveryState, Lane
from tests.hub.outbox.mail import ANA, BEN, Mail
from tests.hub_rig import CLINIC, Rig, open_rig
from tests.stores import embedded_only

IMPATIENT = aiohttp.ClientTimeout(total=5, connect=2, sock_connect=1, sock_read=1)


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    """A hub that waits a third of a second for the carrier, and asks a fifth of a second later."""
    carrier = Carrier(numbers=(CLINIC,), opt_out=False, sent_after=timedelta(0), delivered_after=timedelta(0), seed=1)
    async with open_rig(database_url, tmp_path, keyring, carrier=carrier, started=False, reconcile_after=0.2) as one:
        token = Secret(carrier.auth_token)
        settings = one.parts.settings
        api = TwilioApi(carrier.account_sid, token, base_url=carrier.base_url, timeout=IMPATIENT)
        await one.parts.channels[ChannelKind.SMS].close()
        one.parts.channels[ChannelKind.SMS] = SmsChannel(
            api, TwilioFiles("AC1", token), token, "+12025550100", public_url=settings.base_url
        )  # type: ignore[index]
        await one.hub.start()
        yield one


async def ends(rig: Rig, delivery_id: str, *states: DeliveryState) -> str:
    """The state of a delivery, once it is one of these."""
    query = sa.select(delivery.c.state).where(delivery.c.id == delivery_id)

    async def reached() -> bool:
        return await rig.value(query) in states

    await rig.until(reached, f"a delivery becomes {' or '.join(states)}")
    return str(await rig.value(query))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Hang(taken=True), id="a hang"),
        pytest.param(Drop(taken=True), id="a drop"),
        pytest.param(Break(500, taken=True), id="a 500"),
        pytest.param(Break(502, taken=True), id="a 502"),
        pytest.param(Garbage(), id="an answer that cannot be read"),
    ],
)
async def test_what_the_carrier_took_without_saying_so_is_found_and_not_sent_again(rig: Rig, fault: Fault) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    rig.carrier.faults.add(fault, number=ANA)

    routed = await rig.send(ana, "See you on Friday")
    await ends(rig, routed.delivery_id, DeliveryState.DELIVERED, DeliveryState.SENT)
    await asyncio.sleep(0.5)

    assert rig.on_phone(ANA) == ["See you on Friday"]
    assert len(await rig.attempts(routed.delivery_id)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Hang(taken=False), id="a hang"),
        pytest.param(Drop(taken=False), id="a drop"),
        pytest.param(Break(500, taken=False), id="a 500"),
    ],
)
async def test_what_the_carrier_did_not_take_is_sent_once_more(rig: Rig, fault: Fault) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    rig.carrier.faults.add(fault, number=ANA)

    routed = await rig.send(ana, "See you on Friday")
    await ends(rig, routed.delivery_id, DeliveryState.DELIVERED)

    assert rig.on_phone(ANA) == ["See you on Friday"]
    outcomes = [one.outcome for one in await rig.attempts(routed.delivery_id)]
    assert len(outcomes) == 2


@pytest.mark.parametrize("fault", [Break(503), Throttle(timedelta(0))], ids=["out of service", "slow down"])
async def test_what_was_clearly_not_taken_is_tried_again_without_asking(rig: Rig, fault: Fault) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    rig.carrier.faults.add(fault, number=ANA)

    routed = await rig.send(ana, "Hello")
    await ends(rig, routed.delivery_id, DeliveryState.DELIVERED)

    async def taken() -> bool:
        return [one.outcome for one in await rig.attempts(routed.delivery_id)][1:] == ["taken"]

    # The carrier may tell that it arrived before the hub has written that it was taken.
    await rig.until(taken, "the second attempt is the last, and was taken")
    assert rig.on_phone(ANA) == ["Hello"]


async def test_the_same_words_to_the_same_person_before_are_not_taken_for_the_lost_one(rig: Rig) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    first = await rig.send(ana, "Hello")
    await ends(rig, first.delivery_id, DeliveryState.DELIVERED)
    rig.carrier.faults.add(Drop(taken=False), number=ANA)

    second = await rig.send(ana, "Hello")
    await ends(rig, second.delivery_id, DeliveryState.DELIVERED)

    assert rig.on_phone(ANA) == ["Hello", "Hello"]


async def test_while_the_carriers_list_does_not_answer_nothing_is_sent_a_second_time(rig: Rig) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    ben = await rig.patient("MRN-2", "Ben", "Reed", BEN)
    rig.carrier.faults.add(Drop(taken=True), number=ANA)
    rig.carrier.faults.add_listing(Break(500), times=100)

    routed = await rig.send(ana, "See you on Friday")
    other = await rig.send(ben, "Hello")
    await ends(rig, other.delivery_id, DeliveryState.DELIVERED)
    await asyncio.sleep(1.0)

    assert rig.on_phone(ANA) == ["See you on Friday"]
    assert len(await rig.attempts(routed.delivery_id)) == 1


async def test_a_text_that_was_never_reported_on_is_asked_about(mail: Mail, ana: str) -> None:
    carrier = mail.rig.carrier
    carrier.faults.add(LoseCallbacks(), number=ANA)
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    receipt = await mail.rig.parts.channels[ChannelKind.SMS].send(claim.part)
    await mail.sent(claim, receipt.provider_id)
    await carrier.settled()
    mail.wait(minutes=16)

    await mail.reconcile()

    assert await mail.state(delivery_id) == "delivered"


async def test_of_two_lost_texts_with_the_same_words_what_the_carrier_has_is_one_and_the_other_is_sent(
    mail: Mail, ana: str
) -> None:
    ids = [await mail.queue(ana, "Call 911 now.", lane=Lane.SAFETY) for _ in range(2)]
    claims = await mail.claim()
    receipt = await mail.rig.parts.channels[ChannelKind.SMS].send(claims[0].part)
    mail.wait(minutes=1)
    await mail.mark_lost()
    mail.wait(minutes=2)

    await mail.reconcile()
    await mail.reconcile()

    rows = [await mail.row(one) for one in ids]
    assert sorted(row.provider_id or "" for row in rows) == ["", receipt.provider_id]
    assert [row.state for row in rows if row.provider_id is None] == ["queued"]


async def test_what_the_carrier_has_may_be_the_one_that_is_being_sent_right_now(mail: Mail, ana: str) -> None:
    lost = await mail.queue(ana, "Call 911 now.", lane=Lane.SAFETY)
    await mail.claim()
    mail.wait(minutes=1)
    await mail.mark_lost()
    mail.wait(minutes=2)
    await mail.queue(ana, "Call 911 now.", lane=Lane.SAFETY)
    (second,) = await mail.claim()
    receipt = await mail.rig.parts.channels[ChannelKind.SMS].send(second.part)

    await mail.reconcile()
    assert (await mail.state(lost), (await mail.row(lost)).provider_id) == ("sending", None)

    await mail.sent(second, receipt.provider_id)
    mail.wait(minutes=2)
    await mail.reconcile()
    assert await mail.state(lost) == "queued"


async def test_an_attempt_whose_holder_is_gone_becomes_unknown_when_its_lease_ends(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    await mail.claim()
    mail.wait(seconds=29)
    assert await mail.mark_lost() == 0

    mail.wait(seconds=2)

    assert await mail.mark_lost() == 1
    row = await mail.row(delivery_id)
    assert (row.state, row.reason) == ("sending", "outcome_unknown")
    mail.wait(minutes=2)
    await mail.reconcile()
    assert await mail.state(delivery_id) == "queued"


@embedded_only
async def test_at_the_start_every_lease_of_the_last_run_is_lost_at_once(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    await mail.claim()

    assert await mail.rig.parts.outbox.recover() == 1


async def test_what_stays_unclear_for_an_hour_fails_and_staff_are_told(mail: Mail, ana: str) -> None:
    mail.rig.carrier.faults.add_listing(Refuse(20404, 404), times=100)
    delivery_id = await mail.queue(ana)
    await mail.claim()
    mail.wait(minutes=2)
    await mail.mark_lost()
    for _ in range(30):
        mail.wait(minutes=2)
        await mail.reconcile()
        if await mail.state(delivery_id) == "sending":
            assert await mail.claim() == []

    mail.wait(minutes=10)
    await mail.reconcile()

    row = await mail.row(delivery_id)
    assert (row.state, row.reason, row.attempts) == ("failed", "outcome_unknown", 1)
    assert (await mail.rig.thread(ana)).attention == "delivery_failed"


async def test_a_dispatcher_outlives_a_database_that_refuses_for_a_while(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    write, refusals = rig.parts.db.write, 3

    async def refuse(unit: object) -> object:
        nonlocal refusals
        if refusals and getattr(unit, "__qualname__", "").startswith("Outbox."):
            refusals -= 1
            raise StorageError("the disk is full for a moment")
        return await write(unit)  # type: ignore[arg-type]

    monkeypatch.setattr(rig.parts.db, "write", refuse)

    routed = await rig.send(ana, "Hello")
    await ends(rig, routed.delivery_id, DeliveryState.DELIVERED)

    assert refusals == 0
    assert rig.on_phone(ANA) == ["Hello"]

"""What came of an attempt is recorded, if the attempt still counts; callbacks come in any order (invariant 6)."""

import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState
from hub.db.tables import address, unmatched_status
from hub.errors import (
    AddressInvalid,
    ConfigInvalid,
    OutcomeUnknown,
    RecipientOptedOut,
    Rejected,
    Unreachable,
)
from hub.outbox.backoff import MOST_ATTEMPTS
from hub.types import DeliveryState as S
from hub.types import Lane, Skip
from tests.hub.outbox.mail import ANA, Mail


async def test_the_result_of_an_older_attempt_is_void(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (first,) = await mail.claim()
    await mail.fell(first, Unreachable())
    mail.wait(minutes=1)
    (second,) = await mail.claim()

    counted = await mail.fell(first, Rejected(provider_code="30007"))

    assert not counted
    assert await mail.state(delivery_id) == "sending"
    assert await mail.sent(second)
    assert await mail.state(delivery_id) == "sent"


async def test_a_callback_that_comes_before_our_own_record_stands(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.reported(S.DELIVERED, delivery_id=delivery_id, sid="SM7")

    await mail.sent(claim, "SM7")

    row = await mail.row(delivery_id)
    assert (row.state, row.provider_id) == ("delivered", "SM7")
    assert await mail.history(delivery_id) == ["queued", "sending", "delivered"]


async def test_a_callback_settles_an_attempt_whose_answer_was_lost(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.fell(claim, OutcomeUnknown())

    await mail.reported(S.SENT, delivery_id=delivery_id)

    row = await mail.row(delivery_id)
    assert (row.state, row.unknown_since, row.lease_until) == ("sent", None, None)


async def test_a_report_without_our_reference_that_is_early_is_applied_later(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.reported(S.DELIVERED, sid="SM9")
    assert await mail.state(delivery_id) == "sending"

    await mail.sent(claim, "SM9")

    assert await mail.state(delivery_id) == "delivered"
    assert await mail.rig.value(sa.select(sa.func.count()).select_from(unmatched_status)) == 0


async def test_a_report_that_names_nothing_of_ours_changes_nothing(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.sent(claim, "SM1")

    await mail.reported(S.FAILED, sid="SM-of-somebody-else", code="30003")
    await mail.reported(S.FAILED, delivery_id="no-such-delivery", sid="SM-2", code="30003")

    assert await mail.state(delivery_id) == "sent"


async def test_callbacks_in_every_order_and_twice_end_in_the_same_state(mail: Mail) -> None:
    orders = list(itertools.permutations((S.SENT, S.DELIVERED, S.READ)))
    ends = []
    for n, order in enumerate(orders):
        person = await mail.rig.patient(f"MRN-{n}", "P", f"No{n}", f"+120255501{n + 20}")
        delivery_id = await mail.queue(person)
        (claim,) = await mail.claim()
        await mail.sent(claim, f"SM{n}")
        for state in (*order, *order):
            await mail.reported(state, delivery_id=delivery_id, sid=f"SM{n}")
        ends.append(await mail.state(delivery_id))

    assert ends == ["read"] * len(orders)


async def test_a_late_failure_does_not_undo_a_delivery(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.sent(claim)
    await mail.reported(S.DELIVERED, delivery_id=delivery_id)

    await mail.reported(S.FAILED, delivery_id=delivery_id, code="30003")

    assert await mail.state(delivery_id) == "delivered"
    assert (await mail.rig.thread(ana)).attention == ""


@pytest.mark.parametrize(
    "error", [Rejected(provider_code="30007"), ConfigInvalid(), AddressInvalid(provider_code="21614")]
)
async def test_what_cannot_be_delivered_calls_staff(mail: Mail, ana: str, error: Any) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()

    await mail.fell(claim, error)

    row = await mail.rig.thread(ana)
    assert await mail.state(delivery_id) == "failed"
    assert (row.attention, row.priority) == ("delivery_failed", 1)


async def test_a_campaign_that_cannot_be_delivered_calls_nobody(mail: Mail, ana: str) -> None:
    await mail.automated(ana)
    (claim,) = await mail.claim()

    await mail.fell(claim, Rejected(provider_code="30007"))

    assert claim.lane is Lane.BULK
    assert (await mail.rig.thread(ana)).attention == ""


async def test_a_number_that_does_not_exist_is_marked_and_not_tried_again(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    (claim,) = await mail.claim()

    await mail.fell(claim, AddressInvalid(provider_code="21614"))

    assert await mail.rig.value(sa.select(address.c.state).where(address.c.id == claim.address_id)) == "invalid"
    assert isinstance((await mail.rig.send(ana, "again")).decision, Skip)


@pytest.mark.parametrize("told", ["at once", "by a callback"])
async def test_the_carriers_block_list_is_written_to_the_ledger_once(mail: Mail, ana: str, told: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()

    if told == "at once":
        await mail.fell(claim, RecipientOptedOut(provider_code="21610"))
    else:
        await mail.sent(claim)
        await mail.reported(S.FAILED, delivery_id=delivery_id, code="21610")
        await mail.reported(S.FAILED, delivery_id=delivery_id, code="21610")

    assert await mail.rig.consent(ANA) is ConsentState.REVOKE
    assert (await mail.rig.facts(ANA)).count("revoke") == 1
    assert isinstance((await mail.rig.send(ana, "again")).decision, Skip)


async def test_a_landline_that_a_callback_tells_of_is_marked(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.sent(claim)

    await mail.reported(S.FAILED, delivery_id=delivery_id, code="30006")

    assert await mail.rig.value(sa.select(address.c.state).where(address.c.id == claim.address_id)) == "invalid"
    assert (await mail.rig.thread(ana)).attention == "delivery_failed"


async def test_after_the_last_attempt_the_text_is_given_up_and_staff_know(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    for _ in range(MOST_ATTEMPTS):
        (claim,) = await mail.claim()
        await mail.fell(claim, Unreachable())
        mail.wait(minutes=6)

    row = await mail.row(delivery_id)
    assert (row.state, row.reason, row.attempts) == ("failed", "gave_up", MOST_ATTEMPTS)
    assert await mail.claim() == []
    assert (await mail.rig.thread(ana)).attention == "delivery_failed"

"""What is due is asked about once more before it leaves (invariants 3 and 7)."""

from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import NewFact
from hub.audit import Actor
from hub.db.tables import address, appointment, delivery, person, restriction, slot
from hub.errors import Unreachable
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, DeliveryState, Hold, Lane, Purpose, new_id
from tests.hub.outbox.mail import ANA, BEN, Mail


async def revoke(mail: Mail, number: str) -> None:
    fact = NewFact(
        address_id=await mail.rig.address(number),
        person_id=None,
        state=ConsentState.REVOKE,
        scope=PHONE,
        source=Source.STOP,
        at=mail.clock.now(),
        actor=Actor("patient"),
        evidence={"how": "a test"},
    )

    async def unit(conn: Any) -> None:
        await mail.rig.parts.ledger.record(conn, fact)

    await mail.rig.parts.db.write(unit)


async def a_visit(mail: Mail, person_id: str) -> Any:
    start = mail.clock.now() + timedelta(days=3)
    await mail.rig.slots(
        [("Dr. Kim", "Family medicine", "Check-up", "Main Street", start + timedelta(hours=n), 30) for n in range(2)]
    )
    ids = [row.id for row in await mail.rig.rows(sa.select(slot.c.id).order_by(slot.c.start))]
    visit = await mail.rig.parts.scheduling.book(ids[0], person_id, "book")
    return visit, ids[1]


async def test_an_attempt_is_committed_before_anything_is_sent(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana, "See you on Friday")

    (claim,) = await mail.claim()

    row = await mail.row(delivery_id)
    assert (row.state, row.attempts, claim.attempt) == ("sending", 1, 1)
    assert row.lease_until > mail.clock.now()
    assert [one.outcome for one in await mail.rig.attempts(delivery_id)] == ["started"]
    assert (claim.part.reference, claim.part.recipient.value, claim.part.text) == (
        delivery_id,
        ANA,
        "See you on Friday",
    )


async def test_what_is_claimed_is_not_claimed_again(mail: Mail, ana: str) -> None:
    await mail.queue(ana)

    assert len(await mail.claim()) == 1
    assert await mail.claim() == []


@pytest.mark.parametrize("author", [AuthorKind.STAFF, AuthorKind.BOT, AuthorKind.CAMPAIGN])
async def test_a_stop_between_queue_and_delivery_stops_it(mail: Mail, ana: str, author: AuthorKind) -> None:
    delivery_id = await mail.queue(ana, author=author)
    await revoke(mail, ANA)

    assert await mail.claim() == []

    row = await mail.row(delivery_id)
    assert (row.state, row.reason, row.attempts) == ("suppressed", "opted-out", 0)
    assert await mail.rig.audited("send.refuse") == 1


async def test_a_stop_stops_what_was_held_too(mail: Mail, ana: str) -> None:
    delivery_id = await mail.automated(ana, not_before=mail.clock.now() + timedelta(hours=1))
    await revoke(mail, ANA)
    mail.wait(hours=2)

    assert await mail.claim() == []
    assert await mail.state(delivery_id) == "suppressed"


async def test_a_stop_stops_the_second_attempt(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)
    (claim,) = await mail.claim()
    await mail.fell(claim, Unreachable())
    await revoke(mail, ANA)
    mail.wait(minutes=5)

    assert await mail.claim() == []
    assert await mail.state(delivery_id) == "suppressed"


async def test_an_address_that_was_suspended_meanwhile_gets_nothing(mail: Mail, ana: str) -> None:
    delivery_id = await mail.queue(ana)

    async def unit(conn: Any) -> None:
        await conn.execute(sa.update(address).values(state="suspended"))

    await mail.rig.parts.db.write(unit)

    assert await mail.claim() == []
    assert (await mail.row(delivery_id)).reason == "address-suspended"


async def test_to_whom_was_restricted_meanwhile_goes_only_what_staff_write(mail: Mail, ana: str) -> None:
    automated, by_hand = await mail.automated(ana), await mail.queue(ana)
    row = {"id": new_id(), "person_id": ana, "request_id": new_id(), "actor_kind": "staff", "actor_id": "1"}

    async def unit(conn: Any) -> None:
        await conn.execute(sa.insert(restriction).values(**row, at=mail.clock.now()))

    await mail.rig.parts.db.write(unit)

    assert [claim.delivery_id for claim in await mail.claim()] == [by_hand]
    assert (await mail.row(automated)).reason == "restricted"


async def test_to_whoever_died_meanwhile_goes_only_what_staff_write(mail: Mail, ana: str) -> None:
    automated, by_hand = await mail.automated(ana), await mail.queue(ana)

    async def unit(conn: Any) -> None:
        await conn.execute(sa.update(person).values(deceased_at=mail.clock.now()))

    await mail.rig.parts.db.write(unit)

    assert [claim.delivery_id for claim in await mail.claim()] == [by_hand]
    assert (await mail.row(automated)).reason == "address-deceased"


@pytest.mark.parametrize("change", ["nothing", "moved", "cancelled"])
async def test_a_reminder_belongs_to_a_version_of_its_visit(mail: Mail, ana: str, change: str) -> None:
    visit, other = await a_visit(mail, ana)
    delivery_id = await mail.automated(ana, appointment=(visit.id, visit.version))
    match change:
        case "moved":
            await mail.rig.parts.scheduling.move(visit.id, other, ana, "move")
        case "cancelled":
            await mail.rig.parts.scheduling.cancel(visit.id, ana, "cancel")

    claims = await mail.claim()

    row = await mail.row(delivery_id)
    if change == "nothing":
        assert len(claims) == 1
    else:
        assert claims == []
        assert (row.state, row.reason) == ("suppressed", "appointment_changed")
    assert await mail.rig.value(sa.select(sa.func.count()).select_from(appointment)) >= 1


async def test_what_comes_due_at_night_is_held_until_the_morning(mail: Mail, ana: str) -> None:
    delivery_id = await mail.automated(ana, not_before=mail.clock.now() + timedelta(hours=9, minutes=59))
    mail.wait(hours=11)

    assert await mail.claim() == []

    row = await mail.row(delivery_id)
    assert (row.state, row.reason) == ("held", "quiet-hours")
    mail.clock.set(row.due_at - timedelta(seconds=1))
    assert await mail.claim() == []
    mail.clock.set(row.due_at)
    assert [claim.delivery_id for claim in await mail.claim()] == [delivery_id]
    assert await mail.history(delivery_id) == ["held", "held", "sending"]


async def test_two_of_one_batch_count_against_each_other(mail: Mail, ana: str) -> None:
    first = await mail.automated(ana)
    second = await mail.automated(ana)
    (claim,) = await mail.claim()
    await mail.sent(claim)

    assert await mail.claim() == []

    assert [await mail.state(one) for one in (first, second)] == ["sent", "held"]
    assert (await mail.row(second)).reason == "cap-day"
    assert (await mail.row(second)).due_at >= mail.clock.now() + timedelta(days=1)


async def test_what_the_person_asked_for_is_asked_again_when_it_is_delivered(mail: Mail, ana: str) -> None:
    parts, person = mail.rig.parts, Actor("patient")
    waiting = await mail.automated(ana, purpose=Purpose.CARE)
    change = parts.preferences.change
    evenings = (time(17), time(20))
    await parts.db.write(lambda conn: change(conn, ana, Purpose.CARE, order=(), between=evenings, actor=person))

    assert await mail.claim() == []

    row = await mail.row(waiting)
    assert (row.state, row.reason) == ("held", "preference-hours")
    assert row.due_at.astimezone(ZoneInfo("America/New_York")).hour == 17
    await parts.db.write(lambda conn: change(conn, ana, Purpose.CARE, order=(), per_week=1, actor=person))
    mail.clock.set(row.due_at)
    (claim,) = await mail.claim()
    await mail.sent(claim)
    mail.wait(days=2)
    second = await mail.rig.send(ana, "Again", author=AuthorKind.CAMPAIGN, lane=Lane.BULK)
    assert (second.decision.reason, second.rules) == (
        "The person asked for fewer messages: at most 1 a week.",
        ("preference-fewer",),
    )


async def test_without_a_zone_on_record_the_area_code_tells_when_it_is_night(mail: Mail, ana: str) -> None:
    await mail.rig.parts.db.write(lambda conn: conn.execute(sa.update(person).values(timezone=None)))
    # 10:00 in New York, where the number is from: area code 202. In California it would be night.
    delivery_id = await mail.automated(ana)
    assert [claim.delivery_id for claim in await mail.claim()] == [delivery_id]

    hawaii = Address(AddressKind.PHONE, "+18085550111")
    people = mail.rig.parts.people
    await mail.rig.parts.db.write(lambda conn: people.reach_at(conn, ana, hawaii, "record"))
    await mail.rig.parts.db.write(
        lambda conn: conn.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(state="failed"))
    )
    async with mail.rig.parts.db.read() as conn:
        to = next(one for one in await people.contacts(conn, ana) if one.address == hawaii).address_id
    agreed = NewFact(
        address_id=to,
        person_id=ana,
        state=ConsentState.GRANT,
        scope=PHONE,
        source=Source.FORM,
        at=mail.clock.now(),
        actor=Actor("patient"),
    )
    await mail.rig.parts.db.write(lambda conn: mail.rig.parts.ledger.record(conn, agreed))
    there = {"channel": ChannelKind.SMS, "address_id": to, "author": AuthorKind.CAMPAIGN, "lane": Lane.BULK}
    held = (await mail.rig.send(ana, "Aloha", **there)).decision
    assert isinstance(held, Hold)
    assert 8 <= held.until.astimezone(ZoneInfo("Pacific/Honolulu")).hour <= 9


async def test_what_was_missed_while_the_hub_was_away_is_spread_and_never_sent_at_once(mail: Mail, ana: str) -> None:
    ids = [await mail.automated(ana, purpose=Purpose.CARE) for _ in range(8)]
    answer = await mail.queue(ana, author=AuthorKind.BOT, replies_to=mail.clock.now())
    mail.wait(hours=3)

    await mail.rig.parts.outbox.recover()

    rows = [await mail.row(one) for one in ids]
    assert {(row.state, row.reason) for row in rows} == {("held", "catch-up")}
    due = sorted(row.due_at - mail.clock.now() for row in rows)
    assert timedelta(0) <= due[0] < due[-1] <= timedelta(hours=1)
    assert len(set(due)) == len(ids)
    assert [claim.delivery_id for claim in await mail.claim()] == [answer]
    await mail.rig.parts.outbox.recover()
    assert [await mail.row(one) for one in ids] == rows


async def test_an_answer_does_not_count_against_the_caps(mail: Mail, ana: str) -> None:
    for n in range(3):
        await mail.queue(ana, author=AuthorKind.BOT, purpose=Purpose.APPOINTMENT, replies_to=mail.clock.now())
        (claim,) = await mail.claim()
        await mail.sent(claim, f"SM{n}")
    delivery_id = await mail.automated(ana)

    assert [claim.delivery_id for claim in await mail.claim()] == [delivery_id]


async def test_a_persons_texts_leave_one_by_one_in_order(mail: Mail, ana: str) -> None:
    ids = [await mail.queue(ana, f"part {n}") for n in range(3)]
    left = []
    for n in range(3):
        (claim,) = await mail.claim()
        left.append(claim.delivery_id)
        await mail.sent(claim, f"SM{n}")

    assert left == ids


async def test_one_that_waits_for_its_next_attempt_is_not_overtaken(mail: Mail, ana: str) -> None:
    first, second = [await mail.queue(ana, f"part {n}") for n in range(2)]
    (claim,) = await mail.claim()
    await mail.fell(claim, Unreachable())

    assert await mail.claim() == []

    mail.wait(seconds=5)
    (again,) = await mail.claim()
    assert (again.delivery_id, again.attempt) == (first, 2)
    assert await mail.state(second) == "queued"


async def test_other_persons_do_not_wait_for_it(mail: Mail, ana: str) -> None:
    ben = await mail.rig.patient("MRN-2", "Ben", "Reed", BEN)
    await mail.queue(ana)
    await mail.claim()
    await mail.queue(ana, "later")
    his = await mail.queue(ben)

    assert [claim.delivery_id for claim in await mail.claim()] == [his]


async def test_what_is_held_blocks_nothing(mail: Mail, ana: str) -> None:
    await mail.automated(ana, not_before=mail.clock.now() + timedelta(hours=1))
    delivery_id = await mail.queue(ana)

    assert [claim.delivery_id for claim in await mail.claim()] == [delivery_id]


async def test_safety_waits_for_nobody(mail: Mail, ana: str) -> None:
    await mail.queue(ana)
    await mail.claim()
    values = {"lane": Lane.SAFETY, "purpose": Purpose.EMERGENCY, "author": AuthorKind.SYSTEM}
    delivery_id = await mail.queue(ana, replies_to=mail.clock.now(), **values)

    assert [claim.delivery_id for claim in await mail.claim()] == [delivery_id]


async def test_an_answer_does_not_wait_behind_a_campaign_to_the_same_person(mail: Mail, ana: str) -> None:
    await mail.automated(ana)
    answer = await mail.queue(ana, author=AuthorKind.BOT, purpose=Purpose.APPOINTMENT, replies_to=mail.clock.now())

    claims = await mail.claim(lanes=(Lane.SAFETY, Lane.REPLY))

    assert [claim.delivery_id for claim in claims] == [answer]


async def test_urgent_lanes_go_first_and_then_the_oldest(mail: Mail) -> None:
    people = [await mail.rig.patient(f"MRN-{n}", "P", f"No{n}", f"+120255501{n + 20}") for n in range(5)]
    bulk = [await mail.automated(person) for person in people[:2]]
    replies = [await mail.queue(person) for person in people[2:4]]
    values = {"lane": Lane.SAFETY, "purpose": Purpose.EMERGENCY, "author": AuthorKind.SYSTEM}
    safety = await mail.queue(people[4], replies_to=mail.clock.now(), **values)

    assert [claim.delivery_id for claim in await mail.claim()] == [safety, *replies, *bulk]


async def test_no_more_is_claimed_than_the_rate_has_room_for(mail: Mail) -> None:
    for n in range(4):
        person = await mail.rig.patient(f"MRN-{n}", "P", f"No{n}", f"+120255501{n + 20}")
        await mail.queue(person, "x" * 400)

    claims = await mail.claim(segments=4.0)

    assert [claim.segments for claim in claims] == [3, 3]


async def test_the_router_and_the_outbox_agree_on_when_to_wait(mail: Mail, ana: str) -> None:
    mail.wait(hours=12)

    routed = await mail.rig.send(ana, "Reminder", author=AuthorKind.CAMPAIGN, purpose=Purpose.APPOINTMENT)

    assert isinstance(routed.decision, Hold)
    row = await mail.row(routed.delivery_id)
    assert (row.state, row.due_at) == (DeliveryState.HELD, routed.decision.until)


async def test_a_part_says_what_it_is_for_and_in_which_language(mail: Mail) -> None:
    maria = await mail.rig.patient("MRN-7", "Maria", "Ruiz", "+12025550117", language="es")
    delivery_id = await mail.queue(maria, purpose=Purpose.APPOINTMENT, answers="0190a0a0-0000-7000-8000-000000000001")

    (claim,) = await mail.claim()

    assert (claim.part.purpose, claim.part.language) == (Purpose.APPOINTMENT, "es")
    # A text goes to a phone, not to a question.
    assert claim.part.answers is None
    assert await mail.rig.parts.outbox.part(delivery_id) == claim.part


@pytest.mark.parametrize("delivery_id", ["0190a0a0-0000-7000-8000-000000000001", "nonsense"])
async def test_what_was_never_queued_carries_nothing(mail: Mail, delivery_id: str) -> None:
    assert await mail.rig.parts.outbox.part(delivery_id) is None

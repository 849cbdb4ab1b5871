"""A patient answers what a campaign sent: the letter of a reminder, and an earlier time that was offered."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor
from hub.campaigns import VisitWish
from hub.db.bulk import insert_rows
from hub.db.tables import delivery, slot_opening, waitlist_offer
from hub.types import AuthorKind, DeliveryState, Lane, Purpose, ThreadStatus, new_id
from tests.flows.clinic import ANA, ana, with_visit
from tests.hub_rig import Rig, is_said
from tests.stores import embedded_only


@embedded_only
async def test_of_two_visits_c_confirms_the_one_that_the_reminder_was_about(rig: Rig) -> None:
    person = await ana(rig)
    await with_visit(rig, person, days=3)
    later = await with_visit(rig, person, days=9)
    reminder = {"appointment": (later.id, later.version), "purpose": Purpose.APPOINTMENT, "lane": Lane.BULK}
    # As staff would write it, so that it leaves at any hour.
    sent = await rig.send(person, "Your visit is near. Reply C or R.", author=AuthorKind.STAFF, **reminder)
    await rig.hear(ANA)
    await rig.quiet()
    state = await rig.value(sa.select(delivery.c.state).where(delivery.c.id == sent.delivery_id))
    assert state in (DeliveryState.SENT, DeliveryState.DELIVERED)
    assert (await rig.thread(person)).status == ThreadStatus.BOT

    said = await rig.ask(ANA, "C")

    assert rig.words("confirm.done", later) in said


@embedded_only
async def test_yes_takes_the_earlier_time_that_was_offered(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person, days=9)
    sooner = await with_visit(rig, person, days=4)
    await rig.parts.scheduling.cancel(sooner.id, person, "only to know its time")
    now, opening = rig.parts.clock.now(), new_id()
    wish = VisitWish(person_id=person, visit_type="Check-up", appointment_id=visit.id)

    async def offer(conn: AsyncConnection) -> None:
        place = await rig.parts.campaigns.waiting.join(conn, wish, "staff", Actor("system", "test"))
        freed = {"id": opening, "slot_id": sooner.slot_id, "state": "open", "rounds": 1, "due_at": now, "freed_at": now}
        await insert_rows(conn, slot_opening, [freed])
        offered = {"id": new_id(), "opening_id": opening, "waitlist_id": place, "person_id": person, "round": 1}
        rest = {"state": "offered", "rule": "consent-held", "delivery_id": None, "created_at": now}
        await insert_rows(conn, waitlist_offer, [offered | rest])

    await rig.parts.db.write(offer)

    said = await rig.ask(ANA, "YES")
    again = await rig.ask(ANA, "yes please")

    (moved,) = await rig.visits(person)
    assert (moved.slot_id, moved.start) == (sooner.slot_id, sooner.start)
    assert rig.words("move.moved", moved) in said
    assert not is_said("waitlist.taken", again)

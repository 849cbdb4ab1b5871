"""A time that came free: offered in batches, taken by the first YES, and its history."""

import asyncio
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from hub.campaigns import Replies, VisitWish
from hub.campaigns.plans import built_in
from hub.db.tables import appointment, audit_event, slot_opening, waitlist, waitlist_offer
from hub.types import ChannelKind
from tests.hub.campaigns.clinic import ME, Clinic
from tests.stores import either_will_do


def replies(clinic: Clinic) -> Replies:
    parts = clinic.parts
    return Replies(
        db=parts.db,
        clock=parts.clock,
        trail=parts.trail,
        scheduling=parts.scheduling,
        clinic="Maple Street Clinic",
        phone="+12025550100",
        zone=parts.settings.timezone,
    )


async def waiting(clinic: Clinic, count: int, *, later: bool = True) -> list[str]:
    """So many patients on the list, each with a visit in a week or two if `later`."""
    found = []
    far = clinic.clock.now() + timedelta(days=90)
    await clinic.rig.slots([("Dr. Far", "Family medicine", "Check-up", "Maple Street", far, 15)])
    for n in range(count):
        person = await clinic.rig.patient(f"MRN-{n}", f"Given{n}", "Sample", f"+1202555{n + 100:04d}")
        visit = await clinic.visit(person, timedelta(days=7, minutes=20 * n)) if later else None
        wish = VisitWish(
            person_id=person, visit_type="Check-up", appointment_id=visit.id if visit is not None else None
        )

        async def join(conn: object, wish: VisitWish = wish) -> str | None:
            return await clinic.parts.campaigns.waiting.join(conn, wish, "api", ME)  # type: ignore[arg-type]

        assert await clinic.parts.db.write(join) is not None
        found.append(person)
    return found


async def freed(clinic: Clinic) -> str:
    """The slot that somebody else's cancelled visit leaves, in two days."""
    other = await clinic.rig.patient("MRN-X", "Other", "Sample", "+12025559999")
    visit = await clinic.visit(other, timedelta(days=2))
    await clinic.parts.scheduling.cancel(visit.id, other, "cancel:x")
    assert visit.slot_id is not None
    return visit.slot_id


async def test_fifty_say_yes_in_the_same_second_one_is_booked_and_the_others_are_told(clinic: Clinic) -> None:
    people = await waiting(clinic, 50)
    plan = built_in()["waitlist"]
    await clinic.parts.campaigns.start(plan, ME)
    slot_id = await freed(clinic)
    for _ in range(5):
        await clinic.parts.campaigns.plan_all()
        clinic.mail.wait(minutes=5)
    desk = replies(clinic)

    said = await asyncio.gather(
        *(desk.answer(one, "YES", f"m-{one}", since=None, language="en", channel=ChannelKind.SMS) for one in people)
    )

    assert Counter(one.action for one in said if one is not None) == {"waitlist.win": 1, "waitlist.lose": 49}
    (won,) = [one.text for one in said if one is not None and one.action == "waitlist.win"]
    assert won.startswith("Done. Your visit is now Wed, Mar 4, 10:00 AM")
    assert {one.text for one in said if one is not None} - {won} == {
        "Maple Street Clinic: sorry, that earlier time is already taken. "
        "Your visit stays as it is, and you stay on the list."
    }
    booked = sa.select(appointment.c.id).where(appointment.c.slot_id == slot_id, appointment.c.status == "booked")
    assert len(await clinic.rig.rows(booked)) == 1
    states = Counter(row.state for row in await clinic.rig.rows(sa.select(waitlist_offer.c.state)))
    assert states == {"won": 1, "lost": 49}
    (opening,) = await clinic.rig.rows(sa.select(slot_opening).where(slot_opening.c.slot_id == slot_id))
    assert (opening.state, opening.rounds) == ("filled", 5)
    assert Counter(row.state for row in await clinic.rig.rows(sa.select(waitlist.c.state))) == {
        "booked": 1,
        "waiting": 49,
    }
    told = Counter(
        row.action
        for row in await clinic.rig.rows(sa.select(audit_event.c.action).where(audit_event.c.action.like("waitlist.%")))
    )
    assert told == {"waitlist.join": 50, "waitlist.offer": 50, "waitlist.won": 1, "waitlist.lost": 49}


@either_will_do
async def test_a_time_is_offered_to_ten_and_five_minutes_later_to_ten_more(clinic: Clinic) -> None:
    people = await waiting(clinic, 13, later=False)
    await clinic.parts.campaigns.start(built_in()["waitlist"], ME)
    await freed(clinic)

    await clinic.parts.campaigns.plan_all()
    await clinic.parts.campaigns.plan_all()
    offered = await clinic.rig.rows(sa.select(waitlist_offer.c.person_id).order_by(waitlist_offer.c.id))
    assert [row.person_id for row in offered] == people[:10]
    clinic.mail.wait(minutes=5)
    await clinic.parts.campaigns.plan_all()

    rounds = Counter(row.round for row in await clinic.rig.rows(sa.select(waitlist_offer.c.round)))
    assert rounds == {1: 10, 2: 3}


@either_will_do
async def test_whoever_says_no_stays_on_the_list(clinic: Clinic) -> None:
    (ana,) = await waiting(clinic, 1, later=False)
    await clinic.parts.campaigns.start(built_in()["waitlist"], ME)
    await freed(clinic)
    await clinic.parts.campaigns.plan_all()

    said = await replies(clinic).answer(ana, "No", "m", since=None, language="es", channel=ChannelKind.SMS)

    assert said is not None
    assert said.text == "De acuerdo, ofreceremos esa hora a otra persona. Usted sigue en la lista."
    assert [row.state for row in await clinic.rig.rows(sa.select(waitlist.c.state))] == ["waiting"]


@either_will_do
async def test_a_time_that_somebody_else_took_is_offered_to_nobody(clinic: Clinic) -> None:
    await waiting(clinic, 2, later=False)
    await clinic.parts.campaigns.start(built_in()["waitlist"], ME)
    slot_id = await freed(clinic)
    other = await clinic.rig.patient("MRN-Y", "Third", "Sample", "+12025559998")
    await clinic.parts.scheduling.book(slot_id, other, "book:y")

    await clinic.parts.campaigns.plan_all()

    assert await clinic.rig.rows(sa.select(waitlist_offer)) == []
    assert [row.state for row in await clinic.rig.rows(sa.select(slot_opening.c.state))] == ["ended"]

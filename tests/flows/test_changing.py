"""A patient moves, cancels and confirms the visit they have."""

from tests.flows.clinic import ANA, ZONE, ana, choices, day_of, with_visit
from tests.hub_rig import Rig, is_said


async def test_a_visit_is_moved_to_the_day_that_was_asked_for(rig: Rig) -> None:
    person = await ana(rig)
    before = await with_visit(rig, person, days=5)
    wanted = await with_visit(rig, person, days=8)
    await rig.parts.scheduling.cancel(wanted.id, person, "only to know its day")

    said = await rig.ask(ANA, f"Can I move my appointment to {day_of(wanted)}?")
    if choices(said):
        said = await rig.ask(ANA, "1")
    else:
        said = await rig.ask(ANA, "yes")

    (after,) = await rig.visits(person)
    assert after.start.astimezone(ZONE).date() == wanted.start.astimezone(ZONE).date()
    assert rig.words("move.moved", after) in said
    assert await rig.slot_state(before.slot_id) == "free"
    assert await rig.slot_state(after.slot_id) == "booked"


async def test_a_visit_is_cancelled_only_after_a_yes_and_its_time_is_free_again(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person)

    asked = await rig.ask(ANA, "I have to cancel my appointment please")
    assert len(await rig.visits(person)) == 1
    said = await rig.ask(ANA, "yes")

    assert rig.words("cancel.ask", visit) in asked
    assert rig.words("cancel.done", visit) in said
    assert await rig.visits(person) == ()
    assert await rig.slot_state(visit.slot_id) == "free"


async def test_a_visit_that_is_kept_after_all_stays(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person)

    await rig.ask(ANA, "I have to cancel my appointment please")
    said = await rig.ask(ANA, "no, keep it")

    assert is_said("cancel.kept", said)
    assert [one.id for one in await rig.visits(person)] == [visit.id]


async def test_the_letter_that_a_reminder_asks_for_confirms_the_visit(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person)

    said = await rig.ask(ANA, "C")

    assert rig.words("confirm.done", visit) in said
    (row,) = [row for row in await rig.visit_rows(person) if row.status == "booked"]
    assert row.confirmed_at is not None


async def test_the_other_letter_asks_for_a_new_time(rig: Rig) -> None:
    person = await ana(rig)
    visit = await with_visit(rig, person)

    said = await rig.ask(ANA, "R")

    assert rig.words("move.ask_when", visit) in said
    assert [one.id for one in await rig.visits(person)] == [visit.id]

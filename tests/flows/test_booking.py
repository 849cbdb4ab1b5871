"""A patient books a visit by text, in English and in Spanish."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.db.tables import waitlist
from hub.types import Language
from tests.flows.clinic import ANA, MARIA, ZONE, choices, opened, spoken
from tests.hub_rig import Rig, is_said
from tests.stores import embedded_only


@pytest.mark.parametrize(
    ("language", "number", "wish", "yes"),
    [
        pytest.param("en", ANA, "I'd like to book a check-up with Dr. Kim on {day} at 3 pm", "yes", id="in English"),
        pytest.param("es", MARIA, "Quiero una cita con Dr. Lee el {day} a las 3 de la tarde", "sí", id="in Spanish"),
    ],
)
async def test_the_time_that_was_wished_is_proposed_agreed_to_and_read_back(
    rig: Rig, language: Language, number: str, wish: str, yes: str
) -> None:
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", number, language=language)
    day = (datetime.now(UTC).astimezone(ZONE) + timedelta(days=6)).date()

    proposed = await rig.ask(number, wish.format(day=spoken(day, language)))
    assert await rig.visits(person) == ()
    said = await rig.ask(number, yes)
    await rig.quiet()

    assert is_said("slots.propose", proposed, language)
    (visit,) = await rig.visits(person)
    local = visit.start.astimezone(ZONE)
    assert (local.date(), local.hour) == (day, 15)
    assert rig.words("book.booked", visit, language) in said
    assert await rig.slot_state(visit.slot_id) == "booked"
    thread = await rig.thread(person)
    assert (thread.status, thread.attention) == ("bot", "")
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"] * 2
    assert [row.state for row in await rig.deliveries(person)] == ["delivered", "delivered"]


async def test_a_vague_wish_is_answered_with_at_most_three_choices_and_a_number_books(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA)

    offered = await rig.ask(ANA, "I need to see a doctor as soon as possible")
    said = await rig.ask(ANA, "2")

    assert choices(offered) == ["1", "2", "3"]
    (visit,) = await rig.visits(person)
    assert rig.words("book.booked", visit) in said
    assert not is_said("bot.intro", said)


async def test_a_no_books_nothing(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    day = (datetime.now(UTC).astimezone(ZONE) + timedelta(days=6)).date()

    await rig.ask(ANA, f"book me with Dr. Kim on {day:%B} {day.day} at 3pm")
    said = await rig.ask(ANA, "no")

    assert await rig.visits(person) == ()
    assert not is_said("book.booked", said)


@embedded_only
async def test_whom_no_time_suits_gets_a_place_on_the_waitlist_for_the_days_they_named(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA)
    day = (datetime.now(UTC).astimezone(ZONE) + timedelta(days=40)).date()

    await rig.ask(ANA, f"I need a check-up with Dr. Kim on {day:%B} {day.day}")
    asked = await rig.ask(ANA, "no")
    said = await rig.ask(ANA, "yes please")
    await rig.quiet()

    assert is_said("slots.wait", asked)
    assert is_said("handoff.waitlist", said)
    (place,) = await rig.rows(sa.select(waitlist).where(waitlist.c.person_id == person))
    assert (place.state, place.source, place.provider_id is not None) == ("waiting", "bot", True)
    assert {place.earliest.astimezone(ZONE).date(), place.latest.astimezone(ZONE).date()} == {day}
    assert (await rig.thread(person)).attention == "waitlist"
    notes = [line.text for line in await rig.lines(person) if line.direction == "note"]
    assert "they are on the waitlist now" in notes[-1]

"""A patient is passed to a person, and in an emergency at once (invariants 4 and 12)."""

import pytest

from hub.types import Language, Send
from tests.flows.clinic import ANA, MARIA, ana, opened
from tests.hub_rig import Rig, is_said


async def test_who_asks_for_a_person_gets_one_and_the_bot_stays_silent(rig: Rig) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, "can I speak with a real person please")
    assert is_said("handoff.asked", said)
    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "asked")
    sent = await rig.send(person, "Hi Ana, this is Dana. How can I help?", author_name="Dana")
    assert isinstance(sent.decision, Send)
    assert await rig.hear(ANA) == "Hi Ana, this is Dana. How can I help?"
    await rig.tell(ANA, "book me for tomorrow")
    await rig.quiet()

    assert len(rig.on_phone(ANA)) == 2
    authors = [line.author for line in await rig.lines(person) if line.direction != "note"]
    assert authors == ["patient", "bot", "staff", "patient"]
    assert [line.author for line in await rig.lines(person) if line.direction == "note"] == ["bot"]


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [
        pytest.param("en", ANA, "my chest hurts and I can't breathe", id="in English"),
        pytest.param("es", MARIA, "me duele el pecho y no puedo respirar", id="in Spanish"),
    ],
)
async def test_an_emergency_gets_the_fixed_reply_and_staff(
    rig: Rig, language: Language, number: str, text: str
) -> None:
    await opened(rig)
    person = await rig.patient("MRN-9", "Maria", "Ruiz", number, language=language)

    said = await rig.ask(number, text)
    await rig.tell(number, "1")
    await rig.quiet()

    assert is_said("safety.medical", said, language)
    assert rig.on_phone(number) == [said]
    row = await rig.thread(person)
    assert (row.status, row.priority, row.attention) == ("open", 3, "emergency_medical")
    (sent,) = await rig.deliveries(person)
    assert (sent.lane, sent.purpose, sent.state) == ("safety", "emergency", "delivered")

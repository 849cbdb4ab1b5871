"""An emergency is answered first and alone, whoever writes and whatever else holds (invariant 4)."""

import pytest
import sqlalchemy as sa

from consent.facts import ConsentState
from hub.db.tables import thread
from hub.reception import sorting
from hub.types import Language
from tests.hub.reception.people import ANA, STRANGER, ana
from tests.hub_rig import Rig, is_said
from tests.stores import either_will_do

pytestmark = either_will_do

PAIN = "I have chest pain and my left arm is numb"


@pytest.mark.parametrize(
    ("text", "reply", "language", "attention"),
    [
        pytest.param(PAIN, "safety.medical", "en", "emergency_medical", id="medical"),
        pytest.param("I want to end my life", "safety.crisis", "en", "emergency_crisis", id="crisis"),
        pytest.param("me duele mucho el pecho", "safety.medical", "es", "emergency_medical", id="Spanish"),
        pytest.param(f"STOP. {PAIN}", "safety.medical", "en", "emergency_medical", id="with a STOP"),
        pytest.param(f"cancel my visit, {PAIN}", "safety.medical", "en", "emergency_medical", id="with a wish"),
    ],
)
async def test_the_fixed_reply_comes_and_staff_are_called(
    rig: Rig, text: str, reply: str, language: Language, attention: str
) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, text)

    assert is_said(reply, said, language)
    row = await rig.thread(person)
    assert (row.status, row.priority, row.attention) == ("open", 3, attention)
    assert row.dialogue_sealed is None


async def test_it_is_answered_in_the_midst_of_a_booking_and_the_bot_falls_silent(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "I want to book a check-up")

    said = await rig.ask(ANA, PAIN)
    await rig.tell(ANA, "the first one please")

    assert is_said("safety.medical", said)
    assert len(rig.on_phone(ANA)) == 2
    assert await rig.visits(person) == ()


async def test_it_is_answered_even_after_a_stop(rig: Rig) -> None:
    await ana(rig)
    await rig.ask(ANA, "STOP")

    said = await rig.ask(ANA, PAIN)

    assert is_said("safety.medical", said)


async def test_a_stop_that_is_said_with_it_is_kept_too(rig: Rig) -> None:
    await ana(rig)

    await rig.ask(ANA, f"{PAIN} stop texting me")

    assert await rig.consent(ANA) is ConsentState.REVOKE


async def test_it_is_answered_in_a_thread_that_staff_have(rig: Rig) -> None:
    person = await ana(rig)
    await rig.ask(ANA, "I want to talk to a person")

    said = await rig.ask(ANA, PAIN)

    assert is_said("safety.medical", said)
    assert (await rig.thread(person)).priority == 3


async def test_it_is_answered_to_a_number_that_nobody_knows(rig: Rig) -> None:
    said = await rig.ask(STRANGER, PAIN)

    assert is_said("safety.medical", said)


async def test_it_does_not_wait_for_the_engine_as_talk_does(rig: Rig) -> None:
    await ana(rig)
    engine = rig.hub._engine.loaded
    rig.understand_with(None)

    waiting = await rig.text(STRANGER, "I want to book a check-up")
    said = await rig.ask(ANA, PAIN)

    assert is_said("safety.medical", said)
    assert rig.on_phone(STRANGER) == []
    rig.understand_with(engine)
    await rig.handled(waiting)
    assert await rig.hear(STRANGER)


async def test_a_text_that_could_not_be_screened_comes_to_staff(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await ana(rig)

    def broken(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(sorting, "screen", broken)

    await rig.ask(ANA, "can I come in tomorrow")

    row = await rig.thread(person)
    assert (row.status, row.attention) == ("open", "screen_failed")
    assert row.priority >= 1


async def test_an_urgent_matter_comes_to_staff_with_word_of_when_to_call(rig: Rig) -> None:
    person = await ana(rig)

    said = await rig.ask(ANA, "my stitches opened and it's bleeding a little")

    assert is_said("safety.urgent", said)
    row = await rig.thread(person)
    assert (row.status, row.priority, row.attention) == ("open", 2, "urgent")
    assert await rig.value(sa.select(sa.func.count()).select_from(thread)) == 1

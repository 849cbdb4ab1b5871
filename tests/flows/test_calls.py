"""A patient calls the clinic: the same bot as by text, spoken to and answered by keys."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa

from channels.carrier import Call
from consent.facts import ConsentState
from hub.crypto import Keyring
from hub.db.tables import person as person_table
from hub.db.tables import thread
from hub.types import ChannelKind, Language
from tests.flows.calling import a_clinic_with_a_phone, answer_to, answer_to_keys, prompt, said_of
from tests.flows.clinic import ANA, MARIA, STRANGER, ZONE, ana, opened, spoken
from tests.hub_rig import CLINIC, Rig
from tests.stores import either_will_do

pytestmark = either_will_do


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with a_clinic_with_a_phone(database_url, tmp_path, keyring) as one:
        yield one


async def test_a_visit_is_booked_by_speech_and_a_key(rig: Rig) -> None:
    person = await ana(rig)

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    greeted = await call.listens()
    offered = await answer_to(call, "I need to see a doctor as soon as possible")
    said = await answer_to_keys(call, "2")
    await call.hangs_up()
    await rig.quiet()

    assert greeted == "\n".join(map(prompt, ("voice.greeting", "voice.emergency", "voice.ask")))
    for number, word in (("1", "one"), ("2", "two"), ("3", "three")):
        assert f"Press {number} or say {word} for" in offered
    (visit,) = await rig.visits(person)
    assert said_of(rig, "book.booked", visit) in said
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"] * 2
    assert {row.channel for row in await rig.deliveries(person)} == {"voice"}
    assert rig.on_phone(ANA) == []


async def test_choices_are_read_out_again(rig: Rig) -> None:
    person = await ana(rig)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    offered = await answer_to(call, "I need to see a doctor as soon as possible")

    again = [await answer_to_keys(call, "*"), await answer_to(call, "Repeat, please.")]
    await answer_to_keys(call, "1")
    await call.hangs_up()
    await rig.quiet()

    assert "To hear this again, press star." in offered
    assert again == [offered] * 2
    assert len(await rig.visits(person)) == 1
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"] * 2


async def test_a_spanish_speaker_on_the_books_is_greeted_in_spanish_and_books(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-2", "Maria", "Ruiz", MARIA, language="es")
    day = (datetime.now(UTC).astimezone(ZONE) + timedelta(days=6)).date()

    call = await rig.carrier.calls.dial(MARIA, CLINIC)
    greeted = await call.listens()
    proposed = await answer_to(call, f"Quiero una cita con Dr. Lee el {spoken(day, 'es')} a las 3 de la tarde")
    said = await answer_to(call, "Sí.")
    await call.hangs_up()

    assert greeted == "\n".join(prompt(key, "es") for key in ("voice.greeting", "voice.emergency", "voice.ask"))
    assert "Diga sí o no." in proposed
    assert "a las 3 de la tarde" in proposed
    (visit,) = await rig.visits(person)
    assert said_of(rig, "book.booked", visit, "es") in said
    assert {one.voice for one in call.heard} == {"Polly.Lupe-Neural"}


async def test_a_stranger_may_choose_spanish_and_is_answered_in_it(rig: Rig) -> None:
    await opened(rig)

    call = await rig.carrier.calls.dial(STRANGER, CLINIC)
    greeted = await call.listens()
    asked = await answer_to_keys(call, "2")
    said = await answer_to(call, "Quiero hacer una cita")
    await call.hangs_up()
    await rig.quiet()

    assert greeted.endswith(prompt("voice.spanish", "es"))
    assert asked == prompt("voice.ask", "es")
    assert prompt("identity.ask_full_name", "es") in said
    lines = await rig.lines(await rig.person_on(STRANGER))
    assert [line.text for line in lines if line.direction == "inbound"] == ["Quiero hacer una cita"]


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        pytest.param("en", ANA, "my chest hurts and I can't breathe", id="in English"),
        pytest.param("es", MARIA, "me duele el pecho y no puedo respirar", id="in Spanish"),
    ],
)
async def test_an_emergency_that_is_spoken_gets_the_fixed_reply_and_staff(
    rig: Rig, language: Language, number: str, words: str
) -> None:
    await opened(rig)
    person = await rig.patient("MRN-9", "Maria", "Ruiz", number, language=language)

    call = await rig.carrier.calls.dial(number, CLINIC)
    await call.listens()
    said = await answer_to(call, words)
    await call.hangs_up()

    assert said == prompt("safety.medical", language)
    row = await rig.thread(person)
    assert (row.status, row.priority, row.attention) == ("open", 3, "emergency_medical")
    (sent,) = await rig.deliveries(person)
    assert (sent.lane, sent.purpose, sent.channel) == ("safety", "emergency", "voice")


async def test_a_conversation_begun_by_text_goes_on_by_phone(rig: Rig) -> None:
    person = await ana(rig)
    offered = await rig.ask(ANA, "I need to see a doctor as soon as possible")

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    await answer_to_keys(call, "3")
    await call.hangs_up()
    await rig.quiet()

    assert "3)" in offered
    (visit,) = await rig.visits(person)
    channels = await rig.deliveries(person)
    assert [row.channel for row in channels] == ["sms", "voice"]
    assert len({row.thread_id for row in channels}) == 1
    assert await rig.slot_state(visit.slot_id) == "booked"


async def test_what_was_spoken_to_its_end_is_delivered(rig: Rig) -> None:
    person = await ana(rig)

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    await answer_to(call, "what do I have booked?")
    await answer_to(call, "thank you")
    await call.hangs_up()
    await rig.quiet()

    states = [row.state for row in await rig.deliveries(person)]
    assert states == ["delivered", "sent"]


async def test_who_hangs_up_before_the_answer_leaves_a_delivery_that_failed_and_is_told_to_staff(rig: Rig) -> None:
    person = await ana(rig)
    rig.understand_with(None)

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    await call.says("what do I have booked?")
    await rig.until(_answered(call, 2), "the question is taken")
    await call.hangs_up()
    await rig.hub._load_engine()
    await rig.quiet()

    (sent,) = await rig.deliveries(person)
    assert (sent.state, sent.reason) == ("failed", "21220")
    assert (await rig.thread(person)).attention == "delivery_failed"


async def test_callers_who_withhold_their_number_are_never_one_person(rig: Rig) -> None:
    await opened(rig)
    await rig.patient("MRN-1", "Ana", "Lopez", ANA)

    for number, extra in (("anonymous", {}), ("+266696687", {}), (ANA, {"StirVerstat": "TN-Validation-Failed-A"})):
        call = await rig.carrier.calls.dial(number, CLINIC, **extra)
        await call.listens()
        said = await answer_to(call, "what do I have booked?")
        await call.hangs_up()
        assert "visit" not in said
    await rig.quiet()

    rows = await rig.rows(_THREADS)
    assert [row.kind for row in rows] == ["unidentified"] * 3


async def test_a_request_that_is_repeated_is_heard_once(rig: Rig) -> None:
    person = await ana(rig)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    await answer_to(call, "what do I have booked?")
    await call.hangs_up()
    await rig.quiet()

    fields = call.form() | {"CallStatus": "in-progress", "SpeechResult": "what do I have booked?"}
    url = f"{rig.base}/webhooks/twilio/voice?step=heard&turn=1en"
    replies = [await rig.carrier._callbacks.post(url, fields) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert [line.direction for line in await rig.lines(person)] == ["inbound", "outbound"]


async def test_what_carrier_did_not_sign_is_refused(rig: Rig) -> None:
    await opened(rig)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()

    async with aiohttp.ClientSession() as session:
        url = f"{rig.base}/webhooks/twilio/voice?step=heard&turn=1en"
        async with session.post(url, data=call.form() | {"SpeechResult": "hello"}) as answer:
            status = answer.status

    assert status == 403
    assert await rig.rows(_THREADS) == []


async def test_a_no_by_voice_consent_words_stop_calls_and_texts(rig: Rig) -> None:
    await ana(rig)

    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    said = await answer_to(call, "Stop calling me")
    await call.hangs_up()

    assert said == prompt("consent.stopped")
    assert await rig.consent(ANA) is ConsentState.REVOKE


def _answered(call: Call, times: int) -> Callable[[], Awaitable[bool]]:
    """Whether the hub has answered so many requests of a call."""

    async def holds() -> bool:
        return len(call.replies) >= times

    return holds


_THREADS = (
    sa.select(person_table.c.kind)
    .join(thread, thread.c.person_id == person_table.c.id)
    .where(thread.c.last_channel == ChannelKind.VOICE)
)

"""A caller who says nothing, who wants a person, or who leaves a message."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.carrier import Call, PickUp
from consent import proof
from consent.facts import ConsentState, Source
from hub.crypto import Keyring
from hub.db.tables import attachment, delivery, file_piece, message
from hub.hours import OpeningHours
from hub.types import ChannelKind, Purpose
from tests.flows.calling import SOUND, STAFF, a_clinic_with_a_phone, answer_to, answer_to_keys, prompt
from tests.flows.clinic import ANA, MARIA, ana, opened
from tests.hub_rig import CLINIC, Rig, is_said
from tests.stores import either_will_do

pytestmark = either_will_do

QUICK = 0.01
NEVER = OpeningHours.parse("Sun 00:00-00:01")


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with a_clinic_with_a_phone(database_url, tmp_path, keyring, second=QUICK) as one:
        yield one


async def in_silence(call: Call) -> str:
    await call.keeps_silent()
    return await call.listens()


async def test_who_is_silent_twice_is_offered_a_person_or_a_message(rig: Rig) -> None:
    await ana(rig)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()

    asked = await in_silence(call)
    offered = await in_silence(call)
    told = await in_silence(call)
    await call.leaves(b"", 0)
    await call.ended()

    assert asked == prompt("voice.still_there")
    assert offered == prompt("voice.offer")
    assert told == prompt("voice.record")
    assert await call.listens() == prompt("voice.goodbye")
    assert await rig.rows(sa.select(message.c.id)) == []


async def test_who_is_silent_once_is_listened_to_again(rig: Rig) -> None:
    await ana(rig)
    rig.carrier.calls.second = 1.0
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()
    await in_silence(call)

    said = await answer_to(call, "what do I have booked?")

    assert "I see no upcoming visit." in said


@pytest.mark.parametrize("asked", ["0", "Operator.", "a real person"])
async def test_who_asks_for_a_person_is_put_through_and_nothing_is_sent(rig: Rig, asked: str) -> None:
    await ana(rig)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()

    await (call.presses(asked) if asked.isdigit() else call.says(asked))
    await call.ended()

    assert await call.listens() == prompt("voice.connecting")
    assert call.dialled == [STAFF]
    assert await rig.rows(sa.select(delivery.c.id)) == []


@pytest.mark.parametrize("how", ["busy", "no-answer", "failed"])
async def test_where_nobody_takes_the_call_a_message_can_be_left(rig: Rig, how: PickUp) -> None:
    await ana(rig)
    rig.carrier.calls.staff_pick_up(STAFF, how)
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()

    said = await answer_to_keys(call, "0")

    assert said == "\n".join(map(prompt, ("voice.connecting", "voice.unanswered", "voice.record")))


@pytest.mark.parametrize("changes", [{"open_hours": NEVER}, {"voice_transfer": ""}], ids=["closed", "no number"])
async def test_outside_of_hours_nobody_is_put_through(
    database_url: str, tmp_path: Path, keyring: Keyring, changes: dict[str, object]
) -> None:
    async with a_clinic_with_a_phone(database_url, tmp_path, keyring, second=QUICK, **changes) as rig:
        await ana(rig)
        call = await rig.carrier.calls.dial(ANA, CLINIC)
        await call.listens()

        said = await answer_to_keys(call, "0")

        assert said == "\n".join(map(prompt, ("voice.closed", "voice.record")))
        assert call.dialled == []


async def test_a_message_is_kept_sealed_and_its_words_come_to_staff(rig: Rig) -> None:
    person = await ana(rig)
    await _leave(rig, ANA, SOUND, 23, "Please call me about my forms.")
    await rig.quiet()
    await rig.until(lambda: _kept(rig), "the recording is kept")

    row = await rig.thread(person)
    assert (row.status, row.attention, row.priority) == ("open", "voicemail", 1)
    texts = {line.text for line in await rig.lines(person)}
    assert texts == {"Voicemail, 23 seconds.", "Please call me about my forms."}
    (kept,) = await rig.rows(sa.select(attachment))
    assert (kept.state, kept.kind, kept.size) == ("warned", "audio/mpeg", len(SOUND))
    for piece in await rig.rows(sa.select(file_piece.c.sealed)):
        assert SOUND[:64] not in piece.sealed
    async with rig.parts.db.read() as conn:
        found = await rig.parts.files.shelf.get(conn, kept.id)
    assert found is not None
    assert b"".join([piece async for piece in rig.parts.files.shelf.content(*found)]) == SOUND
    assert await rig.deliveries(person) == []
    assert await rig.audited("attachment.warned") == 1


async def test_a_message_that_no_machine_could_write_is_told_by_its_length(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-2", "Maria", "Ruiz", MARIA, language="es")

    call = await _leave(rig, MARIA, SOUND, 1, "no words in Spanish")
    await rig.quiet()

    assert call.heard[-1].text == prompt("voice.recorded", "es")
    assert [line.text for line in await rig.lines(person)] == ["Voicemail, 1 second."]


async def test_an_emergency_in_a_message_alerts_staff_and_is_answered_by_a_call(rig: Rig) -> None:
    person = await ana(rig)

    await _leave(rig, ANA, SOUND, 9, "my chest hurts and I can't breathe")
    back = await rig.carrier.calls.rings(ANA)
    said = await back.listens()
    await back.hangs_up()
    await rig.quiet()

    assert prompt("safety.medical") in said
    row = await rig.thread(person)
    assert (row.priority, row.attention) == (3, "emergency_medical")


async def test_a_line_that_is_held_too_long_offers_a_person(rig: Rig) -> None:
    person = await ana(rig)
    assert is_said("handoff.asked", await rig.ask(ANA, "can I speak with a real person please"))
    call = await rig.carrier.calls.dial(ANA, CLINIC)
    await call.listens()

    said = await answer_to(call, "I need a visit")

    assert said.startswith(prompt("voice.moment"))
    assert said.endswith("\n".join(map(prompt, ("voice.slow", "voice.offer"))))
    assert [line.text for line in await rig.lines(person)][-1] == "I need a visit"


async def _leave(rig: Rig, number: str, sound: bytes, seconds: int, words: str) -> Call:
    """A message that is left on the line, after two silences."""
    call = await rig.carrier.calls.dial(number, CLINIC)
    await call.listens()
    for _ in range(2):
        await in_silence(call)
    await call.presses("1")
    await call.leaves(sound, seconds, words)
    await call.ended()
    return call


async def _kept(rig: Rig) -> bool:
    return bool(await rig.rows(sa.select(attachment.c.id).where(attachment.c.state == "warned")))


async def test_a_key_agrees_once_the_words_were_read_out_and_another_ends_it(rig: Rig) -> None:
    person = await ana(rig)
    parts, vouched = rig.parts, {"StirVerstat": "TN-Validation-Passed-A"}
    call = await rig.carrier.calls.dial(ANA, CLINIC, **vouched)
    await call.listens()

    assert await answer_to_keys(call, "9") == prompt("voice.consent")
    assert await answer_to_keys(call, "2") == f"{prompt('voice.agreed')}\n{prompt('voice.ask')}"
    await rig.quiet()
    async with parts.db.read() as conn:
        address_id = (await parts.people.contacts(conn, person))[0].address_id
        agreed = (await parts.ledger.of_person(conn, person, [address_id]))[0]
    assert agreed.fact.scope.channels == {ChannelKind.SMS}
    assert Purpose.MARKETING not in (agreed.fact.scope.purposes or set(Purpose))
    assert (agreed.fact.state, agreed.fact.source) == (ConsentState.GRANT, Source.WORDS)
    assert agreed.evidence["call"] == call.sid
    assert agreed.evidence["act"] == "pressed 2"
    assert agreed.evidence["sha256"] == proof.shown(agreed.evidence["words"])
    assert "You do not have to agree to be treated here" in agreed.evidence["words"]

    # Whose number nobody vouches for can end it, and agree to nothing.
    other = await rig.carrier.calls.dial(ANA, CLINIC)
    await other.listens()
    assert await answer_to_keys(other, "9") == prompt("voice.consent_stop")
    assert await answer_to_keys(other, "1") == prompt("voice.ask")
    assert await answer_to_keys(other, "9") == prompt("voice.consent_stop")
    await other.presses("9")
    await other.ended()
    await rig.quiet()
    async with parts.db.read() as conn:
        ended, before = (await parts.ledger.of_person(conn, person, [address_id]))[:2]
    assert before.fact.id == agreed.fact.id
    assert (ended.fact.state, ended.fact.source) == (ConsentState.REVOKE, Source.STOP)
    assert ended.evidence["call"] == other.sid

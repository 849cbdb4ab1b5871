"""The clinic calls a patient: to a person, a machine, and nobody."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from channels.carrier import PickUp
from consent.facts import ConsentState
from hub.crypto import Keyring
from hub.db.tables import address
from hub.types import ChannelKind, Hold, Purpose, Send
from templates import render
from tests.flows.calling import a_clinic_with_a_phone, aloud, answer_to, answer_to_keys, prompt
from tests.flows.clinic import ANA, opened, with_visit
from tests.hub_rig import Rig, is_said
from tests.stores import either_will_do

pytestmark = either_will_do

CALLS: dict[str, Any] = {"channel": ChannelKind.VOICE, "purpose": Purpose.APPOINTMENT}


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Rig]:
    async with a_clinic_with_a_phone(database_url, tmp_path, keyring) as one:
        yield one


async def reminded(rig: Rig) -> tuple[str, Any, str]:
    """A person, their visit, and the words of the reminder that is on its way to them."""
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA, calls="yes")
    visit = await with_visit(rig, person)
    facts = {"clinic": "Maple Street Clinic", "name": "Ana", "start": visit.start, "location": visit.location}
    zone = rig.parts.settings.timezone
    text = render("reminder.appointment", facts, "en", ChannelKind.VOICE, zone).text
    routed = await rig.send(person, text, appointment=(visit.id, visit.version), **CALLS)
    assert isinstance(routed.decision, Send)
    return person, visit, text


async def test_a_reminder_is_confirmed_by_one_key(rig: Rig) -> None:
    person, visit, text = await reminded(rig)

    call = await rig.carrier.calls.rings(ANA)
    heard = await call.listens()
    said = await answer_to_keys(call, "1")
    await call.hangs_up()
    await rig.quiet()

    assert heard == f"{aloud(text)}\n{prompt('voice.reminder_keys')}"
    assert is_said("confirm.done", rig.words("confirm.done", visit))
    assert "is confirmed" in said
    (row,) = [row for row in await rig.visit_rows(person) if row.status == "booked"]
    assert row.confirmed_at is not None
    assert [row.state for row in await rig.deliveries(person)] == ["delivered", "sent"]


async def test_a_reminder_is_answered_by_another_key_to_move_the_visit(rig: Rig) -> None:
    await reminded(rig)

    call = await rig.carrier.calls.rings(ANA)
    await call.listens()
    said = await answer_to_keys(call, "2")

    assert "What day and time suit you instead?" in said


async def test_a_reminder_is_read_out_again(rig: Rig) -> None:
    await reminded(rig)
    call = await rig.carrier.calls.rings(ANA)
    heard = await call.listens()

    again = await answer_to_keys(call, "*")
    said = await answer_to_keys(call, "1")

    assert again == heard
    assert "is confirmed" in said


async def test_the_key_nine_stops_calls_and_texts_and_is_confirmed_at_once(rig: Rig) -> None:
    person, _, _ = await reminded(rig)

    call = await rig.carrier.calls.rings(ANA)
    await call.listens()
    await call.presses("9")
    await call.ended()
    await rig.quiet()

    assert await call.listens() == prompt("voice.stopped")
    assert await rig.consent(ANA) is ConsentState.REVOKE
    # The call itself confirmed it: nothing else leaves.
    assert len(await rig.deliveries(person)) == 1
    assert rig.on_phone(ANA) == []
    refused = await rig.send(person, "This must not arrive.", **CALLS)
    assert not isinstance(refused.decision, Send | Hold)


async def test_a_machine_is_told_nothing_of_the_visit_and_no_keys(rig: Rig) -> None:
    rig.carrier.calls.picks_up(ANA, "machine")
    person, visit, _ = await reminded(rig)

    call = await rig.carrier.calls.rings(ANA)
    await call.ended()
    await rig.quiet()

    heard = await call.listens()
    assert heard == prompt("reminder.voicemail")
    for word in ("Ana", visit.provider, visit.location, "ress"):
        assert word not in heard
    assert [row.state for row in await rig.deliveries(person)] == ["delivered"]


@pytest.mark.parametrize(
    ("how", "sip", "code", "state"),
    [
        pytest.param("busy", "", "busy", "ok", id="busy"),
        pytest.param("no-answer", "", "no_answer", "ok", id="no-answer"),
        pytest.param("failed", "503", "failed", "ok", id="failed"),
        pytest.param("failed", "404", "sip_404", "invalid", id="unknown-number"),
    ],
)
async def test_a_call_that_reaches_nobody_fails_with_its_reason(
    rig: Rig, how: PickUp, sip: str, code: str, state: str
) -> None:
    rig.carrier.calls.picks_up(ANA, how, sip=sip)
    person, _, _ = await reminded(rig)

    await rig.carrier.calls.rings(ANA)
    await rig.quiet()

    (row,) = await rig.deliveries(person)
    assert (row.state, row.reason) == ("failed", code)
    assert await rig.value(sa.select(address.c.state).where(address.c.id == row.address_id)) == state


async def test_a_message_of_staff_says_who_calls_and_may_be_answered(rig: Rig) -> None:
    await opened(rig)
    person = await rig.patient("MRN-1", "Ana", "Lopez", ANA, calls="yes")
    await rig.send(person, "Your form is ready at the front desk.", channel=ChannelKind.VOICE)

    call = await rig.carrier.calls.rings(ANA)
    heard = await call.listens()
    said = await answer_to(call, "what do I have booked?")

    assert heard.splitlines() == [
        prompt("voice.calling"),
        "Your form is ready at the front desk.",
        prompt("voice.notice_keys"),
    ]
    assert "no upcoming visit" in said
    assert [line.direction for line in await rig.lines(person)] == ["outbound", "inbound", "outbound"]


async def test_who_says_nothing_to_a_call_is_let_go(rig: Rig) -> None:
    rig.carrier.calls.second = 0.01
    await reminded(rig)

    call = await rig.carrier.calls.rings(ANA)
    await call.listens()
    await call.keeps_silent()
    again = await call.listens()
    await call.keeps_silent()
    await call.ended()

    assert again.endswith(prompt("voice.reminder_keys"))
    assert await call.listens() == prompt("voice.goodbye")

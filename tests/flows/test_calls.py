"""A patient calls the clinic: the same bot as by text, spoken to and answered by keys."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent.facts import ConsentState
from hub.crypto import Keyring
from hub.types import ChannelKind, Language
from tests.flows.calling import a_clinic_with_a_phone, answer_to, answer_to_keys, prompt, said_of
from tests.flows.clinic import ANA, MARIA, STRANGER, ZONE, ana, opened, spoken
from tests.hub_rig import CLINIC, Rig


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

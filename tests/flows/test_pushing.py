"""A message that goes out as a notification: through the router and the outbox to a device on this machine."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.app import Hub
from hub.audit import Actor
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import address, delivery
from hub.people.records import NewPatient
from hub.settings import Settings
from hub.types import Address, AddressKind, AuthorKind, ChannelKind, DeliveryState, Intent, Purpose, new_id
from tests.channels.contract import SAID
from tests.channels.push_rigs import CLINIC, BrowserRig, browser_rig
from tests.stores import either_will_do

pytestmark = either_will_do

TEST = Actor("system", "test")
WITHIN = 20
"""Seconds until a delivery must have ended."""


@pytest.fixture
async def rig() -> AsyncIterator[BrowserRig]:
    async with browser_rig() as made:
        yield made


@pytest.fixture
async def hub(
    database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock, rig: BrowserRig
) -> AsyncIterator[Hub]:
    """A hub that sends notifications and does nothing else."""
    settings = Settings(data=tmp_path, database_url=database_url, keyring_file=tmp_path / "keyring.json")
    keyring.save(tmp_path / "keyring.json")
    made = await Hub.open(settings, clock=clock, channels={ChannelKind.PUSH: rig.channel}, roles=("dispatcher",))
    made.parts.outbox.start()
    yield made
    await made.stop()


@pytest.fixture
async def ana(hub: Hub, rig: BrowserRig) -> str:
    """The id of Ana, who allowed notifications in her browser."""
    parts = hub.parts
    device = Address(AddressKind.PUSH, rig.address)
    patient = NewPatient(mrn="MRN-1", given_name="Ana", family_name="Lopez", language="en", addresses=(device,))

    async def unit(conn: AsyncConnection) -> str:
        done = await parts.people.upsert(conn, patient, TEST)
        await parts.ledger.record(
            conn,
            NewFact(
                address_id=done.addresses[0],
                person_id=done.person_id,
                state=ConsentState.GRANT,
                scope=Scope(channels=frozenset({ChannelKind.PUSH})),
                source=Source.PORTAL,
                at=parts.clock.now(),
                actor=TEST,
            ),
        )
        return done.person_id

    return await parts.db.write(unit)


async def ended(hub: Hub, clock: FixedClock, person_id: str) -> tuple[DeliveryState, str]:
    """What became of a message that staff write, and the state of the device's address after it."""
    intent = Intent(
        key=f"test:{new_id()}",
        person_id=person_id,
        purpose=Purpose.CARE,
        author=AuthorKind.STAFF,
        body=SAID,
        level="full",
    )
    routed = await hub.parts.router.route(intent)
    query = sa.select(delivery.c.state).where(delivery.c.id == routed.delivery_id)
    async with asyncio.timeout(WITHIN):
        while True:
            async with hub.parts.db.read() as conn:
                state = (await conn.execute(query)).scalar_one()
                device = (await conn.execute(sa.select(address.c.state))).scalar_one()
            if state in (DeliveryState.SENT, DeliveryState.FAILED):
                return DeliveryState(state), device
            clock.advance(timedelta(seconds=5))
            hub.parts.outbox.wake()
            await asyncio.sleep(0.05)


async def test_the_device_shows_that_there_is_a_message(hub: Hub, rig: BrowserRig, ana: str, clock: FixedClock) -> None:
    assert await ended(hub, clock, ana) == (DeliveryState.SENT, "ok")

    (shown,) = rig.service.shown.values()
    assert shown["title"] == f"New message from {CLINIC}"
    assert SAID not in json.dumps(shown)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_gone_is_retired(
    hub: Hub, rig: BrowserRig, ana: str, clock: FixedClock, status: int
) -> None:
    rig.service.refusal = status, {}
    rig.befall("refused")

    assert await ended(hub, clock, ana) == (DeliveryState.FAILED, "invalid")

    assert rig.requests() == 1


@pytest.mark.parametrize("mishap", ["throttled", "unavailable", "drop_taken", "broken_taken"])
async def test_what_went_wrong_is_made_good_and_shows_once(
    hub: Hub, rig: BrowserRig, ana: str, clock: FixedClock, mishap: str
) -> None:
    rig.befall(mishap)  # type: ignore[arg-type]

    assert await ended(hub, clock, ana) == (DeliveryState.SENT, "ok")

    assert rig.requests() == 2
    assert len(rig.service.shown) == 1

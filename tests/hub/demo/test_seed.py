"""Seeding: once gives a clinic, twice changes nothing, later adds the days that came since."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from channels.carrier import Carrier
from channels.mailhost import MailHost
from consent.facts import ConsentState
from hub.app import Hub
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db.tables import appointment, consent_event, person, slot
from hub.demo import Outside, seed
from hub.demo.clinic import PATIENTS, patient
from hub.demo.seed import WEEKS, slot_rows, visit_rows
from hub.parts import Parts
from hub.types import Address, AddressKind, ChannelKind, Purpose
from tests.hub.demo.clinic_running import settings_for

ZONE = ZoneInfo("America/New_York")


@pytest.fixture
async def parts(database_url: str, tmp_path: Path, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Parts]:
    """The parts of a hub that was never started."""
    settings = settings_for(database_url, tmp_path, Outside(Carrier(), MailHost()))
    keyring.save(settings.keyring)
    hub = await Hub.open(settings, clock=clock)
    yield hub.parts
    await hub.parts.db.close()


async def counted(parts: Parts) -> dict[str, int]:
    """Rows of what seeding makes."""
    async with parts.db.read() as conn:
        return {
            table.name: (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
            for table in (person, slot, appointment, consent_event)
        }


async def test_it_gives_people_times_and_visits(parts: Parts) -> None:
    await seed(parts)

    rows = await counted(parts)
    assert rows["person"] == len(PATIENTS)
    assert rows["consent_event"] == 3 * len(PATIENTS)
    assert rows["slot"] > 300
    assert rows["appointment"] == 8


async def test_done_twice_it_changes_nothing(parts: Parts) -> None:
    await seed(parts)
    first = await counted(parts)

    await seed(parts)

    assert await counted(parts) == first


async def test_a_day_later_only_new_times_come(parts: Parts, clock: FixedClock) -> None:
    await seed(parts)
    first = await counted(parts)
    clock.advance(timedelta(days=1))

    await seed(parts)

    later = await counted(parts)
    assert later.pop("slot") > first.pop("slot")
    assert later == first


async def test_a_seeded_visit_holds_an_open_time(parts: Parts) -> None:
    await seed(parts)

    async with parts.db.read() as conn:
        person_id = await parts.people.by_mrn(conn, patient("james").mrn)
        (visit,) = await parts.scheduling.appointments(person_id, after=parts.clock.now())
        state = (await conn.execute(sa.select(slot.c.state).where(slot.c.id == visit.slot_id))).scalar_one()

    assert visit.provider == "Dr. Hannah Kim"
    assert state == "booked"


async def test_patients_agreed_to_texts(parts: Parts) -> None:
    await seed(parts)

    async with parts.db.read() as conn:
        (person_id,) = await parts.people.by_address(conn, Address(AddressKind.PHONE, patient("maria").phone))
        (texts, *_) = await parts.people.contacts(conn, person_id)
        standing = (await parts.ledger.standings(conn, [texts.address_id]))[texts.address_id]

    assert standing.of(ChannelKind.SMS, Purpose.APPOINTMENT).state is ConsentState.GRANT


@pytest.mark.parametrize("days", range(7), ids=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
def test_on_any_day_the_times_ahead_are_within_hours_and_three_weeks(days: int, clock: FixedClock) -> None:
    now = clock.now().astimezone(ZONE) + timedelta(days=days)

    starts = [row[4] for row in slot_rows(now)]

    moments = [now.fromisoformat(start) for start in starts]
    assert min(moments) > now
    assert max(moments) <= now + timedelta(weeks=WEEKS, days=1)
    assert all(9 <= moment.hour < 17 and moment.weekday() < 5 for moment in moments)


@pytest.mark.parametrize("days", range(7), ids=["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
def test_on_any_day_every_first_visit_is_at_an_open_time_of_its_own(days: int, clock: FixedClock) -> None:
    now = clock.now().astimezone(ZONE) + timedelta(days=days)
    times = {(row[0], row[2], row[3], row[4]) for row in slot_rows(now)}

    visits = [(row[1], row[2], row[3], row[4]) for row in visit_rows(now)]

    assert set(visits) <= times
    assert len(set(visits)) == len(visits)

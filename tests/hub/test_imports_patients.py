"""Importing patients and what they agreed to."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Source
from consent.ledger import Ledger, NewFact
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import consent_event, person
from hub.imports import Report, RowProblem, import_patients
from hub.people import People, Person
from hub.types import Address, AddressKind, ChannelKind, Purpose
from hub.vault import Vault
from tests.stores import Disk, either_will_do

ROW = {
    "mrn": "M1",
    "given_name": "Ada",
    "family_name": "Sample",
    "birth_date": "1980-02-29",
    "language": "es",
    "timezone": "America/Chicago",
    "phone": "(202) 555-0123",
    "email": "Ada.Sample@Example.org",
    "preferred_channel": "sms",
    "sms_consent": "yes",
    "voice_consent": "",
    "email_consent": "no",
}
NUMBER = Address(AddressKind.PHONE, "+12025550123")
MAIL = Address(AddressKind.MAILBOX, "ada.sample@example.org")


class Desk:
    """Imports patients into one database."""

    def __init__(self, path: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> None:
        self.path, self.db, self.clock = path, db, clock
        self.people = People(vault, trail, clock)
        self.ledger = Ledger(vault, trail, clock)

    async def take(self, *rows: dict[str, str]) -> Report:
        """The report on a file of these rows."""
        lines = [",".join(f'"{cell}"' for cell in row.values()) for row in rows]
        self.path.write_text("\n".join((",".join(ROW), *lines)), encoding="utf-8")
        return await import_patients(
            self.path, db=self.db, clock=self.clock, people=self.people, ledger=self.ledger, region="US"
        )

    async def patient(self, mrn: str = "M1") -> Person:
        """The patient with this number."""
        async with self.db.read() as conn:
            person_id = await self.people.by_mrn(conn, mrn)
            assert person_id is not None
            found = await self.people.get(conn, person_id)
        assert found is not None
        return found

    async def facts(self) -> list[tuple[str, str, str]]:
        """The ledger's facts as (channels, state, source), oldest first."""
        async with self.db.read() as conn:
            rows = await conn.execute(sa.select(consent_event).order_by(consent_event.c.id))
            return [(row.channels, row.state, row.source) for row in rows]


@pytest.fixture
def desk(tmp_path: Path, db: Database, vault: Vault, clock: FixedClock, trail: Trail) -> Desk:
    """A desk with a database of its own."""
    return Desk(tmp_path / "patients.csv", db, vault, clock, trail)


async def test_a_patient_goes_in_with_addresses_in_their_normal_form(desk: Desk) -> None:
    report = await desk.take(ROW)

    assert report == Report(created=1)
    found = await desk.patient()
    assert (found.profile.given_name, found.profile.family_name) == ("Ada", "Sample")
    assert found.profile.birth_date == date(1980, 2, 29)
    assert (found.language, found.timezone, found.preferred_channel) == ("es", "America/Chicago", ChannelKind.SMS)
    async with desk.db.read() as conn:
        addresses = [contact.address for contact in await desk.people.contacts(conn, found.id)]
    assert set(addresses) == {NUMBER, MAIL}


async def test_consent_columns_become_facts_and_empty_ones_do_not(desk: Desk) -> None:
    await desk.take(ROW)

    assert await desk.facts() == [("sms", "grant", "import"), ("email", "revoke", "import")]


@pytest.mark.parametrize("word", ["yes", "TRUE", "1"], ids=str)
@either_will_do
async def test_a_yes_may_be_written_in_several_ways(desk: Desk, word: str) -> None:
    await desk.take(ROW | {"sms_consent": word, "email_consent": ""})

    assert await desk.facts() == [("sms", "grant", "import")]


async def test_consent_for_an_address_that_is_not_given_says_nothing(desk: Desk) -> None:
    await desk.take(ROW | {"phone": "", "email": ""})

    assert await desk.facts() == []


async def test_importing_again_changes_nothing(desk: Desk) -> None:
    await desk.take(ROW)
    before = await desk.facts()
    desk.clock.advance(timedelta(days=1))

    report = await desk.take(ROW)

    assert report == Report(unchanged=1)
    assert await desk.facts() == before


async def test_a_decision_that_changed_is_added_to_the_ledger(desk: Desk) -> None:
    await desk.take(ROW)
    desk.clock.advance(timedelta(days=1))

    report = await desk.take(ROW | {"sms_consent": "no"})

    assert report == Report(updated=1)
    assert (await desk.facts())[-1] == ("sms", "revoke", "import")


async def test_no_import_gives_back_what_the_person_took_back(desk: Desk) -> None:
    """Invariant 3."""
    await desk.take(ROW | {"sms_consent": ""})
    patient = await desk.patient()
    async with desk.db.read() as conn:
        (phone,) = [c for c in await desk.people.contacts(conn, patient.id) if c.address == NUMBER]
    stop = NewFact(
        address_id=phone.address_id,
        person_id=patient.id,
        state=ConsentState.REVOKE,
        scope=PHONE,
        source=Source.STOP,
        at=desk.clock.now(),
        actor=Actor("patient"),
    )
    await desk.db.write(lambda conn: desk.ledger.record(conn, stop))
    desk.clock.advance(timedelta(days=1))

    await desk.take(ROW)

    async with desk.db.read() as conn:
        standing = (await desk.ledger.standings(conn, [phone.address_id]))[phone.address_id]
    assert standing.of(ChannelKind.SMS, Purpose.APPOINTMENT).state is ConsentState.REVOKE


async def test_a_known_patient_is_brought_up_to_date(desk: Desk) -> None:
    await desk.take(ROW)

    report = await desk.take(ROW | {"family_name": "Changed", "language": ""})

    assert report == Report(updated=1)
    found = await desk.patient()
    assert found.profile.family_name == "Changed"
    assert found.language is None
    async with desk.db.read() as conn:
        assert (await conn.execute(sa.select(sa.func.count()).select_from(person))).scalar_one() == 1


async def test_two_patients_may_share_a_number(desk: Desk) -> None:
    report = await desk.take(ROW, ROW | {"mrn": "M2", "given_name": "Bea", "email": ""})

    assert report == Report(created=2)
    async with desk.db.read() as conn:
        assert len(await desk.people.by_address(conn, NUMBER)) == 2


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        pytest.param({"mrn": ""}, "mrn is empty", id="no mrn"),
        pytest.param({"given_name": "", "family_name": ""}, "given_name and family_name are both empty", id="no name"),
        pytest.param({"birth_date": "02/29/1980"}, "birth_date must be a day such as 1980-12-31", id="US date"),
        pytest.param({"birth_date": "1981-02-29"}, "birth_date must be a day such as 1980-12-31", id="no such day"),
        pytest.param({"birth_date": "2031-01-01"}, "birth_date must lie between 1851 and today", id="not yet born"),
        pytest.param({"language": "Spanish"}, "language must be a two-letter code such as en or es", id="language"),
        pytest.param({"timezone": "Mars/Base"}, "timezone must be a time zone such as America/New_York", id="zone"),
        pytest.param({"timezone": "../etc"}, "timezone must be a time zone such as America/New_York", id="a path"),
        pytest.param({"phone": "12"}, "phone is not a phone number", id="phone"),
        pytest.param({"email": "ada@home"}, "email is not a mail address", id="mail"),
        pytest.param(
            {"preferred_channel": "fax"},
            "preferred_channel must be one of sms, voice, email, push, portal",
            id="channel",
        ),
        pytest.param({"sms_consent": "maybe"}, "sms_consent must be one of yes, true, 1, no, false, 0", id="consent"),
    ],
)
@either_will_do
async def test_a_bad_row_is_reported_and_the_good_ones_go_in(desk: Desk, cell: dict[str, str], message: str) -> None:
    report = await desk.take(ROW | cell, ROW | {"mrn": "M2"})

    assert report == Report(created=1, problems=(RowProblem(2, message),))


@pytest.mark.parametrize(
    ("written", "kept"), [("en", "en"), ("ES", "es"), ("en-US", "en"), ("pt_BR", "pt"), ("", None)], ids=str
)
@either_will_do
async def test_any_two_letter_language_is_kept(desk: Desk, written: str, kept: str | None) -> None:
    await desk.take(ROW | {"language": written})

    assert (await desk.patient()).language == kept


async def test_a_record_whose_key_was_destroyed_is_refused_and_the_others_go_in(desk: Desk, vault: Vault) -> None:
    await desk.take(ROW)
    patient = await desk.patient()
    vault.forget(patient.id)
    await desk.db.write(
        lambda conn: conn.execute(
            sa.text("UPDATE data_key SET wrapped = NULL WHERE owner_id = :id"), {"id": patient.id}
        )
    )

    report = await desk.take(ROW, ROW | {"mrn": "M2"})

    assert report == Report(created=1, problems=(RowProblem(2, "was refused (key_destroyed)"),))


async def test_no_name_number_or_address_is_readable_in_the_file(desk: Desk, disk: Disk) -> None:
    """Invariant 10."""
    await desk.take(ROW)
    desk.path.unlink()

    stored = disk()

    assert b"America/Chicago" in stored
    for secret in (b"Ada", b"Sample", b"2025550123", b"ada.sample", b"1980-02-29"):
        assert secret not in stored

"""The records of persons: found again by record number, sealed, and sharing addresses."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import address, audit_event, contact, data_key, person
from hub.errors import KeyDestroyed
from hub.people import NewPatient, People, Profile, Upserted
from hub.people.records import identity_text, plain_name
from hub.types import Address, AddressKind, ChannelKind, new_id
from hub.vault import Vault
from tests.stores import Disk

EHR = Actor("system", "import")
PHONE = Address(AddressKind.PHONE, "+12025550123")
MAIL = Address(AddressKind.MAILBOX, "nora.quinn@example.org")
NORA = NewPatient(
    mrn="MRN-77-Zanzibar",
    given_name="Nora",
    family_name="Quinnley",
    birth_date=date(1984, 7, 21),
    language="en",
    timezone="America/New_York",
    preferred_channel=ChannelKind.SMS,
    addresses=(PHONE, MAIL),
)
BEN = NewPatient(mrn="MRN-78", given_name="Ben", family_name="Quinnley", addresses=(PHONE,))


@pytest.fixture
def people(vault: Vault, trail: Trail, clock: FixedClock) -> People:
    return People(vault, trail, clock)


async def upsert(db: Database, people: People, *patients: NewPatient) -> list[Upserted]:
    return await db.write(lambda conn: people.upsert_many(conn, patients, EHR))


async def count(db: Database, table: sa.Table) -> int:
    async with db.read() as conn:
        return (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def actions(db: Database) -> list[str]:
    async with db.read() as conn:
        return list((await conn.execute(sa.select(audit_event.c.action).order_by(audit_event.c.id))).scalars())


class TestUpsert:
    async def test_a_new_patient_is_created_with_all_that_is_known(self, db: Database, people: People) -> None:
        (done,) = await upsert(db, people, NORA)

        async with db.read() as conn:
            found = await people.get(conn, done.person_id)
            contacts = await people.contacts(conn, done.person_id)
        assert done.outcome == "created"
        assert found is not None
        assert found.profile == Profile(
            mrn="MRN-77-Zanzibar", given_name="Nora", family_name="Quinnley", birth_date=date(1984, 7, 21)
        )
        assert (found.kind, found.language, found.timezone) == ("patient", "en", "America/New_York")
        assert found.preferred_channel is ChannelKind.SMS
        assert {one.address_id: one.address for one in contacts} == dict(
            zip(done.addresses, (PHONE, MAIL), strict=True)
        )
        assert {one.state for one in contacts} == {"ok"}

    async def test_the_same_record_again_changes_nothing(self, db: Database, people: People, clock: FixedClock) -> None:
        (first,) = await upsert(db, people, NORA)

        (again,) = await upsert(db, people, NORA)

        assert again == replace(first, outcome="unchanged")
        assert await actions(db) == ["person.create"]
        assert (await count(db, person), await count(db, address), await count(db, contact)) == (1, 2, 2)

    @pytest.mark.parametrize(
        "change",
        [
            {"given_name": "Eleanor"},
            {"family_name": "Quinn"},
            {"birth_date": date(1984, 7, 12)},
            {"birth_date": None},
            {"language": "es"},
            {"language": None},
            {"timezone": "America/Chicago"},
            {"preferred_channel": None},
            {"addresses": (PHONE, MAIL, Address(AddressKind.PHONE, "+12025550124"))},
        ],
        ids=lambda change: "=".join(map(str, *change.items()))[:40],
    )
    async def test_any_change_is_an_update_of_the_same_person(
        self, db: Database, people: People, change: dict[str, Any]
    ) -> None:
        (first,) = await upsert(db, people, NORA)

        (changed,) = await upsert(db, people, replace(NORA, **change))
        (again,) = await upsert(db, people, replace(NORA, **change))

        assert (changed.person_id, changed.outcome) == (first.person_id, "updated")
        assert again.outcome == "unchanged"
        assert await actions(db) == ["person.create", "person.update"]

    async def test_an_address_no_longer_named_stays(self, db: Database, people: People) -> None:
        (done,) = await upsert(db, people, NORA)

        await upsert(db, people, replace(NORA, addresses=()))

        async with db.read() as conn:
            assert len(await people.contacts(conn, done.person_id)) == 2

    async def test_an_address_given_twice_is_one(self, db: Database, people: People) -> None:
        (done,) = await upsert(db, people, replace(NORA, addresses=(PHONE, MAIL, PHONE)))

        assert done.addresses[0] == done.addresses[2] != done.addresses[1]
        assert await count(db, contact) == 2

    async def test_persons_may_share_an_address(self, db: Database, people: People) -> None:
        nora, ben = await upsert(db, people, NORA, BEN)

        async with db.read() as conn:
            both = await people.by_address(conn, PHONE)
            alone = await people.by_address(conn, MAIL)
        assert nora.addresses[0] == ben.addresses[0]
        assert sorted(both) == sorted([nora.person_id, ben.person_id])
        assert alone == [nora.person_id]
        assert await count(db, address) == 2

    async def test_the_same_value_as_another_kind_is_another_address(self, db: Database, people: People) -> None:
        odd = Address(AddressKind.PORTAL, PHONE.value)

        (done,) = await upsert(db, people, replace(NORA, addresses=(PHONE, odd)))

        assert done.addresses[0] != done.addresses[1]

    async def test_a_batch_tells_each_outcome_in_the_order_given(self, db: Database, people: People) -> None:
        await upsert(db, people, NORA, BEN)
        new = [replace(BEN, mrn=f"MRN-{number}", addresses=()) for number in range(100, 180)]

        done = await upsert(db, people, *new[:40], replace(NORA, language="es"), *new[40:], BEN)

        assert [one.outcome for one in done] == ["created"] * 40 + ["updated"] + ["created"] * 40 + ["unchanged"]
        assert len({one.person_id for one in done}) == 82
        assert await count(db, person) == 82

    async def test_a_disposed_person_cannot_be_written_to(self, db: Database, people: People, vault: Vault) -> None:
        (done,) = await upsert(db, people, NORA)
        gone = sa.update(data_key).where(data_key.c.owner_id == done.person_id).values(wrapped=None)
        await db.write(lambda conn: conn.execute(gone))
        vault.forget(done.person_id)

        with pytest.raises(KeyDestroyed):
            await upsert(db, people, replace(NORA, language="es"))


class TestFinding:
    async def test_a_record_number_finds_its_person_and_no_other(self, db: Database, people: People) -> None:
        nora, ben = await upsert(db, people, NORA, BEN)

        async with db.read() as conn:
            found = [await people.by_mrn(conn, mrn) for mrn in (NORA.mrn, BEN.mrn, "MRN-0")]
        assert found == [nora.person_id, ben.person_id, None]

    async def test_many_are_read_at_once_and_the_unknown_left_out(self, db: Database, people: People) -> None:
        nora, ben = await upsert(db, people, NORA, BEN)

        async with db.read() as conn:
            found = await people.many(conn, [nora.person_id, ben.person_id, new_id()])
            nobody = await people.get(conn, new_id())
        assert {one.profile.given_name for one in found.values()} == {"Nora", "Ben"}
        assert nobody is None

    async def test_a_number_nobody_has_is_nobodys(self, db: Database, people: People) -> None:
        async with db.read() as conn:
            assert await people.by_address(conn, PHONE) == []


class TestSealing:
    async def test_nothing_of_a_person_is_readable_in_the_files(self, db: Database, people: People, disk: Disk) -> None:
        await upsert(db, people, NORA)

        content = disk()

        assert b"patient" in content
        for said in ("Nora", "Quinnley", "Zanzibar", "1984-07-21", "2025550123", "nora.quinn", "example.org"):
            assert said.encode() not in content
            assert said.encode("utf-16-le") not in content

    async def test_repr_shows_nothing_of_a_person(self, db: Database, people: People) -> None:
        (done,) = await upsert(db, people, NORA)
        async with db.read() as conn:
            shown = repr(
                [NORA, done, await people.get(conn, done.person_id), await people.contacts(conn, done.person_id)]
            )

        for said in ("Nora", "Quinnley", "Zanzibar", "1984", "2025550123", "nora.quinn"):
            assert said not in shown
        assert repr(Profile(given_name="Nora")) == "Profile(…)"

    async def test_a_profile_moved_to_another_person_does_not_open(self, db: Database, people: People) -> None:
        nora, ben = await upsert(db, people, NORA, BEN)
        stolen = sa.select(person.c.profile_sealed).where(person.c.id == nora.person_id).scalar_subquery()
        move = sa.update(person).where(person.c.id == ben.person_id).values(profile_sealed=stolen)
        await db.write(lambda conn: conn.execute(move))

        async with db.read() as conn:
            with pytest.raises(Exception, match="changed or moved"):
                await people.get(conn, ben.person_id)

    async def test_a_profile_of_a_later_release_is_read_without_what_is_new(self) -> None:
        later = b'{"mrn":"1","given_name":"Nora","family_name":"Q","birth_date":null,"pronouns":"she"}'

        assert msgspec.json.decode(later, type=Profile).given_name == "Nora"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José Ángel", "jose angel"),
        ("NORA  QUINN", "nora quinn"),
        ("Anne-Marie O'Neil", "anne marie o neil"),
        ("Zoë", "Zoe\u0308"),
        ("Straße", "STRASSE"),
        ("  ﬁona ", "Fiona"),
        ("Núñez", "NUN\u0303EZ"),
    ],
    ids=lambda name: name.strip(),
)
def test_names_are_compared_without_accents_case_and_marks(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


def test_different_names_and_dates_have_different_identities() -> None:
    said = [
        identity_text("Nora", "Quinn", date(1984, 7, 21)),
        identity_text("Nora", "Quinn", date(1984, 7, 12)),
        identity_text("Nora", "Quint", date(1984, 7, 21)),
    ]

    assert len(set(said)) == 3
    assert identity_text("nora", "QUINN", date(1984, 7, 21)) == said[0]

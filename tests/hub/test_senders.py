"""Whose thread a message belongs to: the one person on the number, the line's, or somebody unknown's (invariant 9)."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.bulk import insert_rows
from hub.db.tables import address, contact, person
from hub.people import NewPatient, People, Sender, Senders
from hub.people.records import address_row
from hub.types import Address, AddressKind, new_id
from hub.vault import Vault
from tests import stranger
from tests.stores import server_only

EHR = Actor("system", "import")
PHONE = Address(AddressKind.PHONE, "+12025550123")
OTHER = Address(AddressKind.PHONE, "+12025550124")
_WAITING = "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def people(vault: Vault, trail: Trail, clock: FixedClock) -> People:
    return People(vault, trail, clock)


@pytest.fixture
def senders(vault: Vault, clock: FixedClock) -> Senders:
    return Senders(vault, clock)


async def on_the_books(db: Database, people: People, name: str, *addresses: Address) -> str:
    patient = NewPatient(mrn=f"MRN-{name}", given_name=name, family_name="Quinn", addresses=addresses)
    return (await db.write(lambda conn: people.upsert(conn, patient, EHR))).person_id


async def resolve(db: Database, senders: Senders, *addresses: Address) -> dict[Address, Sender]:
    return await db.write(lambda conn: senders.resolve(conn, addresses))


async def kinds(db: Database) -> list[str]:
    async with db.read() as conn:
        return sorted((await conn.execute(sa.select(person.c.kind))).scalars())


async def count(db: Database, table: sa.Table) -> int:
    async with db.read() as conn:
        return (await conn.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()


async def test_the_only_patient_on_a_number_is_known(db: Database, people: People, senders: Senders) -> None:
    nora = await on_the_books(db, people, "Nora", PHONE)

    found = await resolve(db, senders, PHONE)

    assert (found[PHONE].person_id, found[PHONE].standing) == (nora, "known")
    async with db.read() as conn:
        assert [one.address_id for one in await people.contacts(conn, nora)] == [found[PHONE].address_id]
    assert await kinds(db) == ["patient"]


async def test_a_number_several_share_has_a_line_of_its_own(db: Database, people: People, senders: Senders) -> None:
    family = {await on_the_books(db, people, name, PHONE) for name in ("Nora", "Ben")}

    first = (await resolve(db, senders, PHONE))[PHONE]
    again = (await resolve(db, senders, PHONE))[PHONE]

    assert first == again
    assert first.standing == "shared"
    assert first.person_id not in family
    assert await kinds(db) == ["line", "patient", "patient"]


async def test_a_stand_in_keeps_the_number_sealed_under_its_own_key(
    db: Database, people: People, senders: Senders
) -> None:
    found = (await resolve(db, senders, PHONE))[PHONE]

    async with db.read() as conn:
        (kept,) = await people.contacts(conn, found.person_id)
        stand_in = await people.get(conn, found.person_id)
    assert (kept.address, kept.address_id) == (PHONE, found.address_id)
    assert stand_in is not None
    assert (stand_in.kind, stand_in.profile.given_name) == ("unidentified", "")


async def test_an_unknown_number_gets_one_stand_in_that_stays(db: Database, senders: Senders) -> None:
    first = (await resolve(db, senders, PHONE))[PHONE]
    again = (await resolve(db, senders, PHONE))[PHONE]

    assert first == again
    assert first.standing == "unknown"
    assert await kinds(db) == ["unidentified"]


async def test_a_burst_of_one_batch_makes_one_stand_in_a_number(db: Database, senders: Senders) -> None:
    found = await resolve(db, senders, *[PHONE, OTHER] * 50)

    assert set(found) == {PHONE, OTHER}
    assert found[PHONE].person_id != found[OTHER].person_id
    assert (await count(db, person), await count(db, address), await count(db, contact)) == (2, 2, 2)


async def test_once_the_number_is_imported_its_owner_is_known(db: Database, people: People, senders: Senders) -> None:
    before = (await resolve(db, senders, PHONE))[PHONE]
    nora = await on_the_books(db, people, "Nora", PHONE)

    after = (await resolve(db, senders, PHONE))[PHONE]

    assert (after.person_id, after.standing) == (nora, "known")
    assert after.address_id == before.address_id
    assert before.person_id != nora


async def test_once_a_second_patient_is_imported_the_number_is_nobodys_alone(
    db: Database, people: People, senders: Senders
) -> None:
    nora = await on_the_books(db, people, "Nora", PHONE)
    known = (await resolve(db, senders, PHONE))[PHONE]
    await on_the_books(db, people, "Ben", PHONE)

    shared = (await resolve(db, senders, PHONE))[PHONE]

    assert known.person_id == nora
    assert shared.standing == "shared"
    assert shared.person_id != nora
    assert shared.address_id == known.address_id


async def test_a_batch_may_hold_all_of_them(db: Database, people: People, senders: Senders) -> None:
    third = Address(AddressKind.PHONE, "+12025550125")
    await on_the_books(db, people, "Nora", PHONE, OTHER)
    await on_the_books(db, people, "Ben", OTHER)

    found = await resolve(db, senders, third, OTHER, PHONE)

    assert {one: sender.standing for one, sender in found.items()} == {
        PHONE: "known",
        OTHER: "shared",
        third: "unknown",
    }


async def test_the_same_value_as_another_kind_is_another_sender(db: Database, senders: Senders) -> None:
    portal = Address(AddressKind.PORTAL, PHONE.value)

    found = await resolve(db, senders, PHONE, portal)

    assert found[PHONE].person_id != found[portal].person_id


async def test_nobody_writes_nothing(db: Database, senders: Senders) -> None:
    assert await resolve(db, senders) == {}


async def test_what_was_undone_leaves_nobody(db: Database, senders: Senders) -> None:
    async def undone(conn: object) -> None:
        await senders.resolve(conn, [PHONE])
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(undone)

    assert await kinds(db) == []
    assert (await resolve(db, senders, PHONE))[PHONE].standing == "unknown"


@server_only
@pytest.mark.parametrize("family", [("Nora", "Ben"), ()], ids=["shared", "unknown"])
async def test_two_hubs_that_hear_from_a_number_at_once_make_one_stand_in(
    db: Database,
    database_url: str,
    people: People,
    senders: Senders,
    clock: FixedClock,
    vault: Vault,
    family: tuple[str, ...],
) -> None:
    for name in family:
        await on_the_books(db, people, name, PHONE)
    if not family:
        # Known, and nobody's yet.
        row = address_row(new_id(), PHONE.kind, vault.blind.of(PHONE.kind.value, PHONE.value), clock.now())
        await db.write(lambda conn: insert_rows(conn, address, [row]))
    looked, met = asyncio.Event(), asyncio.Event()

    async def first(conn: AsyncConnection) -> Sender:
        found = await second(conn)
        looked.set()
        await met.wait()
        return found

    async def second(conn: AsyncConnection) -> Sender:
        return (await senders.resolve(conn, [PHONE]))[PHONE]

    earlier = asyncio.create_task(db.write(first))
    await looked.wait()
    later = asyncio.create_task(db.write(second))
    while not later.done() and stranger.rows(database_url, _WAITING) == [(0,)]:  # noqa: ASYNC110 - the server calls nobody
        await asyncio.sleep(0)
    met.set()

    assert await later == await earlier
    assert await kinds(db) == sorted(["line" if family else "unidentified", *["patient"] * len(family)])


@pytest.mark.parametrize(
    ("languages", "found"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param(["es"], "es", id="one"),
        pytest.param(["es", "es"], "es", id="two-alike"),
        pytest.param(["es", "en"], None, id="two-different"),
        pytest.param(["fr"], None, id="not-ours"),
    ],
)
async def test_the_language_of_a_number_is_that_of_all_who_have_it(
    db: Database, people: People, senders: Senders, languages: list[str], found: str | None
) -> None:
    for number, language in enumerate(languages):
        patient = NewPatient(
            mrn=f"MRN-{number}", given_name="Ana", family_name="Quinn", addresses=(PHONE,), language=language
        )
        await db.write(lambda conn, one=patient: people.upsert(conn, one, EHR))

    async with db.read() as conn:
        assert await senders.language(conn, PHONE) == found

"""Telling who writes, by what they say of themselves: one answer, or none."""

from datetime import date

import pytest

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.people import Identifier, NewPatient, People, Senders
from hub.types import Address, AddressKind, new_id
from hub.vault import Vault

PHONE = Address(AddressKind.PHONE, "+12025550123")
BORN = date(1984, 7, 21)
FAMILY = {
    "nora": NewPatient(mrn="1", given_name="Nora Mae", family_name="Núñez", birth_date=BORN, addresses=(PHONE,)),
    "jose": NewPatient(
        mrn="2", given_name="José", family_name="Núñez", birth_date=date(2015, 2, 3), addresses=(PHONE,)
    ),
    "nora jr": NewPatient(
        mrn="3", given_name="Nora", family_name="Núñez", birth_date=date(2012, 5, 6), addresses=(PHONE,)
    ),
    "undated": NewPatient(mrn="4", given_name="Kim", family_name="Núñez", addresses=(PHONE,)),
}


@pytest.fixture
def people(vault: Vault, trail: Trail, clock: FixedClock) -> People:
    return People(vault, trail, clock)


@pytest.fixture
def identifier(people: People, vault: Vault) -> Identifier:
    return Identifier(people, vault)


@pytest.fixture
async def family(db: Database, people: People) -> dict[str, str]:
    """The ids of the family, by the names of the table above."""

    async def unit(conn: object) -> dict[str, str]:
        done = await people.upsert_many(conn, list(FAMILY.values()), Actor("system", "import"))
        return {name: one.person_id for name, one in zip(FAMILY, done, strict=True)}

    return await db.write(unit)


AMONG = [
    pytest.param("José", None, {"jose"}, id="first name"),
    pytest.param("jose nunez", None, {"jose"}, id="full name without accents"),
    pytest.param("JOSÉ  NÚÑEZ", None, {"jose"}, id="full name in capitals"),
    pytest.param("Jose\u0301", None, {"jose"}, id="an accent of its own"),
    pytest.param("nora mae", None, {"nora"}, id="both given names"),
    pytest.param("Nora", None, {"nora", "nora jr"}, id="a name two share"),
    pytest.param("Nora", BORN, {"nora"}, id="told apart by the birth date"),
    pytest.param("Nora", date(2012, 5, 6), {"nora jr"}, id="the other birth date"),
    pytest.param("José", date(2015, 3, 2), set(), id="the wrong birth date"),
    pytest.param("Kim", None, {"undated"}, id="no birth date asked"),
    pytest.param("Kim", BORN, set(), id="a birth date nobody wrote down"),
    pytest.param("Núñez", None, set(), id="the family name alone"),
    pytest.param("No", None, set(), id="the beginning of a name"),
    pytest.param("Pedro", None, set(), id="a stranger"),
    pytest.param("", None, set(), id="nothing"),
    pytest.param("!!", None, set(), id="no letters"),
]


@pytest.mark.parametrize(("name", "born", "fitting"), AMONG)
async def test_among_those_on_a_line_the_name_and_birth_date_must_fit(
    db: Database, identifier: Identifier, family: dict[str, str], name: str, born: date | None, fitting: set[str]
) -> None:
    async with db.read() as conn:
        match = await identifier.among(conn, family.values(), name, born)

    assert {one.id for one in match.persons} == {family[one] for one in fitting}


async def test_nobody_outside_the_candidates_is_found(
    db: Database, identifier: Identifier, family: dict[str, str]
) -> None:
    async with db.read() as conn:
        match = await identifier.among(conn, [family["nora"]], "José", None)

    assert match.persons == ()


async def test_a_stand_in_has_no_name_that_could_fit(
    db: Database, identifier: Identifier, vault: Vault, clock: FixedClock
) -> None:
    sender = (await db.write(lambda conn: Senders(vault, clock).resolve(conn, [PHONE])))[PHONE]

    async with db.read() as conn:
        for name in ("", " ", "Nora"):
            assert (await identifier.among(conn, [sender.person_id], name, None)).persons == ()


async def test_on_a_line_are_its_patients_without_the_stand_in(
    db: Database, identifier: Identifier, family: dict[str, str], vault: Vault, clock: FixedClock
) -> None:
    sender = (await db.write(lambda conn: Senders(vault, clock).resolve(conn, [PHONE])))[PHONE]

    async with db.read() as conn:
        ids = await identifier.on_line(conn, sender.address_id)
        nobody = await identifier.on_line(conn, new_id())

    assert sorted(ids) == sorted(family.values())
    assert nobody == ()


BOOKS = [
    pytest.param("José Núñez", date(2015, 2, 3), "jose", id="as written"),
    pytest.param("jose nunez", date(2015, 2, 3), "jose", id="without accents and case"),
    pytest.param("Nora Mae Nunez", BORN, "nora", id="two given names"),
    pytest.param("Nora Nunez", BORN, None, id="another's birth date"),
    pytest.param("José Núñez", date(2015, 2, 4), None, id="the wrong day"),
    pytest.param("José", date(2015, 2, 3), None, id="the first name alone"),
    pytest.param("Núñez José", date(2015, 2, 3), None, id="the names turned round"),
    pytest.param("", BORN, None, id="nothing"),
]


@pytest.mark.parametrize(("name", "born", "who"), BOOKS)
async def test_on_the_books_only_full_name_and_birth_date_together_find_someone(
    db: Database, identifier: Identifier, family: dict[str, str], name: str, born: date, who: str | None
) -> None:
    async with db.read() as conn:
        match = await identifier.on_the_books(conn, name, born)

    assert [one.id for one in match.persons] == ([family[who]] if who else [])


async def test_two_with_the_same_name_and_birth_date_are_both_given(
    db: Database, identifier: Identifier, people: People, family: dict[str, str]
) -> None:
    twin = NewPatient(mrn="5", given_name="Jose", family_name="Nunez", birth_date=date(2015, 2, 3))
    done = await db.write(lambda conn: people.upsert(conn, twin, Actor("system", "import")))

    async with db.read() as conn:
        match = await identifier.on_the_books(conn, "José Núñez", date(2015, 2, 3))

    assert {one.id for one in match.persons} == {family["jose"], done.person_id}


async def test_someone_whose_name_was_corrected_is_found_by_the_new_one_only(
    db: Database, identifier: Identifier, people: People, family: dict[str, str]
) -> None:
    married = NewPatient(mrn="1", given_name="Nora Mae", family_name="Okafor", birth_date=BORN)
    await db.write(lambda conn: people.upsert(conn, married, Actor("system", "import")))

    async with db.read() as conn:
        old = await identifier.on_the_books(conn, "Nora Mae Nunez", BORN)
        new = await identifier.on_the_books(conn, "Nora Mae Okafor", BORN)

    assert old.persons == ()
    assert [one.id for one in new.persons] == [family["nora"]]

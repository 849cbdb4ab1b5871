"""By which channels a person would like to hear of what: kept, changed and audited together."""

import pytest
import sqlalchemy as sa

from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import audit_event
from hub.people import NewPatient, People, Preference, PreferenceBook
from hub.types import ChannelKind, Purpose
from hub.vault import Vault

SMS, EMAIL, PUSH, PORTAL, VOICE = (
    ChannelKind.SMS,
    ChannelKind.EMAIL,
    ChannelKind.PUSH,
    ChannelKind.PORTAL,
    ChannelKind.VOICE,
)
HERSELF = Actor("patient", "portal")


@pytest.fixture
def book(trail: Trail, clock: FixedClock) -> PreferenceBook:
    return PreferenceBook(trail, clock)


@pytest.fixture
async def nora(db: Database, vault: Vault, trail: Trail, clock: FixedClock) -> str:
    people = People(vault, trail, clock)
    one = NewPatient(mrn="MRN-1", given_name="Nora", family_name="Quinn", preferred_channel=SMS)
    return (await db.write(lambda conn: people.upsert(conn, one, Actor("system", "import")))).person_id


async def test_without_a_word_the_channel_on_file_comes_first_for_every_purpose(
    db: Database, book: PreferenceBook, nora: str
) -> None:
    async with db.read() as conn:
        found = await book.read(conn, nora)

    assert {found.of(purpose) for purpose in Purpose} == {Preference(order=(SMS,))}


async def test_an_order_and_switches_are_of_one_purpose_and_leave_an_audit_entry(
    db: Database, book: PreferenceBook, nora: str
) -> None:
    await db.write(
        lambda conn: book.change(
            conn, nora, Purpose.APPOINTMENT, order=(EMAIL, SMS, EMAIL), off=(VOICE, PORTAL), actor=HERSELF
        )
    )

    async with db.read() as conn:
        found = await book.read(conn, nora)
        actions = list((await conn.execute(sa.select(audit_event.c.action).order_by(audit_event.c.id))).scalars())
    assert found.of(Purpose.APPOINTMENT) == Preference(order=(EMAIL, SMS), off=frozenset({VOICE}))
    assert found.of(Purpose.SURVEY) == Preference(order=(SMS,))
    assert actions[-1] == "preference.change"


async def test_a_purpose_set_to_nothing_goes_back_to_the_default(db: Database, book: PreferenceBook, nora: str) -> None:
    survey = Purpose.SURVEY
    await db.write(lambda conn: book.change(conn, nora, survey, order=(PUSH,), off=(SMS,), actor=HERSELF))
    await db.write(lambda conn: book.change(conn, nora, survey, order=(), off=(), actor=HERSELF))

    async with db.read() as conn:
        found = await book.read(conn, nora)
    assert found.by_purpose == {}


async def test_no_switch_keeps_back_what_is_about_safety(db: Database, book: PreferenceBook, nora: str) -> None:
    await db.write(
        lambda conn: book.change(conn, nora, Purpose.EMERGENCY, order=(EMAIL,), off=(SMS, VOICE), actor=HERSELF)
    )

    async with db.read() as conn:
        found = await book.read(conn, nora)
    assert found.of(Purpose.EMERGENCY) == Preference(order=(EMAIL,))


async def test_whole_texts_are_wanted_after_a_warning_until_that_is_taken_back(
    db: Database, book: PreferenceBook, nora: str
) -> None:
    for _ in range(2):
        await db.write(
            lambda conn: book.want_whole(conn, nora, EMAIL, warning="portal.not_private/1/en", actor=HERSELF)
        )
    async with db.read() as conn:
        wanted = (await book.read(conn, nora)).whole
    await db.write(lambda conn: book.want_short(conn, nora, EMAIL, actor=HERSELF))

    async with db.read() as conn:
        found = await book.read(conn, nora)
    assert (wanted, found.whole) == (frozenset({EMAIL}), frozenset())


async def test_nobody_prefers_anything(db: Database, book: PreferenceBook) -> None:
    async with db.read() as conn:
        found = await book.read(conn, "nobody")

    assert found.of(Purpose.CARE) == Preference()

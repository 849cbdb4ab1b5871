"""The ledger is only added to, is tied to the audit chain, and an opt-out outlives the records it was made in."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from consent import proof
from consent.facts import PHONE, ConsentState, Source
from consent.ledger import Ledger, NewFact
from hub.audit import Actor, Trail
from hub.clock import FixedClock
from hub.db import Database
from hub.db.tables import address, audit_event, consent_event, suppression
from hub.errors import StorageError
from hub.people import NewPatient, People
from hub.types import Address, AddressKind, ChannelKind, Purpose
from hub.vault import Vault

ANA = Address(AddressKind.PHONE, "+12025550111")
STAFF = Actor("system", "test")


@pytest.fixture
def ledger(vault: Vault, trail: Trail, clock: FixedClock) -> Ledger:
    return Ledger(vault, trail, clock)


@pytest.fixture
def people(vault: Vault, trail: Trail, clock: FixedClock) -> People:
    return People(vault, trail, clock)


async def enter(db: Database, people: People, mrn: str) -> tuple[str, str]:
    """The ids of a new patient and of the number they have."""
    record = NewPatient(mrn=mrn, given_name="Ana", family_name="Lopez", addresses=(ANA,))
    done = await db.write(lambda conn: people.upsert(conn, record, STAFF))
    return done.person_id, done.addresses[0]


async def record(db, ledger, address_id, person_id, state, source, at, **more):
    fact = NewFact(
        address_id=address_id, person_id=person_id, state=state, scope=PHONE, source=source, at=at, actor=STAFF, **more
    )
    (fact_id,) = await db.write(lambda conn: ledger.record(conn, fact))
    return fact_id


async def holds(db, ledger, address_id):
    async with db.read() as conn:
        found = (await ledger.standings(conn, (address_id,)))[address_id]
    return found.of(ChannelKind.SMS, Purpose.CARE)


async def test_the_database_itself_refuses_to_change_or_delete_a_fact(db, ledger, people, clock):
    person_id, address_id = await enter(db, people, "A-1")
    fact_id = await record(db, ledger, address_id, person_id, ConsentState.GRANT, Source.FORM, clock.now())
    mine = consent_event.c.id == fact_id

    for change in (
        sa.update(consent_event).where(mine).values(state="revoke"),
        sa.update(consent_event).where(mine).values(at=clock.now() - timedelta(days=1)),
        sa.update(consent_event).where(mine).values(written=True),
        sa.delete(consent_event).where(mine),
    ):
        with pytest.raises((StorageError, DBAPIError)):
            await db.write(lambda conn, change=change: conn.execute(change))
    assert (await holds(db, ledger, address_id)).state is ConsentState.GRANT


async def test_the_audit_chain_holds_the_digest_of_the_proof(db, ledger, people, clock, vault):
    person_id, address_id = await enter(db, people, "A-1")
    evidence = {"words": "We may text you.", "language": "en", "act": "a button"}
    fact_id = await record(
        db, ledger, address_id, person_id, ConsentState.GRANT, Source.FORM, clock.now(), evidence=evidence, written=True
    )

    async with db.read() as conn:
        row = (await conn.execute(sa.select(audit_event).where(audit_event.c.object_id == fact_id))).one()
        told = (await Trail(vault, clock).details(conn, [row]))[row.id]
        (known,) = await ledger.of_person(conn, person_id, [])
    assert told["proof"] == known.digest == proof.digest(fact_id, clock.now(), ConsentState.GRANT, evidence)
    assert row.person_id == person_id


async def test_a_yes_for_a_time_runs_out(db, ledger, people, clock):
    person_id, address_id = await enter(db, people, "A-1")
    until = clock.now() + timedelta(days=30)
    await record(db, ledger, address_id, person_id, ConsentState.GRANT, Source.FORM, clock.now(), until=until)

    assert (await holds(db, ledger, address_id)).decided_by.until == until


async def test_an_opt_out_outlives_the_disposal_of_the_address_and_ends_with_its_own_start(
    db, ledger, people, clock, disk
):
    person_id, first = await enter(db, people, "A-1")
    await record(db, ledger, first, person_id, ConsentState.REVOKE, Source.STOP, clock.now())
    clock.advance(timedelta(days=400))
    # What a disposal leaves of an address: a row that no number finds any more.
    await db.write(lambda conn: conn.execute(sa.update(address).where(address.c.id == first).values(blind=b"gone")))

    other, again = await enter(db, people, "A-2")
    assert again != first
    await record(db, ledger, again, other, ConsentState.GRANT, Source.IMPORT, clock.now())

    held = await holds(db, ledger, again)
    assert (held.state, held.decided_by.source) == (ConsentState.REVOKE, Source.SUPPRESSION)
    clock.advance(timedelta(days=1))
    await record(db, ledger, again, other, ConsentState.GRANT, Source.START, clock.now())
    assert (await holds(db, ledger, again)).state is ConsentState.GRANT
    assert ANA.value.encode() not in disk()


async def test_a_number_that_changed_hands_is_not_kept_silent(db, ledger, people, clock):
    person_id, address_id = await enter(db, people, "A-1")
    await record(db, ledger, address_id, person_id, ConsentState.REVOKE, Source.REGISTER, clock.now())

    async with db.read() as conn:
        assert (await conn.execute(sa.select(suppression))).all() == []

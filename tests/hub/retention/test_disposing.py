"""Whoever is disposed of is found, read and reached by nothing any more; what must be provable is."""

import base64
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from consent.facts import PHONE, ConsentState, Scope, Source
from consent.ledger import NewFact
from hub.audit import Actor, verify
from hub.clock import FixedClock
from hub.crypto import Keyring, KeyringStore
from hub.db import Database
from hub.db.tables import (
    address,
    attachment,
    consent_event,
    contact,
    data_key,
    delivery,
    file_piece,
    message,
    metadata,
    person,
    search_name,
    search_word,
    suppression,
)
from hub.errors import CryptoError, KeyDestroyed, KeyringWrong
from hub.parts import Parts
from hub.people import NewPatient
from hub.retention import Issued, Refused, dispose, hold, issued_since, release, rotate, unproved, wrong
from hub.retention.destroying import BY_HAND, DELETED, KEPT
from hub.sealed import open_body
from hub.types import DeliveryState, new_id
from hub.vault import AUDIT, HUB, Vault
from tests.hub.exports.clinic import Clinic
from tests.stores import Disk, embedded_only

OFFICER = Actor("staff", "018f0000-0000-7000-8000-00000000bbbb")
_NAMES = ("person_id", "thread_id", "patient_id", "proxy_person_id", "held_by", "owner_id", "into_id", "address_id")
_KNOWN_AS_NOBODYS = frozenset({"campaign_test_address"})


async def disposed(parts: Parts, person_id: str) -> Issued:
    done = await parts.db.write(lambda conn: dispose(conn, parts, person_id, reason="asked for", actor=OFFICER))
    assert isinstance(done, Issued), done
    return done


async def rows(db: Database, query: sa.Select[Any]) -> list[Any]:
    async with db.read() as conn:
        return list(await conn.execute(query))


def test_every_table_says_what_disposal_does_with_it() -> None:
    """A new table that names somebody or holds anything sealed must be listed in `hub/retention/destroying.py`."""
    listed = BY_HAND | KEPT | {column.table.name for column in DELETED}

    forgotten = [
        table.name
        for table in metadata.tables.values()
        if table.name not in listed and any(one.name in _NAMES or "sealed" in one.name for one in table.columns)
    ]

    assert sorted(set(forgotten) - _KNOWN_AS_NOBODYS) == []
    assert all(name in metadata.tables for name in listed)


async def test_nothing_of_the_person_is_left_and_all_of_the_others_is(clinic: Clinic) -> None:
    parts, (ana, luis, _) = clinic.parts, clinic.persons
    await parts.indexer.catch_up()
    found_by = sa.select(search_word.c.heads)
    before = sum(len(one.heads) for one in await rows(parts.db, found_by))
    async with parts.db.read() as conn:
        number = (await parts.people.many(conn, [ana]))[ana].profile.mrn
        assert await parts.people.by_mrn(conn, number) == ana
    others = await rows(parts.db, sa.select(message.c.id).where(message.c.thread_id != clinic.threads[0]))

    done = await disposed(parts, ana)

    mine = await rows(parts.db, sa.select(message.c.body_sealed).where(message.c.thread_id == clinic.threads[0]))
    assert (len(mine), {row.body_sealed for row in mine}) == (done.certificate.counts["messages"], {b""})
    (record,) = await rows(parts.db, sa.select(person).where(person.c.id == ana))
    assert (record.profile_sealed, record.mrn_blind, record.identity_blind, record.language) == (None,) * 4
    for table in (contact, attachment, search_name):
        column = table.c.content_id if table is attachment else table.c.person_id
        assert await rows(parts.db, sa.select(table).where(table.c.person_id == ana, column.is_not(None))) == []
    pictures = await rows(parts.db, sa.select(file_piece).where(file_piece.c.file_id == clinic.picture))
    assert (pictures == []) is (done.certificate.counts.get("files") == 1)
    after = sum(len(one.heads) for one in await rows(parts.db, found_by))
    assert before - after >= 8 * done.certificate.counts["indexed_words"] > 0
    async with parts.db.read() as conn:
        with pytest.raises(KeyDestroyed):
            await parts.vault.key(conn, ana)
        keys = await parts.vault.key(conn, luis)
        row = (await conn.execute(sa.select(message).where(message.c.thread_id == clinic.threads[1]))).first()
        assert row is not None
        assert open_body(keys, luis, clinic.threads[1], row.id, row.body_sealed).text
        assert await parts.people.by_mrn(conn, number) is None
    still = await rows(parts.db, sa.select(message.c.id).where(message.c.thread_id != clinic.threads[0]))
    assert sorted(still) == sorted(others)
    await parts.sealer.seal()
    async with parts.db.read() as conn:
        await verify(conn, parts.vault.keyring.signing_key().public_key())


@embedded_only
async def test_an_address_that_others_share_goes_on_working(clinic: Clinic) -> None:
    parts, (ana, luis, _) = clinic.parts, clinic.persons
    async with parts.db.read() as conn:
        shared, own = [(await parts.people.contacts(conn, one))[0] for one in (ana, luis)]
    await parts.db.write(lambda conn: parts.people.reach_at(conn, luis, shared.address, "staff"))

    await disposed(parts, ana)

    async with parts.db.read() as conn:
        assert await parts.people.by_address(conn, shared.address) == [luis]
    done = await disposed(parts, luis)
    ids = [shared.address_id, own.address_id]
    both = await rows(parts.db, sa.select(address.c.state).where(address.c.id.in_(ids)))
    assert (done.certificate.counts["addresses"], {one.state for one in both}) == (2, {"invalid"})
    async with parts.db.read() as conn:
        assert await parts.people.by_address(conn, shared.address) == []


async def test_a_stop_outlives_the_record(clinic: Clinic, clock: FixedClock) -> None:
    """The number is entered again, as somebody else's: nothing may be sent there."""
    parts, ana = clinic.parts, clinic.persons[0]
    async with parts.db.read() as conn:
        reached = (await parts.people.contacts(conn, ana))[0]
    stop = NewFact(
        address_id=reached.address_id,
        person_id=ana,
        state=ConsentState.REVOKE,
        scope=Scope(channels=PHONE.channels, purposes=None),
        source=Source.STOP,
        at=clock.now(),
        actor=OFFICER,
        evidence={"words": "STOP it"},
    )
    await parts.db.write(lambda conn: parts.ledger.record(conn, stop))

    await disposed(parts, ana)
    clock.advance(timedelta(days=1))
    again = NewPatient(mrn="NEW-1", given_name="Eva", family_name="Roth", language="en", addresses=(reached.address,))
    (made,) = await parts.db.write(lambda conn: parts.people.upsert_many(conn, [again], OFFICER))

    assert made.addresses[0] != reached.address_id
    assert len(await rows(parts.db, sa.select(suppression))) == 1
    async with parts.db.read() as conn:
        standing = (await parts.ledger.standings(conn, [made.addresses[0]]))[made.addresses[0]]
    assert [(one.state, one.source) for one in standing.facts] == [(ConsentState.REVOKE, Source.SUPPRESSION)]
    evidence = await rows(parts.db, sa.select(consent_event.c.evidence_sealed).where(consent_event.c.person_id == ana))
    assert {row.evidence_sealed for row in evidence} == {None}


async def test_what_waits_to_leave_never_does(clinic: Clinic) -> None:
    parts, ana = clinic.parts, clinic.persons[0]
    waiting = sa.update(delivery).where(delivery.c.person_id == ana)
    await parts.db.write(lambda conn: conn.execute(waiting.values(state="queued", words_sealed=b"x")))

    await disposed(parts, ana)

    found = await rows(
        parts.db,
        sa.select(delivery.c.state, delivery.c.reason, delivery.c.words_sealed).where(delivery.c.person_id == ana),
    )
    assert {tuple(one) for one in found} == {(DeliveryState.SUPPRESSED, "disposed", None)}


async def test_a_legal_hold_wins_until_it_is_released(clinic: Clinic) -> None:
    parts, ana = clinic.parts, clinic.persons[0]
    kept = await parts.db.write(lambda conn: hold(conn, parts, ana, "case 26-1188", OFFICER))

    refused = await parts.db.write(lambda conn: dispose(conn, parts, ana, reason="x", actor=OFFICER))
    await parts.db.write(lambda conn: release(conn, parts, kept, OFFICER))

    assert isinstance(refused, Refused)
    assert refused.why == "held"
    await disposed(parts, ana)
    again = await parts.db.write(lambda conn: dispose(conn, parts, ana, reason="x", actor=OFFICER))
    assert isinstance(again, Refused)
    assert again.why == "gone"


async def test_certificates_are_signed_and_follow_from_each_other(clinic: Clinic, disk: Disk) -> None:
    parts = clinic.parts
    for person_id in clinic.persons[:2]:
        await disposed(parts, person_id)
    async with parts.db.read() as conn:
        first, second = [one async for one in issued_since(conn, parts)]
        not_yet = await unproved(conn, parts, first)
    done = await rotate(parts, OFFICER, destroy_older=True)
    async with parts.db.read() as conn:
        proved = await unproved(conn, parts, second)

    assert (wrong(parts, first, None), wrong(parts, second, first)) == (None, None)
    assert "missing" in (wrong(parts, second, None) or "")
    forged = Issued(
        certificate=first.certificate, text=first.text.replace(b"asked", b"hoped"), signature=first.signature
    )
    assert "changed" in (wrong(parts, forged, None) or "")
    assert (not_yet is not None, proved, set(done.destroyed)) == (True, None, set(first.certificate.keks))
    assert base64.b64decode(first.signature) in disk()
    assert b"asked for" not in disk()


async def test_what_older_keys_wrapped_opens_no_more_and_all_else_does(clinic: Clinic) -> None:
    """Yesterday's copy of the keys, with today's keyring."""
    parts, (ana, luis, _) = clinic.parts, clinic.persons
    yesterday = await rows(parts.db, sa.select(data_key).where(data_key.c.wrapped.is_not(None)))

    await disposed(parts, ana)
    await rotate(parts, OFFICER, destroy_older=True)

    ring = Keyring.load(parts.settings.keyring)
    assert len(ring.ids) == 1
    for row in yesterday:
        with pytest.raises(KeyringWrong):
            ring.unwrap(row.kek_id, row.wrapped, f"carehub dek {row.owner_id} {row.version}".encode())
    async with parts.db.read() as conn:
        fresh = Vault(ring)
        await fresh.check(conn)
        assert set(await _owners(fresh, conn, [ana, luis, HUB, AUDIT])) == {luis, HUB, AUDIT}


async def _owners(vault: Vault, conn: Any, owners: list[str]) -> list[str]:
    keys = await vault.keys(conn, owners)
    return [one for one in owners if one in keys]


async def test_a_process_with_the_older_ring_makes_no_key_by_a_key_that_is_destroyed(clinic: Clinic) -> None:
    """A web role runs while the command rotates: what it makes afterwards opens with what is left."""
    parts = clinic.parts
    running = Vault(parts.vault.keyring, reload=KeyringStore(parts.settings.keyring).load)
    await rotate(parts, OFFICER, destroy_older=True)

    owner = new_id()
    await parts.db.write(lambda conn: running.create(conn, [owner], parts.clock.now()))

    async with parts.db.read() as conn:
        assert owner in await Vault(Keyring.load(parts.settings.keyring)).keys(conn, [owner])


@embedded_only
async def test_the_bytes_of_database_and_backup_open_nothing(clinic: Clinic, tmp_path: Path) -> None:
    """Every sealed value of the person, in yesterday's copy, tried with every data key that today's ring unwraps."""
    parts, ana = clinic.parts, clinic.persons[0]
    copy = tmp_path / "yesterday.db"
    live = sqlite3.connect(sa.make_url(parts.settings.database).database or "")
    with closing(live) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    (wrapped,) = await rows(parts.db, sa.select(data_key.c.wrapped).where(data_key.c.owner_id == ana))

    await disposed(parts, ana)
    await rotate(parts, OFFICER, destroy_older=True)
    await parts.db.forget_deleted()

    there = b"".join(one.read_bytes() for one in tmp_path.glob("hub.db*"))
    assert wrapped.wrapped not in there
    old = await Database.open(f"sqlite+aiosqlite:///{copy}")
    try:
        async with old.read() as conn:
            with pytest.raises((KeyringWrong, CryptoError)):
                await Vault(Keyring.load(parts.settings.keyring)).keys(conn, [ana])
    finally:
        await old.close()


async def test_who_reads_a_state_from_before_a_rotation_still_opens_it(clinic: Clinic) -> None:
    """A long reading of another role: its rows name a key that the ring on the disk has lost since."""
    parts, ana = clinic.parts, clinic.persons[0]
    running = Vault(parts.vault.keyring, reload=KeyringStore(parts.settings.keyring).load)
    async with parts.db.read() as conn:
        await conn.execute(sa.select(data_key.c.owner_id).limit(1))
        await rotate(parts, OFFICER, destroy_older=True)
        async with parts.db.read() as later:
            assert ana in await running.keys(later, [ana], keep=False)
        if parts.db.embedded:
            assert ana in await running.keys(conn, [ana], keep=False)

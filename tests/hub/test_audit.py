"""The audit: no action without its entry, and every entry chained, once, in order."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit import Actor, Entry, Sealer, Trail, Verified, verify
from hub.clock import FixedClock
from hub.crypto import Keyring, Place
from hub.db import Database
from hub.db.tables import audit_checkpoint, audit_event, audit_link, data_key
from hub.types import new_id
from hub.vault import AUDIT, Vault

STAFF = Actor("staff", "user-1")


@pytest.fixture
def sealer(db: Database, keyring: Keyring, clock: FixedClock) -> Sealer:
    return Sealer(db, keyring.signing_key(), clock)


async def record(db: Database, trail: Trail, *entries: Entry) -> None:
    await db.write(lambda conn: trail.record(conn, *entries))


def some(count: int) -> list[Entry]:
    return [Entry(action="thread.read", actor=STAFF, object_id=f"o{number}") for number in range(count)]


async def checked(db: Database, keyring: Keyring) -> Verified:
    async with db.read() as conn:
        return await verify(conn, keyring.signing_key().public_key())


async def rows(db: Database, table: sa.Table) -> Sequence[sa.Row]:
    async with db.read() as conn:
        return (await conn.execute(sa.select(table).order_by(*table.primary_key.columns))).all()


class TestRecording:
    async def test_an_entry_says_who_did_what_to_whom_and_when(
        self, db: Database, trail: Trail, clock: FixedClock
    ) -> None:
        person_id = new_id()

        await record(
            db,
            trail,
            Entry(action="thread.read", actor=STAFF, person_id=person_id, object_id="t-1", request_id="r-1"),
        )

        (row,) = await rows(db, audit_event)
        assert (row.action, row.actor_kind, row.actor_id) == ("thread.read", "staff", "user-1")
        assert (row.person_id, row.object_id, row.request_id) == (person_id, "t-1", "r-1")
        assert (row.at, row.seq) == (clock.now(), None)

    async def test_its_details_are_sealed_under_the_audits_own_key(
        self, db: Database, trail: Trail, vault: Vault
    ) -> None:
        await record(db, trail, Entry(action="export.run", actor=STAFF, details={"messages": 31, "format": "jsonl"}))

        (row,) = await rows(db, audit_event)
        assert b"jsonl" not in row.payload_sealed
        async with db.read() as conn:
            keys = await vault.key(conn, AUDIT)
        opened = keys.open(AUDIT, row.payload_sealed, Place("audit_event", "payload_sealed", row.id))
        assert msgspec.json.decode(opened) == {"messages": 31, "format": "jsonl"}

    async def test_no_action_no_entry(self, db: Database, trail: Trail) -> None:
        async def undone(conn: AsyncConnection) -> None:
            await trail.record(conn, *some(2))
            raise LookupError

        with pytest.raises(LookupError):
            await db.write(undone)

        assert await rows(db, audit_event) == []

    async def test_nothing_to_record_is_nothing_recorded(self, db: Database, trail: Trail) -> None:
        await record(db, trail)

        assert await rows(db, audit_event) == []


class TestSealing:
    async def test_an_empty_chain_is_intact(self, db: Database, sealer: Sealer, keyring: Keyring) -> None:
        assert await sealer.seal() == 0
        assert await sealer.checkpoint() is None
        assert await checked(db, keyring) == Verified(0, 0, 0)

    async def test_everything_recorded_is_chained_in_the_order_it_was_recorded(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring
    ) -> None:
        await record(db, trail, *some(3))
        await record(db, trail, *some(2))

        sealed = await sealer.seal()

        events, links = await rows(db, audit_event), await rows(db, audit_link)
        assert sealed == 5
        assert [one.seq for one in events] == [1, 2, 3, 4, 5]
        assert [one.event_id for one in links] == [one.id for one in events]
        assert [one.previous for one in links[1:]] == [one.hash for one in links[:-1]]
        assert await checked(db, keyring) == Verified(5, 0, 0)

    async def test_two_sealers_at_once_make_one_chain(
        self, db: Database, database_url: str, trail: Trail, keyring: Keyring, clock: FixedClock
    ) -> None:
        other = await Database.open(database_url)
        sealers = [Sealer(one, keyring.signing_key(), clock) for one in (db, other)]
        for _ in range(4):
            await record(db, trail, *some(30))
            sealed = await asyncio.gather(*(one.seal() for one in sealers * 2))
            assert sum(sealed) == 30
        signed = await asyncio.gather(*(one.checkpoint() for one in sealers))
        await other.close()

        assert sorted(signed, key=lambda one: one or 0) == [None, 120]
        assert await checked(db, keyring) == Verified(120, 1, 0)

    async def test_batches_continue_the_chain(
        self,
        db: Database,
        trail: Trail,
        sealer: Sealer,
        keyring: Keyring,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("hub.audit.sealer._BATCH", 4)
        monkeypatch.setattr("hub.audit.chain._PAGE", 3)
        await record(db, trail, *some(9))

        assert await sealer.seal() == 9
        await record(db, trail, *some(3))
        assert await sealer.seal() == 3

        assert await checked(db, keyring) == Verified(12, 0, 0)

    async def test_what_waits_for_the_sealer_is_counted(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring
    ) -> None:
        await record(db, trail, *some(2))
        await sealer.seal()
        await record(db, trail, *some(3))

        assert await checked(db, keyring) == Verified(2, 0, 3)

    async def test_an_entry_that_commits_late_is_not_passed_over(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring
    ) -> None:
        """Its id is older than what was chained already."""
        early = new_id()
        await record(db, trail, *some(1))
        await sealer.seal()

        await record(db, trail, *some(1))
        await db.write(
            lambda conn: conn.execute(sa.update(audit_event).where(audit_event.c.seq.is_(None)).values(id=early))
        )

        assert await sealer.seal() == 1
        assert [one.event_id for one in await rows(db, audit_link)][1] == early
        assert await checked(db, keyring) == Verified(2, 0, 0)

    async def test_a_checkpoint_signs_the_newest_link_once(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring, clock: FixedClock
    ) -> None:
        await record(db, trail, *some(3))
        await sealer.seal()

        assert await sealer.checkpoint() == 3
        assert await sealer.checkpoint() is None

        (signed,) = await rows(db, audit_checkpoint)
        assert (signed.seq, signed.at) == (3, clock.now())
        assert signed.hash == (await rows(db, audit_link))[-1].hash
        assert await checked(db, keyring) == Verified(3, 1, 0)

    async def test_shredding_a_person_does_not_break_the_chain(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring, vault: Vault, clock: FixedClock
    ) -> None:
        person_id = new_id()
        await db.write(lambda conn: vault.create(conn, (person_id,), clock.now()))
        await record(db, trail, Entry(action="thread.read", actor=STAFF, person_id=person_id))
        await sealer.seal()

        gone = sa.update(data_key).where(data_key.c.owner_id == person_id).values(wrapped=None)
        await db.write(lambda conn: conn.execute(gone))
        vault.forget(person_id)

        assert await checked(db, keyring) == Verified(1, 0, 0)

    async def test_writers_at_full_speed_lose_nothing_to_a_sealer_among_them(
        self, db: Database, trail: Trail, sealer: Sealer, keyring: Keyring
    ) -> None:
        writing = True

        async def write(writer: int) -> None:
            for number in range(10):
                await record(db, trail, Entry(action="a.b", actor=STAFF, object_id=f"{writer}.{number}"))

        async def seal() -> int:
            total = 0
            while writing:
                total += await sealer.seal()
                await sealer.checkpoint()
            return total

        sealing = asyncio.create_task(seal())
        await asyncio.gather(*(write(writer) for writer in range(30)))
        writing = False
        sealed = await sealing + await sealer.seal()

        events = await rows(db, audit_event)
        found = await checked(db, keyring)
        assert sealed == 300
        assert {one.object_id for one in events} == {f"{w}.{n}" for w in range(30) for n in range(10)}
        assert sorted(one.seq for one in events) == list(range(1, 301))
        assert (found.links, found.waiting) == (300, 0)
        assert found.checkpoints == len(await rows(db, audit_checkpoint)) >= 1

    async def test_two_sealers_at_once_chain_each_entry_once(
        self, db: Database, trail: Trail, keyring: Keyring, clock: FixedClock
    ) -> None:
        await record(db, trail, *some(20))
        two = [Sealer(db, keyring.signing_key(), clock) for _ in range(2)]

        counts = await asyncio.gather(*(one.seal() for one in two))

        assert sum(counts) == 20
        assert await checked(db, keyring) == Verified(20, 0, 0)

"""Data keys: wrapped in the database, opened by its own keyring alone, kept in memory within bounds."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import FixedClock
from hub.crypto import Keyring, Place
from hub.db import Database
from hub.db.tables import data_key, key_canary
from hub.errors import CryptoError, KeyDestroyed, KeyringMissing, KeyringWrong
from hub.types import new_id
from hub.vault import AUDIT, HUB, Keys, Vault

PLACE = Place("message", "body_sealed", "row-1")


async def owners(db: Database, vault: Vault, clock: FixedClock, count: int) -> list[str]:
    """New owners, each with a key of their own."""
    made = [new_id() for _ in range(count)]
    await db.write(lambda conn: vault.create(conn, made, clock.now()))
    return made


async def keys_of(db: Database, vault: Vault, *wanted: str) -> Keys:
    async with db.read() as conn:
        return await vault.keys(conn, wanted)


async def destroy(db: Database, clock: FixedClock, gone: Iterable[str]) -> None:
    change = sa.update(data_key).where(data_key.c.owner_id.in_(list(gone)))
    await db.write(lambda conn: conn.execute(change.values(wrapped=None, destroyed_at=clock.now())))


async def rows(db: Database, table: sa.Table) -> list[sa.Row]:
    async with db.read() as conn:
        return list(await conn.execute(sa.select(table).order_by(*table.primary_key.columns)))


def without_its_first_key(ring: Keyring, folder: Path) -> Keyring:
    """The ring after an operator took the oldest key-encryption key out."""
    file = folder / "keyring.json"
    ring.save(file)
    data = json.loads(file.read_text())
    data["keys"] = data["keys"][1:]
    file.write_text(json.dumps(data))
    return Keyring.load(file)


class TestKeys:
    async def test_what_one_vault_sealed_another_opens(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        (owner,) = await owners(db, vault, clock, 1)

        sealed = (await keys_of(db, vault, owner)).seal(owner, b"words", PLACE)

        assert (await keys_of(db, Vault(vault.keyring), owner)).open(owner, sealed, PLACE) == b"words"

    async def test_each_owner_has_a_key_of_their_own(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        one, other = await owners(db, vault, clock, 2)
        keys = await keys_of(db, vault, one, other)

        sealed = keys.seal(one, b"words", PLACE)

        with pytest.raises(CryptoError):
            keys.open(other, sealed, PLACE)

    async def test_the_database_holds_keys_only_wrapped(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        (owner,) = await owners(db, vault, clock, 1)

        (row,) = [one for one in await rows(db, data_key) if one.owner_id == owner]

        raw = vault.keyring.unwrap(row.kek_id, row.wrapped, f"carehub dek {owner} 1".encode())
        assert len(raw) == 32
        assert raw not in row.wrapped
        assert (row.version, row.created_at, row.destroyed_at) == (1, clock.now(), None)

    async def test_one_owners_wrapped_key_put_in_anothers_row_does_not_open(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        one, other = await owners(db, vault, clock, 2)
        stolen = sa.select(data_key.c.wrapped).where(data_key.c.owner_id == one).scalar_subquery()
        await db.write(
            lambda conn: conn.execute(sa.update(data_key).where(data_key.c.owner_id == other).values(wrapped=stolen))
        )

        with pytest.raises(KeyringWrong):
            await keys_of(db, Vault(vault.keyring), other)

    async def test_a_key_that_was_never_committed_is_not_remembered(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        owner = new_id()

        async def undone(conn: AsyncConnection) -> None:
            assert owner in await vault.create(conn, (owner,), clock.now())
            raise LookupError

        with pytest.raises(LookupError):
            await db.write(undone)

        assert owner not in await keys_of(db, vault, owner)

    async def test_keys_of_two_sets_open_together(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        one, other = await owners(db, vault, clock, 2)

        together = await keys_of(db, vault, one) | await keys_of(db, vault, other)

        assert one in together
        assert other in together

    async def test_no_owner_needs_no_key(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        before = await rows(db, data_key)

        await owners(db, vault, clock, 0)

        assert await rows(db, data_key) == before


class TestDestruction:
    async def test_a_destroyed_key_is_left_out_and_told_as_destroyed(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        gone, stays = await owners(db, vault, clock, 2)
        sealed = (await keys_of(db, vault, gone)).seal(gone, b"words", PLACE)
        await destroy(db, clock, [gone])
        vault.forget(gone)

        keys = await keys_of(db, vault, gone, stays)

        assert gone not in keys
        assert stays in keys
        with pytest.raises(KeyDestroyed):
            keys.open(gone, sealed, PLACE)
        with pytest.raises(KeyDestroyed):
            keys.seal(gone, b"words", PLACE)
        async with db.read() as conn:
            with pytest.raises(KeyDestroyed):
                await vault.key(conn, gone)

    async def test_a_unit_of_work_keeps_the_keys_it_was_handed(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        (owner,) = await owners(db, vault, clock, 1)
        keys = await keys_of(db, vault, owner)
        await destroy(db, clock, [owner])
        vault.forget(owner)

        assert keys.open(owner, keys.seal(owner, b"words", PLACE), PLACE) == b"words"

    async def test_forgetting_one_who_was_never_known_is_no_matter(self, vault: Vault) -> None:
        vault.forget(new_id())


class TestCache:
    """Whether a key came out of memory shows once its row is destroyed behind the vault's back."""

    async def test_a_key_just_used_is_not_read_again(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        (owner,) = await owners(db, vault, clock, 1)
        await keys_of(db, vault, owner)

        await destroy(db, clock, [owner])

        assert owner in await keys_of(db, vault, owner)

    async def test_it_holds_no_more_than_its_size_the_latest_used(
        self, db: Database, keyring: Keyring, clock: FixedClock
    ) -> None:
        vault = Vault(keyring, size=2)
        one, two, three = await owners(db, vault, clock, 3)
        for used in (one, two, one, three):
            await keys_of(db, vault, used)

        await destroy(db, clock, [one, two, three])

        assert [owner in await keys_of(db, vault, owner) for owner in (one, two, three)] == [True, False, True]

    async def test_more_owners_at_once_than_it_holds_all_get_their_keys(
        self, db: Database, keyring: Keyring, clock: FixedClock
    ) -> None:
        vault = Vault(keyring, size=2)
        many = await owners(db, vault, clock, 10)

        keys = await keys_of(db, vault, *many)

        assert all(owner in keys for owner in many)

    async def test_a_key_is_forgotten_after_its_time(self, db: Database, keyring: Keyring, clock: FixedClock) -> None:
        vault = Vault(keyring, seconds=0)
        (owner,) = await owners(db, vault, clock, 1)
        await keys_of(db, vault, owner)

        await destroy(db, clock, [owner])

        assert owner not in await keys_of(db, vault, owner)


class TestFounding:
    async def test_a_new_database_gets_a_canary_and_the_hubs_own_keys(self, db: Database) -> None:
        assert {row.owner_id for row in await rows(db, data_key)} == {HUB, AUDIT}
        assert len(await rows(db, key_canary)) == 1

    async def test_found_again_nothing_changes(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        before = await rows(db, data_key) + await rows(db, key_canary)

        await db.write(lambda conn: vault.found(conn, clock.now()))
        await db.write(lambda conn: Vault(Keyring.create(clock.now())).found(conn, clock.now()))

        assert await rows(db, data_key) + await rows(db, key_canary) == before

    async def test_the_databases_own_keyring_passes(self, db: Database, vault: Vault) -> None:
        async with db.read() as conn:
            await vault.check(conn)
            assert await vault.has_keys(conn)

    async def test_another_keyring_is_refused(self, db: Database, clock: FixedClock) -> None:
        async with db.read() as conn:
            with pytest.raises(KeyringWrong):
                await Vault(Keyring.create(clock.now())).check(conn)

    async def test_the_right_keys_with_another_index_root_are_refused(
        self, db: Database, keyring: Keyring, clock: FixedClock, tmp_path: Path
    ) -> None:
        """Such a ring would open every message and find nobody."""
        file = tmp_path / "mixed.json"
        keyring.save(file)
        mixed = json.loads(file.read_text())
        Keyring.create(clock.now()).save(file)
        mixed["index_root"] = json.loads(file.read_text())["index_root"]
        file.write_text(json.dumps(mixed))

        async with db.read() as conn:
            with pytest.raises(KeyringWrong, match="not the one"):
                await Vault(Keyring.load(file)).check(conn)

    async def test_a_canary_written_for_something_else_is_refused(self, db: Database, vault: Vault) -> None:
        kek_id, wrapped = vault.keyring.wrap(b"something else", b"canary")
        await db.write(lambda conn: conn.execute(sa.update(key_canary).values(kek_id=kek_id, wrapped=wrapped)))

        async with db.read() as conn:
            with pytest.raises(KeyringWrong, match="not the one"):
                await vault.check(conn)

    async def test_keys_without_a_canary_are_a_broken_backup(self, db: Database, vault: Vault) -> None:
        await db.write(lambda conn: conn.execute(sa.delete(key_canary)))

        async with db.read() as conn:
            with pytest.raises(KeyringMissing, match="whole backup"):
                await vault.check(conn)

    async def test_a_database_without_any_key_takes_any_keyring(self, db: Database, clock: FixedClock) -> None:
        await db.write(lambda conn: conn.execute(sa.delete(key_canary)))
        await db.write(lambda conn: conn.execute(sa.delete(data_key)))

        async with db.read() as conn:
            await Vault(Keyring.create(clock.now())).check(conn)
            assert not await Vault.has_keys(conn)


class TestRotation:
    async def test_it_can_stop_anywhere_and_go_on(
        self, db: Database, vault: Vault, clock: FixedClock, tmp_path: Path
    ) -> None:
        many = await owners(db, vault, clock, 3)  # with the hub's and the audit's, five
        sealed = {one: (await keys_of(db, vault, one)).seal(one, b"words", PLACE) for one in many}
        turned = vault.keyring.rotated(clock.now())

        async def opens(ring: Keyring) -> bool:
            keys = await keys_of(db, Vault(ring), *many)
            return all(keys.open(one, sealed[one], PLACE) == b"words" for one in many)

        counts, always = [], []
        for _ in range(4):
            counts.append(await db.write(lambda conn: Vault(turned).rewrap(conn, limit=2)))
            always.append(await opens(turned))

        assert counts == [2, 2, 1, 0]
        assert all(always)
        assert {row.kek_id for row in await rows(db, data_key) + await rows(db, key_canary)} == {turned.active}
        assert await opens(without_its_first_key(turned, tmp_path))

    async def test_afterwards_the_ring_from_before_is_refused(
        self, db: Database, vault: Vault, clock: FixedClock
    ) -> None:
        turned = Vault(vault.keyring.rotated(clock.now()))

        await db.write(turned.rewrap)

        async with db.read() as conn:
            await turned.check(conn)
            with pytest.raises(KeyringWrong, match="lacks key"):
                await vault.check(conn)

    async def test_a_destroyed_key_stays_destroyed(self, db: Database, vault: Vault, clock: FixedClock) -> None:
        (owner,) = await owners(db, vault, clock, 1)
        await destroy(db, clock, [owner])
        turned = Vault(vault.keyring.rotated(clock.now()))

        await db.write(turned.rewrap)

        (row,) = [one for one in await rows(db, data_key) if one.owner_id == owner]
        assert row.wrapped is None
        assert row.kek_id == vault.keyring.active

    async def test_with_nothing_to_do_it_changes_nothing(self, db: Database, vault: Vault) -> None:
        before = await rows(db, data_key)

        assert await db.write(vault.rewrap) == 0
        assert await rows(db, data_key) == before

    async def test_a_database_that_was_never_founded_cannot_be_rotated(self, db: Database, vault: Vault) -> None:
        await db.write(lambda conn: conn.execute(sa.delete(key_canary)))

        with pytest.raises(CryptoError, match="no canary"):
            await db.write(vault.rewrap)

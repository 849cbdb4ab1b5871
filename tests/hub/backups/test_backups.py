"""The restore drill: a backup taken under load comes back onto a fresh folder, whole, and is read."""

import asyncio
import shutil
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.audit import Actor, Entry
from hub.backups import restore, take, write_table
from hub.backups.sealing import CONTENT, MANIFEST
from hub.clock import FixedClock
from hub.crypto import Keyring, KeyringStore
from hub.db import Database
from hub.db.tables import audit_event, data_key, message
from hub.errors import HubError, InputError, KeyringWrong
from hub.retention import Issued, dispose, rotate
from hub.sealed import open_body
from hub.vault import Vault
from tests.hub.exports.clinic import HELLO, Clinic
from tests.stores import embedded_only

pytestmark = embedded_only
OPERATOR = Actor("system", "test")


async def read_back(data: Path, ring: Keyring, clinic: Clinic) -> dict[str, int]:
    """How many messages of each person open in a restored folder; those of nobody whose key is gone."""
    db, found = await Database.open(f"sqlite+aiosqlite:///{data / 'hub.db'}"), {}
    try:
        async with db.read() as conn:
            keys = await Vault(ring).keys(conn, clinic.persons)
            for person_id, thread_id in zip(clinic.persons, clinic.threads, strict=True):
                if person_id not in keys:
                    continue
                rows = (await conn.execute(sa.select(message).where(message.c.thread_id == thread_id))).all()
                texts = [open_body(keys, person_id, thread_id, row.id, row.body_sealed).text for row in rows]
                assert HELLO in texts
                found[person_id] = len(texts)
    finally:
        await db.close()
    return found


async def test_the_drill(clinic: Clinic, clock: FixedClock, tmp_path: Path, keyring: Keyring) -> None:
    """Database and keyring onto a fresh folder: every key opens, the chain is intact, every message is read."""
    parts, out, data = clinic.parts, tmp_path / "backup", tmp_path / "fresh"
    await parts.sealer.seal()

    made = await take(parts, out, OPERATOR)
    done = await restore(out, data, keyring, clock)

    assert sorted(await read_back(data, keyring, clinic)) == sorted(clinic.persons)
    assert (done.keys, done.disposed) == (5, 0)
    assert done.links > 0
    assert made.counts["message"] == 15
    content = b"".join(one.read_bytes() for one in out.iterdir())
    assert b"SQLite format" not in content
    modes = {stat.S_IMODE(one.stat().st_mode) & 0o077 for one in (out, *out.iterdir(), data, *data.iterdir())}
    assert modes == {0}
    assert sorted(one.name for one in data.iterdir()) == ["hub.db"]


async def test_under_load_nothing_is_refused_or_lost_and_the_copy_is_of_one_moment(
    clinic: Clinic, clock: FixedClock, tmp_path: Path, keyring: Keyring
) -> None:
    """Writers at full speed meanwhile, keys rotated in their midst: all they wrote is there, the copy has a prefix."""
    parts, ended = clinic.parts, asyncio.Event()
    running = Vault(parts.vault.keyring, reload=KeyringStore(parts.settings.keyring).load)
    written: list[str] = []

    async def writes(number: int) -> None:
        count = 0
        while not ended.is_set():
            entry = Entry(action="a.b", actor=OPERATOR, object_id=f"{number}-{count}")
            await parts.db.write(lambda conn, entry=entry: parts.trail.record(conn, entry))  # type: ignore[misc]
            if count % 20 == 0:
                owner = f"018f0000-0000-7000-8000-{number:06d}{count:06d}"
                await parts.db.write(lambda conn, owner=owner: running.create(conn, [owner], clock.now()))  # type: ignore[misc]
            written.append(entry.object_id)
            count += 1

    writing = [asyncio.create_task(writes(number)) for number in range(8)]
    await take(parts, tmp_path / "first", OPERATOR)
    await rotate(parts, OPERATOR, destroy_older=True)
    before = len(written)
    made = await take(parts, tmp_path / "second", OPERATOR)
    ended.set()
    await asyncio.gather(*writing)

    async with parts.db.read() as conn:
        kept = set((await conn.execute(sa.select(audit_event.c.object_id))).scalars())
        owners = set((await conn.execute(sa.select(data_key.c.owner_id))).scalars())
        keys = await Vault(Keyring.load(parts.settings.keyring)).keys(conn, owners)
        assert [one for one in owners if one not in keys] == []
    assert set(written) <= kept
    assert made.counts["audit_event"] >= before
    ring = Keyring.load(parts.settings.keyring)
    done = await restore(tmp_path / "second", tmp_path / "fresh", ring, clock)
    assert done.manifest == made
    with pytest.raises(KeyringWrong, match="--keys"):
        await restore(tmp_path / "first", tmp_path / "other", ring, clock)
    assert list((tmp_path / "other").iterdir()) == []


async def test_after_a_disposal_an_older_backup_opens_for_everybody_else(
    clinic: Clinic, clock: FixedClock, tmp_path: Path
) -> None:
    """Yesterday's backup opens nothing by today's keyring; with today's table of keys all but who was disposed of."""
    parts, gone = clinic.parts, clinic.persons[0]
    await take(parts, tmp_path / "yesterday", OPERATOR)
    done = await parts.db.write(lambda conn: dispose(conn, parts, gone, reason="asked for", actor=OPERATOR))
    assert isinstance(done, Issued)
    await rotate(parts, OPERATOR, destroy_older=True)
    ring = Keyring.load(parts.settings.keyring)
    await write_table(parts, tmp_path / "keys", OPERATOR)

    with pytest.raises(KeyringWrong):
        await restore(tmp_path / "yesterday", tmp_path / "without", ring, clock)
    back = await restore(tmp_path / "yesterday", tmp_path / "with", ring, clock, table=tmp_path / "keys")

    assert back.disposed == 1
    assert sorted(await read_back(tmp_path / "with", ring, clinic)) == sorted(clinic.persons[1:])
    db = await Database.open(f"sqlite+aiosqlite:///{tmp_path / 'with' / 'hub.db'}")
    async with db.read() as conn:
        left = sa.select(message.c.body_sealed).where(message.c.thread_id == clinic.threads[0])
        assert set((await conn.execute(left)).scalars()) == {b""}
    await db.close()


@pytest.mark.parametrize("spoilt", ["content", "cut", "manifest", "swapped", "another keyring"])
async def test_what_was_changed_is_refused_and_leaves_nothing(
    clinic: Clinic, clock: FixedClock, tmp_path: Path, keyring: Keyring, spoilt: str
) -> None:
    out, ring = tmp_path / "backup", keyring
    await take(clinic.parts, out, OPERATOR)
    content = (out / CONTENT).read_bytes()
    if spoilt == "content":
        (out / CONTENT).write_bytes(content[:70000] + bytes([content[70000] ^ 1]) + content[70001:])
    elif spoilt == "cut":
        (out / CONTENT).write_bytes(content[: 9 * (len(content) // 10)])
    elif spoilt == "manifest":
        (out / MANIFEST).write_text((out / MANIFEST).read_text().replace('"message": 15', '"message": 16'))
    elif spoilt == "swapped":
        await take(clinic.parts, tmp_path / "other", OPERATOR)
        shutil.copyfile(tmp_path / "other" / CONTENT, out / CONTENT)
    else:
        ring = Keyring.create(clock.now())

    with pytest.raises(HubError):
        await restore(out, tmp_path / "fresh", ring, clock)

    assert not (tmp_path / "fresh").exists() or list((tmp_path / "fresh").iterdir()) == []


async def test_nothing_is_ever_overwritten(clinic: Clinic, clock: FixedClock, tmp_path: Path, keyring: Keyring) -> None:
    out = tmp_path / "backup"
    await take(clinic.parts, out, OPERATOR)
    await restore(out, tmp_path / "fresh", keyring, clock)

    with pytest.raises(InputError, match="new folder"):
        await take(clinic.parts, out, OPERATOR)
    with pytest.raises(InputError, match="new folder"):
        await restore(out, tmp_path / "fresh", keyring, clock)

"""`hub audit verify`: exit 0 or 1, and the first fault."""

import asyncio
from pathlib import Path

from hub.audit import Actor, Entry, Sealer, Trail
from hub.clock import SystemClock
from hub.crypto import Keyring
from hub.db import Database
from hub.vault import Vault
from tests.hub.cli.looking import looked
from tests.hub.cli.running import Run
from tests.stores import sqlite_url


def chain(data: Path, keyring: Keyring, count: int, waiting: int = 0) -> None:
    """Record, seal and sign `count` entries; then record a few more."""

    async def work() -> None:
        db = await Database.open(sqlite_url(data / "hub.db"))
        trail = Trail(Vault(keyring), SystemClock())
        sealer = Sealer(db, keyring.signing_key(), SystemClock())
        for number in range(count + waiting):
            entry = Entry(action="thread.read", actor=Actor("staff", "u"), object_id=f"o{number}")
            await db.write(lambda conn, entry=entry: trail.record(conn, entry))
            if number + 1 == count:
                await sealer.seal()
                await sealer.checkpoint()
        await db.close()

    asyncio.run(work())


def test_an_intact_chain_is_counted(run: Run, founded: Path, keyring: Keyring) -> None:
    chain(founded, keyring, 5, waiting=2)

    ended = run("audit", "verify")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "intact: 5 links, 1 signed checkpoints, 2 entries not yet chained\n"


def test_a_new_hub_has_an_empty_chain(run: Run, data: Path) -> None:
    ended = run("audit", "verify")

    assert (ended.code, ended.out) == (0, "intact: 0 links, 0 signed checkpoints, 0 entries not yet chained\n")


def test_a_broken_chain_exits_with_1_and_names_the_first_fault(run: Run, founded: Path, keyring: Keyring) -> None:
    chain(founded, keyring, 5)
    looked(founded, lambda conn: conn.exec_driver_sql("UPDATE audit_event SET actor_id = 'x' WHERE seq IN (3, 4)"))

    ended = run("audit", "verify")

    assert (ended.code, ended.out) == (1, "")
    assert ended.lines == ["hub: the entry of link 3 was changed"]


def test_a_tail_cut_off_shows_by_the_checkpoint(run: Run, founded: Path, keyring: Keyring) -> None:
    chain(founded, keyring, 5)

    async def cut(conn: object) -> None:
        await conn.exec_driver_sql("DELETE FROM audit_link WHERE seq > 3")
        await conn.exec_driver_sql("DELETE FROM audit_event WHERE seq > 3")

    looked(founded, cut)

    ended = run("audit", "verify")

    assert ended.code == 1
    assert ended.lines == ["hub: the chain ends at link 3 but a checkpoint was signed for link 5"]


def test_verifying_changes_nothing_of_the_chain_and_is_in_the_audit(run: Run, founded: Path, keyring: Keyring) -> None:
    chain(founded, keyring, 2)
    first, second = run("audit", "verify"), run("audit", "verify")

    # What came of the first time waits to be chained.
    assert first.out.replace(" 0 entries", " 1 entries") == second.out
    assert "1 entries" in second.out

"""`hub keys`: a keyring is made once, and rotated without re-encrypting anything."""

import json
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from channels.pushing.vapid import VapidKey
from hub.audit import Actor, Entry, Trail
from hub.clock import SystemClock
from hub.crypto import Keyring, KeyringStore, Place
from hub.db.tables import audit_event, data_key, key_canary
from hub.types import new_id
from hub.vault import Vault
from tests.hub.cli.looking import looked, rows
from tests.hub.cli.running import Run

PLACE = Place("message", "body_sealed", "row-1")


class TestNew:
    def test_a_keyring_is_made_where_the_setting_says(self, run: Run, data: Path, tmp_path: Path) -> None:
        file = tmp_path / "etc" / "keys.json"

        ended = run("keys", "new", HUB_KEYRING_FILE=str(file))

        ring = Keyring.load(file)
        assert (ended.code, ended.out) == (0, "")
        assert ended.lines == [f"made {file} with {ring.active}; back it up apart from the database"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_it_lets_nobody_else_read_what_it_makes(self, run: Run, data: Path) -> None:
        run("keys", "new")

        made = [data, *data.iterdir()]
        assert Keyring.load(data / "keyring.json")
        assert all(stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 for one in made)

    def test_one_that_is_there_is_never_overwritten(self, run: Run, founded: Path) -> None:
        before = (founded / "keyring.json").read_bytes()

        ended = run("keys", "new")

        assert ended.code == 2
        assert len(ended.lines) == 1
        assert "hub keys rotate" in ended.err
        assert (founded / "keyring.json").read_bytes() == before

    def test_none_is_made_for_a_database_that_another_sealed(self, run: Run, founded: Path) -> None:
        (founded / "keyring.json").unlink()

        ended = run("keys", "new")

        assert ended.code == 2
        assert "restore that one" in ended.err
        assert not (founded / "keyring.json").exists()

    def test_nor_where_the_database_lies_elsewhere(self, run: Run, founded: Path, tmp_path: Path) -> None:
        file = tmp_path / "keys.json"

        ended = run(
            "keys",
            "new",
            HUB_DATA=str(tmp_path / "other"),
            HUB_DATABASE_URL=f"sqlite+aiosqlite:///{founded / 'hub.db'}",
            HUB_KEYRING_FILE=str(file),
        )

        assert ended.code == 2
        assert not file.exists()

    def test_a_database_that_is_still_empty_may_have_any(self, run: Run, data: Path, tmp_path: Path) -> None:
        elsewhere = f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"

        assert run("keys", "new", HUB_DATABASE_URL=elsewhere).code == 0
        assert run("audit", "verify").code == 0

    def test_the_hub_then_opens_with_it(self, run: Run, data: Path) -> None:
        run("keys", "new")
        ring = Keyring.load(data / "keyring.json")

        ended = run("audit", "verify")

        assert ended.code == 0
        assert Keyring.load(data / "keyring.json").ids == ring.ids


class TestRotate:
    def test_every_key_is_wrapped_anew_and_everything_still_opens(
        self, run: Run, founded: Path, keyring: Keyring
    ) -> None:
        owner, vault = new_id(), Vault(keyring)
        keys = looked(founded, lambda conn: vault.create(conn, [owner], SystemClock().now()))
        sealed = keys.seal(owner, b"words", PLACE)

        ended = run("keys", "rotate")

        ring = Keyring.load(founded / "keyring.json")
        reopened = looked(founded, lambda conn: Vault(ring).key(conn, owner))
        assert (ended.code, ended.out) == (0, "")
        assert ended.lines == [f"{ring.active} is active; 3 data keys were re-wrapped"]
        assert ring.ids == (keyring.active, ring.active)
        assert {row.kek_id for row in rows(founded, sa.select(data_key.c.kek_id))} == {ring.active}
        assert {row.kek_id for row in rows(founded, sa.select(key_canary.c.kek_id))} == {ring.active}
        assert reopened.open(owner, sealed, PLACE) == b"words"

    def test_it_is_in_the_audit(self, run: Run, founded: Path) -> None:
        run("keys", "rotate")

        (entry,) = rows(founded, sa.select(audit_event))
        ring = Keyring.load(founded / "keyring.json")
        assert (entry.action, entry.actor_kind, entry.actor_id) == ("keys.rotate", "system", "cli")
        assert entry.object_id == ring.active

    def test_it_can_be_done_again_and_again(self, run: Run, founded: Path) -> None:
        codes = [run("keys", "rotate").code for _ in range(3)]

        assert codes == [0, 0, 0]
        assert len(Keyring.load(founded / "keyring.json").ids) == 4
        assert run("audit", "verify").code == 0

    def test_one_that_was_cut_off_halfway_is_finished_by_the_next(
        self, run: Run, founded: Path, keyring: Keyring
    ) -> None:
        """The new key was saved and some of the data keys were wrapped with it."""
        halfway = keyring.rotated(SystemClock().now())
        halfway.save(founded / "keyring.json")
        looked(founded, lambda conn: Vault(halfway).rewrap(conn, limit=1))

        ended = run("keys", "rotate")

        ring = Keyring.load(founded / "keyring.json")
        assert ended.code == 0
        assert {row.kek_id for row in rows(founded, sa.select(data_key.c.kek_id))} == {ring.active}

    def test_afterwards_the_first_key_can_be_taken_out(self, run: Run, founded: Path) -> None:
        run("keys", "rotate")
        file = founded / "keyring.json"
        ring = json.loads(file.read_text())
        ring["keys"] = ring["keys"][1:]
        file.write_text(json.dumps(ring))

        assert run("audit", "verify").code == 0
        assert run("doctor").code == 0

    def test_a_wrong_keyring_is_refused_and_stays_as_it_is(self, run: Run, founded: Path) -> None:
        other = Keyring.create(SystemClock().now())
        other.save(founded / "keyring.json")

        ended = run("keys", "rotate")

        assert ended.code == 2
        assert len(ended.lines) == 1
        assert Keyring.load(founded / "keyring.json").ids == other.ids

    def test_no_key_is_ever_shown(self, run: Run, founded: Path) -> None:
        shown = [run("keys", "rotate"), run("doctor")]

        kept = json.loads((founded / "keyring.json").read_text())
        secrets = [kept["index_root"], kept["audit_signing_key"], *(key["key"] for key in kept["keys"])]
        assert not any(secret in one.out + one.err for secret in secrets for one in shown)


def test_a_running_hub_reads_a_key_that_was_added_meanwhile(run: Run, founded: Path, keyring: Keyring) -> None:
    vault = Vault(keyring, reload=KeyringStore(founded / "keyring.json").load)
    run("keys", "rotate")

    async def unit(conn: AsyncConnection) -> None:
        await vault.check(conn)
        await Trail(vault, SystemClock()).record(conn, Entry(action="a.b", actor=Actor("system")))

    looked(founded, unit)

    assert len(rows(founded, sa.select(audit_event))) == 2


@pytest.mark.parametrize("content", [None, b"{"], ids=["missing", "damaged"])
def test_without_a_keyring_that_opens_it_nothing_of_the_database_is_used(
    run: Run, founded: Path, content: bytes | None
) -> None:
    (founded / "keyring.json").unlink()
    if content is not None:
        (founded / "keyring.json").write_bytes(content)
        (founded / "keyring.json").chmod(0o600)

    for words in (("keys", "rotate"), ("audit", "verify"), ("tokens", "new", "ehr", "--scope", "*")):
        ended = run(*words)

        assert (ended.code, ended.out, len(ended.lines)) == (2, "", 1)
        assert "keyring.json" in ended.err


def test_a_key_pair_for_web_push_is_printed_once_and_kept_nowhere(run: Run, data: Path) -> None:
    first, second = run("keys", "vapid"), run("keys", "vapid")

    made = VapidKey.read(first.out)
    assert first.code == 0
    assert first.out == made.private + "\n"
    assert made.public in first.err
    assert first.out != second.out
    assert not data.exists()

"""Which keyring a hub opens with: its own, or a new one for a new database on this machine, and never another."""

import stat
from pathlib import Path

import pytest

from hub.app import Hub
from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import migrate
from hub.errors import KeyringMissing, KeyringWrong, SchemaOutdated
from hub.settings import Settings
from tests.stores import sqlite_url


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    """A hub on this machine that was never started."""
    settings = Settings(data=tmp_path / "data", port=0)
    migrate.upgrade(settings.database)
    return settings


async def opened(settings: Settings, clock: FixedClock) -> tuple[str, ...]:
    """The keyring's ids after the hub was opened once, and closed."""
    hub = await Hub.open(settings, roles=(), clock=clock)
    ids = hub.parts.vault.keyring.ids
    await hub.stop()
    return ids


async def test_a_new_database_on_this_machine_gets_a_keyring_of_its_own(local: Settings, clock: FixedClock) -> None:
    first = await opened(local, clock)
    again = await opened(local, clock)

    assert first == again == Keyring.load(local.keyring).ids
    assert stat.S_IMODE(local.keyring.stat().st_mode) == 0o600


async def test_none_is_made_where_others_reach_the_hub(local: Settings, clock: FixedClock, tmp_path: Path) -> None:
    public = Settings(
        data=local.data, public_url="https://hub.example.org", keyring_file=tmp_path / "missing.json", port=0
    )

    with pytest.raises(KeyringMissing):
        await opened(public, clock)

    assert not public.keyring.exists()


async def test_none_is_made_where_the_database_holds_wrapped_keys(local: Settings, clock: FixedClock) -> None:
    await opened(local, clock)
    local.keyring.unlink()

    with pytest.raises(KeyringMissing):
        await opened(local, clock)

    assert not local.keyring.exists()


async def test_a_wrong_keyring_is_refused_and_left_as_it_is(local: Settings, clock: FixedClock) -> None:
    await opened(local, clock)
    Keyring.create(clock.now()).save(local.keyring)
    before = local.keyring.read_bytes()

    with pytest.raises(KeyringWrong):
        await opened(local, clock)

    assert local.keyring.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{"], ids=["empty", "cut off"])
async def test_a_damaged_keyring_is_never_replaced(local: Settings, clock: FixedClock, content: bytes) -> None:
    local.keyring.write_bytes(content)
    local.keyring.chmod(0o600)

    with pytest.raises(KeyringWrong):
        await opened(local, clock)

    assert local.keyring.read_bytes() == content


async def test_a_keyring_that_cannot_be_read_is_never_replaced(local: Settings, clock: FixedClock) -> None:
    local.keyring.mkdir()

    with pytest.raises(KeyringMissing, match="cannot be read"):
        await opened(local, clock)


async def test_a_database_that_is_not_there_yet_asks_for_migrate(tmp_path: Path, clock: FixedClock) -> None:
    settings = Settings(data=tmp_path / "data", database_url=sqlite_url(tmp_path / "none.db"), port=0)

    with pytest.raises(SchemaOutdated):
        await opened(settings, clock)

    assert not settings.keyring.exists()

"""The four ports together: which kind there is, and whose keys they are."""

import subprocess
import sys
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.crypto import Keyring
from hub.db import Database
from hub.events import Bell
from hub.live import LocalPace, LocalPresence, LocalWakeups, deployment, open_live
from hub.live.shared import SharedPace, SharedPresence, SharedWakeups
from hub.metrics import Metrics
from hub.vault import Vault
from tests.servers.valkey import Valkey

CHECKOUT = Path(__file__).resolve().parents[3]
WITHOUT_REDIS = """
import sys
sys.modules["redis"] = None  # as if it were not installed
import hub.app, hub.cli
from hub.errors import SettingsError
from hub.events import Bell
from hub.live import open_live
open_live("", None, None, Bell(), None)
try:
    open_live("redis://127.0.0.1", None, None, None, None)
except SettingsError as error:
    print(error)
"""


def test_without_an_address_all_is_within_the_process(db: Database, vault: Vault) -> None:
    live = open_live("", vault, db, Bell(), Metrics())

    assert isinstance(live.wakeups, LocalWakeups)
    assert isinstance(live.presence, LocalPresence)
    assert isinstance(live.pace("texts", 1.0), LocalPace)
    assert live.standing is None


async def test_with_one_all_is_shared(db: Database, vault: Vault, valkey: Valkey) -> None:
    live = open_live(valkey.url, vault, db, Bell(), Metrics())
    before = live.standing

    await live.start()
    during = live.standing
    await live.stop()

    assert isinstance(live.wakeups, SharedWakeups)
    assert isinstance(live.presence, SharedPresence)
    assert isinstance(live.pace("texts", 1.0), SharedPace)
    assert (before, during) == ("slow: polling (not connected yet)", "ok")


def test_the_default_installation_needs_no_redis_package_and_says_what_to_install() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_REDIS], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "HUB_REDIS_URL needs the package redis: pip install 'carehub[scale]'\n"


def test_a_deployment_is_named_after_its_keyring(keyring: Keyring, clock: FixedClock) -> None:
    mine, other = deployment(Vault(keyring)), deployment(Vault(Keyring.create(clock.now())))

    assert mine == deployment(Vault(keyring))
    assert mine != other
    assert len(mine) == 16
    assert int(mine, 16)


@pytest.mark.parametrize("rotated", [False, True], ids=["as it was", "rotated"])
def test_a_rotation_leaves_the_name(clock: FixedClock, rotated: bool) -> None:
    ring = Keyring.create(clock.now())
    before = deployment(Vault(ring))
    if rotated:
        ring = ring.rotated(clock.now())

    assert deployment(Vault(ring)) == before

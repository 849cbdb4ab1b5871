"""`hub keys` and `hub doctor` where a key service seals the keyring."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.crypto import Keyring
from tests.hub.cli.running import Run
from tests.servers import kms


@pytest.fixture
def vault_server() -> Iterator[kms.Services]:
    """Vault's transit engine, served by a thread of its own: commands have their own loop."""
    loop, there = asyncio.new_event_loop(), kms.running()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield asyncio.run_coroutine_threadsafe(there.__aenter__(), loop).result(10)
    asyncio.run_coroutine_threadsafe(there.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_keyring_is_sealed_checked_rewrapped_and_taken_out_again(
    run: Run, founded: Path, keyring: Keyring, vault_server: kms.Services, tmp_path: Path
) -> None:
    named = {
        "HUB_KMS": f"vault:{vault_server.url}/transit/carehub",
        "HUB_KMS_TOKEN": kms.TOKEN,
        "HUB_KMS_NAMESPACE": kms.NAMESPACE,
    }

    unsealed = run("audit", "verify", **named)
    sealed = run("keys", "seal")
    vault_server.key.rotate()
    older = run("doctor")
    rewrapped = run("keys", "rewrap")
    plain = run("keys", "unseal", "--to", str(tmp_path / "plain.json"))
    vault_server.fail(503, {"errors": ["Vault is sealed"]}, times=99)
    away = run("audit", "verify")

    assert (unsealed.code, "hub keys seal" in unsealed.err) == (2, True)
    assert [one.code for one in (sealed, rewrapped, plain)] == [0] * 3
    assert "`hub keys rewrap`" in older.out
    assert "version 2 of its key" in rewrapped.err
    assert Keyring.load(tmp_path / "plain.json").ids == keyring.ids
    assert (away.code, len(away.lines), "is sealed: unseal it" in away.err) == (1, 1, True)
    assert kms.TOKEN not in "".join(one.out + one.err for one in (unsealed, sealed, older, rewrapped, away))

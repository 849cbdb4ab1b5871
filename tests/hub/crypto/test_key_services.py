"""Every key service by one contract, each against a server that speaks its protocol; and the keyring that they seal."""

import asyncio
import base64
import json
import secrets
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.crypto import Keyring, KeyringStore
from hub.crypto.kms import KeyService, probe
from hub.crypto.kms.aws import AwsKms
from hub.crypto.kms.calling import Caller
from hub.crypto.kms.google import GoogleKms
from hub.crypto.kms.transit import VaultTransit
from hub.errors import HubError, KeyringMissing, KeyringWrong, KeyServiceAway, KeyServiceRefused
from tests.servers import kms
from tests.stores import NOW

CONTEXT = {"carehub": "keyring", "id": "one"}


@dataclass(frozen=True, slots=True)
class Rig:
    """A service, what it talks to, and how faults look on its wire."""

    service: KeyService
    far: kms.Services
    told: tuple[str, str]
    faults: dict[str, tuple[int, Any]]
    make: Callable[[str, float], KeyService]


def _aws(code: str, status: int = 400) -> tuple[int, Any]:
    return status, {"__type": f"com.amazonaws.kms#{code}", "message": "x"}


def _google(code: int, status: str, said: str = "x") -> tuple[int, Any]:
    return code, {"error": {"code": code, "status": status, "message": said}}


FAULTS: dict[str, dict[str, tuple[int, Any]]] = {
    "aws": {
        "denied": _aws("AccessDeniedException"),
        "throttled": _aws("ThrottlingException"),
        "disabled": _aws("DisabledException"),
        "state": _aws("KMSInvalidStateException"),
        "internal": _aws("KMSInternalException", 500),
        "expired": _aws("ExpiredTokenException"),
    },
    "gcp": {
        "denied": _google(403, "PERMISSION_DENIED"),
        "throttled": _google(429, "RESOURCE_EXHAUSTED"),
        "disabled": _google(400, "FAILED_PRECONDITION"),
        "internal": _google(503, "UNAVAILABLE"),
    },
    "vault": {
        "denied": (403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}),
        "throttled": (429, {"errors": ['request path "transit": rate limit quota exceeded']}),
        "disabled": (400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}),
        "sealed": (503, {"errors": ["Vault is sealed"]}),
        "internal": (500, {"errors": ["internal error"]}),
    },
}


@pytest.fixture(params=["aws", "gcp", "vault", "vault-role"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", kms.ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", kms.SECRET)
    async with kms.running() as far:
        (tmp_path / "account.json").write_text(far.account)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
        kind = request.param

        def make(url: str, seconds: float) -> KeyService:
            caller = Caller("the service", seconds, pause=0.0)
            if kind == "aws":
                return AwsKms(kms.ARN, caller, endpoint=url)
            if kind == "gcp":
                return GoogleKms(kms.RESOURCE, caller, endpoint=url)
            how = {"token": kms.TOKEN} if kind == "vault" else {"role_id": kms.ROLE, "secret_id": kms.SECRET_ID}
            return VaultTransit(f"{url}/transit/carehub", caller, namespace=kms.NAMESPACE, **how)

        told = {"aws": ("", ""), "gcp": ("1", "2")}.get(kind, ("1", "2"))
        yield Rig(make(far.url, 5.0), far, told, FAULTS[kind.partition("-")[0]], make)


async def _said(call: Any, error: type[HubError]) -> str:
    with pytest.raises(error) as found:
        await call
    said = str(found.value)
    assert "\n" not in said
    assert len(said) < 300
    for secret in (kms.SECRET, kms.TOKEN, kms.SECRET_ID, "Bearer"):
        assert secret not in said
    return said


async def test_a_key_is_wrapped_and_comes_back(rig: Rig) -> None:
    key = secrets.token_bytes(32)

    wrapped = await rig.service.wrap(key, CONTEXT)

    assert await rig.service.unwrap(wrapped.blob, CONTEXT) == key
    assert wrapped.version == rig.told[0]
    assert base64.b64encode(key).decode() not in wrapped.blob
    assert wrapped.blob not in repr(wrapped)
    assert await probe(rig.service) == rig.told[0]


async def test_it_opens_for_its_own_context_alone(rig: Rig) -> None:
    wrapped = await rig.service.wrap(secrets.token_bytes(32), CONTEXT)

    await _said(rig.service.unwrap(wrapped.blob, {**CONTEXT, "id": "two"}), KeyServiceRefused)


async def test_what_another_key_wrapped_does_not_open(rig: Rig) -> None:
    wrapped = await rig.service.wrap(secrets.token_bytes(32), CONTEXT)
    rig.far.key = kms.Key()

    said = await _said(rig.service.unwrap(wrapped.blob, CONTEXT), KeyServiceRefused)

    assert "does not open it" in said


async def test_after_a_rotation_the_older_opens_and_can_be_wrapped_by_the_newest(rig: Rig) -> None:
    key = secrets.token_bytes(32)
    older = await rig.service.wrap(key, CONTEXT)
    rig.far.key.rotate()

    newer = await rig.service.rewrap(older.blob, CONTEXT)
    first = rig.far.key.versions[0]
    assert await rig.service.unwrap(older.blob, CONTEXT) == key
    rig.far.key.versions[0] = secrets.token_bytes(32)

    assert await rig.service.unwrap(newer.blob, CONTEXT) == key
    assert newer.version != older.version
    assert first != rig.far.key.versions[0]
    await _said(rig.service.unwrap(older.blob, CONTEXT), KeyServiceRefused)


async def test_each_fault_of_the_service_is_one_line_of_the_right_kind(rig: Rig) -> None:
    wrapped = await rig.service.wrap(secrets.token_bytes(32), CONTEXT)
    kinds: dict[str, type[HubError]] = {
        "throttled": KeyServiceAway,
        "internal": KeyServiceAway,
        "sealed": KeyServiceAway,
    }
    for name, (status, body) in rig.faults.items():
        rig.far.fail(status, body)
        await _said(rig.service.unwrap(wrapped.blob, CONTEXT), kinds.get(name, KeyServiceRefused))
        rig.far.faults.clear()


async def test_what_passes_is_tried_again(rig: Rig) -> None:
    status, body = rig.faults["throttled"]
    rig.far.fail(status, body, times=2)

    await rig.service.wrap(secrets.token_bytes(32), CONTEXT)

    assert not rig.far.faults


async def test_what_does_not_pass_is_not(rig: Rig) -> None:
    status, body = rig.faults["denied"]
    rig.far.fail(status, body, times=2)

    await _said(rig.service.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceRefused)

    assert len(rig.far.faults) == 1


async def test_one_that_hangs_is_given_up(rig: Rig) -> None:
    rig.far.hang = asyncio.Event()

    said = await _said(rig.make(rig.far.url, 0.05).wrap(secrets.token_bytes(32), CONTEXT), KeyServiceAway)

    rig.far.hang.set()
    assert "did not answer" in said


async def test_one_that_is_not_there_is_said_so(rig: Rig, unused_tcp_port: int) -> None:
    there = rig.make(f"http://127.0.0.1:{unused_tcp_port}", 5.0)

    said = await _said(there.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceAway)

    assert "cannot be reached" in said


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", "x" * 300_000], ids=["html", "list", "empty", "huge"])
async def test_an_answer_of_something_else_is_not_believed(rig: Rig, body: str) -> None:
    rig.far.fail(200, body)

    await _said(rig.service.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceAway)


async def test_the_keyring_that_it_seals_is_read_again_and_holds_no_key_on_the_disk(rig: Rig, tmp_path: Path) -> None:
    ring, path = Keyring.create(NOW), tmp_path / "keyring.json"

    await KeyringStore(path, rig.service).save(ring)

    read = await KeyringStore(path, rig.service).load()
    assert read.encoded() == ring.encoded()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = path.read_text()
    plain = json.loads(ring.encoded())
    assert not any(one in kept for one in (plain["index_root"], plain["audit_signing_key"], plain["keys"][0]["key"]))
    with pytest.raises(KeyringWrong, match="name that in HUB_KMS"):
        Keyring.load(path)


async def test_a_keyring_in_memory_needs_no_service_until_the_file_changes(rig: Rig, tmp_path: Path) -> None:
    store, ring = KeyringStore(tmp_path / "keyring.json", rig.service), Keyring.create(NOW)
    await store.save(ring)
    rig.far.fail(*rig.faults["internal"], times=99)
    asked = len(rig.far.asked)

    assert (await store.load()).ids == ring.ids
    assert len(rig.far.asked) == asked

    rig.far.faults.clear()
    await KeyringStore(store.path, rig.service).save(ring.rotated(NOW))
    rig.far.fail(*rig.faults["internal"], times=99)
    await _said(store.load(), KeyServiceAway)
    asked = len(rig.far.asked)
    # Nobody waits for it a second time at once.
    await _said(store.load(), KeyServiceAway)
    assert len(rig.far.asked) == asked


async def test_the_keyring_is_wrapped_anew_without_being_changed(rig: Rig, tmp_path: Path) -> None:
    store, ring = KeyringStore(tmp_path / "keyring.json", rig.service), Keyring.create(NOW)
    await store.save(ring)
    rig.far.key.rotate()

    done = await store.rewrap()

    rig.far.key.versions[0] = secrets.token_bytes(32)
    assert done.now != done.before
    assert (await KeyringStore(store.path, rig.service).load()).encoded() == ring.encoded()


@pytest.mark.parametrize("field", ["id", "wrapped", "sealed", "by"])
async def test_a_changed_keyring_is_refused(rig: Rig, tmp_path: Path, field: str) -> None:
    store = KeyringStore(tmp_path / "keyring.json", rig.service)
    await store.save(Keyring.create(NOW))
    kept = json.loads(store.path.read_text())
    middle = len(kept[field]) // 2
    changed = "A" if kept[field][middle] != "A" else "B"
    kept[field] = kept[field][:middle] + changed + kept[field][middle + 1 :]
    store.path.write_text(json.dumps(kept))

    with pytest.raises((KeyringWrong, KeyServiceRefused)):
        await KeyringStore(store.path, rig.service).load()


async def test_a_plain_keyring_is_not_taken_for_a_sealed_one(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    with pytest.raises(KeyringMissing):
        await KeyringStore(path, rig.service).load()
    Keyring.create(NOW).save(path)

    with pytest.raises(KeyringWrong, match="hub keys seal"):
        await KeyringStore(path, rig.service).load()


async def test_nothing_is_written_when_the_service_refuses(rig: Rig, tmp_path: Path) -> None:
    store, ring = KeyringStore(tmp_path / "keyring.json", rig.service), Keyring.create(NOW)
    await store.save(ring)
    before = store.path.read_bytes()
    rig.far.fail(*rig.faults["denied"])

    await _said(store.save(ring.rotated(NOW)), KeyServiceRefused)

    assert store.path.read_bytes() == before


async def test_a_plain_file_is_kept_by_the_same_store(tmp_path: Path) -> None:
    store, ring = KeyringStore(tmp_path / "keyring.json"), Keyring.create(NOW)

    await store.save(ring)

    assert (await KeyringStore(store.path).load()).encoded() == ring.encoded()
    with pytest.raises(KeyringWrong):
        await store.rewrap()


async def test_what_google_got_or_gave_in_pieces_is_not_believed(tmp_path: Path, monkeypatch: Any) -> None:
    async with kms.running() as far:
        (tmp_path / "account.json").write_text(far.account)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
        service = GoogleKms(kms.RESOURCE, Caller("the service", 5.0, pause=0.0), endpoint=far.url)
        for spoilt in ({"ciphertextCrc32c": "1"}, {"verifiedPlaintextCrc32c": False}):
            far.spoil = spoilt
            assert "whole" in await _said(service.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceAway)


async def test_vaults_standby_names_the_active_node_and_a_wrong_role_is_said() -> None:
    async with kms.running() as far:
        caller = Caller("the service", 5.0, pause=0.0)
        address = f"{far.url}/transit/carehub"
        far.standby = True
        right = VaultTransit(address, caller, token=kms.TOKEN, namespace=kms.NAMESPACE)
        assert (await right.wrap(secrets.token_bytes(32), CONTEXT)).version == "1"

        wrong = VaultTransit(address, caller, role_id=kms.ROLE, secret_id="another", namespace=kms.NAMESPACE)
        assert "AppRole" in await _said(wrong.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceRefused)


async def test_aws_does_not_take_what_another_secret_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with kms.running() as far:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", kms.ACCESS)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        service = AwsKms(kms.ARN, Caller("the service", 5.0, pause=0.0), endpoint=far.url)

        said = await _said(service.wrap(secrets.token_bytes(32), CONTEXT), KeyServiceRefused)

        assert "credentials" in said

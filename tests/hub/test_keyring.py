"""The keyring: its file is private and whole, it opens what it wrapped, and a wrong one is told apart."""

import base64
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.crypto import Keyring
from hub.errors import KeyringMissing, KeyringWrong

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
KEY = bytes(range(32))
OWNER = b"carehub dek someone 1"


@pytest.fixture
def ring() -> Keyring:
    return Keyring.create(AT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "keyring.json"


def edited(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))


class TestWrapping:
    def test_a_wrapped_key_comes_back(self, ring: Keyring) -> None:
        kek_id, wrapped = ring.wrap(KEY, OWNER)

        assert kek_id == ring.active
        assert KEY not in wrapped
        assert ring.unwrap(kek_id, wrapped, OWNER) == KEY

    def test_it_is_bound_to_its_owner(self, ring: Keyring) -> None:
        kek_id, wrapped = ring.wrap(KEY, OWNER)

        with pytest.raises(KeyringWrong):
            ring.unwrap(kek_id, wrapped, b"carehub dek another 1")

    def test_the_same_key_wrapped_twice_looks_nothing_alike(self, ring: Keyring) -> None:
        assert len({ring.wrap(KEY, OWNER)[1] for _ in range(50)}) == 50

    def test_any_flipped_bit_is_noticed(self, ring: Keyring) -> None:
        kek_id, wrapped = ring.wrap(KEY, OWNER)

        for position in range(len(wrapped) * 8):
            spoilt = bytearray(wrapped)
            spoilt[position // 8] ^= 1 << position % 8
            with pytest.raises(KeyringWrong):
                ring.unwrap(kek_id, bytes(spoilt), OWNER)

    def test_any_cut_is_noticed(self, ring: Keyring) -> None:
        kek_id, wrapped = ring.wrap(KEY, OWNER)

        for length in range(len(wrapped)):
            with pytest.raises(KeyringWrong):
                ring.unwrap(kek_id, wrapped[:length], OWNER)

    def test_another_ring_lacks_the_key_and_says_which(self, ring: Keyring) -> None:
        kek_id, wrapped = ring.wrap(KEY, OWNER)

        with pytest.raises(KeyringWrong, match=f"lacks key {kek_id}"):
            Keyring.create(AT).unwrap(kek_id, wrapped, OWNER)


class TestRotation:
    def test_what_the_old_key_wrapped_still_opens_and_the_new_one_wraps(self, ring: Keyring) -> None:
        before = ring.wrap(KEY, OWNER)

        turned = ring.rotated(AT)

        assert turned.unwrap(*before, OWNER) == KEY
        assert turned.wrap(KEY, OWNER)[0] == turned.active != ring.active
        assert turned.ids == (ring.active, turned.active)

    def test_indexes_and_signatures_stay_what_they_were(self, ring: Keyring) -> None:
        turned = ring.rotated(AT)

        assert turned.index_root == ring.index_root
        assert turned.signing_key().sign(b"x") == ring.signing_key().sign(b"x")

    def test_the_ring_it_came_from_is_left_as_it_was(self, ring: Keyring) -> None:
        ids = ring.ids

        ring.rotated(AT)

        assert ring.ids == ids


class TestFile:
    def test_a_saved_ring_comes_back_whole(self, ring: Keyring, file: Path) -> None:
        turned = ring.rotated(AT)
        wrapped = [ring.wrap(KEY, OWNER), turned.wrap(KEY, OWNER)]

        turned.save(file)
        loaded = Keyring.load(file)

        assert [loaded.unwrap(*one, OWNER) for one in wrapped] == [KEY, KEY]
        assert (loaded.ids, loaded.active, loaded.index_root) == (turned.ids, turned.active, turned.index_root)
        assert loaded.signing_key().sign(b"x") == ring.signing_key().sign(b"x")

    def test_it_is_for_its_owners_eyes_whatever_the_umask(self, ring: Keyring, file: Path) -> None:
        before = os.umask(0)
        try:
            ring.save(file)
        finally:
            os.umask(before)

        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
    def test_one_that_others_may_touch_is_refused(self, ring: Keyring, file: Path, mode: int) -> None:
        ring.save(file)
        file.chmod(mode)

        with pytest.raises(KeyringWrong, match="chmod 600"):
            Keyring.load(file)

    def test_saving_leaves_nothing_but_the_ring(self, ring: Keyring, file: Path) -> None:
        ring.save(file)
        ring.rotated(AT).save(file)

        assert [one.name for one in file.parent.iterdir()] == ["keyring.json"]

    def test_a_disk_that_fails_leaves_the_old_ring_whole(
        self, ring: Keyring, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        ring.save(file)
        monkeypatch.setattr(os, "fsync", full)

        with pytest.raises(OSError, match="No space"):
            ring.rotated(AT).save(file)
        monkeypatch.undo()

        assert Keyring.load(file).ids == ring.ids

    def test_a_missing_file_says_how_to_make_one(self, file: Path) -> None:
        with pytest.raises(KeyringMissing, match="hub keys new"):
            Keyring.load(file)

    def test_what_cannot_be_read_is_not_taken_for_missing(self, tmp_path: Path) -> None:
        with pytest.raises(KeyringMissing, match="cannot be read"):
            Keyring.load(tmp_path)

    def test_repr_shows_no_key(self, ring: Keyring, file: Path) -> None:
        ring.save(file)
        kept = json.loads(file.read_text())

        shown = f"{ring!r} {ring} {list(ring._keks.values())!r}"

        assert not any(base64.b64decode(key["key"]).hex() in shown or key["key"] in shown for key in kept["keys"])
        assert repr(base64.b64decode(kept["keys"][0]["key"]))[2:-1] not in shown


DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no keys": lambda data: data.pop("keys"),
    "keys are none": lambda data: data.update(keys=None),
    "an empty list of keys": lambda data: data.update(keys=[]),
    "no active key": lambda data: data.pop("active"),
    "the active key is not there": lambda data: data.update(active="kek-other"),
    "the active key is a list": lambda data: data.update(active=["kek-other"]),
    "no index root": lambda data: data.pop("index_root"),
    "a short index root": lambda data: data.update(index_root="AAAA"),
    "no signing key": lambda data: data.pop("audit_signing_key"),
    "a key of 31 bytes": lambda data: data["keys"][0].update(key=base64.b64encode(bytes(31)).decode()),
    "a key that is no base64": lambda data: data["keys"][0].update(key="*" * 44),
    "a key that is a number": lambda data: data["keys"][0].update(key=1),
    "a key without an id": lambda data: data["keys"][0].pop("id"),
    "a key whose id is a list": lambda data: data["keys"][0].update(id=[]),
    "a key that is a text": lambda data: data.update(keys=["key"]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_ring_is_refused_in_words(
    ring: Keyring, file: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    ring.save(file)
    edited(file, damage)

    with pytest.raises(KeyringWrong, match=r"keyring\.json"):
        Keyring.load(file)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"keys"', b"\xff\xfe\x00", b"[" * 5000],
    ids=["empty", "cut off", "a list", "null", "a text", "not UTF-8", "nested without end"],
)
def test_a_file_that_is_no_ring_is_refused_in_words(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    file.chmod(0o600)

    with pytest.raises(KeyringWrong, match="damaged"):
        Keyring.load(file)

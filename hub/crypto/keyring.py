"""The keyring: the key-encryption keys, the root of the blind indexes and the audit's signing key.

It is kept in a file that is readable by the hub's user alone: as it is, or sealed (`hub.crypto.store`).
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub.errors import KeyringMissing, KeyringWrong


@dataclass(frozen=True, slots=True)
class _Kek:
    id: str
    created_at: str
    key: bytes = field(repr=False)


class Keyring:
    """The keys of one deployment. `load` reads them, `create` makes new ones, `rotated` adds a key-encryption key."""

    def __init__(self, keks: list[_Kek], active: str, index_root: bytes, signing: bytes) -> None:
        self._keks = {kek.id: kek for kek in keks}
        self._ciphers = {kek.id: AESGCM(kek.key) for kek in keks}
        self._active = active
        self.index_root = index_root
        self._signing = signing

    def __repr__(self) -> str:
        return f"Keyring({len(self._keks)} keys)"

    @property
    def active(self) -> str:
        """The id of the key that wraps new data keys."""
        return self._active

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all keys, oldest first."""
        return tuple(self._keks)

    @property
    def active_since(self) -> datetime:
        """When the active key was made."""
        return datetime.fromisoformat(self._keks[self._active].created_at)

    def wrap(self, key: bytes, context: bytes) -> tuple[str, bytes]:
        """`key` wrapped by the active key, bound to `context`; the wrapping key's id first."""
        nonce = os.urandom(12)
        return self._active, nonce + self._ciphers[self._active].encrypt(nonce, key, context)

    def unwrap(self, kek_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The key that was wrapped.

        Raises: KeyringWrong when the wrapping key is not in this ring or does not open it.
        """
        cipher = self._ciphers.get(kek_id)
        if cipher is None:
            raise KeyringWrong(f"the keyring lacks key {kek_id}: restore the keyring this database was sealed with")
        try:
            return cipher.decrypt(wrapped[:12], wrapped[12:], context)
        except (InvalidTag, ValueError):
            raise KeyringWrong(f"key {kek_id} of the keyring does not open this database's keys") from None

    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs the audit's checkpoints."""
        return Ed25519PrivateKey.from_private_bytes(self._signing)

    @classmethod
    def create(cls, now: datetime) -> "Keyring":
        """A new ring with one key-encryption key."""
        kek = _new_kek(now)
        signing = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return cls([kek], kek.id, secrets.token_bytes(32), signing)

    def rotated(self, now: datetime) -> "Keyring":
        """This ring with a new active key; older ones stay, to unwrap what they wrapped."""
        kek = _new_kek(now)
        return Keyring([*self._keks.values(), kek], kek.id, self.index_root, self._signing)

    def only_active(self) -> "Keyring":
        """This ring with its active key alone: what an older key wrapped, in a backup too, opens no more."""
        return Keyring([self._keks[self._active]], self._active, self.index_root, self._signing)

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """The ring kept as it is in `path`.

        Raises: KeyringMissing when there is no file, KeyringWrong when it is readable by others or not a keyring.
        """
        return cls.decoded(read_private(path), path)

    @classmethod
    def decoded(cls, raw: bytes, path: Path) -> "Keyring":
        """The ring that `raw`, out of `path`, is. Raises: KeyringWrong."""
        try:
            data = json.loads(raw)
            if "sealed" in data:
                raise KeyringWrong(f"the keyring {path.name} is sealed by {data['by']}: name that in HUB_KMS")
            keks = [_Kek(k["id"], k["created_at"], _decode(k["key"])) for k in data["keys"]]
            ring = cls(keks, str(data["active"]), _decode(data["index_root"]), _decode(data["audit_signing_key"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise KeyringWrong(f"the keyring {path.name} is damaged: restore it from its backup") from None
        if ring.active not in ring._keks:
            raise KeyringWrong(f"the keyring {path.name} names an active key that it does not hold")
        return ring

    def save(self, path: Path) -> None:
        """Write the ring as it is to `path`, whole or not at all, for its owner's eyes only."""
        write_private(path, self.encoded())

    def encoded(self) -> bytes:
        """The ring as its file has it."""
        data = {
            "version": 1,
            "active": self._active,
            "keys": [{"id": k.id, "created_at": k.created_at, "key": _encode(k.key)} for k in self._keks.values()],
            "index_root": _encode(self.index_root),
            "audit_signing_key": _encode(self._signing),
        }
        return json.dumps(data, indent=2).encode()


def read_private(path: Path) -> bytes:
    """What a keyring's file holds. Raises: KeyringMissing, KeyringWrong when others can read it."""
    try:
        mode = path.stat().st_mode
        raw = path.read_bytes()
    except FileNotFoundError:
        raise KeyringMissing(
            f"there is no keyring at {path.name}: restore it, or make one with `hub keys new`"
        ) from None
    except OSError:
        raise KeyringMissing(f"the keyring {path.name} cannot be read by this user") from None
    if os.name == "posix" and mode & 0o077:
        raise KeyringWrong(f"the keyring {path.name} can be read by others: chmod 600 it")
    return raw


def write_private(path: Path, content: bytes) -> None:
    """Write a keyring's file, whole or not at all, for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _new_kek(now: datetime) -> _Kek:
    return _Kek(f"kek-{secrets.token_hex(6)}", now.isoformat(timespec="seconds"), secrets.token_bytes(32))


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 32:
        raise ValueError("a key has 32 bytes")
    return raw

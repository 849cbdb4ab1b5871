"""Where the keyring is kept: in a file, as it is or sealed by a key service.

A sealed keyring is JSON: who sealed it (`by`, and by which `version` of its key), a random key of its own that the
service wrapped (`wrapped`, bound to `id`), and the ring, encrypted under that key (`sealed`). Each time that the ring
is written it gets a new key and a new id; so an older file has nothing that opens a newer one.
"""

import base64
import json
import os
import secrets
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.crypto.keyring import Keyring, read_private, write_private
from hub.crypto.kms.opening import Access, service_for
from hub.crypto.kms.port import KEY, KeyService, Wrapped
from hub.errors import CryptoError, KeyringWrong, KeyServiceAway
from hub.settings import Settings

__all__ = ["KeyringStore", "Resealed"]

_FORMAT = 2
_PATIENCE = 5.0
"""Seconds for which a service that was away is not asked again by what merely works on: no one waits behind it."""


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed keyring as it lies on the disk."""

    format: int = msgspec.field(name="version")
    id: str
    by: str
    by_version: str
    wrapped: str
    sealed: bytes


class Resealed(NamedTuple):
    """By which version of the service's key the keyring was sealed, and is now; "" where the service tells none."""

    before: str
    now: str


class KeyringStore:
    """The keyring's file. Whatever reads or writes the keyring of a deployment does it by this.

    A ring that was opened once is kept in memory, so that the service is asked again only for a file that changed.
    """

    def __init__(self, path: Path, service: KeyService | None = None) -> None:
        self.path, self.service = path, service
        self._opened: tuple[bytes, Keyring] | None = None
        self._away: tuple[float, KeyServiceAway] | None = None

    @classmethod
    def of(cls, settings: Settings, path: Path | None = None) -> "KeyringStore":
        """The one that the settings name, or that keeps another file the same way. Raises: SettingsError."""
        return cls.at(path or settings.keyring, Access.of(settings))

    @classmethod
    def at(cls, path: Path, access: Access | None) -> "KeyringStore":
        """The one at `path`, sealed by what is reached so. Raises: SettingsError when a package is missing."""
        return cls(path, service_for(access) if access is not None else None)

    async def load(self) -> Keyring:
        """The ring as it is kept now.

        Raises: KeyringMissing, KeyringWrong, KeyServiceAway, KeyServiceRefused.
        """
        raw = read_private(self.path)
        if self._opened is not None and self._opened[0] == raw:
            return self._opened[1]
        if self.service is None:
            ring = Keyring.decoded(raw, self.path)
        else:
            ring = await self._unsealed(self.service, self._file(raw))
        self._opened = raw, ring
        return ring

    async def save(self, ring: Keyring) -> None:
        """Keep this ring from now on, whole or not at all. Raises: KeyServiceAway, KeyServiceRefused."""
        if self.service is None:
            ring.save(self.path)
            return
        key, ring_id = secrets.token_bytes(KEY), secrets.token_hex(8)
        wrapped = await self.service.wrap(key, _context(ring_id))
        # Before it is all there is: whoever may wrap may yet not unwrap.
        if await self.service.unwrap(wrapped.blob, _context(ring_id)) != key:
            raise CryptoError(f"{self.service.name} gave back another key than it was given: nothing was written")
        nonce = os.urandom(12)
        sealed = nonce + AESGCM(key).encrypt(nonce, ring.encoded(), _bound(ring_id))
        self._write(self.service, ring_id, wrapped, sealed, ring)

    async def rewrap(self) -> Resealed:
        """Have the service wrap the file's key by its newest version; the ring stays as it is.

        Raises: KeyringMissing, KeyringWrong, KeyServiceAway, KeyServiceRefused.
        """
        if self.service is None:
            raise KeyringWrong("the keyring is sealed by no key service: set HUB_KMS")
        ring, file = await self.load(), self._file(read_private(self.path))
        wrapped = await self.service.rewrap(file.wrapped, _context(file.id))
        # Opened again before it is kept, for the same reason as above.
        await self._unsealed(self.service, msgspec.structs.replace(file, wrapped=wrapped.blob))
        self._write(self.service, file.id, wrapped, file.sealed, ring)
        return Resealed(file.by_version, wrapped.version)

    def sealed_by(self) -> str:
        """By which version of the service's key it is sealed; "" where the service tells none. Raises: as `load`."""
        return self._file(read_private(self.path)).by_version

    def _write(self, service: KeyService, ring_id: str, wrapped: Wrapped, sealed: bytes, ring: Keyring) -> None:
        content = {
            "version": _FORMAT,
            "id": ring_id,
            "by": service.name,
            "by_version": wrapped.version,
            "wrapped": wrapped.blob,
            "sealed": base64.b64encode(sealed).decode(),
        }
        raw = json.dumps(content, indent=2).encode()
        write_private(self.path, raw)
        self._opened = raw, ring

    def _file(self, raw: bytes) -> _File:
        """The sealed file. Raises: KeyringWrong when it is a plain keyring, another service's, or damaged."""
        assert self.service is not None
        try:
            file = msgspec.json.decode(raw, type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError):
            Keyring.decoded(raw, self.path)
            raise KeyringWrong(
                f"the keyring {self.path.name} is not sealed: `hub keys seal` seals it by HUB_KMS"
            ) from None
        if file.by != self.service.name:
            raise KeyringWrong(f"the keyring {self.path.name} is sealed by {file.by}: name that in HUB_KMS")
        return file

    async def _unsealed(self, service: KeyService, file: _File) -> Keyring:
        if self._away is not None and self._away[0] > time.monotonic():
            raise self._away[1]
        try:
            key = await service.unwrap(file.wrapped, _context(file.id))
        except KeyServiceAway as away:
            self._away = time.monotonic() + _PATIENCE, away
            raise
        self._away = None
        try:
            raw = AESGCM(key).decrypt(file.sealed[:12], file.sealed[12:], _bound(file.id))
        except (InvalidTag, ValueError):
            raise KeyringWrong(f"the keyring {self.path.name} is damaged: restore it from its backup") from None
        return Keyring.decoded(raw, self.path)


def _context(ring_id: str) -> dict[str, str]:
    return {"carehub": "keyring", "id": ring_id}


def _bound(ring_id: str) -> bytes:
    return f"carehub keyring {_FORMAT} {ring_id}".encode()

"""The form of a backup: a folder with one sealed file, `manifest.json`, and the signature over its octets.

The sealed file is as `hub.crypto.segments` writes one: it is sealed and opened in constant memory.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.crypto import DataKey, Keyring, Place
from hub.crypto.segments import FileOpening, FileSealing
from hub.errors import InputError

__all__ = [
    "CONTENT",
    "MANIFEST",
    "SIGNATURE",
    "Manifest",
    "make_folder",
    "open_into",
    "read_manifest",
    "seal_from",
    "write_manifest",
]

CONTENT, MANIFEST, SIGNATURE = "content.sealed", "manifest.json", "manifest.sig"
FORMAT, VERSION = "carehub-backup", 1
_PIECE = 1 << 20
Told = Callable[[int], None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed. kind: `database` or `keys`; revision: the schema's; sha256, bytes: of what was sealed.

    sealed_sha256: of the sealed file. keks: the key-encryption keys that the keyring held then. counts: rows, by table.
    """

    format: str = FORMAT
    version: int = VERSION
    kind: str
    id: str
    clinic: str
    at: datetime
    revision: str
    bytes: int
    sha256: str
    sealed_sha256: str
    keks: tuple[str, ...]
    counts: dict[str, int]


def make_folder(out: Path) -> None:
    """Make the folder of a backup, for its owner alone. Raises: InputError where there is something."""
    try:
        out.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise InputError(f"there is something at {out}: name a new folder") from None


def seal_from(source: BinaryIO, target: Path, ring: Keyring, backup_id: str, told: Told) -> tuple[int, str, str]:
    """Seal what `source` gives into a new file; its octets, its SHA-256 and that of the sealed file. Blocks."""
    plain, sealed, size = hashlib.sha256(), hashlib.sha256(), 0
    sealing = FileSealing(_key(ring, backup_id), _place(backup_id))
    with _new(target) as file:

        def put(piece: bytes) -> None:
            sealed.update(piece)
            file.write(piece)

        put(sealing.head)
        while piece := source.read(_PIECE):
            plain.update(piece)
            size += len(piece)
            for segment in sealing.add(piece):
                put(segment)
            told(size)
        put(sealing.end())
        file.flush()
        os.fsync(file.fileno())
    return size, plain.hexdigest(), sealed.hexdigest()


def open_into(folder: Path, manifest: Manifest, target: Path, ring: Keyring, told: Told) -> None:
    """Open the sealed file of a backup into a new file. Blocks. Raises: SealBroken, InputError when it differs."""
    plain = hashlib.sha256()
    opening = FileOpening(_key(ring, manifest.id), _place(manifest.id))
    size = 0
    with (folder / CONTENT).open("rb") as source, _new(target) as file:

        def opened() -> Iterator[bytes]:
            while piece := source.read(_PIECE):
                yield from opening.add(piece)
            yield opening.end()

        for piece in opened():
            plain.update(piece)
            file.write(piece)
            size += len(piece)
            told(size)
        file.flush()
        os.fsync(file.fileno())
    if (plain.hexdigest(), size) != (manifest.sha256, manifest.bytes):
        raise InputError("the backup is not what its manifest says: it was put together from two")


def write_manifest(folder: Path, manifest: Manifest, ring: Keyring) -> None:
    """Write the manifest and its signature: with them, the backup is whole."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    for name, content in ((SIGNATURE, base64.b64encode(ring.signing_key().sign(text)) + b"\n"), (MANIFEST, text)):
        with _new(folder / name) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def read_manifest(folder: Path, ring: Keyring, kind: str) -> Manifest:
    """The manifest of a backup, once its signature holds. Raises: InputError."""
    try:
        text = (folder / MANIFEST).read_bytes()
        signature = base64.b64decode((folder / SIGNATURE).read_bytes())
        found = msgspec.json.decode(text, type=Manifest)
    except OSError:
        raise InputError(f"{folder} holds no whole backup: {MANIFEST} or {SIGNATURE} is missing") from None
    except (ValueError, msgspec.MsgspecError):
        raise InputError(f"{folder} holds no backup that this release reads") from None
    try:
        ring.signing_key().public_key().verify(signature, text)
    except InvalidSignature:
        raise InputError(
            "the backup was changed, or was made with another keyring: its signature does not fit"
        ) from None
    if (found.format, found.version, found.kind) != (FORMAT, VERSION, kind):
        raise InputError(f"{folder} holds no backup of this kind: it is one of {found.kind}")
    return found


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _key(ring: Keyring, backup_id: str) -> DataKey:
    info = f"carehub backup {backup_id}".encode()
    return DataKey(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(ring.index_root), 1)


def _place(backup_id: str) -> Place:
    return Place("backup", "content", backup_id)

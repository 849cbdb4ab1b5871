"""Whether an export is what was signed: without a database, from its folder alone, naming what was done to it."""

import base64
import binascii
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from hub.errors import HubError, InputError
from hub.exports.manifest import (
    INDEX,
    MANIFEST,
    MARK,
    PROGRESS,
    SIGNATURE,
    Listed,
    Manifest,
    lines,
    mark,
    mark_of_member,
)

__all__ = ["Fault", "NotSigned", "public_key", "signed_manifest", "verified"]

_PIECE = 1024 * 1024
_OURS = frozenset((MANIFEST, SIGNATURE, INDEX))
# Whatever the package meets in an archive of which any octet may have been changed: a wrong sum, a broken stream, a
# method or a version that it does not know, a password, a name that is no text, an offset outside.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError, EOFError, ValueError, OSError)


class NotSigned(HubError):
    """The folder holds no export that was finished and signed, or another key signed it."""

    code = "not_signed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done: edited, deleted, inserted, reordered, truncated, swapped or changed; and in which file."""

    what: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.detail}"


def public_key(given: str) -> Ed25519PublicKey:
    """A public key as it was told: 32 octets in base64 or hex, or a PEM file's path. Raises: InputError."""
    raw = b""
    if Path(given).is_file():
        text = Path(given).read_bytes()
        if b"BEGIN" in text:
            try:
                found = load_pem_public_key(text)
            except ValueError:
                raise InputError("the file given by --key holds no public key") from None
            if not isinstance(found, Ed25519PublicKey):
                raise InputError("the key given by --key is no Ed25519 key")
            return found
        given = text.decode("ascii", "replace").strip()
    try:
        raw = bytes.fromhex(given) if len(given) == 64 else base64.b64decode(given, validate=True)
        return Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error):
        raise InputError("--key takes the key that `hub export` printed, or a PEM file with it") from None


def signed_manifest(folder: Path, key: Ed25519PublicKey | None) -> Manifest:
    """The manifest of an export, once its signature holds; `key` pins whose, None takes the key that it names.

    Raises: NotSigned, InputError where there is no export at all.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder")
    try:
        text, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    except FileNotFoundError as error:
        if (folder / PROGRESS).exists():
            raise NotSigned(f"{folder} holds an export that was not finished: run the same command again") from None
        raise NotSigned(f"{Path(error.filename).name} is missing: it was deleted, or this is no export") from None
    try:
        found = msgspec.json.decode(text, type=Manifest)
        pinned = key or public_key(found.key)
    except (msgspec.DecodeError, InputError):
        raise NotSigned("manifest.json: edited: it cannot be read any more") from None
    try:
        pinned.verify(base64.b64decode(signature.strip(), validate=True), text)
    except (InvalidSignature, binascii.Error, ValueError):
        why = "it differs from what was signed, or another key signed it" if key else "it differs from what was signed"
        raise NotSigned(f"manifest.json: edited: {why}") from None
    return found


def verified(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    """Everything that differs from what `manifest` proves, file by file, in the memory of a few pages. Blocks."""
    index = folder / INDEX
    if not index.is_file():
        yield Fault("deleted", INDEX, "the list of files is missing")
        return
    if _digest(index) != manifest.index_sha256:
        yield Fault("edited", INDEX, "the list of files differs from what was signed: the rest proves nothing")
        return
    known, totals = set(_OURS), Counter[str]()
    for listed in _listed(index):
        known.add(listed.path)
        totals["messages"] += listed.messages
        totals["reads"] += listed.reads
        yield from _of_file(folder, index, listed)
    for name, wanted in (("messages", manifest.totals.messages), ("reads", manifest.totals.reads)):
        if totals[name] != wanted:
            yield Fault("changed", MANIFEST, f"it counts {wanted} {name}, and the list of files {totals[name]}")
    for extra in sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if not one.is_dir()):
        if extra not in known:
            yield Fault("inserted", extra, "a file that the export never had")


def _of_file(folder: Path, index: Path, listed: Listed) -> Iterator[Fault]:
    path = folder / listed.path
    if not path.is_file() or path.is_symlink():
        yield Fault("deleted", listed.path, "the file is missing")
        return
    found = _digest(path)
    if found == listed.sha256:
        return
    for other in _listed(index):
        if other.path != listed.path and other.sha256 == found:
            yield Fault("swapped", listed.path, f"it holds what belongs into {other.path}")
            return
    size = path.stat().st_size
    if listed.marks:
        given = bytes.fromhex(listed.marks)
        wanted = [given[at : at + MARK] for at in range(0, len(given), MARK)]
        try:
            yield _compared(listed.path, wanted, list(_marks(path)), broken=size < listed.bytes and _broken_off(path))
            return
        except _DAMAGED:
            pass
    if size < listed.bytes:
        yield Fault("truncated", listed.path, f"{listed.bytes - size} of its {listed.bytes} octets are missing")
    elif size > listed.bytes:
        yield Fault("inserted", listed.path, f"it has {size - listed.bytes} octets more than were signed")
    else:
        yield Fault("edited", listed.path, "its content differs from what was signed")


def _compared(path: str, wanted: Sequence[bytes], found: Sequence[bytes], *, broken: bool) -> Fault:
    """What was done to lines, by their marks, as plainly as it can be said. Pure. `broken`: within its last line."""
    at = next((n for n, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), None)
    if at is None:
        at = min(len(wanted), len(found))
    where = f"{path} line {at + 1}"
    if found == wanted:
        return Fault("edited", path, "its octets differ from what was signed, though what it holds reads the same")
    if len(found) < len(wanted) and found == wanted[: len(found)]:
        return Fault("truncated", where, f"the last {len(wanted) - len(found)} of {len(wanted)} lines are missing")
    if broken and len(found) <= len(wanted) and found[:-1] == wanted[: len(found) - 1]:
        missing = len(wanted) - len(found) + 1
        return Fault("truncated", where, f"it breaks off there: {missing} of {len(wanted)} lines are not whole")
    before, after = Counter(wanted), Counter(found)
    if before == after:
        return Fault("reordered", where, "the lines are all there, in another order")
    gone, new = (before - after).total(), (after - before).total()
    if gone and not new:
        return Fault("deleted", where, f"{gone} of {len(wanted)} lines are missing")
    if new and not gone:
        return Fault("inserted", where, f"{new} lines that were not signed stand in it")
    return Fault("edited", where, f"{gone} lines differ from what was signed, {new} stand in their place")


def _marks(path: Path) -> Iterator[bytes]:
    """The marks of its lines or members; for a member that cannot be read, one that no member has."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as found:
            for one in found.infolist():
                try:
                    yield mark_of_member(found, one)
                except _DAMAGED:
                    yield b""
        return
    with path.open("rb") as file:
        for line in lines(iter(lambda: file.read(_PIECE), b"")):
            yield mark(line)


def _broken_off(path: Path) -> bool:
    """Whether a file ends within a line."""
    if path.suffix == ".zip":
        return False
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read() != b"\n"


def _listed(index: Path) -> Iterator[Listed]:
    with index.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line, type=Listed)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()

"""An export as one encrypted file for whoever it is handed to: a tar in age's format, streamed.

Source: the age file encryption format (age-encryption.org/v1): anybody opens it with `age` or `rage`, without us.
"""

import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hub.errors import InputError, StorageError
from hub.exports.folder import Folder
from hub.exports.manifest import INDEX, MANIFEST, SIGNATURE

if TYPE_CHECKING:
    from pyrage import x25519

# The package of age is loaded by who hands something over: every hub would keep its megabyte for the few that do.
__all__ = ["pack", "packed_by_password", "recipient", "tar", "zipped"]


def recipient(text: str) -> "x25519.Recipient":
    """The public key of whoever may open it: `age1…`. Raises: InputError."""
    from pyrage import RecipientError, x25519

    try:
        return x25519.Recipient.from_str(text.strip())
    except RecipientError:
        raise InputError("a recipient is a public key of age, such as `age-keygen` prints: age1…") from None


def pack(folder: Folder, out: Path, to: "x25519.Recipient") -> None:
    """Write the finished export in `folder` into the file `out`, encrypted to one who holds the key. Blocks.

    Raises: StorageError when it cannot be written; then there is no `out`.
    """
    from pyrage import encrypt_io

    part = out.with_name(out.name + ".part")
    incoming, outgoing = os.pipe()
    broke: list[BaseException] = []

    def write() -> None:
        try:
            with os.fdopen(outgoing, "wb") as pipe:
                tar(folder, pipe)
        except BaseException as error:
            broke.append(error)

    writing = threading.Thread(target=write, name="export-tar", daemon=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            with os.fdopen(incoming, "rb") as pipe:
                writing.start()
                encrypt_io(pipe, file, [to])
            writing.join()
            file.flush()
            os.fsync(file.fileno())
        if broke:
            raise broke[0]
        part.replace(out)
    except OSError as error:
        raise StorageError(f"the archive cannot be written ({error.strerror or type(error).__name__})") from None
    finally:
        part.unlink(missing_ok=True)


def packed_by_password(folder: Folder, out: Path, password: str) -> Path:
    """As `pack`, for whoever knows a password; returns the second file, which the password opens. Blocks.

    The archive is encrypted to a new key, and the key by the password: `age -d -i OUT.key OUT`, which asks for it. A
    password alone would have age hold the whole archive in memory.
    """
    from pyrage import passphrase, x25519

    if len(password) < 12:
        raise InputError("the password must have 12 characters at least: whoever finds the file may try many")
    key = x25519.Identity.generate()
    pack(folder, out, key.to_public())
    sealed = out.with_name(f"{out.name}.key")
    handle = os.open(sealed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(passphrase.encrypt(f"{key}\n".encode(), password))
    return sealed


def tar(folder: Folder, out: BinaryIO) -> None:
    """The files of a finished export, opened, as a tar stream, in the memory of one piece. Blocks."""
    names = folder.names()
    about = [name for name in (MANIFEST, SIGNATURE, INDEX) if name in names]
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as found:
        for name in about:
            content = folder.noted(name) or b""
            found.addfile(_member(name, len(content)), io.BytesIO(content))
        for name in sorted(names.difference(about)):
            # Read twice: a tar says how long a file is before the file.
            length = sum(len(piece) for piece in folder.read(name))
            found.addfile(_member(name, length), io.BufferedReader(_Reader(folder.read(name))))


def zipped(folder: Folder, name: str) -> Iterator[bytes]:
    """The files of a finished export, opened, as a ZIP that comes in pieces; all in a folder `name`. Blocks briefly."""
    names = folder.names()
    about = [one for one in (MANIFEST, SIGNATURE, INDEX) if one in names]
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as found:
        for one in (*about, *sorted(names.difference(about))):
            pieces = iter((folder.noted(one) or b"",)) if one in about else folder.read(one)
            entry = zipfile.ZipInfo(f"{name}/{one}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if one.endswith(".zip") else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with found.open(entry, "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece)
                    yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Takes what is written and gives it on; it cannot be gone back in, and a ZIP need not."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: Any) -> int:
        """Take a piece."""
        self._held += piece
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last call."""
        found = bytes(self._held)
        self._held.clear()
        return found


def _member(name: str, size: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(f"export/{name}")
    made.size, made.mode = size, 0o600
    return made


class _Reader(io.RawIOBase):
    """Pieces as a file that is read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the next piece goes; 0 at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

"""Where an export is written: files that are there whole or not at all, in plain or, while they wait, sealed.

What is sealed is the content. The names, which are numbers and ids, and the index with its digests are plain.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from hub.crypto import DataKey
from hub.crypto import Place as Bound
from hub.crypto.segments import FileOpening, FileSealing
from hub.errors import InputError, StorageError

__all__ = ["PART", "Folder", "Writer", "Written"]

PART = ".part"
"""How files end that are not whole yet."""
_PIECE = 256 * 1024


class Written:
    """What was written: its octets and their digest (of the plain content)."""

    __slots__ = ("sha256", "size")

    def __init__(self, size: int, sha256: str) -> None:
        self.size = size
        self.sha256 = sha256


class Writer:
    """One file on its way. It is there once `end` has returned."""

    def __init__(self, path: Path, sealing: FileSealing | None) -> None:
        self._path = path
        self._part = path.with_name(path.name + PART)
        self._sealing = sealing
        self._digest = hashlib.sha256()
        self._size = 0
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")
        if sealing is not None:
            self._file.write(sealing.head)

    def add(self, piece: bytes) -> None:
        """Go on with `piece`."""
        self._digest.update(piece)
        self._size += len(piece)
        if self._sealing is None:
            self._file.write(piece)
            return
        for segment in self._sealing.add(piece):
            self._file.write(segment)

    def end(self) -> Written:
        """The file is whole, and durable."""
        if self._sealing is not None:
            self._file.write(self._sealing.end())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._path)
        return Written(self._size, self._digest.hexdigest())

    def drop(self) -> None:
        """Leave nothing of it."""
        self._file.close()
        self._part.unlink(missing_ok=True)


class Folder:
    """A folder for its owner alone. key: what seals the content of its files; None leaves it plain."""

    def __init__(self, path: Path, key: DataKey | None = None) -> None:
        self.path = path
        self._key = key

    def make(self) -> None:
        """Make it, or take one that is there. Raises: InputError when it is no folder, or cannot be made."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"{self.path} is no folder: name one that is empty or new") from None
        except OSError:
            raise InputError(f"{self.path} cannot be made here: name a folder that you may write to") from None

    def writer(self, name: str) -> Writer:
        """What writes the file `name`."""
        path = self._kept(name)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        return Writer(path, None if self._key is None else FileSealing(self._key, _bound(name)))

    def put(self, name: str, content: bytes) -> Written:
        """A file written at once. Raises: StorageError when there is no room."""
        try:
            writer = self.writer(name)
            writer.add(content)
            return writer.end()
        except OSError as error:
            raise StorageError(f"the export cannot be written ({error.strerror})") from None

    def read(self, name: str) -> Iterator[bytes]:
        """What is in a file, in pieces. Raises: SealBroken, StorageError."""
        opening = None if self._key is None else FileOpening(self._key, _bound(name))
        try:
            with self._kept(name).open("rb") as file:
                while piece := file.read(_PIECE):
                    if opening is None:
                        yield piece
                    else:
                        yield from opening.add(piece)
        except OSError:
            raise StorageError("a file of this export is not there any more") from None
        if opening is not None:
            yield opening.end()

    @property
    def sealed(self) -> bool:
        """Whether its files are sealed."""
        return self._key is not None

    def rename(self, name: str, into: str) -> None:
        """Give a file that is whole another name."""
        self._kept(name).replace(self._kept(into))

    def note(self, name: str, content: bytes) -> None:
        """Write one of the plain files about the export, whole or not at all."""
        path = self.path / name
        part = path.with_name(name + PART)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._durable()

    def append(self, name: str, at: int, content: bytes) -> int:
        """Go on with a plain file after its first `at` octets, whatever stands beyond them; returns its new length."""
        handle = os.open(self.path / name, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.truncate(at)
            file.seek(at)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return at + len(content)

    def noted(self, name: str) -> bytes | None:
        """A plain file; None where there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def names(self) -> set[str]:
        """The files that are there, by their plain names."""
        suffix = self._suffix
        found = (one.relative_to(self.path).as_posix() for one in self.path.rglob("*") if not one.is_dir())
        return {name.removesuffix(suffix) for name in found}

    def remove(self, name: str) -> None:
        """Delete a file that may be there."""
        for path in (self._kept(name), self.path / name):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    @property
    def _suffix(self) -> str:
        return "" if self._key is None else ".sealed"

    def _kept(self, name: str) -> Path:
        return self.path / (name + self._suffix)

    def _durable(self) -> None:
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _bound(name: str) -> Bound:
    return Bound("export", "file", name)

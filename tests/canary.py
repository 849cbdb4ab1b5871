"""Canaries: what stands in no file, log, dump or figure that the tests leave behind.

Most tests tell of one patient, `ANA`; `tests/faults/test_bytes.py` has a person of its own, whom it tells everything
of. After each test its folder is looked through for their numbers, names and sentences, as they might lie there: plain,
in UTF-16, in base64 at each alignment, and each of these inside gzip, zlib or a ZIP. The same is done with what servers
of the session kept, with log lines, and with the figures of `/metrics`. A test that leaves one has failed.

Blocks that were looked at before, such as those of the databases' template, are not looked at again.
"""

import base64
import contextlib
import logging
import re
import zlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from hub.log import _Formatter

__all__ = ["ALLOWED", "CANARIES", "Watch", "found", "no_canary_is_left", "watch"]

CANARIES = {
    "Ana's number": "2025550111",
    "Ana's number as people write it": "(202) 555-0111",
    "Ana's family name": "Lopez",
    "what Ana writes": "need a check-up",
    "given name": "Quillonde",
    "family name": "Brakkenmoor",
    "record number": "MRN-zyx-77731",
    "birth date": "1931-11-29",
    "number": "2025550187",
    "what the patient wrote": "flimbursome toenail",
    "what staff wrote": "gravnostic kettle",
}
ALLOWED = (
    # Which tests, which of their files, and why they may.
    ("*", "*.csv", "what a clinic hands over to be imported stays as the clinic wrote it"),
    ("tests/hub/exports/*", "*messages-??????.*[!d]", "an export in plain is what was asked for; sealed ones end in d"),
    ("tests/hub/rights/*", "*messages-??????.*[!d]", "so is the copy that a patient gets"),
    ("tests/test_canary.py*", "planted*", "planted to be found"),
)

_BLOCK = 4096
_SAMPLE = 16
"""One test in so many, the same ones each time, has its database server write all it holds."""
_LONGEST = 256
"""Octets that are looked at again on both sides of what is new: no form of a canary is longer."""
_TOLD = 9
_DEFLATED, _INFLATED = 1 << 18, 4 << 20
"""Octets of a packed member that are looked at, as it lies there and opened."""
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|PK\x03\x04")


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    yield "plain", word.encode()
    # What both byte orders have in common: a zero between each two letters.
    yield "UTF-16", word.encode("utf-16-le")[:-1]
    for shift in range(3):
        # The first and last characters mix with what stands beside the word.
        begin, end = -(-shift * 8 // 6), (shift + len(word)) * 8 // 6
        yield "base64", base64.b64encode(b"\0" * shift + word.encode())[begin:end]


_FORMS = [(what, how, form) for what, word in CANARIES.items() for how, form in _forms(word)]


def found(content: bytes) -> list[str]:
    """Which canaries are in `content`, and how they are written there."""
    there = [f"{what}, {how}" for what, how, form in _FORMS if form in content]
    for place in _PACKED.finditer(content):
        inside = _inflated(content, place.start())
        there += [f"{what}, {how}, packed" for what, how, form in _FORMS if form in inside]
    return there


def _inflated(content: bytes, at: int) -> bytes:
    window, begin = 47, at
    if content.startswith(b"PK", at):
        name, more = (int.from_bytes(content[at + 26 + n : at + 28 + n], "little") for n in (0, 2))
        window, begin = -15, at + 30 + name + more
    try:
        return zlib.decompressobj(window).decompress(content[begin : begin + _DEFLATED], _INFLATED)
    except zlib.error:
        return b""


class Watch:
    """Looks through what tests leave, each block once."""

    def __init__(self, allowed: Iterable[tuple[str, str, str]] = ALLOWED) -> None:
        self._allowed = tuple(allowed)
        self._seen: set[int] = set()
        self.faults: list[str] = []

    def folder(self, folder: Path, test: str = "") -> list[str]:
        """The files below a folder that hold a canary, but for those that may."""
        there = []
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            name = path.relative_to(folder).as_posix()
            if any(fnmatchcase(test, tests) and fnmatchcase(name, files) for tests, files, _ in self._allowed):
                continue
            # What a process that is still ending takes away itself is not left.
            with contextlib.suppress(FileNotFoundError):
                there += [f"{name}: {one}" for one in self.content(path.read_bytes())]
        return there

    def content(self, content: bytes) -> list[str]:
        """What `found` finds in the parts of `content` that were not looked at before."""
        there: list[str] = []
        for start, end in self._new(content):
            there += found(content[max(0, start - _LONGEST) : end + _LONGEST])
        return there

    def _new(self, content: bytes) -> Iterator[tuple[int, int]]:
        seen, begun = self._seen, -1
        for start in range(0, len(content), _BLOCK):
            block = hash(content[start : start + _BLOCK])
            if block not in seen:
                seen.add(block)
                begun = start if begun < 0 else begun
            elif begun >= 0:
                yield begun, start
                begun = -1
        if begun >= 0:
            yield begun, len(content)

    @staticmethod
    def samples(test: str) -> bool:
        """Whether the database server's files are looked at after a test: to have them written takes it longer."""
        return not zlib.crc32(test.encode()) % _SAMPLE

    def say(self, what: str, content: bytes) -> None:
        """Remember a fault of something that is no file of a test's: it is told at that test's end."""
        self.faults += [f"{what}: {one}" for one in self.content(content)]


watch = Watch()
"""What the tests of this process left."""


class _Lines(logging.Handler):
    """Looks at each line as the hub would have written it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Formatter(as_json=True))

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record).encode()
        watch.faults += [f"a log line of {record.name}: {one}" for one in found(line)]


@pytest.fixture(autouse=True, scope="session")
def session_is_watched() -> Iterator[None]:
    """Every log line of the session is looked at; what its servers kept is told at the end."""
    handler = _Lines()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)
    assert not watch.faults, _told(watch.faults)


@pytest.fixture(autouse=True)
def no_canary_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """The test's folder, once all that used it has ended, and what was said of its servers, hold no canary."""
    # Asked for before all that works in it, and so removed after this.
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    there = watch.folder(folder, request.node.nodeid) if folder is not None else []
    there += watch.faults
    watch.faults.clear()
    assert not there, _told(there)


def _told(faults: list[str]) -> str:
    return "left in plain: " + "; ".join(sorted(set(faults))[:_TOLD])

"""What proves an export: an index of its files with their digests, and a signed manifest over the index.

`index.jsonl` has a line a file: its name, its SHA-256, its counts, and marks: the checksum of each of its lines (of
each member, in a ZIP), which tell what was done to a file that differs. `manifest.json` says what was asked,
by whom, when, what came of it, and the index's SHA-256. `manifest.sig` is the Ed25519 signature over the octets of
`manifest.json`, in base64, by the key that signs the audit's checkpoints.
"""

import base64
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from zlib import crc32

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.exports.asking import Asked
from hub.exports.reading import ReadPlace
from hub.exports.walking import Place

__all__ = [
    "INDEX",
    "MANIFEST",
    "MARK",
    "PROGRESS",
    "SIGNATURE",
    "Listed",
    "Manifest",
    "Progress",
    "Totals",
    "lines",
    "marks",
    "public_text",
    "signed",
]

MANIFEST, SIGNATURE, INDEX, PROGRESS = "manifest.json", "manifest.sig", "index.jsonl", "progress.json"
FORMAT = "carehub-export"
VERSION = 1
_PIECE = 1024 * 1024
MARK = 4
"""Octets of a mark. It proves nothing, the file's digest does: it tells where a file that differs does."""


class Listed(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A file, as the index lists it. kind: messages, reads or file (of a message)."""

    path: str
    kind: str
    sha256: str
    bytes: int
    messages: int = 0
    reads: int = 0
    first: Place | None = None
    last: Place | None = None
    marks: str = ""


class Totals(msgspec.Struct, kw_only=True):
    """What was written. threads: how many have a message in it; bytes: of all files.

    withheld: threads under 42 CFR Part 2 that were left out, for want of the patient's consent.
    """

    messages: int = 0
    threads: int = 0
    reads: int = 0
    files: int = 0
    attachments: int = 0
    bytes: int = 0
    withheld: int = 0


class Manifest(msgspec.Struct, kw_only=True):
    """What is signed. asked: up to which moment, too. resumed: how often it was gone on with."""

    format: str = FORMAT
    version: int = VERSION
    id: str
    clinic: str
    by: str
    begun_at: datetime
    ended_at: datetime
    asked: Asked
    profile: str
    totals: Totals
    index_sha256: str
    resumed: int = 0
    key: str


class Progress(msgspec.Struct, kw_only=True):
    """How far an export has come; there until its manifest is. `index`: octets of the index that count."""

    id: str
    by: str
    begun_at: datetime
    given: Asked
    asked: Asked
    expected: int
    totals: Totals
    index: int = 0
    chunks: int = 0
    read_chunks: int = 0
    after: Place | None = None
    reading: bool = False
    read_after: ReadPlace | None = None
    resumed: int = 0


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in pieces, with their ends."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if rest:
        yield rest


def marks(name: str, content: bytes) -> str:
    """The marks of a file's lines, or of its members, one after the other; none for a form that has neither."""
    if name.endswith(".pdf"):
        return ""
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"".join(mark_of_member(archive, one) for one in archive.infolist()).hex()
    # As `lines` cuts them, without its work for each.
    *whole, rest = content.split(b"\n")
    found = [mark(line + b"\n") for line in whole]
    return b"".join([*found, mark(rest)] if rest else found).hex()


def mark(line: bytes) -> bytes:
    """The mark of a line."""
    return crc32(line).to_bytes(MARK, "big")


def mark_of_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The mark of a ZIP's member: of its name and what it holds. Raises what `zipfile` does where it is damaged."""
    found = crc32(member.filename.encode() + b"\0")
    with archive.open(member) as content:
        # Who changed an export may have made a member unfold to more than the memory holds.
        while piece := content.read(_PIECE):
            found = crc32(piece, found)
    return found.to_bytes(MARK, "big")


def signed(manifest: Manifest, key: Ed25519PrivateKey) -> tuple[bytes, bytes]:
    """The manifest's octets, and the file with the signature over them."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    return text, base64.b64encode(key.sign(text)) + b"\n"


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as it is told: its 32 octets in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

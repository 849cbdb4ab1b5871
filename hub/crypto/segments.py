"""A sealed file: segments of 64 KiB, so that it is sealed and opened as it comes, in constant memory.

A sealed file is

    format 1 · its own key, sealed as one value · segment · segment · …

and a segment is the ciphertext of up to 64 KiB and its tag. The file's key is random and used for nothing else, so a
segment's nonce may be counted: seven zero octets, the segment's number in four, and whether it is the last. A segment
that was moved, left out, repeated or cut off does not open; each is bound to the file's place besides.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"
(STREAM), section 7.
"""

import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.crypto.sealing import DataKey, Place
from hub.errors import SealBroken

__all__ = ["SEGMENT", "open_file", "seal_file"]

SEGMENT = 64 * 1024
"""Octets of plaintext in a segment; the last one may have fewer, and has none only in an empty file."""

FORMAT = 2
_TAG = 16
_SEALED_KEY = 2 + 4 + 12 + 32 + 16
_MOST = 2**32


def seal_file(key: DataKey, content: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """`content`, in pieces of any size, sealed for `place`; in pieces, too."""
    raw = os.urandom(32)
    cipher, bound = AESGCM(raw), place.bound()
    yield bytes((FORMAT,)) + key.seal(raw, place)
    for number, (segment, last) in enumerate(_cut(content, SEGMENT)):
        yield cipher.encrypt(_nonce(number, last), segment, bound)


def open_file(key: DataKey, sealed: Iterable[bytes], place: Place) -> Iterator[bytes]:
    """What was sealed for `place`, a segment at a time. What came before a fault is genuine; the whole is not.

    Raises: SealBroken when it was changed, cut, moved, or sealed by another key or format.
    """
    pieces = iter(sealed)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) > _SEALED_KEY:
            break
    if len(head) <= _SEALED_KEY or head[0] != FORMAT:
        raise SealBroken(f"a file of {place.table}.{place.field} is not in a format that can be opened")
    cipher, bound = AESGCM(key.open(head[1 : 1 + _SEALED_KEY], place)), place.bound()
    for number, (segment, last) in enumerate(_cut(_after(head[1 + _SEALED_KEY :], pieces), SEGMENT + _TAG)):
        try:
            yield cipher.decrypt(_nonce(number, last), segment, bound)
        except InvalidTag:
            raise SealBroken(f"a file of {place.table}.{place.field} was changed, moved or cut") from None


def _after(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _cut(content: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """`content` in pieces of `size`, each with whether it is the last; an empty content is one empty piece."""
    waiting = bytearray()
    for piece in content:
        waiting += piece
        # One is kept back until there is more: only then is it known not to be the last.
        while len(waiting) > size:
            yield bytes(waiting[:size]), False
            del waiting[:size]
    yield bytes(waiting), True


def _nonce(number: int, last: bool) -> bytes:
    if number >= _MOST:
        raise ValueError("a file has too many segments")
    return bytes(7) + number.to_bytes(4, "big") + bytes((last,))

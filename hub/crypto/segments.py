"""A sealed file: segments of 64 KiB, so that it is sealed and opened as it comes, in constant memory.

`FileSealing` and `FileOpening` are given pieces of any size as they come, and give back what is whole with them.

A sealed file is

    format 1 · its own key, sealed as one value · segment · segment · …

and a segment is the ciphertext of up to 64 KiB and its tag. The file's key is random and used for nothing else, so a
segment's nonce may be counted: seven zero octets, the segment's number in four, and whether it is the last. A segment
that was moved, left out, repeated or cut off does not open; each is bound to the file's place besides.

Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"
(STREAM), section 7.
"""

import os
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.crypto.sealing import DataKey, Place
from hub.errors import SealBroken

__all__ = ["SEGMENT", "FileOpening", "FileSealing"]

SEGMENT = 64 * 1024
"""Octets of plaintext in a segment; the last one may have fewer, and has none only in an empty file."""

FORMAT = 2
_TAG = 16
_SEALED_KEY = 2 + 4 + 12 + 32 + 16
_MOST = 2**32


class FileSealing:
    """A file being sealed for `place`. `head` goes before all that `add` and `end` give."""

    def __init__(self, key: DataKey, place: Place) -> None:
        raw = os.urandom(32)
        self.head = bytes((FORMAT,)) + key.seal(raw, place)
        self._cipher, self._bound = AESGCM(raw), place.bound()
        self._cutting = _Cutting(SEGMENT)

    def add(self, piece: bytes) -> Iterator[bytes]:
        """The segments that are whole with `piece`."""
        for number, segment in self._cutting.add(piece):
            yield self._cipher.encrypt(_nonce(number, last=False), segment, self._bound)

    def end(self) -> bytes:
        """The last segment."""
        number, segment = self._cutting.end()
        return self._cipher.encrypt(_nonce(number, last=True), segment, self._bound)


class FileOpening:
    """A sealed file of `place` being opened. What was given before a fault is genuine; the whole is not."""

    def __init__(self, key: DataKey, place: Place) -> None:
        self._key = key
        self._place = place
        self._head = b""
        self._cipher: AESGCM | None = None
        self._bound = place.bound()
        self._cutting = _Cutting(SEGMENT + _TAG)

    def add(self, piece: bytes) -> Iterator[bytes]:
        """What can be opened with `piece`. Raises: SealBroken when it was changed, moved, or sealed by another key."""
        if self._cipher is None:
            self._head += piece
            if len(self._head) <= _SEALED_KEY:
                return
            if self._head[0] != FORMAT:
                raise self._broken("is not in a format that can be opened")
            self._cipher = AESGCM(self._key.open(self._head[1 : 1 + _SEALED_KEY], self._place))
            piece, self._head = self._head[1 + _SEALED_KEY :], b""
        for number, segment in self._cutting.add(piece):
            yield self._opened(number, segment, last=False)

    def end(self) -> bytes:
        """The rest of it: only now it is known to be whole. Raises: SealBroken."""
        if self._cipher is None:
            raise self._broken("is not in a format that can be opened")
        return self._opened(*self._cutting.end(), last=True)

    def _opened(self, number: int, segment: bytes, *, last: bool) -> bytes:
        assert self._cipher is not None
        try:
            return self._cipher.decrypt(_nonce(number, last=last), segment, self._bound)
        except InvalidTag:
            raise self._broken("was changed, moved or cut") from None

    def _broken(self, how: str) -> SealBroken:
        return SealBroken(f"a file of {self._place.table}.{self._place.field} {how}")


class _Cutting:
    """Cuts what comes into numbered segments of `size`; the rest, which may be empty, is the last one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting = bytearray()
        self._number = 0

    def add(self, piece: bytes) -> Iterator[tuple[int, bytes]]:
        self._waiting += piece
        # One is kept back until there is more: only then is it known not to be the last.
        while len(self._waiting) > self._size:
            segment = bytes(self._waiting[: self._size])
            del self._waiting[: self._size]
            self._number += 1
            yield self._number - 1, segment

    def end(self) -> tuple[int, bytes]:
        return self._number, bytes(self._waiting)


def _nonce(number: int, *, last: bool) -> bytes:
    if number >= _MOST:
        raise ValueError("a file has too many segments")
    return bytes(7) + number.to_bytes(4, "big") + bytes((last,))

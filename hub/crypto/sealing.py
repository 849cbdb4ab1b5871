"""One sealed value: its format, and the place it is bound to."""

import os
from collections.abc import Callable, Iterator

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import SealBroken

FORMAT = 1
AES_256_GCM = 1
_HEADER = 2 + 4
_NONCE = 12
_TAG = 16
_BEGINS = _HEADER + _NONCE
_LEAST = _BEGINS + _TAG


class Place(msgspec.Struct, frozen=True):
    """Where a sealed value belongs: a table, its row, the field, and whose it is.

    A value moved to any other place does not open.
    """

    table: str
    field: str
    row: str
    person: str = ""
    thread: str = ""

    def bound(self) -> bytes:
        """The place as additional data: every part with its length, so that no two places read alike."""
        table, field, row, person, thread = self.table, self.field, self.row, self.person, self.thread
        return (
            f"carehub1{len(table)}:{table},{len(field)}:{field},{len(row)}:{row},"
            f"{len(person)}:{person},{len(thread)}:{thread},"
        ).encode()

    def around(self) -> tuple[str, str]:
        """What `bound` has before the row and after it, for places that differ in nothing else."""
        table, field, person, thread = self.table, self.field, self.person, self.thread
        return (
            f"carehub1{len(table)}:{table},{len(field)}:{field},",
            f",{len(person)}:{person},{len(thread)}:{thread},",
        )


class DataKey:
    """A person's data-encryption key in use (32 bytes), and its version.

    A sealed value is `format 1 · algorithm 1 · key version 4 · nonce 12 · ciphertext · tag 16` bytes: it says what
    opens it, so nothing is ever tried.
    """

    __slots__ = ("_cipher", "_header", "version")

    def __init__(self, key: bytes, version: int) -> None:
        self._cipher = AESGCM(key)
        self.version = version
        self._header = bytes((FORMAT, AES_256_GCM)) + version.to_bytes(4, "big")

    def seal(self, plaintext: bytes, place: Place) -> bytes:
        """`plaintext` encrypted for `place`."""
        nonce = _nonce()
        return self._header + nonce + self._cipher.encrypt(nonce, plaintext, self._header + place.bound())

    def open(self, sealed: bytes, place: Place) -> bytes:
        """What was sealed for `place`.

        Raises: SealBroken when it was changed, cut, moved, or sealed by another key or format.
        """
        if len(sealed) < _LEAST or sealed[:_HEADER] != self._header:
            raise SealBroken(f"a value of {place.table}.{place.field} is not in a format that this key opens")
        try:
            return self._cipher.decrypt(sealed[_HEADER:_BEGINS], sealed[_BEGINS:], self._header + place.bound())
        except InvalidTag:
            raise SealBroken(f"a value of {place.table}.{place.field} was changed or moved") from None

    def rows(self, place: Place) -> Callable[[str, bytes], bytes]:
        """What opens, as `open` does, a row's value: of many that lie at `place`, whatever row that names itself."""
        header, decrypt = self._header, self._cipher.decrypt
        before, after = place.around()

        def opened(row: str, sealed: bytes) -> bytes:
            if len(sealed) < _LEAST or sealed[:_HEADER] != header:
                raise SealBroken(f"a value of {place.table}.{place.field} is not in a format that this key opens")
            bound = header + f"{before}{len(row)}:{row}{after}".encode()
            try:
                return decrypt(sealed[_HEADER:_BEGINS], sealed[_BEGINS:], bound)
            except InvalidTag:
                raise SealBroken(f"a value of {place.table}.{place.field} was changed or moved") from None

        return opened


_spare: Iterator[bytes] = iter(())
_BLOCK = 64


def _nonce() -> bytes:
    """A random nonce, never given before. One call to the system serves for many: every message needs several."""
    global _spare
    for nonce in _spare:
        return nonce
    drawn = os.urandom(_BLOCK * _NONCE)
    # An iterator gives each of its items to one thread only.
    fresh = iter([drawn[start : start + _NONCE] for start in range(0, len(drawn), _NONCE)])
    nonce = next(fresh)
    _spare = fresh
    return nonce


def _forget_spare() -> None:
    """A forked child must not use its parent's nonces."""
    global _spare
    _spare = iter(())


os.register_at_fork(after_in_child=_forget_spare)


def version_of(sealed: bytes) -> int:
    """The version of the data key that `sealed` names."""
    return int.from_bytes(sealed[2:_HEADER], "big")

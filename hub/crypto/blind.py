"""Blind indexes: look a value up by its keyed hash, read nothing from it."""

import hmac
from typing import Literal

IndexedField = Literal[
    "phone",
    "mailbox",
    "push",
    "portal",
    "mrn",
    "identity",
    "resource",
    "token",
    "idempotency",
    "reply",
    "word",
    "name",
    "born",
    "outside",
]


class BlindIndex:
    """HMAC-SHA-256 under a key of its own root, cut to 128 bits.

    The key is neither a KEK nor a DEK: who can read messages cannot therefore test numbers, nor the reverse.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root

    def of(self, field: IndexedField, value: str) -> bytes:
        """The index of `value`, already in its normal form, within `field`; 16 bytes."""
        return hmac.digest(self._root, field.encode() + b"\0" + value.encode(), "sha256")[:16]

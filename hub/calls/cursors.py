"""Cursors: where the next page of a list begins. They name times and ids only, and change nothing when altered."""

import base64
import binascii
from typing import TypeVar

import msgspec

from hub.calls.problems import unusable

T = TypeVar("T")


def written(*position: object) -> str:
    """The cursor of the row at `position`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read(cursor: str, position: type[T]) -> T:
    """The position that `cursor` names.

    Raises: Problem 422 when it is not a cursor of this list.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=position)
    except (binascii.Error, UnicodeError, msgspec.DecodeError):
        raise unusable("`cursor` is not one that this list gave: leave it out to start anew") from None

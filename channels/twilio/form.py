"""A request's form, as Twilio reads it."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Self

__all__ = ["Escaped", "form"]

_RESERVED = re.compile(r"[^A-Za-z0-9_.~ -]")


class Escaped(str):
    """A value that needs no escaping any more: of what is the same in each request it is done once."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> Self:
        """`text`, escaped."""
        if text.isascii() and text.isalnum():
            return cls(text)
        reserved = set(_RESERVED.findall(text))
        if "%" in reserved:
            # First, for the others bring it in.
            reserved.remove("%")
            text = text.replace("%", "%25")
        for character in reserved:
            text = text.replace(character, _escape(character))
        return cls(text.replace(" ", "+"))


def form(data: Mapping[str, object]) -> bytes:
    """`data` as a form's body; a list stands for several values of one field.

    As `urllib.parse.urlencode`, which works octet by octet: it looks only at what must be escaped.
    """
    fields = []
    for name, value in data.items():
        for one in value if isinstance(value, list) else (value,):
            fields.append(f"{name}={one if isinstance(one, Escaped) else Escaped.of(str(one))}")
    return "&".join(fields).encode("ascii")


@lru_cache(maxsize=1024)
def _escape(character: str) -> str:
    return "".join([f"%{octet:02X}" for octet in character.encode()])

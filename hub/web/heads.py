"""The head of a request as providers write it: read quickly if it is of the plainest kind, and not at all otherwise.

What is read here must mean to aiohttp's parser exactly what it means here, or somebody could hide one request within
another. So whatever is rare, doubtful or merely unusual is left to that parser; a property test holds the two together.
"""

import re
from dataclasses import dataclass, field

from multidict import CIMultiDict, CIMultiDictProxy, istr

__all__ = ["LARGEST_HEAD", "Head", "read_head"]

LARGEST_HEAD = 8000
"""Bytes; below what the general server takes in one line."""
LARGEST_PLAIN = 64 * 1024
"""Bytes of a body that is kept whole without further ado; a webhook with ten media addresses has some four thousand."""

_MOST_LINES = 64
# No fragment in the address, one space where one belongs, no folded line, nothing but visible ASCII.
_PLAIN = re.compile(rb"""POST (/[!"$-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[ -~]*\r\n)+)""")
_HOST, _LENGTH, _KIND, _CONNECTION = istr("Host"), istr("Content-Length"), istr("Content-Type"), istr("Connection")
_FORMS = frozenset(
    ("application/x-www-form-urlencoded", *(f"application/x-www-form-urlencoded;{s}charset=utf-8" for s in ("", " ")))
)
# What changes where a request ends, how its body reads, or what is to happen before and after it.
_OTHERWISE = (istr("Transfer-Encoding"), istr("Content-Encoding"), istr("Expect"), istr("Upgrade"))


@dataclass(frozen=True, slots=True)
class Head:
    """A POST of a urlencoded form, over a connection that stays open.

    target: path and query byte for byte as they were written; length: the body's, in bytes.
    """

    target: str = field(repr=False)
    headers: CIMultiDictProxy[str] = field(repr=False)
    length: int

    @property
    def path(self) -> str:
        """The target up to its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query, still encoded; empty where there is none."""
        return self.target.partition("?")[2]


def read_head(head: bytes) -> Head | None:
    """The head, from `POST` to the line break of its last line; None if the general parser is to read it."""
    if len(head) > LARGEST_HEAD or (plain := _PLAIN.fullmatch(head)) is None:
        return None
    lines = plain[2].decode("ascii").split("\r\n")
    lines.pop()
    if len(lines) > _MOST_LINES:
        return None
    pairs = []
    for line in lines:
        name, _, value = line.partition(":")
        pairs.append((name, value.strip(" ")))
    headers = CIMultiDict(pairs)
    for name in _OTHERWISE:
        if name in headers:
            return None
    if headers.get(_CONNECTION, "keep-alive").lower() != "keep-alive":
        return None
    try:
        (_,), (kind,), (length,) = headers.getall(_HOST), headers.getall(_KIND), headers.getall(_LENGTH)
    except (KeyError, ValueError):
        return None
    if kind.lower() not in _FORMS or not length.isdigit() or len(length) > 5 or int(length) > LARGEST_PLAIN:
        return None
    return Head(plain[1].decode("ascii"), CIMultiDictProxy(headers), int(length))

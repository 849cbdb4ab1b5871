"""What is refused before a mail is parsed, because parsing it could cost more than it is worth.

Everything here is counted in one pass over the bytes; nothing is decoded, and nothing is remembered but boundaries.
"""

import re

LARGEST = 25 * 1024 * 1024
"""Bytes of a mail; what large providers take."""
LARGEST_HEADER = 64 * 1024
"""Bytes before the first empty line."""
MOST_HEADERS = 500
MOST_PARTS = 1000
DEEPEST = 30
"""Multiparts and mails within mails that are declared, whether or not one lies in the other."""
_LONGEST_BOUNDARY = 200

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(rb"boundary(\*?[0-9*]{0,4})[ \t]{0,8}=[ \t]{0,8}(\"?)([^\"\r\n;]{0,300})", re.IGNORECASE)
_WITHIN = re.compile(rb"message[ \t]{0,4}/[ \t]{0,4}(?:rfc822|global|partial)", re.IGNORECASE)
_DASHES = re.compile(rb"^--([^\r\n]{0,300})", re.MULTILINE)


class TooMuch(Exception):
    """The mail is refused; `reason` is one word for logs, and `counted` how much of it was found."""

    def __init__(self, reason: str, counted: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.counted = counted


def examine(raw: bytes) -> None:
    """Nothing, if the mail may be parsed. Raises: TooMuch."""
    if len(raw) > LARGEST:
        raise TooMuch("size", len(raw))
    found = _HEADER_END.search(raw, 0, LARGEST_HEADER + 4)
    end = found.start() if found else len(raw)
    if end > LARGEST_HEADER:
        raise TooMuch("header", end)
    lines = raw.count(b"\n", 0, end)
    if lines > 2 * MOST_HEADERS:
        raise TooMuch("headers", lines)
    declared: set[bytes] = set()
    any_line = False
    depth = 0
    for boundary in _BOUNDARY.finditer(raw):
        depth += 1
        if depth > DEEPEST:
            raise TooMuch("depth", depth)
        # A boundary that is continued over several parameters is not put together here: then any line may be one.
        any_line = any_line or bool(boundary[1]) or len(boundary[3]) > _LONGEST_BOUNDARY
        declared.add(boundary[3].strip())
    for _ in _WITHIN.finditer(raw):
        depth += 1
        if depth > DEEPEST:
            raise TooMuch("depth", depth)
    if not declared:
        return
    parts = 0
    for line in _DASHES.finditer(raw):
        name = line[1].rstrip()
        if any_line or name in declared or name.removesuffix(b"--") in declared:
            parts += 1
            if parts > MOST_PARTS:
                raise TooMuch("parts", parts)

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
LARGEST_PART_HEADER = 16 * 1024
"""Bytes of a part's own header."""
MOST_LINES = 6_000
"""Lines of all headers of a mail together."""
MOST_BODY_LINES = 600_000
"""Lines of a whole mail: one and a half times what 25 MB of a file have, as files are written into mails."""
MOST_COMPARED = 2_400_000
"""Lines, times the boundaries that each is compared with."""
LONGEST_FIELD = 4 * 1024
"""Bytes of a field whose parameters are taken apart: Python does that in a time that grows with their square."""
MOST_BLOCKS = 300
"""Groups of fields in a server's report, each of which is read like a header."""
_LONGEST_BOUNDARY = 200

# A line may end with a carriage return alone: Python's parser reads it so.
_HEADER_END = re.compile(rb"(?>\r\n|\r|\n)(?>\r\n|\r|\n)")
_LINE_END = re.compile(rb"(?>\r\n|\r|\n)")
# These three are asked of the octets in lower case: with a fixed beginning they are found many times faster.
_BOUNDARY = re.compile(rb"boundary(\*?[0-9*]{0,4})[ \t]{0,8}=[ \t]{0,8}(\"?)([^\"\r\n;]{0,300})")
_MULTIPART = re.compile(rb"multipart[ \t]{0,4}/")
_WITHIN = re.compile(rb"message[ \t]{0,4}/[ \t]{0,4}(?:rfc822|global|partial)")
_STATUS = re.compile(rb"message[ \t]{0,4}/[ \t]{0,4}(?:delivery-status|global-delivery-status)", re.IGNORECASE)
_DASHES = re.compile(rb"--([^\r\n]{0,300})")
_FIELD = re.compile(
    rb"(?:\A|(?<=[\r\n]))content-(?:type|disposition)[ \t]*+:[^\r\n]*+(?:(?>\r\n|\r|\n)[ \t][^\r\n]*+)*+", re.IGNORECASE
)


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
    end, lines = _header(raw, 0, LARGEST_HEADER)
    if lines > 2 * MOST_HEADERS:
        raise TooMuch("headers", lines)
    count = _lines(raw, 0, len(raw))
    if count > MOST_BODY_LINES:
        raise TooMuch("lines", count)
    declared: set[bytes] = set()
    any_line = False
    depth = 0
    lower = raw.lower()
    for boundary in _BOUNDARY.finditer(lower):
        depth += 1
        if depth > DEEPEST:
            raise TooMuch("depth", depth)
        # A boundary that is written in another way than plainly is not put together here: then any line may be one.
        any_line = any_line or bool(boundary[1]) or len(boundary[3]) > _LONGEST_BOUNDARY or b"\\" in boundary[3]
        any_line = any_line or not boundary[3].strip()
        declared.add(raw[boundary.start(3) : boundary.end(3)].strip())
    multiparts = sum(1 for _ in _MULTIPART.finditer(lower))
    any_line = any_line or multiparts > depth
    depth = max(depth, multiparts)
    depth += sum(1 for _ in _WITHIN.finditer(lower))
    if depth > DEEPEST:
        raise TooMuch("depth", depth)
    if count * (depth + 1) > MOST_COMPARED:
        raise TooMuch("lines", count)
    lines += _within(raw, 0, end)
    if not declared and not any_line:
        return
    parts = 0
    for line in _DASHES.finditer(raw):
        if not _begins_line(raw, line.start()):
            continue
        name = line[1].rstrip()
        if any_line or name in declared or name.removesuffix(b"--") in declared:
            parts += 1
            if parts > MOST_PARTS:
                raise TooMuch("parts", parts)
            begun = _LINE_END.search(raw, line.end())
            if begun is None:
                continue
            end, more = _header(raw, begun.end(), LARGEST_PART_HEADER, name=any_line)
            lines += more + _within(raw, begun.end(), end)
            if lines > MOST_LINES:
                raise TooMuch("headers", lines)


def _header(raw: bytes, start: int, largest: int, *, name: bool = False) -> tuple[int, int]:
    """Where the header that begins at `start` ends, and how many lines it has.

    name: whether it is unsure that a header begins there. Raises: TooMuch.
    """
    if _LINE_END.match(raw, start):
        return start, 0
    most = start + largest + 4
    ends = [at for at in (raw.find(pair, start, most) for pair in (b"\n\n", b"\n\r", b"\r\r")) if at >= 0]
    end = min(ends) if ends else min(len(raw), most + 1)
    if end - start > largest:
        if name:
            return start, 0
        raise TooMuch("header", end - start)
    for one in _FIELD.finditer(raw, start, end):
        if len(one[0]) > LONGEST_FIELD:
            raise TooMuch("header", len(one[0]))
    return end, _lines(raw, start, end)


def _begins_line(raw: bytes, at: int) -> bool:
    return at == 0 or raw[at - 1 : at] in (b"\n", b"\r")


def _lines(raw: bytes, start: int, end: int) -> int:
    return raw.count(b"\n", start, end) + raw.count(b"\r", start, end) - raw.count(b"\r\n", start, end)


def _within(raw: bytes, start: int, end: int) -> int:
    """How many lines the headers have that lie in the part whose header is there. Raises: TooMuch."""
    lines = 0
    while start < end:
        header = raw[start:end]
        begun = _HEADER_END.match(raw, end)
        if begun is None:
            break
        if _STATUS.search(header):
            _blocks(raw, begun.end())
            break
        if not _WITHIN.search(header.lower()):
            break
        start = begun.end()
        end, more = _header(raw, start, LARGEST_HEADER)
        lines += more
    return lines


def _blocks(raw: bytes, start: int) -> None:
    """Raises: TooMuch, where a report of a server that begins at `start` has too many groups of fields."""
    ends = [at for at in (raw.find(mark, start) for mark in (b"\n--", b"\r--")) if at >= 0]
    end = min(ends, default=len(raw))
    if end - start > LARGEST_HEADER:
        raise TooMuch("header", end - start)
    blocks = sum(1 for _ in _HEADER_END.finditer(raw, start, end))
    if blocks > MOST_BLOCKS:
        raise TooMuch("headers", blocks)

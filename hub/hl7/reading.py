"""A message taken apart: its header, its segments, their fields; all text with its escapes resolved.

What is read is text that others wrote: nothing here grows with what it says, and nothing is logged.

Source: HL7 v2.5.1, §2.5 to §2.8 (segments, delimiters, escapes), §2.15.9 (MSH).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.hl7.faults import Fault, Flaw, Rejected

NULL = '""'
"""A field that is sent to say that there is nothing any more."""
_CHARSETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "8859/1": "iso-8859-1",
    "8859/15": "iso-8859-15",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
}
"""Of MSH-18 (table 0211). A message that names none is ASCII; of those that use more, UTF-8 tells itself apart."""
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_MOST_SEGMENTS = 1000
_MOST_REPETITIONS = 100
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_FORMATTING = re.compile(r"\.[a-z]{2}[+-]?[0-9]{0,4}")


class Delimiters(NamedTuple):
    """What parts fields, components, repetitions, and subcomponents, and what escapes these."""

    field: str
    component: str
    repetition: str
    escape: str
    sub: str

    def resolve(self, text: str, charset: str, place: str) -> str:
        """`text` without escapes. Raises: Flaw for one that cannot be shown as text."""
        if self.escape not in text:
            return text
        plain = {"F": self.field, "S": self.component, "R": self.repetition, "E": self.escape, "T": self.sub}
        parts = text.split(self.escape)
        found = [parts[0]]
        # Escapes stand between two of their character: every other part is one, but a last one that never ends.
        for number, part in enumerate(parts[1:], start=1):
            if number % 2 == 0:
                found.append(part)
            elif number == len(parts) - 1:
                found += (self.escape, part)
            else:
                found.append(self._one(part, plain, charset, place))
        return "".join(found)

    @staticmethod
    def _one(escape: str, plain: dict[str, str], charset: str, place: str) -> str:
        if escape in plain:
            return plain[escape]
        if escape in ("H", "N", "P", ""):
            return ""
        if escape[0] == "X" and _HEX.fullmatch(escape, 1):
            try:
                return bytes.fromhex(escape[1:]).decode(charset)
            except UnicodeDecodeError:
                raise Flaw(Fault.DATA_TYPE, place, "escape") from None
        if _FORMATTING.fullmatch(escape):
            return " "
        raise Flaw(Fault.DATA_TYPE, place, "escape")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment. Fields, repetitions, components and subcomponents count from 1, as HL7 does."""

    name: str
    fields: tuple[str, ...] = field(repr=False)
    by: Delimiters = field(repr=False)
    charset: str = "utf-8"

    def raw(self, number: int) -> str:
        """A field as it was sent; empty where it was not."""
        return self.fields[number] if number < len(self.fields) else ""

    def all(self, number: int) -> Sequence["Value"]:
        """Every repetition of a field that says something. Raises: Flaw where there are too many."""
        place = f"{self.name}-{number}"
        raw = self.raw(number)
        if raw.count(self.by.repetition) > _MOST_REPETITIONS:
            raise Flaw(Fault.DATA_TYPE, place, "repetitions")
        return [Value(one, place, self) for one in raw.split(self.by.repetition) if one]

    def one(self, number: int) -> "Value":
        """The first repetition of a field, empty where it says nothing."""
        return next(iter(self.all(number)), Value("", f"{self.name}-{number}", self))

    def text(self, number: int, component: int = 1, sub: int = 1) -> str:
        """The text of a part of a field's first repetition, single-spaced; empty where there is none, or NULL."""
        return self.one(number).text(component, sub)


@dataclass(frozen=True, slots=True)
class Value:
    """One repetition of a field. `place` is where it stands, such as `PID-3`."""

    raw: str = field(repr=False)
    place: str
    segment: Segment = field(repr=False)

    @property
    def deleted(self) -> bool:
        """Whether it says that there is nothing any more."""
        return self.raw == NULL

    def text(self, component: int = 1, sub: int = 1) -> str:
        """The text of a part, single-spaced; empty where there is none. Raises: Flaw."""
        by = self.segment.by
        components = self.raw.split(by.component, component)
        raw = components[component - 1] if component <= len(components) else ""
        subs = raw.split(by.sub, sub)
        part = subs[sub - 1] if sub <= len(subs) else ""
        text = " ".join(by.resolve(part, self.segment.charset, self.place).split())
        if not text.isprintable():
            raise Flaw(Fault.DATA_TYPE, self.place, "unprintable")
        return "" if text == NULL else text


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its header first."""

    segments: tuple[Segment, ...] = field(repr=False)

    @property
    def header(self) -> Segment:
        """MSH. Its first field is the delimiter itself, so that its fields have their numbers."""
        return self.segments[0]

    def every(self, name: str) -> Iterator[Segment]:
        """The segments with this name, in their order."""
        return (one for one in self.segments if one.name == name)

    def first(self, name: str) -> Segment | None:
        """The first segment with this name; None when there is none."""
        return next(self.every(name), None)


def header_of(content: bytes) -> Segment:
    """MSH alone, as far as it can be read. Raises: Rejected when it is none."""
    content = content.lstrip(b"\r\n\t \x00\xef\xbb\xbf")
    if content[:3] != b"MSH":
        raise Rejected(Fault.SEGMENT_SEQUENCE, "MSH", "no_header")
    line = re.split(rb"[\r\n]", content, maxsplit=1)[0]
    separator = line[3:4]
    seen = line[4:].split(separator, 1)[0] if separator else b""
    marks = separator + seen
    if len(marks) not in (5, 6) or len(set(marks)) != len(marks) or not all(_is_mark(one) for one in marks):
        raise Rejected(Fault.DATA_TYPE, "MSH-2", "delimiters")
    by = Delimiters(*(chr(marks[place]) for place in (0, 1, 2, 3, 4)))
    fields = line.split(separator)
    named = fields[17].split(bytes([marks[2]]))[0] if len(fields) > 17 else b""
    charset = _CHARSETS.get(named.decode("ascii", "replace").strip().upper())
    # Of a charset that is not known the header is read all the same, for the answer.
    text = line.decode(charset or "ascii", "replace").split(by.field)
    header = Segment("MSH", ("MSH", by.field, *text[1:]), by, charset or "ascii")
    if charset is None:
        raise Unread(Fault.NOT_IN_TABLE, "MSH-18", "charset", header=header)
    return header


class Unread(Rejected):
    """A message whose header says what of it cannot be read; `header` is for the answer."""

    def __init__(self, fault: Fault, place: str, reason: str, *, header: Segment) -> None:
        super().__init__(fault, place, reason)
        self.header = header


def read(content: bytes) -> Message:
    """The message. Raises: Rejected when it is none that can be read."""
    header = header_of(content)
    try:
        text = content.lstrip(b"\r\n\t \x00\xef\xbb\xbf").decode(header.charset)
    except UnicodeDecodeError:
        raise Unread(Fault.DATA_TYPE, "MSH-18", "charset", header=header) from None
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip("\t \x00")]
    if len(lines) > _MOST_SEGMENTS:
        raise Unread(Fault.SEGMENT_SEQUENCE, "MSH", "segments", header=header)
    segments = [header]
    for line in lines[1:]:
        name, *fields = line.split(header.by.field)
        if not _NAME.fullmatch(name) or name == "MSH":
            raise Unread(Fault.SEGMENT_SEQUENCE, "MSH", "segments", header=header)
        segments.append(Segment(name, (name, *fields), header.by, header.charset))
    return Message(tuple(segments))


def _is_mark(octet: int) -> bool:
    return 0x20 < octet < 0x7F and not chr(octet).isalnum()

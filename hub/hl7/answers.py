"""Acknowledgements: in the sender's own delimiters and charset, with codes and places, and nothing of what was said.

Source: HL7 v2.5.1, §2.9 (acknowledgement), §2.15.5 (ERR), §2.15.8 (MSA).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from hub.hl7 import times
from hub.hl7.faults import WORDS, Fault, Flaw
from hub.hl7.reading import Delimiters, Segment
from hub.types import new_id

Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
_USUAL = Delimiters("|", "^", "~", "\\", "&")
_OWN_ERRORS = (2, 5)
"""The version since which ERR has a field for each thing it says."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Writes acknowledgements. `zone` is that of their times."""

    zone: ZoneInfo

    def answer(self, header: Segment | None, code: Code, now: datetime, flaw: Flaw | None = None) -> bytes:
        """The acknowledgement of a message, as far as its header could be read; without frame."""
        by = header.by if header is not None else _USUAL
        version = _echo(header, 12) or "2.5.1"
        lines = [self._msh(header, by, version, now), by.field.join(("MSA", code, _echo(header, 10)))]
        if flaw is not None:
            lines.append(_err(flaw, by, version))
        charset = header.charset if header is not None else "ascii"
        return "".join(f"{line}\r" for line in lines).encode(charset, "replace")

    def _msh(self, header: Segment | None, by: Delimiters, version: str, now: datetime) -> str:
        event = header.raw(9).split(by.component) if header is not None else []
        kind = ["ACK", *([event[1]] if len(event) > 1 else [])]
        if len(kind) > 1 and _number(version) >= (2, 3, 1):
            kind.append("ACK")
        fields = [
            "MSH",
            f"{by.component}{by.repetition}{by.escape}{by.sub}",
            _echo(header, 5),
            _echo(header, 6),
            _echo(header, 3),
            _echo(header, 4),
            times.written(now, self.zone),
            "",
            by.component.join(_plain(one) for one in kind),
            new_id().replace("-", "")[:20],
            _echo(header, 11) or "P",
            version,
        ]
        charset = _echo(header, 18)
        return by.field.join([*fields, *([""] * 5), charset] if charset else fields)


def _err(flaw: Flaw, by: Delimiters, version: str) -> str:
    """ERR, in the form of the version; the place in its parts, the code in the table's words."""
    segment, _, field = flaw.place.partition("-")
    fault = flaw.fault if flaw.fault in WORDS else Fault.INTERNAL
    code = by.component.join((str(int(fault)), WORDS[fault], "HL70357"))
    where = [segment, "1", field] if field else [segment] if segment else []
    if _number(version) < _OWN_ERRORS:
        places = [*where, *([""] * (3 - len(where)))]
        return by.field.join(("ERR", by.component.join((*places, code.replace(by.component, by.sub)))))
    return by.field.join(("ERR", "", by.component.join(where), code, "E"))


def _number(version: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError:
        return (2, 5, 1)


def _echo(header: Segment | None, number: int) -> str:
    """A field of the header as it came, for the way back."""
    return _plain(header.raw(number)) if header is not None else ""


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())[:250]

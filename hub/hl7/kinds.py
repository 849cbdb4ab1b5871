"""Which messages are known, and what a header must hold."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.hl7 import times
from hub.hl7.faults import Fault, Flaw, Rejected
from hub.hl7.reading import Segment

EVENTS = {
    "SIU": ("S12", "S13", "S14", "S15", "S17", "S26"),
    "ADT": ("A04", "A08", "A28", "A31", "A40"),
}
"""Source: HL7 v2.5.1, §10.4 (SIU), §3.3 (ADT)."""
VERSIONS = frozenset(
    ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9")
)
_CONTROL_ID = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,197}[\x21-\x7e])?")
_WHEN = ("", "AL", "NE", "ER", "SU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a header says. `sender` names application and facility; `at` is when the message was made.

    accept, application: when the sender wants the two answers of enhanced mode, both empty in original mode.
    """

    kind: str
    event: str
    sender: tuple[str, str] = field(repr=False)
    control_id: str = field(repr=False)
    at: datetime
    number: int | None
    accept: str
    application: str

    @property
    def name(self) -> str:
        """Such as `SIU_S12`."""
        return f"{self.kind}_{self.event}"

    @property
    def enhanced(self) -> bool:
        """Whether two answers are told apart."""
        return bool(self.accept or self.application)


def checked(header: Segment, *, zone: ZoneInfo, received: datetime, processing: str) -> Header:
    """What the header says. Raises: Rejected when the message is none for here."""
    version = header.text(12)
    if version not in VERSIONS:
        raise Rejected(Fault.UNSUPPORTED_VERSION, "MSH-12", "version")
    kind, event = header.text(9), header.text(9, 2)
    if kind not in EVENTS:
        raise Rejected(Fault.UNSUPPORTED_TYPE, "MSH-9", "type")
    if event not in EVENTS[kind]:
        raise Rejected(Fault.UNSUPPORTED_EVENT, "MSH-9", "event")
    if header.text(11) != processing:
        raise Rejected(Fault.UNSUPPORTED_PROCESSING, "MSH-11", "processing")
    control_id = header.raw(10).strip()
    if not control_id:
        raise Rejected(Fault.REQUIRED_MISSING, "MSH-10", "control_id")
    if not _CONTROL_ID.fullmatch(control_id):
        raise Rejected(Fault.DATA_TYPE, "MSH-10", "control_id")
    accept, application = header.text(15), header.text(16)
    if accept not in _WHEN or application not in _WHEN:
        raise Rejected(Fault.NOT_IN_TABLE, "MSH-15" if accept not in _WHEN else "MSH-16", "acknowledgement")
    return Header(
        kind=kind,
        event=event,
        sender=(header.raw(3).strip(), header.raw(4).strip()),
        control_id=control_id,
        at=_made(header, zone, received),
        number=_number(header),
        accept=accept,
        application=application,
    )


def _made(header: Segment, zone: ZoneInfo, received: datetime) -> datetime:
    """When the message was made, by its sender's clock, but never later than it came: a clock that runs ahead must not
    make all that follows look old.
    """
    try:
        made = times.event(header.text(7), zone, received)
    except (Flaw, ValueError):
        raise Rejected(Fault.DATA_TYPE, "MSH-7", "time") from None
    return received if made is None else min(made, received)


def _number(header: Segment) -> int | None:
    """MSH-13, where it counts."""
    text = header.text(13)
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) and int(text) > 0 else None

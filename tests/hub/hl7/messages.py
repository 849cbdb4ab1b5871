"""Messages to test with: synthetic people, in the form in which senders write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import hl7

PHONE = "2125550123"
"""As a message writes it: without a code."""
E164 = "+12125550123"
_MRN = "M1"


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment with these fields, by their numbers."""
    return "|".join((name, *(fields.get(number, "") for number in range(1, max(fields, default=0) + 1))))


def msh(kind: str = "SIU^S12^SIU_S12", control: str = "MSG1", **changes: str) -> str:
    """A header. Changes are by number, such as `f18`."""
    fields = {
        2: "SCHED",
        3: "CLINIC",
        4: "HUB",
        5: "CLINIC",
        6: "20260302090000-0500",
        8: kind,
        9: control,
        10: "P",
        11: "2.5.1",
    } | _numbered(changes, 1)
    # MSH-1 is the delimiter itself.
    return segment("MSH", {1: "^~\\&"} | fields)


def pid(mrn: str = _MRN, **changes: str) -> str:
    """Who it is about."""
    fields = {
        3: f"{mrn}^^^CLINIC^MR",
        5: "LOPEZ^ANA^^^^^L",
        7: "19850423",
        13: f"^PRN^CP^^1^212^{PHONE[3:]}",
        15: "spa^Spanish^ISO639",
    }
    return segment("PID", fields | _numbered(changes))


def sch(placer: str = "A1", filler: str = "F1", start: str = "20260310140000", **changes: str) -> str:
    """Which visit it is about."""
    fields = {
        1: placer,
        2: filler,
        7: "FU^Follow-up",
        8: "NORMAL",
        9: "30",
        10: "min",
        11: f"^^^{start}" if start else "",
    }
    return segment("SCH", {**fields, 25: "Booked"} | _numbered(changes))


AIS = "AIS|1|A|FU30^Follow-up^L"
AIL = "AIL|1|A|MAIN^^^Main Street"
AIP = "AIP|1|A|P77^EXAMPLE^ERIN^^^DR"


def siu(event: str = "S12", control: str = "MSG1", *, made: str = "", **changes: Any) -> bytes:
    """A scheduling message. `made` is MSH-7; changes of `sch` and `pid` are given as mappings."""
    header = msh(f"SIU^{event}^SIU_S12", control, **changes.get("msh", {}) | ({"f7": made} if made else {}))
    lines = (header, sch(**changes.get("sch", {})), pid(**changes.get("pid", {})), "RGS|1|A", AIS, AIL, AIP)
    return joined(lines)


def adt(event: str = "A08", control: str = "MSG1", *more: str, made: str = "", **changes: Any) -> bytes:
    """A message about a patient; `more` are segments after PID."""
    header = msh(f"ADT^{event}", control, **changes.get("msh", {}) | ({"f7": made} if made else {}))
    return joined((header, f"EVN|{event}|20260302090000", pid(**changes.get("pid", {})), *more))


def joined(lines: Sequence[str]) -> bytes:
    """Segments as they are sent."""
    return "".join(f"{line}\r" for line in lines).encode()


def acknowledged(answer: bytes) -> tuple[str, str, str]:
    """What an answer says, as an implementation of somebody else's reads it: code, control id and error code."""
    message = hl7.parse(answer.decode())
    msa = message.segment("MSA")
    errors = [one for one in message if str(one[0]) == "ERR"]
    code = ""
    if errors:
        err = errors[0]
        code = str(err(3)(1)(1)) if len(err) > 3 else str(err(1)(1)(4)(1))
    return str(msa(1)), str(msa(2)) if len(msa) > 2 else "", code


def _numbered(changes: Mapping[str, str], less: int = 0) -> dict[int, str]:
    return {int(name[1:]) - less: value for name, value in changes.items()}

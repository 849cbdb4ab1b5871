"""What may be wrong with a message, in the codes of HL7 table 0357."""

from enum import IntEnum

__all__ = ["Fault", "Flaw", "Rejected"]


class Fault(IntEnum):
    """Message error condition codes.

    Source: HL7 v2.5.1, table 0357.
    """

    SEGMENT_SEQUENCE = 100
    REQUIRED_MISSING = 101
    DATA_TYPE = 102
    NOT_IN_TABLE = 103
    UNSUPPORTED_TYPE = 200
    UNSUPPORTED_EVENT = 201
    UNSUPPORTED_PROCESSING = 202
    UNSUPPORTED_VERSION = 203
    UNKNOWN_KEY = 204
    DUPLICATE_KEY = 205
    LOCKED = 206
    INTERNAL = 207


WORDS = {
    Fault.SEGMENT_SEQUENCE: "Segment sequence error",
    Fault.REQUIRED_MISSING: "Required field missing",
    Fault.DATA_TYPE: "Data type error",
    Fault.NOT_IN_TABLE: "Table value not found",
    Fault.UNSUPPORTED_TYPE: "Unsupported message type",
    Fault.UNSUPPORTED_EVENT: "Unsupported event code",
    Fault.UNSUPPORTED_PROCESSING: "Unsupported processing id",
    Fault.UNSUPPORTED_VERSION: "Unsupported version id",
    Fault.UNKNOWN_KEY: "Unknown key identifier",
    Fault.DUPLICATE_KEY: "Duplicate key identifier",
    Fault.LOCKED: "Application record locked",
    Fault.INTERNAL: "Application internal error",
}
"""The table's own words. Nothing else is ever said of a message: its content is nobody's on the way."""


class Flaw(Exception):
    """A message cannot be applied as it is.

    place: the segment and field, such as `PID-3`; reason: one word of ours for the list of what failed.
    """

    def __init__(self, fault: Fault, place: str = "", reason: str = "") -> None:
        super().__init__(f"{fault.name} {place} {reason}".strip())
        self.fault = fault
        self.place = place
        self.reason = reason


class Rejected(Flaw):
    """A message cannot even be looked at: its header is unreadable, or of a kind that is not known here."""

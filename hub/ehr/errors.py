"""What can go wrong with an EHR's server, and whether the request may have been done.

SchedulingError
 └─ EhrError            status · done: never a URL, an id of a patient or a word of a resource
     ├─ EhrDown         not reached, or 429/503 for longer than we wait: surely not done
     ├─ EhrUnknown      a time-out, a dropped connection, another 5xx or a garbled answer: done or not
     ├─ EhrConflict     409, 412: somebody else changed it first
     ├─ EhrLocked       423: somebody is editing it
     └─ EhrRefused      another refusal; 401 and 403 are for whoever set it up
"""

from hub.errors import SchedulingError

__all__ = ["EhrConflict", "EhrDown", "EhrError", "EhrLocked", "EhrRefused", "EhrUnknown"]


class EhrError(SchedulingError):
    """The EHR did not do what was asked; `status` is what it answered, 0 where it did not."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class EhrDown(EhrError):
    """The EHR cannot be reached, or asks for more patience than we have. Nothing was done."""


class EhrUnknown(EhrError):
    """The EHR may have done it: look before trying again."""


class EhrConflict(EhrError):
    """Somebody else changed the record first."""


class EhrLocked(EhrError):
    """Somebody is editing the record in the EHR."""


class EhrRefused(EhrError):
    """The EHR refused."""

"""What can be made to go wrong, one message at a time.

`Faults.add(Refuse(30007), number=...)` is used up by the next message to that number; without a number, by the next
message to anyone that finds no fault of its own.
"""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

__all__ = [
    "Break",
    "CallbackFirst",
    "Drop",
    "DuplicateCallbacks",
    "Fault",
    "Faults",
    "Garbage",
    "Hang",
    "LoseCallbacks",
    "Refuse",
    "RegressCallbacks",
    "Slow",
    "Throttle",
    "Undeliver",
]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with Twilio's error `code`; take nothing."""

    code: int
    status: int = 400


@dataclass(frozen=True, slots=True)
class Throttle:
    """Answer 429; name `after`, in whole seconds, in Retry-After if it is given. Take nothing."""

    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """Never answer, having taken the message or not."""

    taken: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer, having taken the message or not."""

    taken: bool = True


@dataclass(frozen=True, slots=True)
class Break:
    """Answer `status` with an HTML page, having taken the message or not."""

    status: int = 500
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Slow:
    """Take the message and answer as always, but later."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Garbage:
    """Take the message and answer 201 with `body`, which is not what Twilio would write."""

    body: bytes = b'{"sid": '


@dataclass(frozen=True, slots=True)
class DuplicateCallbacks:
    """Post each status callback twice."""


@dataclass(frozen=True, slots=True)
class RegressCallbacks:
    """Post the status callbacks last one first."""


@dataclass(frozen=True, slots=True)
class CallbackFirst:
    """Post every status callback before the request is answered."""


@dataclass(frozen=True, slots=True)
class LoseCallbacks:
    """Deliver the message and never say so."""


@dataclass(frozen=True, slots=True)
class Undeliver:
    """Take the message and then fail to deliver it, with Twilio's error `code`; no phone shows it."""

    code: int = 30003
    status: Literal["undelivered", "failed"] = "undelivered"


Fault = (
    Refuse
    | Throttle
    | Hang
    | Drop
    | Break
    | Slow
    | Garbage
    | DuplicateCallbacks
    | RegressCallbacks
    | CallbackFirst
    | LoseCallbacks
    | Undeliver
)


class Faults:
    """The script of what goes wrong: one queue for each number, one for everybody, one for listing requests."""

    def __init__(self) -> None:
        self._by_number: dict[str, deque[Fault]] = {}
        self._anyone: deque[Fault] = deque()
        self._listing: deque[Fault] = deque()

    def add(self, fault: Fault, *, number: str | None = None, times: int = 1) -> None:
        """Let `fault` befall the next `times` messages to `number`, or to anyone."""
        queue = self._anyone if number is None else self._by_number.setdefault(number, deque())
        queue.extend([fault] * times)

    def add_listing(self, fault: Fault, *, times: int = 1) -> None:
        """Let `fault` befall the next `times` requests for the message list."""
        self._listing.extend([fault] * times)

    def next(self, number: str) -> Fault | None:
        """What befalls the message to `number` that has just come; uses it up."""
        own = self._by_number.get(number)
        if own:
            fault = own.popleft()
            if not own:
                del self._by_number[number]
            return fault
        return self._anyone.popleft() if self._anyone else None

    def next_listing(self) -> Fault | None:
        """What befalls the listing request that has just come; uses it up."""
        return self._listing.popleft() if self._listing else None

    def clear(self) -> None:
        """Nothing more goes wrong."""
        self._by_number.clear()
        self._anyone.clear()
        self._listing.clear()

"""The pace of a sender: how much may leave now, asked for before deliveries are claimed.

grant = await pace.reserve(256)
used = ... claim in lanes that the grant opens, for about grant.segments ...
await pace.settle(grant, used)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hub.live.bucket import Bucket
from hub.types import Lane


@dataclass(frozen=True, slots=True)
class Grant:
    """What may leave now: `segments` in all, of which bulk may use `bulk`; when none, in `wait` seconds again.

    `source` is for who gave it: what is not used goes back there.
    """

    segments: float
    bulk: float
    wait: float = 0.0
    source: str = ""

    @property
    def lanes(self) -> list[Lane]:
        """The lanes that may send, the most urgent first."""
        if self.segments <= 0:
            return []
        return [Lane.SAFETY, Lane.REPLY, Lane.BULK] if self.bulk > 0 else [Lane.SAFETY, Lane.REPLY]


class Pace(Protocol):
    """One sender's rate, over everyone who sends for it."""

    async def reserve(self, wanted: float) -> Grant:
        """Take up to `wanted` segments out of what may leave now. Must be settled, whatever comes of it."""
        ...

    async def settle(self, grant: Grant, used: int) -> None:
        """Say how many segments of a grant were used: the rest goes back, more than granted becomes a debt."""
        ...


class LocalPace:
    """The pace of the only dispatcher; see `Bucket` for how it is kept.

    `seconds` is a monotonic clock, in seconds.
    """

    def __init__(self, rate: float, seconds: Callable[[], float]) -> None:
        self._bucket = Bucket(rate, seconds)

    async def reserve(self, wanted: float) -> Grant:
        """Take up to `wanted` segments out of what may leave now."""
        granted = min(wanted, self._bucket.available(Lane.REPLY))
        bulk = min(granted, self._bucket.available(Lane.BULK))
        wait = 0.0 if granted > 0 else self._bucket.wait(Lane.REPLY)
        self._bucket.take(granted)
        return Grant(granted, bulk, wait)

    async def settle(self, grant: Grant, used: int) -> None:
        """Say how many segments of a grant were used."""
        self._bucket.take(used - grant.segments)

"""The sender's rate limit: segments a second, with room that bulk sending cannot take."""

from collections.abc import Callable

from hub.types import Lane

KEPT_FOR_REPLIES = 0.2
"""The share of a bucket that bulk sending leaves."""


class Bucket:
    """A token bucket for one sender: `rate` segments a second, at most one second's worth at once.

    A text of several segments may leave when one token is there and takes the rest as a debt: no text is too long to
    ever leave, and over time the rate holds. Bulk stops while a fifth of the bucket is left, so that an answer to a
    person never waits behind a campaign.

    `seconds` is a monotonic clock, in seconds.
    """

    def __init__(self, rate: float, seconds: Callable[[], float]) -> None:
        self._rate = rate
        self._size = max(1.0, rate)
        self._seconds = seconds
        self._tokens = self._size
        self._at = seconds()

    def available(self, lane: Lane) -> float:
        """Segments that `lane` may send now; 0 when it must wait."""
        now = self._seconds()
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate)
        self._at = now
        kept = self._size * KEPT_FOR_REPLIES if lane is Lane.BULK else 0.0
        return max(0.0, self._tokens - kept)

    def take(self, segments: float) -> None:
        """Count `segments` as sent; a negative number gives back what was taken and not sent."""
        self._tokens -= segments

    def wait(self, lane: Lane) -> float:
        """Seconds until `lane` may send again."""
        if self.available(lane) > 0:
            return 0.0
        kept = self._size * KEPT_FOR_REPLIES if lane is Lane.BULK else 0.0
        return (kept - self._tokens) / self._rate + 0.001

"""A circuit breaker: a server that fails is left alone for a while, then asked once whether it is well again.

    closed ── `failures` in a row ──► open ── its pause is over ──► half open: one probe ─┬ fails ─► open, for longer
      ▲                                                                                   │
      └────────────────────────────────── answers ────────────────────────────────────────┘

It knows no server and no clock: whoever asks brings the moment, in seconds that only ever grow.

Source: Nygard, Release It!, "Circuit Breaker".
"""

from dataclasses import dataclass
from typing import Literal

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to ask once. What came of it is to be told back: `succeeded`, `failed`, or `withdrawn`."""

    epoch: int


class Breaker:
    """Lets questions through while they are answered.

    failures: so many in a row open it. pause: seconds that it then stays open, doubled each time that a probe fails,
    up to `longest`.
    """

    def __init__(self, *, failures: int = 3, pause: float = 2.0, longest: float = 60.0) -> None:
        if failures < 1 or not 0 < pause <= longest:
            raise ValueError("a breaker needs at least one failure, and a pause above 0 that is not over the longest")
        self._limit = failures
        self._first_pause = pause
        self._longest = longest
        self._pause = pause
        self._epoch = 0
        self._failed = 0
        self._until: float | None = None
        self._probing = False

    @property
    def state(self) -> State:
        """Where it stands; it goes from open to half open only when somebody asks."""
        if self._until is None:
            return "closed"
        return "half-open" if self._probing else "open"

    def ask(self, now: float) -> Permit | None:
        """Leave to ask the server at `now`; None means not to."""
        if self._until is None:
            return Permit(self._epoch)
        if self._probing or now < self._until:
            return None
        self._probing = True
        self._epoch += 1
        return Permit(self._epoch)

    def succeeded(self, permit: Permit) -> bool:
        """The server answered. True when that closed the breaker."""
        if permit.epoch != self._epoch:
            return False
        self._failed = 0
        if self._until is None:
            return False
        self._until = None
        self._probing = False
        self._pause = self._first_pause
        self._epoch += 1
        return True

    def failed(self, permit: Permit, now: float) -> bool:
        """The server did not answer, as of `now`. True when that opened the breaker, anew or again."""
        if permit.epoch != self._epoch:
            # It was asked before the breaker last changed: that is known already.
            return False
        if self._probing:
            self._pause = min(self._pause * 2, self._longest)
        else:
            self._failed += 1
            if self._failed < self._limit:
                return False
        self._until = now + self._pause
        self._failed = 0
        self._probing = False
        self._epoch += 1
        return True

    def withdrawn(self, permit: Permit) -> None:
        """Nobody waited for the answer. If it was the probe, the next to ask is one."""
        if permit.epoch == self._epoch and self._probing:
            self._probing = False
            self._epoch += 1

"""How a delivery may move: forward only, whatever is reported early, twice or late (invariant 6)."""

from collections.abc import Mapping

from hub.types import DeliveryState as S

FINAL = frozenset({S.READ, S.FAILED, S.SUPPRESSED})
"""States that nothing leaves. `delivered` may still become `read`."""

OPEN = (S.QUEUED, S.HELD, S.SENDING)
"""States in which the hub itself has something left to do."""

_FROM: Mapping[S, frozenset[S]] = {
    S.QUEUED: frozenset({S.HELD, S.SENDING}),
    S.HELD: frozenset({S.QUEUED}),
    S.SENDING: frozenset({S.QUEUED, S.HELD}),
    # A report may overtake our own record: the carrier took it although we were about to try again.
    S.SENT: frozenset({S.QUEUED, S.HELD, S.SENDING}),
    S.DELIVERED: frozenset({S.QUEUED, S.HELD, S.SENDING, S.SENT}),
    S.READ: frozenset({S.QUEUED, S.HELD, S.SENDING, S.SENT, S.DELIVERED}),
    S.FAILED: frozenset({S.QUEUED, S.HELD, S.SENDING, S.SENT}),
    S.SUPPRESSED: frozenset({S.QUEUED, S.HELD}),
}


def sources(state: S) -> frozenset[S]:
    """The states from which a delivery may become `state`."""
    return _FROM[state]


def may_become(current: S, new: S) -> bool:
    """Whether a delivery that is `current` may become `new`."""
    return current in _FROM[new]

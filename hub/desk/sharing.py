"""Who of a team is given a thread next. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of a team who is available. `load`: open threads that they have; `turn_at`: when they were given one last."""

    user_id: str
    capacity: int
    load: int
    turn_at: datetime | None


def shared(threads: Iterable[str], members: Sequence[Member], now: datetime) -> dict[str, str]:
    """Who gets which of the threads, by the threads' ids, in the order given; those for whom nobody has room wait.

    Whoever has waited longest for one is next, those first who never had any.
    """
    left = {one.user_id: one for one in members}
    given: dict[str, str] = {}
    for number, thread_id in enumerate(threads):
        free = [one for one in left.values() if one.load < one.capacity]
        if not free:
            break
        following = min(free, key=lambda one: (one.turn_at is not None, one.turn_at, one.load, one.user_id))
        given[thread_id] = following.user_id
        # Each in this round comes after the one before it.
        later = now.replace(microsecond=min(999_999, now.microsecond + number))
        left[following.user_id] = replace(following, load=following.load + 1, turn_at=later)
    return given

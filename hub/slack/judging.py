"""How loud a thread is: whether the channel must hear of it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from hub.types import ThreadStatus

__all__ = ["UNDELIVERED", "Level", "Standing", "is_early", "is_over", "level", "may_claim"]

URGENT = 2
GRACE = timedelta(seconds=5)
"""How long whoever wrote waits before the channel hears that nobody has it: round robin, or somebody in the inbox, is
often quicker."""
UNDELIVERED = "delivery_failed"
"""Why a thread wants somebody in which what the person waits for could not be delivered."""


class Has(Protocol):
    """What tells whether somebody may make a thread theirs."""

    @property
    def assignee(self) -> str | None:
        """Whose it is."""

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the person waits."""

    @property
    def due_at(self) -> datetime | None:
        """Until when they were to be answered."""

    @property
    def escalated(self) -> int:
        """How often a promise that was broken was told of."""

    @property
    def priority(self) -> int:
        """0 to 3."""


class Level(IntEnum):
    """What a post is for; the numbers are kept in the database."""

    NOTHING = 0
    UNASSIGNED = 1
    LATE = 2
    EMERGENCY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A thread as the channel may hear of it.

    private: it is of a team whose threads are seen by its members alone. initials: empty where nobody is known.
    """

    thread_id: str
    person_id: str
    status: ThreadStatus
    priority: int
    attention: str
    assignee: str | None
    team: str
    private: bool
    waiting_since: datetime | None
    due_at: datetime | None
    escalated: int
    snoozed_until: datetime | None
    last_seq: int
    last_channel: str
    language: str
    initials: str
    holder: str = ""
    """The name of the assignee."""


def level(one: Standing, now: datetime) -> Level:
    """How loud the thread is.

    What staff have put away, closed, or given to the bot is silent, unless something was not delivered. So is what
    somebody has and answers in time.
    """
    if one.attention == UNDELIVERED and one.status is not ThreadStatus.CLOSED:
        return max(Level.UNASSIGNED, _open(one, now))
    return _open(one, now)


def _open(one: Standing, now: datetime) -> Level:
    if one.status is not ThreadStatus.OPEN:
        return Level.NOTHING
    waits = one.waiting_since is not None
    free = one.assignee is None and (waits or bool(one.attention))
    if one.priority >= URGENT and (waits or free):
        return Level.EMERGENCY
    if waits and (one.escalated > 0 or (one.due_at is not None and one.due_at <= now)):
        return Level.LATE
    return Level.UNASSIGNED if free else Level.NOTHING


def is_early(one: Standing, now: datetime) -> bool:
    """Whether a thread that nobody has is too new to be told of."""
    waits = one.waiting_since is not None and one.waiting_since > now - GRACE
    return waits and level(one, now) is Level.UNASSIGNED


def may_claim(one: Has, now: datetime) -> bool:
    """Whether somebody may make it theirs by a button: nobody has it, or whoever has it lets the person wait."""
    if one.assignee is None:
        return True
    late = one.escalated > 0 or (one.due_at is not None and one.due_at <= now)
    return one.waiting_since is not None and (late or one.priority >= URGENT)


def is_over(one: Standing, now: datetime) -> bool:
    """Whether nobody of the staff has anything to do with the thread any more, so that its post ends."""
    return one.status in (ThreadStatus.CLOSED, ThreadStatus.BOT) and level(one, now) is Level.NOTHING

"""What a thread is to the staff, and what each of their acts makes of it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from hub.desk import dispositions
from hub.types import ThreadStatus

ORDINARY, SOON, URGENT, EMERGENCY = 0, 1, 2, 3
"""A thread's priority: what staff see first."""
LONGEST_SNOOZE = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that staff can change of a thread: the columns of `thread` of the same names."""

    status: ThreadStatus
    priority: int = ORDINARY
    attention: str = ""
    assignee: str | None = None
    team_id: str | None = None
    waiting_since: datetime | None = None
    due_at: datetime | None = None
    escalated: int = 0
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    disposition: str = ""

    @property
    def emergency(self) -> bool:
        """Whether somebody may be in danger: it does not leave the staff without a word of how it ended."""
        return self.priority >= EMERGENCY or self.attention.startswith("emergency")

    @property
    def with_staff(self) -> bool:
        """Whether people have it, now or later."""
        return self.status in (ThreadStatus.OPEN, ThreadStatus.SNOOZED)


@dataclass(frozen=True, slots=True)
class Assign:
    """Give the thread to one of the staff, or to nobody; who is given one has it from the bot."""

    user_id: str | None
    verb = "assign"


@dataclass(frozen=True, slots=True)
class Claim:
    """Take the thread oneself, unless a colleague has it: of two who claim at once, one does."""

    user_id: str
    verb = "assign"


@dataclass(frozen=True, slots=True)
class ToTeam:
    """Hand the thread to a team, or to none; whoever had it has it no more."""

    team_id: str | None
    verb = "team"


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put it away until then, or until the person writes, whichever comes first; None: until they write."""

    until: datetime | None
    verb = "snooze"


@dataclass(frozen=True, slots=True)
class Reopen:
    """Have it again: from being snoozed, from being closed, from the bot."""

    verb = "reopen"


@dataclass(frozen=True, slots=True)
class Prioritize:
    """0 ordinary, 1 soon, 2 urgent, 3 emergency."""

    priority: int
    verb = "prioritize"


@dataclass(frozen=True, slots=True)
class Close:
    """The conversation is over: the bot answers the next text. An emergency needs a disposition of its own kind."""

    disposition: str = ""
    verb = "close"


@dataclass(frozen=True, slots=True)
class ToBot:
    """Give it back to the bot, which begins anew with the person's next text."""

    verb = "hand_back"


@dataclass(frozen=True, slots=True)
class Settle:
    """No answer is needed: nobody waits any more."""

    verb = "settle"


@dataclass(frozen=True, slots=True)
class Unsettle:
    """An answer is needed after all. `since`: the first message that nobody answered; None where there is none."""

    since: datetime | None
    verb = "unsettle"


Act = Assign | Claim | ToTeam | Snooze | Reopen | Prioritize | Close | ToBot | Settle | Unsettle


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act is not done. `detail` is a sentence for staff; 409 where it fits not now, 422 where it never does."""

    kind: str
    detail: str
    status: Literal[409, 422] = 409


NEEDS_DISPOSITION = Refusal(
    "disposition-needed",
    "This thread is an emergency: say by a disposition how it ended, before it is closed or given back to the bot.",
)
_TAKEN = Refusal("taken", "A colleague has this thread already: have it assigned to you if you are to go on with it.")
_UNKNOWN_END = Refusal("unusable", "There is no such disposition for this thread.", 422)
_NOT_OFF = Refusal("emergency", "An emergency cannot be put off: close it with how it ended.")
_NOT_OURS = Refusal("not-with-staff", "Only a thread that the staff have can be snoozed: take it first.")
_NOT_WAITING = Refusal("not-with-staff", "Only a thread that the staff have can wait for them: take it first.")
_NOT_THEN = Refusal("unusable", "A thread can be snoozed until a moment that lies ahead, within a year.", 422)
_NO_PRIORITY = Refusal("unusable", "A priority is 0, 1, 2 or 3.", 422)
_NOTHING = Refusal("nothing-to-answer", "The person has written nothing that could be answered.")


def apply(state: State, act: Act, now: datetime) -> State | Refusal:
    """What the act makes of the state; the same state where it is so already."""
    match act:
        case Assign(user_id):
            return _opened(state, assignee=user_id) if user_id is not None else replace(state, assignee=None)
        case Claim(user_id):
            taken = state.with_staff and state.assignee not in (None, user_id)
            return _TAKEN if taken else _opened(state, assignee=user_id)
        case ToTeam(team_id):
            # The promise is another team's: it is made anew.
            moved = replace(state, team_id=team_id, assignee=None, due_at=None, escalated=0)
            return state if team_id == state.team_id else moved
        case Snooze(until):
            return _snoozed(state, until, now)
        case Reopen():
            return state if state.status is ThreadStatus.OPEN else _opened(state, again=True)
        case Prioritize(priority):
            return replace(state, priority=priority) if ORDINARY <= priority <= EMERGENCY else _NO_PRIORITY
        case Close(disposition):
            return _closed(state, disposition, now)
        case ToBot():
            if state.status is ThreadStatus.BOT and not state.emergency:
                # It has it already: what staff were to look at was looked at.
                return replace(state, priority=ORDINARY, attention="")
            return NEEDS_DISPOSITION if state.emergency else replace(_left(state), status=ThreadStatus.BOT)
        case Settle():
            return replace(state, waiting_since=None, due_at=None, escalated=0)
        case Unsettle(since):
            if state.waiting_since is not None:
                return state
            if not state.with_staff:
                return _NOT_WAITING
            return _NOTHING if since is None else replace(state, waiting_since=since)


def _opened(state: State, *, assignee: str | None = None, again: bool = False) -> State:
    """With the staff. Who gives a snoozed thread to somebody leaves it snoozed."""
    assignee = assignee or state.assignee
    if state.status is ThreadStatus.SNOOZED and not again:
        return replace(state, assignee=assignee)
    return replace(
        state, status=ThreadStatus.OPEN, assignee=assignee, snoozed_until=None, closed_at=None, disposition=""
    )


def _snoozed(state: State, until: datetime | None, now: datetime) -> State | Refusal:
    if not state.with_staff:
        return _NOT_OURS
    if state.emergency:
        return _NOT_OFF
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        return _NOT_THEN
    return replace(state, status=ThreadStatus.SNOOZED, snoozed_until=until)


def _closed(state: State, disposition: str, now: datetime) -> State | Refusal:
    if state.status is ThreadStatus.CLOSED:
        return state
    if disposition and disposition not in dispositions.offered(emergency=state.emergency):
        return _UNKNOWN_END
    if state.emergency and not disposition:
        return NEEDS_DISPOSITION
    over = _left(state)
    return replace(over, status=ThreadStatus.CLOSED, closed_at=now, disposition=disposition, assignee=state.assignee)


def _left(state: State) -> State:
    """Without all that it was to the staff, but for the team that it belongs to."""
    return State(status=state.status, team_id=state.team_id)

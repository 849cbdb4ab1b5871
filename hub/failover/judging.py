"""What is to follow a delivery: a pure decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hub.outbox.states import OPEN
from hub.outbox.watch import READ_THERE, Cause, Waits, reached
from hub.types import ChannelKind, DeliveryState, Purpose

LOOK_AGAIN = timedelta(hours=1)
"""How long a delivery that has not left is left alone; that it failed is heard of at once."""
VOID = ("appointment_changed", "visit_over")
SETTLED = ("answered", "read", "arrived")
"""Reasons for which the outbox drops a delivery that is not wanted any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery of a message. `left_at` is when its newest attempt began, None before the first."""

    channel: ChannelKind
    state: DeliveryState
    reason: str
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of a message that is followed.

    deliveries: oldest first; the last one is the step that is watched. safety: it is the reply to an emergency.
    in_portal: its text is read in the portal. heard_at: when the person last wrote.
    visit: whether the visit that it speaks of still stands, and is to come; None where it speaks of none.
    """

    purpose: Purpose
    safety: bool
    deliveries: Sequence[Sent]
    in_portal: bool
    written_at: datetime
    heard_at: datetime | None
    visit: bool | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing yet: look again then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more follows. `reached`: it got there, as far as that can be known; `void`: it is not wanted any more."""

    how: Literal["reached", "void"]


@dataclass(frozen=True, slots=True)
class GoOn:
    """By the next way, or where there is none to staff; `staff` where no further way may be taken at all."""

    cause: Cause
    staff: bool = False


Verdict = Wait | Done | GoOn


def judge(story: Story, now: datetime, waits: Waits) -> Verdict:
    """What follows the newest delivery of a message. Total: every story gets a verdict.

    A delivery of unknown outcome is never followed while it may still be found out (invariant 5), and afterwards by
    staff alone: the person may have it. Only a safety reply is then said again.
    """
    newest = story.deliveries[-1]
    siblings = [(one.channel, one.state) for one in story.deliveries]
    if reached(siblings, in_portal=story.in_portal, written_at=story.written_at, heard_at=story.heard_at):
        return Done("reached")
    if story.visit is False:
        # Nothing that waits is stopped here: that is the claim's to do, which reads the visit under a lock.
        return Wait(now + LOOK_AGAIN) if newest.state in OPEN else Done("void")
    match newest.state:
        case DeliveryState.FAILED if newest.reason == "outcome_unknown" and not story.safety:
            return GoOn("failed", staff=True)
        case DeliveryState.FAILED:
            return GoOn("failed")
        case DeliveryState.SUPPRESSED if newest.reason in VOID:
            return Done("void")
        case DeliveryState.SUPPRESSED if newest.reason in SETTLED:
            return Done("reached")
        case DeliveryState.SUPPRESSED:
            return GoOn("refused")
        case DeliveryState.SENT | DeliveryState.DELIVERED:
            return _left(story, newest, now, waits)
    return Wait(now + LOOK_AGAIN)


def _left(story: Story, newest: Sent, now: datetime, waits: Waits) -> Verdict:
    """It is with the provider, or further; nobody answered it, and it was not read."""
    since = newest.left_at or story.written_at
    if story.in_portal or newest.channel in READ_THERE:
        patience = waits.unread.get(story.purpose)
        if patience is None:
            return Done("reached")
        return _until(since + patience, now, GoOn("unread"))
    if newest.channel is ChannelKind.EMAIL:
        # A relay says no more than that it took the mail; a bounce that comes later is heard of all the same.
        return Done("reached")
    return _until(since + waits.undelivered, now, GoOn("undelivered"))


def _until(deadline: datetime, now: datetime, then: GoOn) -> Verdict:
    return Wait(deadline) if now < deadline else then

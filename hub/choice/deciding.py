"""Deciding: the policy is asked of one way after the other. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from consent import rules as rulebook
from consent.asking import NO_WISHES, Wishes, share
from consent.policy import Allowed, Denied, Request, Wait, may
from hub.choice.ranking import Way
from hub.types import AuthorKind, ChannelKind, Decision, Hold, Intent, Lane, Purpose, Send, Skip
from hub.vendors import WITHHELD

LATER = "not-before"
"""Why a message is held that is to leave at a moment that was chosen."""
SWITCHED_OFF = ("The person does not want this kind of message this way.", "switched-off")
CONTENT_LEVEL = (
    "The text says more than may travel this way, and the person cannot sign in to read it: no birth date is on file.",
    "content-level",
)
NO_AGREEMENT = (
    "No agreement is on file with the vendor that carries this way, so it may say nothing of the person, and they "
    "cannot sign in to read it: no birth date is on file.",
    WITHHELD,
)

BY = {
    ChannelKind.SMS: "text message",
    ChannelKind.VOICE: "phone call",
    ChannelKind.EMAIL: "mail",
    ChannelKind.PUSH: "notification",
    ChannelKind.PORTAL: "the portal",
}
"""Channels in the sentences for staff."""


def decide(
    intent: Intent,
    ways: Sequence[Way],
    now: datetime,
    timezone: str | None,
    recent: Sequence[datetime],
    *,
    told: Sequence[datetime] = (),
    wishes: Wishes = NO_WISHES,
) -> tuple[Decision, tuple[str, ...]]:
    """The first way that may be taken now; else the one that opens first; else why there is none. Pure.

    timezone: the person's, for ways that know of no place themselves. recent: when automated texts and calls left for
    them in the last week; told: when other messages left, over all channels. wishes: what they asked for.
    """
    history = _History(tuple(recent), tuple(told), wishes)
    holds: list[tuple[Hold, tuple[str, ...]]] = []
    refusals: list[tuple[str, str]] = []
    for way in ways:
        if way.off or way.shape == "closed":
            refusals.append(SWITCHED_OFF if way.off else NO_AGREEMENT if way.barred else CONTENT_LEVEL)
            continue
        at = leaves_at(intent, now)
        verdict = may(_request(intent, way, at, timezone, history))
        match verdict:
            case Allowed(reason, rule) if at <= now:
                return Send(way.channel, way.address_id, _because(reason, way)), _rules(rule.id, way)
            case Allowed():
                holds.append((Hold(way.channel, way.address_id, at, "It is to be sent later."), _rules(LATER, way)))
            case Wait(until, reason, rule):
                holds.append((Hold(way.channel, way.address_id, until, reason), _rules(rule.id, way)))
            case Denied(reason, rule):
                refusals.append((reason, rule.id))
    if holds:
        return min(holds, key=lambda held: held[0].until)
    if not refusals:
        return Skip(("There is no address on file that this hub can send to.",)), ("no-address",)
    reasons = dict(refusals)
    return Skip(tuple(reasons)), tuple(dict.fromkeys(reasons.values()))


class _History(NamedTuple):
    recent: tuple[datetime, ...]
    told: tuple[datetime, ...]
    wishes: Wishes


def _because(reason: str, way: Way) -> str:
    return f"{reason} They asked to hear of this by {BY[way.channel]}." if way.wanted else reason


def _rules(decided_by: str, way: Way) -> tuple[str, ...]:
    """What decided; and that a link goes because the way's vendor may carry nothing of the person."""
    return (decided_by, WITHHELD) if way.barred else (decided_by,)


def _request(intent: Intent, way: Way, at: datetime, timezone: str | None, history: _History) -> Request:
    begun = automated(intent) and intent.replies_to is None
    return Request(
        purpose=intent.purpose,
        channel=way.channel,
        automated=automated(intent),
        now=at,
        standing=way.standing,
        replies_to=intent.replies_to,
        zones=way.place.zones or ((timezone,) if timezone else ()),
        states=way.place.states,
        address_state=way.state,
        sent_recently=history.recent,
        told_recently=history.told,
        wishes=history.wishes if begun else NO_WISHES,
        share=share(intent.person_id) if intent.lane is Lane.BULK else 0.0,
        confirms_stop=intent.confirms_stop,
        answers_help=intent.answers_help,
        safety=intent.lane is Lane.SAFETY and intent.purpose is Purpose.EMERGENCY,
    )


def automated(intent: Intent) -> bool:
    """Whether no person of the staff writes it now."""
    return intent.author is not AuthorKind.STAFF


def leaves_at(intent: Intent, now: datetime) -> datetime:
    """When it would leave at the earliest."""
    return max(now, intent.not_before) if intent.not_before else now


def answers(intent: Intent, now: datetime) -> bool:
    """Whether it answers what the person wrote just now: that goes back the way it came, whatever they prefer."""
    return intent.replies_to is not None and now - intent.replies_to <= rulebook.load().reply

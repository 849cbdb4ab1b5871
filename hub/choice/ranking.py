"""Which way to a person comes first, and what a text may be there: the whole of it, or a link to it. Pure.

1. `shape` compares what a text reveals with what its channel may carry.
2. `failing` finds the ways that did not work lately.
3. `rank` puts the ways in order: those that work, as the person would like them, then as we would.

What the policy says of a way is asked after that: see `hub.router`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, get_args

from msgspec import Struct

from consent.facts import Standing
from consent.policy import AddressState
from consent.whereabouts import UNKNOWN, Place
from hub.types import AddressKind, ChannelKind, DeliveryState, Level

REACHES: Mapping[ChannelKind, AddressKind] = {
    ChannelKind.SMS: AddressKind.PHONE,
    ChannelKind.VOICE: AddressKind.PHONE,
    ChannelKind.EMAIL: AddressKind.MAILBOX,
    ChannelKind.PUSH: AddressKind.PUSH,
    ChannelKind.PORTAL: AddressKind.PORTAL,
}
ORDER = (ChannelKind.SMS, ChannelKind.PORTAL, ChannelKind.PUSH, ChannelKind.EMAIL, ChannelKind.VOICE)
"""Channels in the order tried for a person who never said what they prefer."""
FAILURES = 2
"""Failures one after the other that make a way one of the last to be tried."""

Shape = Literal["whole", "link", "closed"]
"""A text as it is; a link to it; neither, for the person could not sign in to follow one."""

_LEVELS: tuple[Level, ...] = get_args(Level)


class Way(Struct, frozen=True, kw_only=True):
    """One way to reach a person: a channel and an address, with what holds there.

    shape: what the text may be. off: the person does not want it this way. failing: it did not work lately.
    place: where the person may be. wanted: they asked to hear of it this way. barred: for want of an agreement with its
    vendor the text does not go there whole.
    """

    channel: ChannelKind
    address_id: str
    state: AddressState
    standing: Standing
    shape: Shape = "whole"
    off: bool = False
    failing: bool = False
    place: Place = UNKNOWN
    wanted: bool = False
    barred: bool = False


def shape(needs: Level, most: Level, *, open_here: bool, can_sign_in: bool) -> Shape:
    """What a text that reveals `needs` may be where no more than `most` may travel.

    open_here: the person wants whole texts there after a warning, or wrote from there what staff now answer.

    Source: 45 CFR 164.312(e)(1), 164.522(b); HHS on unencrypted mail to a patient who was warned, or who began it.
    """
    if open_here or _LEVELS.index(needs) <= _LEVELS.index(most):
        return "whole"
    return "link" if can_sign_in else "closed"


def failing(newest_first: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, str]]:
    """The ways, as channel and address, whose last deliveries all failed; from rows of these two and a state."""
    told: dict[tuple[str, str], list[str]] = {}
    for channel, address_id, state in newest_first:
        told.setdefault((channel, address_id), []).append(state)
    return frozenset(
        way
        for way, states in told.items()
        if len(states) >= FAILURES and all(state == DeliveryState.FAILED for state in states[:FAILURES])
    )


def rank(ways: Sequence[Way], asked: ChannelKind | None, order: Collection[ChannelKind] = ()) -> list[Way]:
    """The ways to try, best first: the channel asked for alone; else the person's own order, then ours.

    A way that did not work lately comes after all that did: the person would rather hear of it than not.
    """
    if asked is not None:
        return [way for way in ways if way.channel is asked]
    place = {channel: number for number, channel in enumerate(order)}
    return sorted(ways, key=lambda way: (way.failing, place.get(way.channel, len(place)), ORDER.index(way.channel)))

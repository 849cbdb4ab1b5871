"""When an automated message may leave: caps, hours, and what the person asked for. Pure.

1. Caps say from when on there is room again: calls and texts, then all channels together, then the person's own wish.
2. Hours say when, from then on, nobody is disturbed wherever the person may be, and at a time that they like.
3. What waits in the bulk lane for one opening is spread over its beginning, each at its own place.

What comes out lies within the hours and under the caps; at that moment it is asked anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from consent.asking import Request
from consent.quiet_hours import Hours, next_open
from consent.rules import STATE_HOURS, RuleSet

ALWAYS = Hours(((time.min, time.max),) * 7)
"""No hours at all: what disturbs nobody may come at any time."""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Held:
    """Not before `until` (UTC), because of a rule; `words` fill the rule's sentence."""

    until: datetime
    rule: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Never:
    """At no time, because of a rule."""

    rule: str
    words: Mapping[str, str] = field(default_factory=dict)


def hold(request: Request, book: RuleSet) -> Held | Never | None:
    """Until when the message must wait; None when it may leave now."""
    at, rule, words = _room(request, book)
    lawful = book.hours(request.purpose, request.states) if request.channel in book.quiet_channels else None
    hours = _wanted(request, lawful)
    if hours is None:
        return Never("preference-hours-closed", _span(request))
    zones = zones_of(request.zones, book)
    opens = None if hours is ALWAYS else next_open(at, zones, hours)
    if request.wishes.between is not None and not _open(hours, opens or at, zones):
        # Nobody knows where the person is, and their hours have no moment that suits all places: the law's hours do.
        hours = lawful or ALWAYS
        opens = None if hours is ALWAYS else next_open(at, zones, hours)
    if opens is not None:
        if not rule:
            rule, words = _closed(request, book, zones)
        at = _spread(opens, request.share, zones, hours, book)
    return Held(at, rule, words) if rule else None


def zones_of(names: Sequence[str], book: RuleSet) -> tuple[ZoneInfo, ...]:
    """The zones named; with one that cannot be read, or none, also all those a person might be in."""
    found = [_zone(name) for name in names]
    known = tuple(zone for zone in found if zone is not None)
    if known and len(known) == len(found):
        return known
    return known + tuple(ZoneInfo(name) for name in book.unknown_zones)


def _room(request: Request, book: RuleSet) -> tuple[datetime, str, Mapping[str, str]]:
    """From when on the caps have room, and which of them it is that makes it wait; now and nothing where none does."""
    limits: list[tuple[Sequence[datetime], int, timedelta, str]] = []
    if request.channel in book.capped:
        limits += [
            (request.sent_recently, book.per_day, _DAY, "cap-day"),
            (request.sent_recently, book.per_week, _WEEK, "cap-week"),
        ]
    if request.channel in book.told:
        day, week = book.altogether
        limits += [
            (request.told_recently, day, _DAY, "cap-day-altogether"),
            (request.told_recently, week, _WEEK, "cap-week-altogether"),
        ]
        if (most := request.wishes.per_week) is not None and most < week:
            limits.append((request.told_recently, most, _WEEK, "preference-fewer"))
    at, rule = request.now, ""
    for times, limit, span, name in limits:
        if len(times) >= limit and (free := sorted(times, reverse=True)[limit - 1] + span) > at:
            at, rule = free, name
    return at, rule, {"most": str(request.wishes.per_week)} if rule == "preference-fewer" else {}


def _wanted(request: Request, lawful: Hours | None) -> Hours | None:
    """The hours that are lawful (None: all are) and that the person asked for; None when they share no moment."""
    if (between := request.wishes.between) is None:
        return lawful or ALWAYS
    wanted = Hours((between,) * 7)
    try:
        return wanted if lawful is None else lawful.within(wanted)
    except ValueError:
        return None


def _open(hours: Hours, at: datetime, zones: Sequence[ZoneInfo]) -> bool:
    return hours is ALWAYS or all(hours.open_at(at.astimezone(zone)) for zone in zones)


def _closed(request: Request, book: RuleSet, zones: Sequence[ZoneInfo]) -> tuple[str, Mapping[str, str]]:
    """Which rule closes this moment: the law before the clinic's own, and both before the person's wish."""

    def shut(hours: Hours) -> bool:
        return not _open(hours, request.now, zones)

    if request.channel not in book.quiet_channels:
        return "preference-hours", _span(request)
    if request.purpose not in book.solicitations:
        if shut(book.hours(request.purpose)):
            return "quiet-hours", {}
        return "preference-hours", _span(request)
    if shut(book.federal):
        return "quiet-hours", {}
    if request.states:
        for state in book.adding(request.states):
            if shut(book.states[state]):
                return f"{STATE_HOURS}{state.lower()}", {}
    if request.wishes.between is None or shut(book.hours(request.purpose, request.states)):
        return "solicitation-hours", {}
    return "preference-hours", _span(request)


def _span(request: Request) -> dict[str, str]:
    start, end = request.wishes.between or (None, None)
    return {"span": f"{start:%H:%M} and {end:%H:%M}"}


def _spread(opens: datetime, share: float, zones: Sequence[ZoneInfo], hours: Hours, book: RuleSet) -> datetime:
    """The message's place in what follows an opening; the opening itself, where that is too short for it."""
    moment = opens + share * book.spread
    return moment if _open(hours, moment, zones) else opens


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None

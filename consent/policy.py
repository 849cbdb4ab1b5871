"""May this message leave now? Yes, not yet, or no; always with the rule and a sentence for the staff.

The questions are asked in this order, and the first that knows decides:

1. Is it the fixed safety reply to an emergency text, the one confirmation of a STOP, or the answer to HELP?
2. Does the address work, and is it the right person's?
3. Did the person opt out?
4. Is it for safety, or an answer to what the person wrote within the reply window? Then it may leave at any hour.
5. Did the person agree to this kind of message here (marketing: in writing)?
6. Automated: is it within the hours, and under the caps?

After STOP nothing leaves for the number but its one confirmation. The fixed safety reply and the answer to HELP are
no exceptions to that in spirit: each answers a later message of the person's own, an emergency text or the word HELP,
that was written with or after the STOP. A bot's reply to any other later message is not sent; staff are told of it.
A text that is an emergency and an opt-out at once gets its safety reply: a life counts more than silence.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import force_setattr

from consent import rules as rulebook
from consent.facts import PHONE_CHANNELS, ConsentState, Fact, Holding, Source, Standing, in_utc
from consent.quiet_hours import next_open
from consent.rules import Rule, RuleSet
from hub.types import ChannelKind, Purpose

AddressState = Literal["ok", "invalid", "suspended"]

NO_TEXTS = "no_texts"
"""How the reason begins for which a number is invalid that takes calls, but no texts."""

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


class Request(Struct, frozen=True, kw_only=True):
    """One message that would like to leave, with all that the decision needs. Times are aware.

    automated: no person of the staff wrote it now.
    replies_to: when the person wrote what this answers; None for anything the clinic starts.
    zones: the IANA zones the person may be in; empty or partly unreadable means unknown.
    state: the two letters of the state, None when unknown.
    standing: what holds for the address.
    sent_recently: when automated messages left for this person over capped channels in the last week.
    confirms_stop, stop_confirmed: this is the confirmation of an opt-out; one has left already.
    answers_help: this is the fixed answer to the word HELP.
    safety: this is the fixed safety reply to an emergency text.
    """

    purpose: Purpose
    channel: ChannelKind
    automated: bool
    now: datetime
    standing: Standing
    replies_to: datetime | None = None
    zones: tuple[str, ...] = ()
    state: str | None = None
    address_state: AddressState = "ok"
    sent_recently: tuple[datetime, ...] = ()
    confirms_stop: bool = False
    stop_confirmed: bool = False
    answers_help: bool = False
    safety: bool = False

    def __post_init__(self) -> None:
        """Refuse naive times, and bring the others to UTC: differences of wall times forget clock changes."""
        if self.now.tzinfo is not UTC:
            force_setattr(self, "now", in_utc(self.now))
        if self.sent_recently:
            force_setattr(self, "sent_recently", tuple(map(in_utc, self.sent_recently)))
        if self.replies_to is not None:
            force_setattr(self, "replies_to", in_utc(self.replies_to))


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may leave now."""

    reason: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Wait:
    """It may not leave before `until` (UTC, later than now); then ask anew."""

    until: datetime
    reason: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Denied:
    """It may not leave, and time alone will not change that."""

    reason: str
    rule: Rule


Verdict = Allowed | Wait | Denied


def state_for(channel: ChannelKind, state: AddressState, reason: str) -> AddressState:
    """The state of an address as far as `channel` goes: a landline, which takes no texts, may be called."""
    return "ok" if state == "invalid" and channel is ChannelKind.VOICE and reason.startswith(NO_TEXTS) else state


def may(request: Request, rules: RuleSet | None = None) -> Verdict:
    """Whether the message may leave now. Pure, and total: every request gets a verdict with its reason.

    Source: `consent/rules/us-2026.toml` cites each rule.
    """
    book = rules or rulebook.load()
    holding = request.standing.of(request.channel, request.purpose)
    revoked = holding.decided_by if holding.state is ConsentState.REVOKE else None
    return (
        _named_exception(request, book, revoked)
        or _address(request, book)
        or _opt_out(revoked, book)
        or _at_any_hour(request, book)
        or _consent(request, book, holding)
        or _timing(request, book)
        or Allowed(*_because(book, "consent-held"))
    )


def _because(book: RuleSet, rule: str) -> tuple[str, Rule]:
    return book.reasons[rule], book.rules[rule]


def _answers(request: Request, book: RuleSet) -> bool:
    """Whether this answers a message that the person wrote within the reply window."""
    if request.replies_to is None:
        return False
    age = request.now - request.replies_to
    return -book.clock_skew <= age <= book.reply


def _named_exception(request: Request, book: RuleSet, revoked: Fact | None) -> Verdict | None:
    if request.safety and request.purpose is Purpose.EMERGENCY and _answers(request, book):
        if revoked is None or (request.replies_to is not None and request.replies_to >= revoked.at):
            return Allowed(*_because(book, "safety-reply"))
        return None
    if request.address_state == "invalid":
        return None
    if request.confirms_stop:
        in_time = revoked is not None and -book.clock_skew <= request.now - revoked.at <= book.stop_confirmation
        if in_time and not request.stop_confirmed:
            return Allowed(*_because(book, "stop-confirmation"))
        return Denied(*_because(book, "stop-confirmation-late"))
    if (
        request.answers_help
        and _answers(request, book)
        and (revoked is None or (request.replies_to is not None and request.replies_to > revoked.at))
    ):
        return Allowed(*_because(book, "help-answer"))
    return None


def _address(request: Request, book: RuleSet) -> Denied | None:
    if request.address_state == "ok":
        return None
    return Denied(*_because(book, f"address-{request.address_state}"))


def _opt_out(revoked: Fact | None, book: RuleSet) -> Denied | None:
    if revoked is None:
        return None
    reason, rule = _because(book, "opted-out")
    return Denied(reason.format(what=_what(revoked), how=_how(revoked)), rule)


def _what(fact: Fact) -> str:
    """The channels and purposes of a revocation, in words."""
    if fact.scope.channels >= PHONE_CHANNELS:
        channels = "texts and calls"
    else:
        names = {ChannelKind.SMS: "texts", ChannelKind.VOICE: "calls", ChannelKind.EMAIL: "mail"}
        channels = " and ".join(sorted(names.get(kind, f"{kind} messages") for kind in fact.scope.channels))
    if fact.scope.purposes is None:
        return channels
    return f"{channels} about {' and '.join(sorted(fact.scope.purposes))}"


def _how(fact: Fact) -> str:
    match fact.source:
        case Source.STOP:
            return "by STOP or in their own words"
        case Source.LINK:
            return "by the unsubscribe link"
        case Source.PROVIDER:
            return "at the carrier"
        case Source.REGISTER:
            return "as far as we know: a register says that the number was given up"
        case Source.STAFF:
            return "as staff noted"
        case _:
            return "as recorded"


def _at_any_hour(request: Request, book: RuleSet) -> Allowed | None:
    if request.purpose is Purpose.EMERGENCY:
        return Allowed(*_because(book, "emergency-purpose"))
    if request.purpose not in book.written and _answers(request, book):
        return Allowed(*_because(book, "reply"))
    return None


def _consent(request: Request, book: RuleSet, holding: Holding) -> Denied | None:
    if request.purpose in book.written:
        return None if holding.written else Denied(*_because(book, "marketing-needs-writing"))
    if holding.state is ConsentState.GRANT or request.channel in book.granted_by_enrolling:
        return None
    return Denied(*_because(book, "consent-unknown"))


def _timing(request: Request, book: RuleSet) -> Wait | None:
    """Hold an automated message for the caps and the hours; what frees the caps must also lie within the hours."""
    if not request.automated:
        return None
    at, rule = request.now, ""
    if request.channel in book.capped:
        at, rule = _caps(request, book)
    if request.channel in book.quiet_channels:
        opens = next_open(at, _zones(request.zones, book), book.hours(request.purpose, request.state))
        at, rule = (at, rule) if opens is None else (opens, rule or "quiet-hours")
    return Wait(at, *_because(book, rule)) if rule else None


def _caps(request: Request, book: RuleSet) -> tuple[datetime, str]:
    """When the caps are free again, and which of them holds the message; now and nothing when they are free."""
    latest_first = sorted(request.sent_recently, reverse=True)
    at, rule = request.now, ""
    for limit, span, name in ((book.per_day, _DAY, "cap-day"), (book.per_week, _WEEK, "cap-week")):
        if len(latest_first) >= limit and latest_first[limit - 1] + span > at:
            at, rule = latest_first[limit - 1] + span, name
    return at, rule


def _zones(names: tuple[str, ...], book: RuleSet) -> tuple[ZoneInfo, ...]:
    """The zones named; with one that cannot be read, or none, also all those a person might be in."""
    found = [_zone(name) for name in names]
    known = tuple(zone for zone in found if zone is not None)
    if known and len(known) == len(found):
        return known
    return known + tuple(ZoneInfo(name) for name in book.unknown_zones)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None

"""May this message leave now? Yes, not yet, or no; always with the rule and a sentence for the staff.

The questions are asked in this order, and the first that knows decides:

1. Is it the fixed safety reply to an emergency text, the one confirmation of a STOP, or the answer to HELP?
2. Does the address work, is it the right person's, and do they live?
3. Did the person opt out?
4. Is it for safety, or an answer to what the person wrote within the reply window? Then it may leave at any hour.
5. Did the person agree to this kind of message here (marketing: in writing)?
6. Automated: is it within the hours, under the caps, and as the person asked for? See `consent.timing`.

After STOP nothing leaves for the number but its one confirmation. The fixed safety reply and the answer to HELP are
no exceptions to that in spirit: each answers a later message of the person's own, an emergency text or the word HELP,
that was written with or after the STOP. A bot's reply to any other later message is not sent; staff are told of it.
A text that is an emergency and an opt-out at once gets its safety reply: a life counts more than silence.
"""

from dataclasses import dataclass
from datetime import datetime

from consent import rules as rulebook
from consent.asking import AddressState, Request
from consent.facts import PHONE_CHANNELS, ConsentState, Fact, Holding, Source
from consent.rules import Rule, RuleSet
from consent.timing import Held, Never, hold
from hub.types import ChannelKind, Purpose

__all__ = [
    "NO_TEXTS",
    "AddressState",
    "Allowed",
    "Denied",
    "Request",
    "Verdict",
    "Wait",
    "at_any_hour",
    "may",
    "state_for",
]

NO_TEXTS = "no_texts"
"""How the reason begins for which a number is invalid that takes calls, but no texts."""


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


def at_any_hour(purpose: Purpose, replies_to: datetime | None, now: datetime, rules: RuleSet | None = None) -> bool:
    """Whether a message may leave at whatever hour it is: then nobody need know where the person is.

    It is for safety, or it answers what the person wrote within the reply window.
    """
    book = rules or rulebook.load()
    return purpose in book.exempt or (purpose not in book.written and _in_window(replies_to, now, book))


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
        or _restricted(request, book)
        or _whenever(request, book)
        or _consent(request, book, holding)
        or _timing(request, book)
        or Allowed(*_because(book, "consent-held"))
    )


def _because(book: RuleSet, rule: str) -> tuple[str, Rule]:
    return book.reasons[rule], book.rules[rule]


def _answers(request: Request, book: RuleSet) -> bool:
    """Whether this answers a message that the person wrote within the reply window."""
    return _in_window(request.replies_to, request.now, book)


def _in_window(replies_to: datetime | None, now: datetime, book: RuleSet) -> bool:
    return replies_to is not None and -book.clock_skew <= now - replies_to <= book.reply


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
    if request.address_state == "ok" or (request.address_state == "deceased" and not request.automated):
        # Whoever uses the address of somebody who died writes, and is answered, by hand.
        return None
    return Denied(*_because(book, f"address-{request.address_state}"))


def _restricted(request: Request, book: RuleSet) -> Denied | None:
    """What the hub would do by itself for somebody whose record is restricted; staff still write."""
    if request.restricted and request.automated and request.purpose is not Purpose.EMERGENCY:
        return Denied(*_because(book, "restricted"))
    return None


def _opt_out(revoked: Fact | None, book: RuleSet) -> Denied | None:
    if revoked is None:
        return None
    if revoked.source is Source.SUPPRESSION:
        return Denied(*_because(book, "suppressed"))
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


def _whenever(request: Request, book: RuleSet) -> Allowed | None:
    if not at_any_hour(request.purpose, request.replies_to, request.now, book):
        return None
    return Allowed(*_because(book, "emergency-purpose" if request.purpose in book.exempt else "reply"))


def _consent(request: Request, book: RuleSet, holding: Holding) -> Denied | None:
    given = holding.decided_by
    if given is not None and given.until is not None and given.until <= request.now:
        return Denied(*_because(book, "consent-expired"))
    if request.purpose in book.written:
        return None if holding.written else Denied(*_because(book, "marketing-needs-writing"))
    if holding.state is ConsentState.GRANT or request.channel in book.granted_by_enrolling:
        return None
    return Denied(*_because(book, "consent-unknown"))


def _timing(request: Request, book: RuleSet) -> Wait | Denied | None:
    """Hold an automated message for the caps, the hours and the person's own wishes."""
    if not request.automated:
        return None
    match hold(request, book):
        case Held(until, rule, words):
            reason, because = _because(book, rule)
            return Wait(until, reason.format(**words), because)
        case Never(rule, words):
            reason, because = _because(book, rule)
            return Denied(reason.format(**words), because)
        case None:
            return None

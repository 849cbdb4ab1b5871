"""What becomes of one step for one person. Pure: a preview and the real run ask this very function."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from consent import rules as rulebook
from hub.campaigns import timing
from hub.campaigns.audience import Subject
from hub.campaigns.facts import Facts
from hub.campaigns.plans import Plan, Step, Visits, catalog_of, span
from hub.router import Batch, Judged, Reading
from hub.types import AuthorKind, ChannelKind, Hold, Intent, Lane, Language, Purpose, Skip
from templates import Catalog, Template

Outcome = Literal["send", "hold", "skip"]
_NOT_BEFORE = "not-before"
_ROOM = 200
"""Characters of a reason that are kept."""

_LATE = ("late", "Its time had passed when it could be sent.")
_OVER = ("visit-over", "It could only be sent after the visit has begun.")
_UNFIT: Mapping[tuple[str, object], tuple[str, str]] = {
    ("risk", "high"): ("condition-risk", "The step is for patients who often did not come."),
    ("risk", "low"): ("condition-risk", "The step is for patients who come as a rule."),
    ("confirmed", True): ("condition-confirmed", "The step is for visits that are confirmed, and this one is not."),
    ("confirmed", False): ("condition-confirmed", "The visit is confirmed already."),
    ("booked", True): ("condition-booked", "The step is for patients with a visit ahead."),
    ("booked", False): ("condition-booked", "The patient has a visit ahead already."),
    ("answered", True): ("condition-answered", "The step is for patients who answered."),
    ("answered", False): ("condition-answered", "The patient answered already."),
}
_STOPS: Mapping[str, tuple[str, str]] = {
    "confirmed": ("stop-confirmed", "The plan ends for whoever has confirmed the visit."),
    "booked": ("stop-booked", "The plan ends for whoever has a visit ahead."),
    "answered": ("stop-answered", "The plan ends for whoever has answered."),
}
_KEPT = tuple(ZoneInfo(name) for name in rulebook.load().unknown_zones)
"""A zone that nobody holds is read from its file anew each time it is named: these are asked for all the time."""
_IN_ENGLISH = " In English: there is no approved translation."


class Decided(Struct, frozen=True):
    """What became of a step.

    nominal: when the plan has it sent. send_at: when it leaves, as far as is known now; None for what does not.
    judged: the router's word; None where it was not asked.
    """

    step: Step
    variant: str
    template: str
    decision: Outcome
    rule: str
    reason: str
    nominal: datetime
    send_at: datetime | None = None
    channel: ChannelKind | None = None
    judged: Judged | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for a whole run: its plan, the clinic's zone, the days it is closed."""

    plan: Plan
    campaign_id: str
    zone: ZoneInfo
    closed: Collection[date]


def decide(
    setting: Setting,
    step: Step,
    subject: Subject,
    facts: Facts,
    batch: Batch,
    anchor: datetime,
    now: datetime,
    held_until: datetime | None = None,
) -> Decided:
    """What becomes of `step` for `subject`. anchor: when the visit begins, or since when the person is enrolled.

    held_until: until when an earlier decision held it back: it is late only after that.
    """
    plan = setting.plan
    catalog = catalog_of(plan)
    reading = batch.of(subject.person_id)
    named = reading.portrait.who.timezone if reading is not None else None
    nominal = timing.nominal(
        step,
        anchor,
        here=setting.zone,
        there=(_zone(named) if named else None) or setting.zone,
        key=subject.person_id,
        closed=setting.closed if plan.holidays else (),
    )
    variant, template = timing.wording(step, subject.person_id)

    if (unfit := _stopped(plan, step, subject, facts) or _unfit(step, subject, facts)) is not None:
        return _refused(step, variant, template, unfit, nominal)
    if now > max(nominal, held_until or nominal) + span(step.late):
        return _refused(step, variant, template, _LATE, nominal)
    intent = Intent(
        key="",
        person_id=subject.person_id,
        purpose=plan.purpose,
        author=AuthorKind.CAMPAIGN,
        body="",
        level=catalog.get(template, "en").level,
        lane=Lane.BULK,
        appointment=appointment_of(plan, subject),
        not_before=nominal if nominal > now else None,
    )
    judged = batch.judge(intent, step.channels, now)
    match judged.decision:
        case Skip(reasons):
            return Decided(
                step, variant, template, "skip", judged.rule, " ".join(reasons)[:_ROOM], nominal, judged=judged
            )
        case Hold(channel, _, until, reason):
            outcome: Outcome = "send" if judged.rules == (_NOT_BEFORE,) else "hold"
        case sent:
            channel, until, reason, outcome = sent.channel, now, sent.reason, "send"
    ahead = subject.visit is not None and isinstance(plan.audience, Visits) and plan.audience.status == "booked"
    if ahead and subject.visit is not None and until >= subject.visit.start:
        return _refused(step, variant, template, _OVER, nominal)
    hearer = batch.of(judged.person_id)
    if hearer is not None and fell_back(language_of(hearer, plan.purpose), template, catalog):
        reason += _IN_ENGLISH
    return Decided(step, variant, template, outcome, judged.rule, reason[:_ROOM], nominal, until, channel, judged)


def _refused(step: Step, variant: str, template: str, why: tuple[str, str], nominal: datetime) -> Decided:
    return Decided(step, variant, template, "skip", why[0], why[1], nominal)


def appointment_of(plan: Plan, subject: Subject) -> tuple[str, int] | None:
    """The visit, with its version, that a message of the plan is tied to: one that lies ahead."""
    visit = subject.visit
    if visit is None or not isinstance(plan.audience, Visits) or plan.audience.status != "booked":
        return None
    return visit.id, visit.version


def _stopped(plan: Plan, step: Step, subject: Subject, facts: Facts) -> tuple[str, str] | None:
    """Why nothing more is said to somebody; None where the plan goes on. What an answer leads to comes after it."""
    if "confirmed" in plan.stop and subject.visit is not None and subject.visit.confirmed_at is not None:
        return _STOPS["confirmed"]
    if "booked" in plan.stop and facts.booked:
        return _STOPS["booked"]
    if "answered" in plan.stop and facts.answered and not step.on_answer:
        return _STOPS["answered"]
    return None


def _unfit(step: Step, subject: Subject, facts: Facts) -> tuple[str, str] | None:
    """Why a step's conditions do not hold; None where they do."""
    when = step.when
    if when.risk is not None and facts.high_risk is not (when.risk == "high"):
        return _UNFIT["risk", when.risk]
    confirmed = subject.visit is not None and subject.visit.confirmed_at is not None
    if when.confirmed is not None and confirmed is not when.confirmed:
        return _UNFIT["confirmed", when.confirmed]
    if when.booked is not None and facts.booked is not when.booked:
        return _UNFIT["booked", when.booked]
    if when.answered is not None and facts.answered is not when.answered:
        return _UNFIT["answered", when.answered]
    return None


def language_of(one: Reading, purpose: Purpose) -> str | None:
    """The language in which somebody would like to hear of this purpose, else their own; None where it is not known."""
    return one.portrait.prefers.of(purpose).language or one.portrait.who.language


def spoken(language: str | None) -> Language:
    """The language that the hub speaks with somebody whose own is `language`."""
    return "es" if language == "es" else "en"


def fell_back(language: str | None, template: str, catalog: Catalog) -> bool:
    """Whether somebody gets the template in another language than their own."""
    if language is None:
        return False
    found: Template = catalog.get(template, spoken(language))
    return found.language != language


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None

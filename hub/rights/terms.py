"""What the law gives a person, and by when: rules as versioned data, and the clock, which is pure."""

import calendar
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from hub.errors import InputError

__all__ = ["Clock", "Kind", "Rules", "Term", "clock", "due", "rules", "rules_for"]


class Kind(StrEnum):
    """What a person may ask for."""

    ACCESS = "access"
    DISCLOSURES = "disclosures"
    AMENDMENT = "amendment"
    ERASURE = "erasure"
    RESTRICTION = "restriction"


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long an answer may take, and by how much it may be put off once. years: how far back is accounted for."""

    days: int = 0
    months: int = 0
    extension_days: int = 0
    extension_months: int = 0
    years: int = 0

    @property
    def extends(self) -> bool:
        """Whether it may be put off at all."""
        return bool(self.extension_days or self.extension_months)


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One law's rules. regions: where they hold, as country or country and state."""

    name: str
    version: int
    title: str
    regions: tuple[str, ...]
    source: str
    kinds: Mapping[Kind, Term]


@cache
def rules() -> Mapping[str, Rules]:
    """The rules there are, by name."""
    found = {}
    for one in sorted(files("hub.rights").joinpath("rules").iterdir(), key=lambda file: file.name):
        if one.name.endswith(".toml"):
            read = msgspec.convert(tomllib.loads(one.read_text(encoding="utf-8")), Rules)
            found[read.name] = read
    return MappingProxyType(found)


def rules_for(kind: Kind, region: str, state: str | None, named: str | None = None) -> Rules:
    """The rules by which a request of this kind is answered: those named, else the country's, else the state's.

    Raises: InputError where there are none, naming those that know this kind.
    """
    if named is not None:
        if named not in rules():
            raise InputError(f"there are no such rules; there are {', '.join(rules())}")
        found = [rules()[named]]
    else:
        places = (region.upper(), f"{region.upper()}-{(state or '').upper()}")
        found = [one for place in places for one in rules().values() if place in one.regions]
    for one in found:
        if kind in one.kinds:
            return one
    knowing = ", ".join(one.name for one in rules().values() if kind in one.kinds)
    raise InputError(f"the rules that hold here give no right of {kind}; name others that do: {knowing}")


def due(received: datetime, term: Term, zone: ZoneInfo, *, extended: bool = False) -> datetime:
    """The last moment of the day by whose end the answer is due, on the clinic's calendar.

    Pure. The day of receipt does not count; a month ends on the day of the same number, or on its last day.
    """
    day = _after(received.astimezone(zone).date(), term.days, term.months)
    if extended:
        day = _after(day, term.extension_days, term.extension_months)
    return datetime.combine(day, time(23, 59, 59), zone)


def _after(day: date, days: int, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How a request stands at a moment. days: until it is due, negative once it is over; None when it has ended.

    extends_to: by when it would be due if it were put off now; None where it may not be.
    """

    days: int | None
    overdue: bool
    extends_to: datetime | None


def clock(
    *,
    state: str,
    received_at: datetime,
    due_at: datetime,
    extended_at: datetime | None,
    ended_at: datetime | None,
    term: Term,
    now: datetime,
    zone: ZoneInfo,
) -> Clock:
    """How a request stands at `now`. Pure.

    It may be put off once, and only before it is due: whoever asked must be told within the first term.
    """
    if state != "open":
        return Clock(days=None, overdue=ended_at is not None and ended_at > due_at, extends_to=None)
    days = (due_at.astimezone(zone).date() - now.astimezone(zone).date()).days
    may = term.extends and extended_at is None and now <= due_at
    return Clock(
        days=days,
        overdue=now > due_at,
        extends_to=due(received_at, term, zone, extended=True) if may else None,
    )

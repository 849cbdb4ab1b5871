"""Who may act for a patient, and who is written to about one: decided by the patient's age, the right and the clock.

    born ──── child ────┬──── teen ────┬──── adult ──►
                   teen access      majority

- A child's guardian hears for the child, and may see what the right is for.
- From teen access on the patient hears for themselves where they have an address of their own; a guardian's right
  shrinks to what the rules leave. Of a confidential visit nobody hears but the patient, at any age.
- At majority every right that began before it ends by itself, and so does what was agreed to before it: the person is
  asked anew.

Pure: the time and the zone in which the day begins are arguments. The figures are `rules/ages-us-2026.toml`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any, Literal
from zoneinfo import ZoneInfo

from consent.facts import ConsentState, Standing
from hub.types import Purpose

Kind = Literal["parent", "guardian", "caregiver"]
Scope = Literal["visits", "messages", "billing"]
Stage = Literal["child", "teen", "adult"]
Hears = Literal["patient", "guardian", "nobody"]

SCOPES: tuple[Scope, ...] = ("visits", "messages", "billing")
NOTHING: frozenset[Scope] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """The figures of one place. Ages are in completed years."""

    version: str
    majority: int
    teen_access: int
    child_scope: frozenset[Scope]
    teen_scope: frozenset[Scope]
    leap_day: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What was given to a proxy: `until` and `ended` are None while open. Times are aware."""

    kind: Kind
    scope: frozenset[Scope]
    since: datetime
    until: datetime | None = None
    ended: datetime | None = None


def birthday(born: date, years: int, leap_day: tuple[int, int] = (3, 1)) -> date:
    """The day on which someone completes so many years; `leap_day` stands for 29 February in a year without one."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, *leap_day)


def comes_of_age(born: date, ages: Ages, zone: ZoneInfo) -> datetime:
    """The moment of majority: the first of that day, where the person is."""
    return datetime.combine(birthday(born, ages.majority, ages.leap_day), time(), zone)


def stage(born: date | None, now: datetime, ages: Ages, zone: ZoneInfo) -> Stage:
    """How far the patient is on the way. Whose birth date is not known is taken for an adult: nobody hears for them."""
    if born is None:
        return "adult"
    today = now.astimezone(zone).date()
    if today >= birthday(born, ages.majority, ages.leap_day):
        return "adult"
    return "teen" if today >= birthday(born, ages.teen_access, ages.leap_day) else "child"


def holds(right: Right, born: date | None, now: datetime, ages: Ages, zone: ZoneInfo) -> frozenset[Scope]:
    """What the right is for at this moment; nothing once it has ended, by whatever.

    - What began before the majority ends with it. An adult's guardian or caregiver is named anew.
    - A parent's right over an adult never holds.
    - A minor's teens narrow every right, for whom they know must not depend on the word used for it.
    """
    if not _runs(right, now):
        return NOTHING
    match stage(born, now, ages, zone):
        case "child":
            return right.scope & ages.child_scope
        case "teen":
            return right.scope & ages.teen_scope
        case "adult":
            if right.kind == "parent" or (born is not None and right.since < comes_of_age(born, ages, zone)):
                return NOTHING
            return right.scope


def _runs(right: Right, now: datetime) -> bool:
    ends = [moment for moment in (right.until, right.ended) if moment is not None]
    return right.since <= now and all(now < moment for moment in ends)


def outlived(right: Right, born: date | None, now: datetime, ages: Ages, zone: ZoneInfo) -> bool:
    """Whether the right is over for good by age or by its own end, and yet is still on the books as open."""
    if right.ended is not None:
        return False
    if right.until is not None and now >= right.until:
        return True
    adult = stage(born, now, ages, zone) == "adult"
    return adult and now >= right.since and not holds(right, born, now, ages, zone)


def hears(at: Stage, *, confidential: bool, has_own: bool, guarded: bool) -> Hears:
    """Who is written to about a patient when the clinic begins.

    has_own: the patient has an address that is nobody else's. guarded: somebody may hear of this for them.
    """
    if confidential:
        return "patient" if has_own else "nobody"
    if at == "adult" or not guarded:
        return "patient"
    return "patient" if at == "teen" and has_own else "guardian"


def scope_of(purpose: Purpose) -> Scope:
    """What a right must be for, so that its holder may hear a message of this purpose."""
    match purpose:
        case Purpose.APPOINTMENT:
            return "visits"
        case Purpose.BILLING:
            return "billing"
        case _:
            return "messages"


def own_decisions(standing: Standing, of_age: datetime) -> Standing:
    """What holds of a standing for someone of age since `of_age`: nothing that was agreed to before.

    What was refused stays refused. Where nothing is left that says yes, the person is asked anew.
    """
    kept = tuple(one for one in standing.facts if one.state is ConsentState.REVOKE or one.at >= of_age)
    return standing if len(kept) == len(standing.facts) else Standing(kept)


@cache
def ages(state: str = "", name: str = "ages-us-2026") -> Ages:
    """The figures of a state, by its two letters; of one that has none of its own, and of none, the default ones."""
    return parse(files("consent.rules").joinpath(f"{name}.toml").read_text(encoding="utf-8"), state)


def parse(text: str, state: str = "") -> Ages:
    """The figures that a TOML text has for a state. Raises KeyError or ValueError when one is missing or wrong."""
    raw = tomllib.loads(text)
    row: Mapping[str, Any] = raw["default"] | raw.get("states", {}).get(state.upper(), {})
    month, day = raw["leap_day"].split("-")
    found = Ages(
        version=raw["version"],
        majority=row["majority"],
        teen_access=row["teen_access"],
        child_scope=_scopes(row["child_scope"]),
        teen_scope=_scopes(row["teen_scope"]),
        leap_day=(int(month), int(day)),
    )
    if not 0 <= found.teen_access <= found.majority:
        raise ValueError("teen access comes after majority")
    return found


def _scopes(names: Iterable[str]) -> frozenset[Scope]:
    found = frozenset(one for one in SCOPES if one in set(names))
    if len(found) != len(set(names)):
        raise ValueError("a scope is none of: " + ", ".join(SCOPES))
    return found

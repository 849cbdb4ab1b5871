"""What is unusual: pure rules over one day of one user, and their thresholds as data."""

import statistics
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from hub.accounts.permissions import Role
from hub.errors import SettingsError
from hub.hours import OpeningHours

__all__ = ["Day", "Known", "Look", "Raised", "Rule", "Rules", "found", "rules_for", "same_family", "same_person"]

Rule = Literal["own_record", "own_name", "many_opened", "many_listed", "off_hours", "deceased", "marked"]
Count = Annotated[int, msgspec.Meta(ge=1)]
_PARTICLES = frozenset(
    {"de", "del", "der", "den", "da", "dos", "la", "las", "los", "van", "von", "di", "el", "al", "y"}
)
"""What stands in many names and joins nobody to anybody."""


class Much(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of something is unusual: more than the role's floor, and than `times` one's own median day."""

    times: Annotated[float, msgspec.Meta(ge=1)]
    days: Count
    at_least_days: Count
    floor: Mapping[Role, Count]

    def limit(self, role: Role, past: Sequence[int]) -> int:
        """Up to how much is usual. past: what it came to on one's other days, those without any left out."""
        floor = self.floor.get(role, min(self.floor.values()))
        if len(past) < self.at_least_days:
            return floor
        return max(floor, round(self.times * statistics.median(past)))


class OffHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long before and after the clinic's hours work is done, and how many records opened beyond are asked about."""

    margin_minutes: Annotated[int, msgspec.Meta(ge=0, le=720)]
    at_least: Count

    def beyond(self, at: datetime, hours: OpeningHours, zone: ZoneInfo) -> bool:
        """Whether nobody is at work at `at` (aware), in a clinic that has these hours."""
        margin = timedelta(minutes=self.margin_minutes)
        return not any(hours.is_open(one, zone) for one in (at - margin, at, at + margin))


class Deceased(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days after a death a record is opened as part of the work."""

    days: Annotated[int, msgspec.Meta(ge=0)]


class Marked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of the labels that mark a thread."""

    labels: tuple[str, ...]


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The thresholds, one version of them."""

    name: str
    version: int
    opened: Much
    listed: Much
    off_hours: OffHours
    deceased: Deceased
    marked: Marked


@cache
def rules_for(file: Path | None) -> Rules:
    """The rules of this file; without one, those of the release. Raises: SettingsError."""
    if file is None:
        return _read(files("hub.unusual").joinpath("rules.toml").read_text(encoding="utf-8"))
    try:
        return _read(file.read_text(encoding="utf-8"))
    except OSError:
        problem = "HUB_ACCESS_RULES names a file that cannot be read"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        problem = "HUB_ACCESS_RULES names a file that is no TOML"
    except msgspec.ValidationError as error:
        problem = f"HUB_ACCESS_RULES names a file that holds no such rules: {error}"
    raise SettingsError([problem])


def _read(text: str) -> Rules:
    return msgspec.convert(tomllib.loads(text), Rules)


@dataclass(frozen=True, slots=True)
class Look:
    """A record opened: when (aware), and whose."""

    at: datetime
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is to be known of somebody whose record was opened. reached_by: users whose own mailbox is theirs."""

    given: str = field(repr=False)
    family: str = field(repr=False)
    deceased_at: datetime | None = None
    marked: bool = False
    assignee: str | None = None
    reached_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one user did on one day.

    listed: how many persons they saw in lists. past: (opened, listed) of their days before.
    """

    user_id: str
    name: str = field(repr=False)
    role: Role
    looks: Sequence[Look]
    listed: int = 0
    last_listed: datetime | None = None
    past: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What somebody is to be asked about. usual: what would not have been asked about."""

    rule: Rule
    user_id: str
    person_id: str | None
    count: int
    usual: int
    first_at: datetime
    last_at: datetime


def found(day: Day, persons: Mapping[str, Known], rules: Rules, hours: OpeningHours, zone: ZoneInfo) -> list[Raised]:
    """What of a day is unusual. hours: when the clinic, in `zone`, has its staff there. Pure."""
    raised: list[Raised] = []
    by_person: dict[str, list[datetime]] = {}
    for look in day.looks:
        by_person.setdefault(look.person_id, []).append(look.at)
    for person_id, moments in sorted(by_person.items()):
        known = persons.get(person_id)
        rule = None if known is None else _of_person(day, known, min(moments), rules)
        if rule is not None:
            raised.append(_raised(rule, day, person_id, len(moments), 0, moments))
    usual = rules.opened.limit(day.role, [opened for opened, _ in day.past if opened])
    if len(by_person) > usual:
        raised.append(_raised("many_opened", day, None, len(by_person), usual, [one.at for one in day.looks]))
    usual = rules.listed.limit(day.role, [listed for _, listed in day.past if listed])
    if day.listed > usual and day.last_listed is not None:
        raised.append(_raised("many_listed", day, None, day.listed, usual, [day.last_listed]))
    late = [one for one in day.looks if rules.off_hours.beyond(one.at, hours, zone)]
    if (count := len({one.person_id for one in late})) >= rules.off_hours.at_least:
        raised.append(_raised("off_hours", day, None, count, rules.off_hours.at_least - 1, [one.at for one in late]))
    return raised


def _of_person(day: Day, known: Known, first: datetime, rules: Rules) -> Rule | None:
    """What is asked about one person's record, the gravest first."""
    if day.user_id in known.reached_by or same_person(day.name, known.given, known.family):
        return "own_record"
    if known.deceased_at is not None and first - known.deceased_at > timedelta(days=rules.deceased.days):
        return "deceased"
    if known.marked and known.assignee != day.user_id:
        return "marked"
    return "own_name" if same_family(day.name, known.family) else None


def _raised(rule: Rule, day: Day, person_id: str | None, count: int, usual: int, moments: Sequence[datetime]) -> Raised:
    return Raised(
        rule=rule,
        user_id=day.user_id,
        person_id=person_id,
        count=count,
        usual=usual,
        first_at=min(moments),
        last_at=max(moments),
    )


def same_family(staff: str, family: str) -> bool:
    """Whether somebody of the staff shares a family name with a person; either may have several. Pure."""
    _, theirs = _split(staff)
    return bool(set(theirs) & set(_words(family)))


def same_person(staff: str, given: str, family: str) -> bool:
    """Whether it may be the very same person: the first given name, and a family name. Pure."""
    first, _ = _split(staff)
    own = _words(given)
    return bool(first) and bool(own) and first == own[0] and same_family(staff, family)


def _split(name: str) -> tuple[str, list[str]]:
    """The first given name, and what may be family names: `Ana López` as well as `López, Ana`."""
    family, comma, given = name.partition(",")
    if comma:
        return (_words(given) or [""])[0], _words(family)
    words = _words(name)
    return (words[0], words[1:]) if words else ("", [])


def _words(name: str) -> list[str]:
    """The words of a name as they are compared: small, without marks, hyphens taken apart, without what joins."""
    plain = unicodedata.normalize("NFKD", name.replace("\u2019", "'")).casefold()
    kept = "".join(
        one if one.isalnum() else "" if one in "'." else " " for one in plain if not unicodedata.combining(one)
    )
    return [word for word in kept.split() if word not in _PARTICLES and len(word) > 1]

"""Policies as versioned data, and when a person's records are past their time. Pure, but for reading the files."""

import calendar
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from hub.errors import SettingsError
from hub.types import Purpose

__all__ = ["Persons", "Policy", "Records", "ends", "policies", "policy_for"]

Years = Annotated[int, msgspec.Meta(ge=1, le=100)]
Days = Annotated[int, msgspec.Meta(ge=7, le=36500)]


class Persons(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a person's whole record is kept.

    years: since the last contact. majority, minor_years: of who was a minor then, that long past coming of age, too.
    stranger_years: since the last contact of who never was a patient.
    """

    years: Years
    majority: Annotated[int, msgspec.Meta(ge=14, le=25)]
    minor_years: Years
    stranger_years: Years


class Records(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long some kinds of record are kept at most, whosever they are. What is not named goes with its person.

    provider_copy_days: after which the carrier is asked to delete its copies of texts; ours stay.
    """

    attachment_years: Years | None = None
    recording_years: Years | None = None
    raw_mail_days: Days | None = None
    hl7_days: Days | None = None
    delivery_detail_days: Days | None = None
    provider_copy_days: Days | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy. regions: where it holds, as country or country and state. messages: years, by what they were for."""

    name: str
    version: int
    regions: tuple[str, ...] = ()
    source: str
    persons: Persons
    messages: Mapping[Purpose, Years] = msgspec.field(default_factory=dict)
    records: Records = Records()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@cache
def policies() -> Mapping[str, Policy]:
    """The policies that there are, by name."""
    found = {}
    for one in sorted(files("hub.retention").joinpath("policies").iterdir(), key=lambda file: file.name):
        if one.name.endswith(".toml"):
            read = msgspec.convert(tomllib.loads(one.read_text(encoding="utf-8")), Policy)
            found[read.name] = read
    return MappingProxyType(found)


def policy_for(named: str, region: str, state: str) -> Policy:
    """The policy of this name or in this file; with no name, the state's, else the country's.

    Raises: SettingsError when there is none, or the file is no policy.
    """
    if named in policies():
        return policies()[named]
    if named:
        try:
            return msgspec.convert(tomllib.loads(Path(named).read_text(encoding="utf-8")), Policy)
        except OSError:
            known = ", ".join(policies())
            problem = f"HUB_RETENTION_POLICY names neither a policy ({known}) nor a file that can be read"
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            problem = "HUB_RETENTION_POLICY names a file that is no TOML"
        except msgspec.ValidationError as error:
            problem = f"HUB_RETENTION_POLICY names a file that is no policy: {error}"
        raise SettingsError([problem])
    for place in (f"{region.upper()}-{state.upper()}", region.upper()):
        for one in policies().values():
            if place in one.regions:
                return one
    raise SettingsError(["no policy is known for HUB_REGION: name your own by HUB_RETENTION_POLICY"])


def ends(terms: Persons, last: datetime, born: date | None, zone: ZoneInfo, *, stranger: bool = False) -> datetime:
    """The moment from which on a person's record is past its time.

    last: their last contact, aware. It counts by the day on the clinic's calendar; a day that a year lacks is the last
    of its month. Who is known to have been a minor at the last contact is kept past their majority besides.
    """
    day = last.astimezone(zone).date()
    if stranger:
        until = years_on(day, terms.stranger_years)
    else:
        until = years_on(day, terms.years)
        if born is not None and day < (of_age := years_on(born, terms.majority)):
            until = max(until, years_on(of_age, terms.minor_years))
    return datetime.combine(until + timedelta(days=1), time(0), zone)


def years_on(day: date, years: int) -> date:
    """The same day so many years later, or earlier where that is negative."""
    year = day.year + years
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))

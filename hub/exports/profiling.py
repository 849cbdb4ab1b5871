"""Redaction profiles: how much of what is on record an export shows, as versioned data.

A profile takes away what it was told to. It does not read texts: where words are shown, names that were said in them
are shown, too. Who may see no words takes a profile without any.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

import msgspec

from hub.errors import InputError
from hub.sealed import Profile as Who

__all__ = ["Redaction", "redaction", "redactions"]


class Redaction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile: what is shown, and how much of it."""

    name: str
    version: int
    title: str
    bodies: bool
    names: Literal["full", "initials", "none"]
    record_number: bool
    birth_date: Literal["full", "year", "none"]
    addresses: Literal["full", "last4", "none"]
    times: Literal["full", "dates"]
    files: Literal["given", "listed", "none"]
    staff: Literal["names", "ids", "none"]
    notes: bool
    deliveries: bool
    consent: bool
    reads: bool

    def name_of(self, who: Who) -> str:
        """A person's name, as much of it as is shown."""
        parts = [part for part in (who.given_name, who.family_name) if part]
        if self.names == "initials":
            return " ".join(f"{part[0]}." for part in parts)
        return " ".join(parts) if self.names == "full" else ""

    def birth(self, who: Who) -> date | str | None:
        """A birth date: whole, its year, or none."""
        if who.birth_date is None or self.birth_date == "none":
            return None
        return who.birth_date if self.birth_date == "full" else str(who.birth_date.year)

    def number(self, who: Who) -> str:
        """A record number, where it is shown."""
        return who.mrn if self.record_number else ""

    def address(self, value: str) -> str:
        """A number or mailbox: whole, by its end, or not at all."""
        if self.addresses == "full" or not value:
            return value
        if self.addresses == "none":
            return ""
        digits = re.sub(r"\D", "", value)
        # Of a mailbox the house alone: what stands before it is a name as often as not.
        return f"…@{value.rpartition('@')[2]}" if "@" in value else f"…{digits[-4:]}"

    def time(self, moment: datetime | None) -> datetime | date | None:
        """A moment, or its day in UTC."""
        if moment is None or self.times == "full":
            return moment
        return moment.astimezone(UTC).date()


@cache
def redactions() -> Mapping[str, Redaction]:
    """The profiles there are, by name."""
    found: dict[str, Redaction] = {}
    for one in sorted(files("hub.exports").joinpath("profiles").iterdir(), key=lambda file: file.name):
        if one.name.endswith(".toml"):
            read = msgspec.convert(tomllib.loads(one.read_text(encoding="utf-8")), Redaction)
            found[read.name] = read
    return MappingProxyType(found)


def redaction(name: str) -> Redaction:
    """The profile of that name. Raises: InputError, which names those there are."""
    try:
        return redactions()[name]
    except KeyError:
        raise InputError(f"there is no such redaction profile; there are {', '.join(redactions())}") from None

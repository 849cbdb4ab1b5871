"""Reading one cell. What cannot be read raises `BadRow` with the column's name and what is wanted, never the value."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from bots.scheduling.free import LONGEST
from channels.phones import e164
from consent import rules as rulebook
from hub.imports.rows import BadRow
from hub.types import Address, AddressKind

_Chosen = TypeVar("_Chosen")
_LONGEST_NAME = 120
_MAILBOX = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\".]{2,}")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": None}


def text(cells: Mapping[str, str], column: str, *, required: bool = True) -> str:
    """A name or number: single spaces, at most 120 characters, none of them invisible."""
    value = " ".join(cells[column].split())
    if required and not value:
        raise BadRow(f"{column} is empty")
    if len(value) > _LONGEST_NAME:
        raise BadRow(f"{column} is longer than {_LONGEST_NAME} characters")
    if not value.isprintable():
        raise BadRow(f"{column} holds characters that cannot be shown")
    return value


def moment(cells: Mapping[str, str], column: str) -> datetime:
    """A moment with its offset, in UTC."""
    try:
        value = datetime.fromisoformat(cells[column])
    except ValueError:
        raise BadRow(f"{column} must be a time such as 2026-03-02T09:30:00-05:00") from None
    if value.utcoffset() is None:
        raise BadRow(f"{column} needs its offset, such as 2026-03-02T09:30:00-05:00")
    if not 1900 < value.year < 2200:
        raise BadRow(f"{column} must lie in a year from 1901 to 2199")
    return value.astimezone(UTC)


def minutes(cells: Mapping[str, str], column: str) -> int:
    """A length in minutes, from 1 to a day."""
    value = cells[column]
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= LONGEST:
        raise BadRow(f"{column} must be a whole number from 1 to {LONGEST}")
    return int(value)


def day(cells: Mapping[str, str], column: str, *, today: date) -> date | None:
    """A day not after `today`, None when the cell is empty."""
    value = cells[column]
    if not value:
        return None
    try:
        found = date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        found = None
    if found is None:
        raise BadRow(f"{column} must be a day such as 1980-12-31")
    if not found.year > 1850 or found > today:
        raise BadRow(f"{column} must lie between 1851 and today")
    return found


def one_of(cells: Mapping[str, str], column: str, choices: Mapping[str, _Chosen]) -> _Chosen:
    """What the cell's word stands for, whatever its case."""
    value = cells[column].casefold()
    if value not in choices:
        raise BadRow(f"{column} must be one of {', '.join(word for word in choices if word)}")
    return choices[value]


def yes_no(cells: Mapping[str, str], column: str) -> bool | None:
    """A decision, None when the cell is empty."""
    return one_of(cells, column, _YES_NO)


def language(cells: Mapping[str, str], column: str) -> str | None:
    """A two-letter language code, None when the cell is empty; a region after it is dropped."""
    value = cells[column].casefold()
    if not value:
        return None
    if not re.fullmatch(r"[a-z]{2}([-_][a-z0-9]{2,8})*", value):
        raise BadRow(f"{column} must be a two-letter code such as en or es")
    return value[:2]


def zone(cells: Mapping[str, str], column: str) -> str | None:
    """The name of a time zone, None when the cell is empty."""
    value = cells[column]
    if not value:
        return None
    if not _is_zone(value):
        raise BadRow(f"{column} must be a time zone such as America/New_York")
    return value


def state(cells: Mapping[str, str], column: str) -> str | None:
    """The two letters of a state, None when the cell is empty."""
    value = cells[column].upper()
    if not value:
        return None
    if value not in rulebook.load().places:
        raise BadRow(f"{column} must be the two letters of a state such as IL")
    return value


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def phone(cells: Mapping[str, str], column: str, region: str) -> Address | None:
    """A phone number in its normal form, None when the cell is empty."""
    value = cells[column]
    if not value:
        return None
    number = e164(value, region)
    if number is None:
        raise BadRow(f"{column} is not a phone number")
    return Address(AddressKind.PHONE, number)


def mailbox(cells: Mapping[str, str], column: str) -> Address | None:
    """A mailbox in its normal form, None when the cell is empty."""
    value = cells[column].lower()
    if not value:
        return None
    if len(value) > 254 or not _MAILBOX.fullmatch(value) or not value.isprintable():
        raise BadRow(f"{column} is not a mail address")
    return Address(AddressKind.MAILBOX, value)

"""When a step is to be sent by its plan alone: offsets, windows spread over persons, holidays. Pure."""

import hashlib
import tomllib
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.campaigns.plans import Step, span
from hub.errors import InputError

_FEDERAL = Path(__file__).parent / "holidays" / "us.toml"
_DAY = timedelta(days=1)
_MOST_HOLIDAYS = 14
"""Holidays in a row at most: a list that names every day would move a reminder for ever."""


def holidays(path: Path | None = None) -> frozenset[date]:
    """The days on which no campaign sends, of a TOML file with a list `dates`; the federal ones without.

    Raises: InputError.
    """
    file = path or _FEDERAL
    try:
        dates = tomllib.loads(file.read_text(encoding="utf-8"))["dates"]
    except (OSError, UnicodeDecodeError, KeyError, tomllib.TOMLDecodeError):
        raise InputError("the list of holidays cannot be read: it is TOML with a list `dates`") from None
    if not isinstance(dates, list) or not all(type(one) is date for one in dates):
        raise InputError("the list of holidays must be days, such as dates = [2026-12-25]")
    return frozenset(dates)


def share(*names: str) -> float:
    """A number from 0 up to 1 that depends on the names alone, today and on every machine."""
    drawn = hashlib.blake2b("\0".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") / 2**64


def nominal(
    step: Step,
    anchor: datetime,
    *,
    here: ZoneInfo,
    there: ZoneInfo,
    key: str,
    closed: Collection[date],
) -> datetime:
    """When the step is to be sent, in UTC, before anybody asks whether it may.

    anchor: when the visit begins, or since when the person is enrolled. here, there: the clinic's zone, in which a day
    is counted, and the person's, in which a window is meant. key: whose moment of the window it is. closed: holidays;
    what is before a visit then comes a day earlier, and everything else a day later.
    """
    back = step.before is not None
    offset = span(step.before if step.before is not None else step.after or "0")
    window = step.window
    if window is None:
        return anchor - offset if back else anchor + offset
    day = anchor.astimezone(here).date() + (-offset if back else offset)
    for _ in range(_MOST_HOLIDAYS):
        if day not in closed:
            break
        day += -_DAY if back else _DAY
    first, last = window
    seconds = (last.hour - first.hour) * 3600 + (last.minute - first.minute) * 60
    # Whole minutes: nobody is texted at 10:17:43.
    minute = int(share(key, step.name) * seconds) // 60 + first.hour * 60 + first.minute
    return datetime.combine(day, time(minute // 60, minute % 60), there).astimezone(UTC)


def wording(step: Step, key: str) -> tuple[str, str]:
    """Which wording the person gets: its name (empty where there is but one) and its template."""
    if not step.wordings:
        return "", step.template
    at = share(key, step.name, "wording") * sum(one.share for one in step.wordings)
    for one in step.wordings:
        at -= one.share
        if at < 0:
            return one.name, one.template
    return step.wordings[-1].name, step.wordings[-1].template

"""Moments as HL7 writes them: `YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ]`. Without an offset they are the clinic's.

Source: HL7 v2.5.1, §2.A.22 (DTM).
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_FORM = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<month>[0-9]{2})(?:(?P<day>[0-9]{2})(?:(?P<hour>[0-9]{2})(?:(?P<minute>[0-9]{2})"
    r"(?:(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6})[0-9]*)?)?)?)?)?)?(?P<offset>[+-][0-9]{4})?"
)


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment, to the minute at least, in UTC; None for an empty text.

    Of a wall time that comes twice, when clocks go back, it is the first; one that never comes is refused: nobody can
    know what was meant. Raises: ValueError.
    """
    found = _wall(text, exact=True)
    if found is None:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
        if _skipped(found):
            raise ValueError("a wall time that clocks skip")
    return found.astimezone(UTC)


def event(text: str, zone: ZoneInfo, received: datetime) -> datetime | None:
    """The moment of an event that was told at `received`, in UTC; None for an empty text.

    Of a wall time that comes twice it is the one nearer to when it was told: in the hour when clocks go back, what came
    later must not look older. Raises: ValueError.
    """
    found = _wall(text, exact=False)
    if found is None:
        return None
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    both = [found.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(both, key=lambda one: abs(one - received))


def day(text: str) -> date | None:
    """A day; a time after it does not matter. None for an empty text, or one that names no day. Raises: ValueError."""
    found = _FORM.fullmatch(text)
    if text and found is None:
        raise ValueError("no day")
    if found is None or found["day"] is None:
        return None
    return date(int(found["year"]), int(found["month"]), int(found["day"]))


def written(at: datetime, zone: ZoneInfo) -> str:
    """A moment as HL7 writes it, with its offset."""
    return at.astimezone(zone).strftime("%Y%m%d%H%M%S%z")


def _wall(text: str, *, exact: bool) -> datetime | None:
    """What the text says, aware where it names its offset. `exact`: it must say the minute."""
    if not text:
        return None
    found = _FORM.fullmatch(text)
    if found is None or (exact and found["minute"] is None):
        raise ValueError("no moment")
    year, month, day, hour, minute, second = (int(found[name] or least) for name, least in _LEAST.items())
    fraction = int((found["fraction"] or "0").ljust(6, "0"))
    # A wall time: whoever asks knows its zone.
    plain = datetime(year, month, day, hour, minute, second, fraction)  # noqa: DTZ001
    if not 1900 < plain.year < 2200:
        raise ValueError("no such year")
    return plain.replace(tzinfo=_offset(found["offset"])) if found["offset"] else plain


_LEAST = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}


def _offset(text: str) -> timezone:
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > 14 or minutes > 59:
        raise ValueError("no such offset")
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if text[0] == "-" else span)


def _skipped(wall: datetime) -> bool:
    """Whether clocks go from before this wall time to after it."""
    back = wall.astimezone(UTC).astimezone(wall.tzinfo)
    return back.replace(tzinfo=None) != wall.replace(tzinfo=None)

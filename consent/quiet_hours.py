"""When a person may be disturbed, whichever of several time zones they are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[time, time]

_HORIZON_DAYS = 8


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours in local wall time: for each weekday (Monday first) a span (end excluded), or None for closed."""

    days: tuple[Span | None, ...]

    def __post_init__(self) -> None:
        """Refuse hours that are not seven days, end before they begin, or never open (a hold must end)."""
        if len(self.days) != 7:
            raise ValueError("hours need seven days")
        if any(span is not None and span[0] >= span[1] for span in self.days):
            raise ValueError("hours end before they begin")
        if not any(self.days):
            raise ValueError("hours never open")

    def open_at(self, local: datetime) -> bool:
        """Whether `local`, a wall time, lies within the hours."""
        span = self.days[local.weekday()]
        return span is not None and span[0] <= local.time() < span[1]

    def within(self, other: "Hours") -> "Hours":
        """The hours that are open in both; raises ValueError when there are none."""
        days: list[Span | None] = []
        for one, two in zip(self.days, other.days, strict=True):
            span = None if one is None or two is None else (max(one[0], two[0]), min(one[1], two[1]))
            days.append(span if span is not None and span[0] < span[1] else None)
        return Hours(tuple(days))


def next_open(now: datetime, zones: Sequence[ZoneInfo], hours: Hours) -> datetime | None:
    """The next moment (UTC) at which `hours` are open in every zone, or None when they are open now.

    A shared opening can only begin when some zone opens, so only those moments are tried, over eight days: a week,
    and one more for the edges of days and for changes of the clock. Where the zones share no open moment at all, a
    hold would never end; then the answer is the earliest moment at which the most zones are open, because that is
    where the person most likely is awake. If no moment beats the present one, the answer is None.

    A wall time that a clock change skips is read with the offset before and after it, and tested like any other.
    """
    if all(hours.open_at(now.astimezone(zone)) for zone in zones):
        return None
    best, most = now, sum(hours.open_at(now.astimezone(zone)) for zone in zones)
    anywhere = False
    last = now + timedelta(days=_HORIZON_DAYS)
    for moment, count in _openings(now.replace(minute=0, second=0, microsecond=0), tuple(zones), hours):
        if not now < moment <= last:
            continue
        if count == len(zones):
            return moment
        if count > most:
            best, most = moment, count
            anywhere = True
    return best if anywhere else None


@lru_cache(maxsize=512)
def _openings(hour: datetime, zones: tuple[ZoneInfo, ...], hours: Hours) -> tuple[tuple[datetime, int], ...]:
    """Every moment from `hour` on, a whole one, at which a zone opens, in order; with how many are open then.

    Kept, because a whole campaign asks about the same hour.
    """
    last = hour + timedelta(days=_HORIZON_DAYS, hours=1)
    found: set[datetime] = set()
    for zone in zones:
        first_day = hour.astimezone(zone).date()
        for ahead in range(_HORIZON_DAYS + 2):
            day = first_day + timedelta(days=ahead)
            span = hours.days[day.weekday()]
            if span is None:
                continue
            for fold in (0, 1):
                moment = datetime.combine(day, span[0], tzinfo=zone).replace(fold=fold).astimezone(UTC)
                if hour < moment <= last:
                    found.add(moment)
    return tuple((moment, sum(hours.open_at(moment.astimezone(zone)) for zone in zones)) for moment in sorted(found))

"""A small clinic around one goal: the wished time is open with the wished provider, among many others."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from tests.replay.goals import ZONE, Goal

DAYS = 16
_HOURS = tuple(time(hour) for hour in range(9, 18))
Row = tuple[str, str, str, str, datetime, int]


def rows(goal: Goal) -> Iterator[Row]:
    """Open times: every full hour of every day at each provider; at the goal's, what the patient named as well."""
    kind = {"dentist": "Dental visit", "salon": "Hair appointment"}.get(goal.domain, "Doctor visit")
    days = {goal.today + timedelta(days=n) for n in range(1, DAYS)} | goal.days | {goal.start.date()}
    seen = set()
    for name in (goal.provider, *goal.others):
        mine = name == goal.provider
        for day in sorted(days):
            for hour in sorted({*_HOURS, *(goal.hours if mine else ())} | ({goal.start.time()} if mine else set())):
                start = datetime.combine(day, hour, tzinfo=ZONE)
                if mine or start != goal.start:
                    seen.add((name, goal.specialty, kind, "Main Street", start, 15))
    yield from sorted(seen)

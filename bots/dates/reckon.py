"""Reckoning with days: weekdays, months and weeks counted from a day. Weeks begin on Monday (0)."""

import calendar
from datetime import date, timedelta

from bots.dates.pieces import Stretch

FURTHEST = timedelta(days=3660)


def plus(day: date, days: int) -> date:
    """The day `days` later; `day` itself where that lies more than ten years off."""
    return day + timedelta(days=days) if abs(days) <= FURTHEST.days else day


def one(day: date) -> Stretch:
    """The stretch that is `day` alone."""
    return day, day


def coming(today: date, weekday: int) -> date:
    """The first such weekday after `today`, one to seven days on."""
    return plus(today, (weekday - today.weekday() - 1) % 7 + 1)


def monday(day: date) -> date:
    """The Monday of the week of `day`."""
    return plus(day, -day.weekday())


def week(today: date, ahead: int) -> Stretch:
    """The week `ahead` weeks on; what is past of this week is left out."""
    first = plus(monday(today), 7 * ahead)
    return max(first, today) if ahead == 0 else first, plus(first, 6)


def alike(first: date, last: date) -> Stretch:
    """The weekend, week or month that follows this one, whose beginning may be past and left out."""
    if (first.weekday(), (last - first).days) == (5, 1):
        return plus(first, 7), plus(last, 7)
    if is_week(first, last):
        return plus(monday(last), 7), plus(monday(last), 13)
    begin = plus(last, 1)
    return month_stretch(begin.year, begin.month)


def is_week(first: date, last: date) -> bool:
    """Whether the stretch is a week, or what is left of one, and no rest of a month."""
    return (last - first).days < 7 and (last.weekday() == 6 or plus(last, 1).day != 1)


def made(year: int, month: int, day: int) -> date | None:
    """The day so numbered, None where the calendar has none."""
    try:
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last of that month if it is shorter."""
    index = day.year * 12 + day.month - 1 + min(months, 120)
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_stretch(year: int, month: int) -> Stretch:
    """The whole month."""
    return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


def coming_month(today: date, month: int) -> Stretch:
    """This month's rest or the next month of that number."""
    if month == today.month:
        return today, month_stretch(today.year, month)[1]
    return month_stretch(today.year + (month < today.month), month)


def coming_date(today: date, month: int, day: int) -> date | None:
    """The next such day, `today` included; 29 February waits for a leap year."""
    for year in range(today.year, today.year + 9):
        found = made(year, month, day)
        if found and found >= today:
            return found
    return None


def coming_day_of_month(today: date, day: int) -> date | None:
    """The next day with that number, `today` included."""
    return next((found for found in days_of_month(today, day, 4)), None)


def days_of_month(today: date, day: int, count: int) -> list[date]:
    """The days with that number in the coming `count` months, from `today` on."""
    found = []
    for ahead in range(count):
        first = add_months(today.replace(day=1), ahead)
        candidate = made(first.year, first.month, day)
        if candidate and candidate >= today:
            found.append(candidate)
    return found


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876, as Meeus gives it)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    (i, k), m = divmod(c, 4), (a + 11 * h) // 319
    rest = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + rest + 90) // 25
    return date(year, month, (h - m + rest + month + 19) % 32)


def full_year(year: int) -> int:
    """A year written with two digits, in this century."""
    return year + 2000 if year < 100 else year

"""From drafts to windows: every open hour and day is settled against the moment, or its readings are returned."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from bots.dates.draft import Draft
from bots.dates.model import PartOfDay, Window
from bots.dates.pieces import Clock, Context, Hours

_PARTS: dict[str, tuple[PartOfDay | None, time | None, time | None]] = {
    "morning": ("morning", time(5), time(11, 59)),
    "early": ("morning", time(5), time(11, 59)),
    "very early": ("morning", time(5), time(9, 30)),
    "early morning": ("morning", time(5), time(9, 30)),
    "mid morning": ("morning", time(9, 30), time(11)),
    "late morning": ("morning", time(10, 30), time(11, 59)),
    "lunch": ("afternoon", time(11, 30), time(13, 30)),
    "after lunch": ("afternoon", time(13), time(17, 59)),
    "afternoon": ("afternoon", time(12), time(17, 59)),
    "early afternoon": ("afternoon", time(12), time(14, 30)),
    "mid afternoon": ("afternoon", time(14), time(16)),
    "late afternoon": ("afternoon", time(15), time(17, 59)),
    "after school": ("afternoon", time(15), time(23, 59)),
    "after work": ("evening", time(17), time(23, 59)),
    "tarde": ("afternoon", time(12), time(19, 59)),
    "pm": ("afternoon", time(12), time(23, 59)),
    "evening": ("evening", time(17), time(23, 59)),
    "night": ("evening", time(17), time(23, 59)),
    "before lunch": (None, None, time(11, 29)),
    "past lunch": (None, time(13, 30), None),
    "not morning": (None, time(12), time(23, 59)),
    "not early": (None, time(12), time(23, 59)),
    "not very early": (None, time(9, 30), time(23, 59)),
    "not early morning": (None, time(9, 30), time(23, 59)),
    "not first thing": (None, time(9, 30), time(23, 59)),
    "not afternoon": (None, None, time(11, 59)),
    "not tarde": (None, None, time(11, 59)),
    "not late afternoon": (None, None, time(14, 59)),
    "not evening": (None, None, time(16, 59)),
    "not night": (None, None, time(16, 59)),
}
_LATE_PARTS = ("afternoon", "tarde", "pm", "evening", "early afternoon", "mid afternoon", "late afternoon")
_EARLY_PARTS = ("morning", "early morning", "mid morning", "late morning", "first thing")
_EARLY = ("early", "very early")
"""Words that only choose between readings that are possible: nobody comes "a las 4, temprano" before dawn."""
_FIRST_BARE = 7
"""The earliest hour that a bare number is taken for, where the clinic does not open before."""
_DAWN = 5
"""Before this hour a part of the morning and an hour contradict each other, and the person is asked."""
_MOST = 6


def windows_of(c: Context, draft: Draft) -> list[Window]:
    """The readings of a draft, the likeliest first; empty when it lies behind or says nothing."""
    stretches = draft.days.readings if draft.days else ((None, None),)
    if draft.days and draft.days.at:
        at = draft.days.at
        return [Window(first=at.date(), last=at.date(), earliest=time(at.hour, at.minute), about=True)]
    found: list[Window] = []
    for first, last in stretches:
        for window in _hours_on(c, draft, first if first == last else None):
            whole = Window(  # not `replace`, which costs as much as the rest of a reading
                first=first,
                last=last,
                earliest=window.earliest,
                latest=window.latest,
                exact=window.exact,
                about=window.about,
                part_of_day=window.part_of_day,
                bare=_bare(draft) if first == last else None,
            )
            if whole not in found and not _is_over(whole, c.now) and whole != Window():
                found.append(whole)
    if not found and draft.part_shared:
        return windows_of(c, Draft(days=draft.days))  # "today or first thing tomorrow", said at noon
    # Of two readings the one that lies behind is not meant.
    ahead = [window for window in found if not has_passed(window, c.now)]
    return (ahead or found)[:_MOST]


def _bare(draft: Draft) -> Literal["weekday", "number"] | None:
    """Whether the draft names no more of its day than the weekday or the number."""
    if draft.days is None:
        return None
    return "weekday" if draft.days.weekday is not None else "number" if draft.days.day_of_month else None


def _is_over(window: Window, now: datetime) -> bool:
    """Whether a part of today was named that has gone by."""
    today = now.date()
    return bool(
        window.first == window.last == today and not window.exact and window.latest and window.latest < now.time()
    )


def has_passed(window: Window, now: datetime) -> bool:
    """Whether the window is an hour of today that has gone by."""
    named = window.exact or window.about
    today = window.first == window.last == now.date()
    return bool(today and named and window.earliest and window.earliest < now.time())


def _hours_on(c: Context, draft: Draft, day: date | None) -> list[Window]:
    """The readings of a draft's hours, without days."""
    hours = draft.hours
    if hours is None or hours.low is None:
        return [_part_window(c, draft.part)]
    found = _read(c, draft, hours, day)
    return found + _read(c, draft, hours.other, day) if hours.other else found


def _read(c: Context, draft: Draft, hours: Hours, day: date | None) -> list[Window]:
    """The readings of one wish for hours."""
    if hours.low is None:
        return []
    name = hours.low.part or (hours.high.part if hours.high else None) or draft.part
    part = _PARTS[name][0] if name in _PARTS else ("morning" if name == "first thing" else None)
    if hours.high is not None:
        low, high = _ends(c, hours.low, hours.high, draft.part)
        return [Window(earliest=min(low, high), latest=max(low, high), part_of_day=part)]
    after_now = c.now.time() if day == c.today else None
    times = _readings(c, hours.low, draft.part, after_now)
    if hours.bound in ("before", "by", "until") and draft.part in _EARLY_PARTS:
        times = [at for at in times if at > c.hours[0]] or times  # "before 1, so the morning"
    bounded = (_bounded(hours, at, None if part == "morning" and at.hour > 12 else part) for at in times)
    return [_kept_in(window, draft.part) for window in bounded]


def _bounded(hours: Hours, at: time, part: PartOfDay | None) -> Window:
    if hours.bound == "after":
        return Window(earliest=at, part_of_day=part)
    if hours.bound == "before":
        return Window(latest=_minute_before(at), part_of_day=part)
    if hours.bound in ("by", "until"):
        return Window(latest=at, part_of_day=part)
    if hours.bound == "around" or (hours.low and hours.low.about):
        return Window(earliest=at, about=True, part_of_day=part)
    return Window(earliest=at, latest=at, exact=True, part_of_day=part)


def _kept_in(window: Window, part: str | None) -> Window:
    """The window kept within a morning, or from an afternoon on: "in the morning, but not before 9"."""
    _, begins, ends = _PARTS.get(part or "", (None, None, None))
    if part in _EARLY_PARTS and window.earliest and ends and window.latest is None and window.earliest < ends:
        return replace(window, latest=ends) if not window.about else window
    if part in _EARLY_PARTS and window.latest and window.latest > time(12) and window.earliest is None:
        return replace(window, latest=ends)
    if part in _LATE_PARTS and window.latest and begins and window.earliest is None and window.latest > begins:
        return replace(window, earliest=begins)
    return window


def _minute_before(at: time) -> time:
    return (datetime.combine(date(2000, 1, 2), at) - timedelta(minutes=1)).time()


def _part_window(c: Context, part: str | None) -> Window:
    if part is None:
        return Window()
    opens, closes = c.hours
    if part == "first thing":
        return Window(earliest=opens, latest=_shift(opens, 60), part_of_day="morning")
    if part == "day end":
        return Window(earliest=_shift(closes, -120), latest=closes, part_of_day="afternoon")
    name, earliest, latest = _PARTS.get(part, (None, None, None))
    return Window(earliest=earliest, latest=latest, part_of_day=name)


def _shift(at: time, minutes: int) -> time:
    total = at.hour * 60 + at.minute + minutes
    return time(*divmod(max(0, min(total, 1439)), 60))


def _settled(clock: Clock, part: str | None) -> time | None:
    """The time, where am or pm, a 24-hour form or a part of the day settles it."""
    hour, part = clock.hour, clock.part or part
    if clock.half == "am":
        return time(hour % 12, clock.minute)
    if clock.half == "pm":
        return time(hour % 12 + 12, clock.minute)
    if hour > 12 or hour == 0:
        return time(hour % 24, clock.minute)
    if part in _LATE_PARTS or part in ("after lunch", "after work", "after school", "day end", "lunch"):
        return time(hour % 12 + 12 if part != "lunch" or hour < 6 else hour, clock.minute)
    if part in _EARLY_PARTS:
        return time(hour % 12 if hour < 12 or clock.minute or part == "early morning" else 12, clock.minute)
    if part == "night":
        return time(hour % 12 + (12 if 5 <= hour < 12 else 0), clock.minute)
    if clock.half == "24" or hour == 12:
        return time(hour, clock.minute)
    return None


def _readings(c: Context, clock: Clock, part: str | None, after: time | None) -> list[time]:
    """The times that an hour may mean, the likeliest first; one where hours or the clock settle it."""
    opens, closes = c.hours
    dawn = part in _EARLY_PARTS and clock.part is None and clock.half is None and 0 < clock.hour < _DAWN
    if dawn and time(clock.hour, clock.minute) < opens:
        return [time(clock.hour, clock.minute), time(clock.hour + 12, clock.minute)]  # "Tuesday morning at 2"
    if (settled := _settled(clock, part)) is not None:
        return [settled]
    early, late = time(clock.hour, clock.minute), time(clock.hour + 12, clock.minute)
    open_then = [at for at in (early, late) if opens <= at <= closes]
    if (clock.part or part) in _EARLY and (clock.hour >= _FIRST_BARE or early in open_then):
        return [early]
    if (clock.part or part) in _EARLY and clock.hour >= _DAWN:
        return [early, late]  # "a las 6, tempranito", before the doors open
    if after and len(open_then) != 1 and early < after < late:
        return [late]
    if len(open_then) == 1:
        return open_then
    return [early, late] if _FIRST_BARE <= clock.hour < 12 else [late, early]


def _ends(c: Context, low: Clock, high: Clock, part: str | None) -> tuple[time, time]:
    """Both ends of a stretch of hours; an end that says am or pm settles the other."""
    top = _settled(high, part if high.hour != 12 else None)
    bottom = _settled(low, None if high.half or high.part else part)
    if low.hour == 12 and low.half is None:
        bottom = time(12, low.minute)
    if bottom is None and top is None:
        bottom = _readings(c, low, None, None)[0]
    if top is None and bottom is not None:
        options = [time(high.hour % 12, high.minute), time(high.hour % 12 + 12, high.minute)]
        top = next((at for at in options if at > bottom), options[1])
    if bottom is None and top is not None:
        options = [time(low.hour % 12 + 12, low.minute), time(low.hour % 12, low.minute)]
        bottom = next((at for at in options if at < top), options[1])
    return bottom or time(0), top or time(23, 59)

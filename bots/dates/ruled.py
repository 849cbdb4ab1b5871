"""What a ruling out does to the drafts: "not Friday", "nothing before 10", "not at lunch"."""

from dataclasses import replace

from bots.dates.days import WAIT, day_at
from bots.dates.draft import Draft, Joined, between, set_hours
from bots.dates.lexeme import words
from bots.dates.numbered import ARTICLES
from bots.dates.pieces import Bound, Clock, Context, Days, Hours, Piece
from bots.dates.reckon import plus

_OPPOSITE: dict[Bound, Bound] = {"before": "after", "after": "until", "from": "until", "until": "after", "by": "after"}
_LONGEST = 31
_HALVES = words("morning afternoon evening night tarde")
_ANY_DAY = words("any anytime anything every all whenever whichever whatever cualquiera cualquier todos")


def left_over(c: Context, found: Days, piece: Piece) -> Days | None:
    """What a ruling out leaves: "not until the 5th" begins there; "any day next week but Friday" is the rest of it."""
    first, last = found.readings[0] if found.readings else (None, None)
    if first is None and last is not None:
        waits = any(c.lexemes[k].word in WAIT for k in range(max(0, piece.at - 3), piece.at))
        named = day_at(c, c.skip(piece.at + 1, ARTICLES)) if c.kind(piece.at) == "until" else None
        begin = named[0].readings[0][0] if named and named[0].wide and named[0].readings else None
        # "I don't want to wait til Monday" begins today, "not until August" on its first.
        return Days(readings=((c.today, max(c.today, plus(last, -1))) if waits else (begin or last, None),))
    any_day = any(lexeme.word.partition(" ")[0] in _ANY_DAY for lexeme in c.lexemes[: piece.at])
    return Days(readings=(found.within,), wide=True) if found.within and any_day else None


def is_parted(drafts: list[Draft], day: Days, hours: Hours) -> bool:
    """Whether a wish has the day of which only some hours are ruled out, and loses these: "next week, not Tuesday
    morning"; the drafts then have its other hours and the days before and after it.
    """
    turned = _turned(hours)
    first, last = day.readings[0] if day.readings else (None, None)
    if turned is None or first is None or first != last:
        return False
    for n, draft in enumerate(drafts):
        low, high = draft.days.readings[0] if draft.days and draft.days.readings else (None, None)
        inside = day.weekday is None and low is not None and high is not None and low <= first <= high
        if low is None or high is None or (high - low).days > _LONGEST or draft.hours or draft.days is None:
            continue
        there = first if inside else plus(low, (first.weekday() - low.weekday()) % 7)
        if there > high or (day.weekday is None and not inside):
            continue
        rest = replace(draft, days=Days(readings=((there, there),)), part=draft.part if turned.low else None)
        if draft.part and not turned.low and draft.part != (turned.part or "").removeprefix("not "):
            return True  # "mornings next week, not Tuesday afternoon"
        set_hours(rest, turned)
        before = Days(readings=((low, plus(there, -1)),), wide=True) if there > low else None
        behind = Days(readings=((plus(there, 1), high),), wide=True) if there < high else None
        whole = [replace(draft, days=days) for days in (before, behind) if days is not None]
        only = draft.part is not None and turned.part == f"not {draft.part}"
        drafts[n : n + 1] = whole if only else [*whole[:1], rest, *whole[1:]] if before else [rest, *whole]
        return True
    return False


def _turned(hours: Hours) -> Hours | None:
    """The hours that are left where these are ruled out of a day; None where they are no single stretch."""
    if hours.part in _HALVES and not hours.low:
        return Hours(bound="between", part=f"not {hours.part}")
    if hours.low and not hours.high and hours.bound in _OPPOSITE:
        return Hours(bound=_OPPOSITE[hours.bound], low=hours.low)
    return None


def exclude(joined: Joined, found: Days | Hours, with_day: bool, turn: Bound | None) -> None:
    """Note what was ruled out; hours turn into their opposite, where they have one, or as "too early" turns them."""
    if isinstance(found, Hours):
        if with_day:
            return
        if (found.part == "lunch" and not found.low) or _is_noon(found):
            _around_lunch(joined.drafts)
            return
        if found.part and not found.low:
            turned = Hours(bound="between", part=f"not {found.part}")
        elif found.low and found.high:
            _outside(joined.drafts, found.low, found.high)
            return
        elif found.low and found.bound in _OPPOSITE:
            turned = Hours(bound=_OPPOSITE[found.bound], low=found.low, leaving=True)
        elif found.low and turn:
            low = (
                replace(found.low, minute=found.low.minute + 1)
                if turn == "after" and found.low.minute < 59
                else found.low
            )
            turned = Hours(bound=turn, low=low, leaving=True)
        else:
            if any(draft.days for draft in joined.drafts):
                without_hour(joined.drafts, found)
            else:
                joined.without.append(found)
            return
        draft = joined.drafts[-1] if joined.drafts else None
        if draft is not None and draft.hours and turned.low and (both := between(draft.hours, turned)):
            draft.hours = both  # "not before 10 nor after 12"
        elif draft is not None and draft.hours is None and (draft.part is None or draft.part.startswith("not ")):
            for open_one in joined.drafts:  # "Thursday or Friday, but not in the afternoon"
                if open_one.hours is None and (open_one.part is None or open_one.part.startswith("not ")):
                    set_hours(open_one, turned)
        elif not joined.drafts:
            joined.drafts.append(Draft(hours=turned if turned.low else None, part=turned.part, hours_first=True))
        return
    if found.weekday is not None:
        joined.excluded_weekdays.append(found.weekday)
        return
    if found.excluded_weekdays:
        joined.excluded_weekdays.extend(day for day in range(7) if day not in found.excluded_weekdays)
        return
    first, last = found.readings[0] if found.readings else (None, None)
    if first and last and (last - first).days <= 31:
        if found.wide and (first.weekday(), (last - first).days) == (5, 1):
            joined.excluded_weekdays.extend((5, 6))
        else:
            joined.excluded.extend(plus(first, n) for n in range((last - first).days + 1))


def _is_noon(found: Hours) -> bool:
    """Whether it is twelve o'clock sharp, which rules out the hour of lunch with it."""
    return found.bound == "at" and found.low is not None and found.high is None and found.low.hour == 12


def _outside(drafts: list[Draft], low: Clock, high: Clock) -> None:
    """What is left of a day without the hours between the two: "I work 9 to 5"."""
    if not drafts:
        drafts.append(Draft(hours_first=True))
    for draft in list(drafts):
        if draft.hours is None and draft.part in (None, "all day"):
            draft.hours = Hours(bound="after", low=high, leaving=True)
            early = replace(low, half="am") if low.half is None and 6 <= low.hour < 12 else low
            drafts.append(Draft(days=draft.days, hours=Hours(bound="until", low=early), days_taken=True))


def without_hour(drafts: list[Draft], hour: Hours) -> None:
    """What is left of an open day without one hour: "Thursday afternoon, just not at 2"."""
    if hour.low is None or hour.bound != "at" or hour.low.minute == 59:
        return
    then = replace(hour.low, minute=hour.low.minute + 1)
    for draft in list(drafts):
        if draft.hours is None and draft.days is not None and not (draft.part or "").startswith("not "):
            draft.hours = Hours(bound="before", low=hour.low)
            rest = Hours(bound="after", low=then)
            drafts.append(Draft(days=draft.days, hours=rest, part=draft.part, days_taken=True, rest=True))


def _around_lunch(drafts: list[Draft]) -> None:
    """What is left of a day without its noon: two stretches."""
    if not drafts:
        drafts.append(Draft())
    for draft in list(drafts):
        if draft.hours is None and draft.part in (None, "all day"):
            draft.part = "before lunch"
            drafts.append(Draft(days=draft.days, part="past lunch", days_taken=True, rest=True))

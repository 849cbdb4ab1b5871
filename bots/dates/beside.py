"""How a day stands to the one named before it: the same, one of a list, the date it bears, or what it is needed by."""

from datetime import date

from bots.dates.draft import Draft
from bots.dates.merge import merged
from bots.dates.pieces import Context, Days, Piece


def is_deadline(c: Context, said: Days | None, days: Days, piece: Piece) -> bool:
    """Whether the day named already lies before what it is needed by: "tomorrow, he needs the form by the 5th"."""
    if said is None or said.wide or not said.readings or c.kind(piece.at) not in ("by", "before", "until"):
        return False
    (first, last), (begin, end) = said.readings[0], days.readings[0]
    if c.kind(piece.at) == "until" and c.kind(piece.at - 1) != "word":
        return False  # "starting this afternoon until Saturday"
    if c.kind(piece.at - 1) in ("or", "and", "nor") or begin not in (None, c.today) or end is None:
        return False
    return first is not None and first == last and first <= end


def is_listed(c: Context, last: Draft, days: Days, piece: Piece) -> bool:
    """Whether a weekday stands beside another day without a word between: "Mon Tues or Wed", "tomorrow Fri or Mon"."""
    if days.weekday is None or last.days is None or last.days.wide or not last.days.readings:
        return False
    first, end = last.days.readings[0]
    if (
        first is None
        or first != end
        or first.weekday() == days.weekday
        or c.kind(piece.at - 1) not in ("weekday", "day")
    ):
        return False
    listed = c.kind(piece.stop) in ("or", "and", "comma") and c.kind(piece.stop + 1) in ("weekday", "weekday?", "day")
    return listed or c.kind(piece.stop) == "weekday" or last.period is not None


def bears_it(said: Days, days: Days) -> bool:
    """Whether another date bears the weekday that was said right before it, within a period it does not lie in."""
    placed, dated = said.readings[:1], days.readings[:1]
    if not placed or not dated or len(said.readings) + len(days.readings) > 2 or placed == dated:
        return False
    (first, last), (day, end) = placed[0], dated[0]
    return first is not None and day is not None and (first, day) == (last, end) and first.weekday() == day.weekday()


def is_same(today: date, said: Days, days: Days) -> bool:
    """Whether both name one day, as in "tomorrow, Thursday"."""
    same = merged(today, said, days, {"comma"})
    return same is not None and len(same.readings) == 1


def inside_open(said: Days | None, days: Days, gap: set[str]) -> bool:
    """Whether the day lies in what was said to begin before: "we're back on the 27th, March 30th"."""
    if said is None or not said.readings or not days.readings or gap & {"or", "and"}:
        return False
    begin, end = said.readings[0]
    first = days.readings[0][0]
    inside = begin is not None and end is None and first is not None and first >= begin
    return inside and (days.weekday is None or first == begin)  # "hasta el lunes no puedo, el lunes a las 3"


def is_dated_run(said: Days | None, days: Days, gap: set[str]) -> bool:
    """Whether a run of dates begins on the weekday said right before it: "Tuesday July 6 through July 9"."""
    if said is None or said.weekday is None or not days.wide or not days.readings or gap - {"comma", "the"}:
        return False
    first = days.readings[0][0]
    return first is not None and first.weekday() == said.weekday and days.readings[0][1] != first


def is_again(said: Days | None, days: Days, gap: set[str]) -> bool:
    """Whether the one day named before is named again: "Friday at 1, no joke, April 16"."""
    if said is None or days.weekday is not None or len(days.readings) != 1 or gap & {"or", "else", "nor", "to"}:
        return False
    first, last = days.readings[0]
    return first is not None and first == last and said.readings == days.readings

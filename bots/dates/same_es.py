"""What points back at a time that was named: "esa semana", "la del 22" of a week, "a la misma hora"."""

from bots.dates.lexeme import BEGINS
from bots.dates.numbered import number_of_day
from bots.dates.pieces import Context, Days, Hours, Piece
from bots.dates.reckon import coming_day_of_month, monday, plus

_THAT = ("esa", "misma")
_PAUSES = ("comma", "stop")
_THAT_IS = ("o", "sea", "es", "decir", "digo", "osea")


def week_again(c: Context, i: int, last: Piece) -> tuple[Days, int] | None:
    """The week of the day named last ("esa semana"), or the one named last by a day of it ("la del 22")."""
    days = last.found
    if c.language != "es" or not isinstance(days, Days) or not days.readings or days.past:
        return None
    first, end = days.readings[0]
    if c.kind(i) == "unit" and c.lexemes[i].name == "week" and i and c.lexemes[i - 1].word in _THAT:
        if end is None and first:  # "a partir del 4, cualquier mañana de esa semana"
            return Days(readings=((first, plus(monday(first), 6)),), wide=True, instead=True), i + 1
        day, stop = first, i + 1
    elif days.wide and first and end and (end - first).days < 7 and (j := _day_of_it(c, i, last.stop)):
        day, stop = coming_day_of_month(c.today, c.lexemes[j].number), j + 1
    else:
        return None
    return (Days(readings=((max(monday(day), c.today), plus(monday(day), 6)),), wide=True), stop) if day else None


def _day_of_it(c: Context, i: int, stop: int) -> int | None:
    """Where the day stands by which the week is told again: "la del 22", "la que empieza el 26"."""
    if c.kind(i) != "the_la" or any(
        c.kind(k) not in _PAUSES and c.lexemes[k].word not in _THAT_IS for k in range(stop, i)
    ):
        return None
    j = i + 2
    if c.kind(i + 1) not in ("of", ""):
        j += c.lexemes[i + 1].word == "que" and c.lexemes[min(j, len(c.lexemes) - 1)].word in BEGINS
    led = j > i + 2 or c.kind(i + 1) == "of"
    j = c.skip(j, ("the_el", "of", "dia"))
    return j if led and number_of_day(c, j) and c.kind(j + 1) not in ("at", "at_la", "month", "of") else None


def hour_before(pieces: list[Piece], at: int) -> Hours | None:
    """The hour named last, be it of a day that is ruled out: "no puedo el jueves a las 3, el lunes a la misma hora"."""
    said = (piece.found for piece in reversed(pieces[:at]))
    return next((found for found in said if isinstance(found, Hours) and found.low), None)

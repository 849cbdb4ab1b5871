"""What takes the place of what was said before it, and the time of a visit that is left for another."""

from datetime import date

from bots.dates.draft import Draft, set_hours
from bots.dates.merge import merged
from bots.dates.pieces import Context, Days, Hours, Piece, Relation
from bots.dates.reckon import one


def draft_of(today: date, said: list[Days | Hours | Relation]) -> Draft:
    """The draft of one visit that is told of."""
    draft = Draft()
    for found in said:
        if isinstance(found, Days):
            first, last = found.readings[0] if found.readings else (None, None)
            whole = Days(readings=(one(first),)) if first and last is None else found  # "from Friday at 9 to …"
            same = merged(today, draft.days, whole, set()) if draft.days is not None else None
            draft.days = same or draft.days or whole  # "Monday the 23rd"
        elif isinstance(found, Hours):
            set_hours(draft, found)
    return draft


def left_behind(c: Context, drafts: list[Draft], days: Days, piece: Piece, gap: set[str]) -> Draft | None:
    """The time of the visit that is moved to `days`: "my Tuesday 2pm" of "swap my Tuesday 2pm for Wednesday"."""
    last = drafts[-1] if drafts else Draft()
    if days.left:
        return Draft(days=Days(readings=(days.left,)), hours=last.hours, part=last.part)
    first = last.days.readings[0][0] if last.days is not None and last.days.readings else None
    if first is None or last.days is None or not c.moving or not replaces(c, piece, gap) or "fix" in gap:
        return None
    if "move" in gap and gap & {"comma", "stop"}:
        return None  # "we close on the house on the 5th, can I move my appt to the 7th"
    whole = last.days if last.days.readings[0][1] else Days(readings=(one(first),))  # "from Friday at 9 to …"
    return Draft(days=whole, hours=last.hours, part=last.part)


def _is_traded(c: Context, piece: Piece) -> bool:
    """Whether a visit is moved to what is named here: "swap Tuesday for Wednesday", "trade Friday 9 with Monday 10"."""
    k = piece.at if c.kind(piece.at) == "for" else piece.at - 1
    while k > piece.at - 3 and c.kind(k) in ("the", "the_el", "the_la", "a", "my", "on", "at"):
        k -= 1
    return k > 0 and (c.kind(k) == "for" or c.lexemes[k].word in ("with", "con"))


def replaces(c: Context, piece: Piece, gap: set[str]) -> bool:
    """Whether the piece takes the place of what was said before it."""
    if "else" in gap:
        return False  # "el viernes mejor, si no el lunes"
    return bool(
        "fix" in gap
        or (c.moving and "move" in gap)
        or {"no", "comma"} <= gap
        or {"no", "stop"} <= gap
        or {"no_es", "comma"} <= gap
        or c.kind(piece.stop) == "instead"
        or "make" in gap | {c.kind(piece.at)}
        or (
            c.moving and "or" not in gap and ("to" in gap or (c.language == "es" and "for" in gap | {c.kind(piece.at)}))
        )
        or (c.moving and _is_traded(c, piece))
        or _is_confirmed(c, piece.stop)
    )


def _is_confirmed(c: Context, stop: int) -> bool:
    """Whether what was said before is gone back to: "I mean the 8th, ugh the 9th is right"."""
    if stop + 1 >= len(c.lexemes) or c.lexemes[stop].word not in ("is", "was", "es", "era"):
        return False
    return c.lexemes[stop + 1].word in ("right", "correct", "correcto") and "fix" in c.kinds.values()

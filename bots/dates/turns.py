"""Where a text turns: what is taken back, thought over, concluded, or made the only possible."""

from bots.dates.draft import Draft
from bots.dates.pieces import Context, Days, Piece

_PAUSES = ("stop", "comma", "no", "no_es")
_HESITATES = ("hmm", "hm", "um", "uh", "oh", "ay", "este", "mmm", "eh", "pues")
_ONLY = ("only", "solo", "nomas", "solamente")
_THAT = ("day", "morning", "afternoon", "evening", "night")
STARTLED = frozenset(("shoot", "dang", "darn", "crap", "shit", "damn", "uy", "ups", "hijole", "chin"))


def leads_to_only(c: Context, drafts: list[Draft], pieces: list[Piece], at: int) -> bool:
    """Whether one of those days is the only one that will do: "entre semana solo puedo el jueves"."""
    if c.kind(pieces[at].at - 1) == "of" and drafts and drafts[-1].days and drafts[-1].days.weekday is not None:
        return True  # "los jueves de entre semana"
    if at + 1 >= len(pieces) or not isinstance(pieces[at + 1].found, Days):
        return False
    return any(c.lexemes[k].word in _ONLY for k in range(pieces[at].stop, pieces[at + 1].at))


def is_startled(c: Context, between: range, told: bool) -> bool:
    """Whether the person starts at what was just said, and takes it back: "Thursday 9. shoot I have a class at 9"."""
    if told and any(c.kind(k) == "fix" for k in between):
        return True
    return any(
        c.lexemes[k].word in STARTLED and c.kind(k + 1) in ("word", "comma", "stop", "no", "no_es") for k in between
    )


def turns_only(c: Context, between: range) -> bool:
    """Whether only what follows is possible: "you told me 10 but my ride can only do 1130"."""
    if "but" not in c.said and "pero" not in c.said:
        return False
    said = {c.lexemes[k].word for k in between}
    return bool(said & {"but", "pero"} and not said.isdisjoint(_ONLY))


def thinks_again(c: Context, between: range) -> bool:
    """Whether only a "no" and a pause stand between: "Thursday... hmm no. Wednesday"."""
    if len(between) < 3 or c.kind(between[-1]) not in ("stop", "comma"):
        return False
    kinds = [c.kind(k) for k in between]
    if kinds.count("no") + kinds.count("no_es") != 1:
        return False
    pauses = all(c.kind(k) in _PAUSES or c.lexemes[k].word in _HESITATES for k in between)
    return pauses and kinds[0] in ("stop", "comma")


def concludes(c: Context, piece: Piece) -> bool:
    """Whether "then" at the end draws the conclusion: "Thursday nobody can, Tuesday then"."""
    then = piece.stop < len(c.lexemes) and c.lexemes[piece.stop].word in ("then", "entonces")
    return then and c.kind(piece.at - 1) == "comma" and c.kind(piece.stop + 1) in ("", "stop")


def points_back(c: Context, first: int, stop: int) -> bool:
    """Whether a wish points back at the day told: "my MRI is Thursday at 10, see me that same day"."""
    return any(
        c.lexemes[k].word.endswith("same day") or (c.lexemes[k].word == "that" and _is_day_behind(c, k))
        for k in range(first, stop)
    )


def _is_day_behind(c: Context, k: int) -> bool:
    j = k + 1 + (k + 1 < len(c.lexemes) and c.lexemes[k + 1].word in ("same", "whole", "very"))
    return j < len(c.lexemes) and c.lexemes[j].word in _THAT

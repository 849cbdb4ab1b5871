"""The other days: "any other day", "otro día", "los demás días sí" rule out the days that are named before them."""

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Piece

_OTHER = (("any", "other"), ("cualquier", "otro"), ("cualquier", "otra"))
_BEFORE_OTHER = ("comma", "stop", "for", "fix")
_RATHER = ("mejor", "seria", "sea", "prefiero", "dame", "deme", "pero")
_OTHER_WHAT = words("unit weekdays dia part")


def any_other(c: Context) -> int:
    """Where "any other day" is said, which rules out the days before it; 0 where it is not."""
    for k in range(2, len(c.lexemes)):
        other, before = c.lexemes[k].word, c.lexemes[k - 1].word
        if other in ("demas", "otros") and c.lexemes[k + 1 : k + 2] and c.lexemes[k + 1].word == "dias":
            if before == "los" and _suit_behind(c, k + 2):
                return k  # "los miércoles ayudo en la iglesia, los demás días sí puedo"
            continue
        so = before == "que" and c.lexemes[k - 2].word == "asi"
        if other == "otro" and c.kind(k + 1) == "dia" and (c.kind(k - 1) in _BEFORE_OTHER or before in _RATHER or so):
            if c.kind(k + 2) in ("no", "no_es", "not"):
                return 0
            return k  # "estoy en terapia los martes, otro día por la tarde"
        if (c.lexemes[k - 2].word, before, other) == ("of", "the", "other") and c.lexemes[k + 1 : k + 2]:
            if c.lexemes[k + 1].word == "days":
                return k  # "I have PT on Mondays, so one of the other days"
            continue
        if (before, other) in _OTHER and c.kind(k - 2) not in ("or", "and") and c.kind(k + 1) in _OTHER_WHAT:
            # "Has to be a Friday, I don't do any other day" asks for that one.
            return 0 if any(c.kind(n) in ("not", "no_es") for n in range(max(0, k - 4), k - 1)) else k
    return 0


def is_other(c: Context, piece: Piece, other: int) -> bool:
    """Whether days are named before the other ones that are wished, at `other`; a week is that of both."""
    wide = isinstance(piece.found, Days) and piece.found.wide and c.lexemes[other].word in ("demas", "otros")
    return piece.stop <= other and not wide


def _suit_behind(c: Context, k: int) -> bool:
    """Whether what is named before `k` is told to suit, by the end of the clause."""
    for n in range(k, len(c.lexemes)):
        if c.kind(n) in ("not", "no", "no_es", "stop"):
            return False
        if c.lexemes[n].word in ("si", "puedo", "bien", "libre"):
            return True
    return False

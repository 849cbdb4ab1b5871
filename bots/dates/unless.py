"""What holds but for a condition, and what alone does not hold: "unless it's before 9", "the only day I can't"."""

from bots.dates.lexeme import words
from bots.dates.pieces import Context

_BE = words("it's its is it be sea es fuera")
_ONLY = words("only unico unica solo")
_WHICH = words("only unico unica that which i we que yo no one time")
_NEAR = 5


def is_condition(c: Context, at: int, floor: int) -> bool:
    """Whether what stands at `at` is where the rest does not hold: "unless it's before 9, Friday works"."""
    k = at - 1
    while k >= floor and c.lexemes[k].word in _BE:
        k -= 1
    return k >= floor and _is_unless(c, k) and not any(c.kind(n) in ("not", "no_es", "no") for n in range(k))


def is_taken_back(c: Context, k: int) -> bool:
    """Whether the "not" at `k` goes on to say where it does hold: "Tuesday won't work unless it's after 4"."""
    return any(_is_unless(c, n) for n in range(k + 1, min(len(c.lexemes), k + _NEAR)))


def is_the_only_one(c: Context, stop: int, ceiling: int) -> bool:
    """Whether the day before `stop` is the one that will not do: "Thursday is the only day I can't"."""
    if stop >= ceiling or c.lexemes[stop].word not in ("is", "es"):
        return False
    k = c.skip(stop + 1, ("the", "the_el", "the_la"))
    if k >= ceiling or c.lexemes[k].word not in _ONLY:
        return False
    while k < ceiling and (c.lexemes[k].word in _WHICH or c.kind(k) in ("unit", "dia", "the", "num")):
        if c.kind(k) in ("not", "no_es"):
            break
        k += 1
    return k < ceiling and c.kind(k) in ("not", "no_es")


def _is_unless(c: Context, k: int) -> bool:
    return c.lexemes[k].word == "unless" or (
        c.lexemes[k].word == "que" and k > 0 and c.kind(k - 1) == "minus" and c.kind(k - 2) == "to"
    )

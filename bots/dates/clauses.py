"""A text cut into clauses, so that what is told in one is not taken for what is wished in another."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece

_TURNS = words(
    "but so because bc cuz cause can could would do does how what then want need i'd pero porque pues asi entonces "
    "puedo puede pueden podria podrian podemos quiero queremos quisiera necesito necesitamos prefiero hay tiene tienen "
    "mejor"
) | {"how about", "what about"}
_VERBS = words("is are will es esta")
_SUBJECTS = words("i i'm im i'll we he she they it is yo me")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its words, and the pieces of time in it by their index."""

    words: frozenset[str]
    kinds: frozenset[str]
    first: int
    stop: int
    pieces: tuple[int, ...]


def clauses_of(c: Context, pieces: list[Piece]) -> list[Clause]:
    """The clauses of the text, in order: cut at signs, at words that turn to something else, at a question's verb."""
    edges = [0, *_cuts(c, pieces), len(c.lexemes)]
    inside: list[list[int]] = [[] for _ in edges[1:]]
    for n, piece in enumerate(pieces):
        inside[bisect_right(edges, piece.at) - 1].append(n)
    return [
        Clause(
            words=frozenset(lexeme.word for lexeme in c.lexemes[first:stop]),
            kinds=frozenset(lexeme.kind for lexeme in c.lexemes[first:stop]),
            first=first,
            stop=stop,
            pieces=tuple(inside[number]),
        )
        for number, (first, stop) in enumerate(pairwise(edges))
    ]


def _is_its_date(c: Context, pieces: list[Piece], at: int, next_at: int) -> bool:
    """Whether the piece that begins at `next_at` is the date of the weekday said before it: "Thursday, March 12"."""
    if not 0 <= at < len(pieces) - 1 or pieces[at + 1].at != next_at or c.kind(next_at) == "day":
        return False
    stop = pieces[at + 1].stop
    if stop < len(c.lexemes) and c.lexemes[stop].word in _SUBJECTS:
        return False  # "Tuesday or Wednesday, the 22nd I have a deposition"
    said, date = pieces[at].found, pieces[at + 1].found
    if not isinstance(said, Days) or not isinstance(date, Days):
        return False
    return said.weekday is not None and date.weekday is None and not date.wide


def dates_its_hour(pieces: list[Piece], k: int) -> bool:
    """Whether an hour begins at `k` that has its day behind it: "practice at 4, 3 on Monday"."""
    n = next((n for n, piece in enumerate(pieces[:-1]) if piece.at == k), None)
    if n is None or not isinstance(pieces[n].found, Hours):
        return False
    return isinstance(pieces[n + 1].found, Days) and pieces[n + 1].at <= pieces[n].stop + 1


def _cuts(c: Context, pieces: list[Piece]) -> list[int]:
    """Where the second clause and those after it begin."""
    starts, stops = [piece.at for piece in pieces], [piece.stop for piece in pieces]
    ended = set(stops)
    found = []
    for k in range(1, len(c.lexemes)):
        inside = bisect_right(starts, k) - 1
        if inside >= 0 and starts[inside] < k < stops[inside]:
            continue
        kind, word, following = c.kind(k), c.lexemes[k].word, c.lexemes[min(k + 1, len(c.lexemes) - 1)].word
        after = bisect_left(starts, k + 1)
        # "I got it Monday is Thursday free": a verb between two days asks about the second.
        asks = word in _VERBS and k in ended and after < len(starts) and starts[after] <= k + 2
        asks = asks and isinstance(pieces[after].found, Days)
        sign = kind in ("comma", "stop")
        sign = sign and (c.kind(k + 1) not in ("num", "clock") or dates_its_hour(pieces, k + 1))
        sign = sign and not (kind == "comma" and k in ended and _is_its_date(c, pieces, after - 1, k + 1))
        if sign or word in _TURNS or asks or (kind == "and" and (following in _SUBJECTS or following in _TURNS)):
            found.append(k)
    return found

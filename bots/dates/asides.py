"""Which pieces stand in an aside that tells a circumstance, and not in the wish: "before 9 only, I open the shop at
9:30", "next week, this week I'm in San Antonio", "Thursday is bridge, so Friday".

In an aside somebody does something, and nothing is wished. What it names gives way to what the rest of the text names:
a day to a day, an hour to an hour. Where it says all there is, it stays, and bounds the wish.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from bots.dates.clauses import clauses_of, dates_its_hour
from bots.dates.draft import is_far
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece, Stretch
from bots.dates.tellers import FIRST, begins, frees, is_over, teller_of, wishes
from bots.dates.turns import points_back

_IS = words("is are was isn't")
_MEANT = words("had wanted was were asked got called booked have planned said told i'd")
_ANY_HOUR = words("any anytime whenever whatever")
_TO_HOUR = words("around at loosely filler comma")
_TO_BEEN = words("on at in the num around")
_TO_PART = words("comma stop in the on and")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some words of the text and the pieces in them; `teller` is who tells, "" where something may be wished."""

    first: int
    stop: int
    pieces: tuple[int, ...]
    teller: str


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the rest of the text names: its days, its hours, whether any hour will do, whether it points back."""

    days: list[Piece]
    hours: list[Piece]
    without: bool
    any_hour: bool
    same_day: bool


def of_asides(c: Context, pieces: list[Piece], ruled_out: set[int], told: set[int]) -> tuple[set[int], set[int]]:
    """The indices of the pieces that belong to an aside: those told, and those at which the person is engaged."""
    if len(pieces) < 2 or c.language != "en":
        return set(), set()
    stretches = _stretches(c, pieces)
    wish = _wish_of(c, pieces, [one for one in stretches if not one.teller], ruled_out, told)
    found = {at for at, piece in enumerate(pieces) if _is_begun(c, piece) or _is_of_that(c, piece, wish)}
    if wish.days and not c.moving:
        found |= {at for at, piece in enumerate(pieces) if _has_been(c, piece) and wish.days != [piece]}
    found |= _given_up(c, pieces, stretches, ruled_out)
    found |= {at for at in range(len(pieces)) if _is_left_out_behind(pieces, at, ruled_out, wish)}
    spurned = {_weekday_of(pieces[at], within=True) for at in ruled_out} - {None}
    engaged: set[int] = set()
    for one in stretches:
        if not one.teller or not one.pieces:
            continue
        days = [at for at in one.pieces if isinstance(pieces[at].found, Days)]
        hours = [at for at in one.pieces if isinstance(pieces[at].found, Hours)]
        if any(_weekday_of(pieces[at]) in spurned for at in days):
            found.update(one.pieces)  # "any day but Wednesday, I sit for the kids Wednesdays"
            continue
        if wish.days and days and not wish.same_day and not _is_freed(c, one):
            found.update(one.pieces)
            if one.teller in FIRST and not hours and not is_over(c, one.first, one.stop):
                engaged.update(at for at in days if at not in ruled_out and _is_within(pieces[at], wish.days))
            continue
        if days and wish.days and not any(_stretch_of(pieces[at]) in map(_stretch_of, wish.days) for at in days):
            continue  # "I get done Friday at 3, Monday at 1"
        over = is_over(c, one.first, one.stop) and (wish.days or wish.hours)  # "I was up till 3 am"
        for at in hours:
            if at not in ruled_out and (over or _gives_way(pieces[at], wish)):
                found.add(at)
            if one.teller in FIRST and _is_part(pieces[at]) and not wish.hours and at == one.pieces[0]:
                leads = all(c.kind(k) in _TO_PART for k in range(one.first, pieces[at].at))
                engaged.update((at,) if leads and not _is_freed(c, one) else ())  # "mornings I'm at dialysis"
    found -= {at for at in ruled_out if isinstance(pieces[at].found, Days)}
    return found - engaged, engaged


def _is_left_out_behind(pieces: list[Piece], at: int, ruled_out: set[int], wish: _Wish) -> bool:
    """Whether a weekday is ruled out behind what is told of it: "Sunday dinner at mom's, so not Sunday"."""
    weekday = _weekday_of(pieces[at])
    if weekday is None or at in ruled_out or not _stands_alone(pieces, at):
        return False
    others = any(_weekday_of(piece) != weekday for piece in wish.days)
    return others and any(n > at and _weekday_of(pieces[n]) == weekday and _stands_alone(pieces, n) for n in ruled_out)


def _weekday_of(piece: Piece, *, within: bool = False) -> int | None:
    """The weekday that was named, with `within` also one of a period named with it; None for all else."""
    found = piece.found
    if not isinstance(found, Days):
        return None
    first = found.readings[0][0] if within and found.within and found.readings else None
    return first.weekday() if first is not None else found.weekday


def _stands_alone(pieces: list[Piece], at: int) -> bool:
    """Whether no hour follows the day at once."""
    then = pieces[at + 1] if at + 1 < len(pieces) else None
    return then is None or not isinstance(then.found, Hours) or then.at > pieces[at].stop + 1


def _given_up(c: Context, pieces: list[Piece], stretches: list[_Stretch], ruled_out: set[int]) -> set[int]:
    """What was meant until something came up: "I was going to ask for Monday but I'm closing, so can I do Tuesday"."""
    for one, reason in pairwise(stretches):
        said = {c.lexemes[k].word for k in range(one.first, one.stop)}
        days = [at for at in one.pieces if isinstance(pieces[at].found, Days) and at not in ruled_out]
        turn = c.skip(reason.first, ("comma", "stop"))
        if not days or said.isdisjoint(_MEANT) or turn >= len(c.lexemes) or c.lexemes[turn].word != "but":
            continue
        named = [pieces[n] for n in days]
        if wishes(c, reason.first, reason.stop) or any(_is_other(pieces[at], named) for at in reason.pieces):
            continue
        later = [n for n in range(one.pieces[-1] + 1, len(pieces)) if n not in ruled_out and n not in reason.pieces]
        if any(isinstance(pieces[n].found, Days) for n in later):
            return {*one.pieces, *reason.pieces}
    return set()


def _wish_of(c: Context, pieces: list[Piece], rest: list[_Stretch], ruled_out: set[int], told: set[int]) -> _Wish:
    """What the stretches name in which something may be wished."""
    at_all = [at for one in rest for at in one.pieces if at not in told]
    days = [pieces[at] for at in at_all if isinstance(pieces[at].found, Days) and at not in ruled_out]
    hours = [at for at in at_all if isinstance(pieces[at].found, Hours)]
    places = [k for one in rest for k in range(one.first, one.stop)]
    return _Wish(
        days=[piece for piece in days if isinstance(piece.found, Days) and not piece.found.past],
        hours=[pieces[at] for at in hours],
        without=any(at in ruled_out for at in hours),
        any_hour=any(c.lexemes[k].word.partition(" ")[0] in _ANY_HOUR for k in places),
        same_day=any(
            points_back(c, one.first, one.stop) for one in rest if one.pieces or wishes(c, one.first, one.stop)
        ),
    )


def _is_begun(c: Context, piece: Piece) -> bool:
    """Whether the hour is when something began: "symptoms since like 4 am"."""
    if not isinstance(piece.found, Hours):
        return False
    return c.kind(_before_small_words(c, piece, _TO_HOUR)) == "since"


def _has_been(c: Context, piece: Piece) -> bool:
    """Whether it is told what was on the day: "the first was May 12", "it was 5 at Christmas"."""
    if not isinstance(piece.found, Days):
        return False
    k = _before_small_words(c, piece, _TO_BEEN)
    return k > 0 and c.lexemes[k].word in ("was", "were")


def _before_small_words(c: Context, piece: Piece, small: frozenset[str]) -> int:
    """The place before the piece, and before up to three words of the `small` kinds that lead to it."""
    k = piece.at - 1
    while k > piece.at - 4 and c.kind(k) in small:
        k -= 1
    return k


def _is_of_that(c: Context, piece: Piece, wish: _Wish) -> bool:
    """Whether the part is one of a day told, beside another wish: "before we drive to grandma's that night"."""
    that = piece.at > 1 and c.lexemes[piece.at - 1].word == "that"
    if not that or not _is_part(piece) or c.lexemes[piece.at - 2].word.partition(" ")[0] in _ANY_HOUR:
        return False  # "anytime that afternoon" is the wish
    of_hour = any(one.stop == piece.at - 1 for one in wish.hours)  # "9 ish that evening"
    return not of_hour and (wish.any_hour or len(wish.hours) > 1)


def _is_part(piece: Piece) -> bool:
    return isinstance(piece.found, Hours) and piece.found.low is None and piece.found.part is not None


def _is_freed(c: Context, one: _Stretch) -> bool:
    """Whether the stretch tells when the person is free, or free again."""
    return any(frees(c, k) for k in range(one.first, one.stop))


def _gives_way(piece: Piece, wish: _Wish) -> bool:
    """Whether the hour told is none of the wish: a bound stays where no hour is wished, and beside a mere part."""
    found = piece.found
    exact = any(isinstance(one.found, Hours) and one.found.low for one in wish.hours)
    if not isinstance(found, Hours) or exact or wish.without:
        return True
    if any(isinstance(one.found, Hours) and is_far(found, one.found.part) for one in wish.hours):
        return True  # "in the afternoon, I get my hair done at 11"
    bounds = found.leaving or found.bound in ("until", "before", "by", "after")
    if bounds:
        return wish.any_hour and not wish.hours
    return bool(wish.hours or wish.days or wish.any_hour)


def _is_within(piece: Piece, wished: list[Piece]) -> bool:
    """Whether the days told lie in a longer stretch that is wished, and are none of the single days wished."""
    first, last = _stretch_of(piece)
    if first is None or last is None:
        return False
    within = False
    for low, high in map(_stretch_of, wished):
        if low is not None and low == high and first <= low <= last:
            return False
        within = within or ((low is None or low <= last) and (high is None or high >= first))
    return within


def _is_other(piece: Piece, wished: list[Piece]) -> bool:
    """Whether the days told are none of those wished."""
    return isinstance(piece.found, Days) and _stretch_of(piece) not in map(_stretch_of, wished)


def _stretch_of(piece: Piece) -> Stretch:
    found = piece.found
    named = isinstance(found, Days) and found.readings and not found.past and not found.at
    return found.readings[0] if named and isinstance(found, Days) else (None, None)


def _stretches(c: Context, pieces: list[Piece]) -> list[_Stretch]:
    """The clauses of the text, those cut once more where somebody begins to tell, or a wish behind what was told."""
    starts = [piece.at for piece in pieces]
    inner = {k for piece in pieces for k in range(piece.at, piece.stop)}
    edges: list[int] = []
    for clause in clauses_of(c, pieces):
        asserts = (
            bool(edges) and c.lexemes[clause.first].word in _IS and _is_named_alone(c, edges[-1], clause.first, inner)
        )
        if not asserts:  # "Easter is March 28" is one clause, and asks nothing
            told = edges and c.lexemes[clause.first].word == "do" and c.lexemes[clause.first - 1].word in FIRST
            edges.append(clause.first - bool(told))  # "I do the payroll Mondays"
        before = [pieces[at] for at in clause.pieces]
        for k in range(clause.first + 1, clause.stop):
            if begins(c, k, edges[-1], [piece for piece in before if edges[-1] <= piece.at and piece.stop <= k]) or (
                c.kind(k) in ("comma", "stop") and (k - 1 not in inner or dates_its_hour(pieces, k + 1))
            ):
                edges.append(k)
    edges.append(len(c.lexemes))
    found = []
    for first, stop in pairwise(edges):
        inside = tuple(range(bisect_left(starts, first), bisect_left(starts, stop)))
        then = c.skip(stop, ("comma", "stop"))
        goes_on = c.kind(then) in ("or", "else") or (then < len(c.lexemes) and c.lexemes[then].word == "else")
        teller = teller_of(c, [pieces[at] for at in inside], first, stop) if inside and not goes_on else ""
        found.append(_Stretch(first=first, stop=stop, pieces=inside, teller=teller))
    return found


def _is_named_alone(c: Context, first: int, stop: int, inner: set[int]) -> bool:
    """Whether there is nothing but the name of a day, or a word with it, from `first` on."""
    outside = [
        k for k in range(first, stop) if k not in inner and c.kind(k) not in ("stop", "comma", "the", "greeting")
    ]
    return first < stop and len(outside) <= 2 and all(c.kind(k) in ("word", "and", "unit") for k in outside)

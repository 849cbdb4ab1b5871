"""Which pieces stand in an aside that tells a circumstance, and not in the wish: "before 9 only, I open the shop at
9:30", "next week, this week I'm in San Antonio", "Thursday is bridge, so Friday".

In an aside somebody does something, and nothing is wished. What it names gives way to what the rest of the text names:
a day to a day, an hour to an hour. Where it says all there is, it stays, and bounds the wish.
"""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

from bots.dates.clauses import clauses_of
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece

_FIRST = words("i i'm im ive i've we we've we're i'll ill we'll")
_THIRD = words("he she they he's she's they're hes shes theyre someone somebody everyone nobody")
_PERSONS = words(
    "kid kids child children son sons daughter mom mum mother dad father husband wife hubby boyfriend girlfriend "
    "grandson granddaughter grandkids grandma grandpa boss sitter babysitter nanny roommate neighbor sister brother "
    "partner fiance plumber electrician landlord bus train school church"
)
_OPENS = words("got gotta have just stuck babysitting driving")
"""Words with which an aside begins that leaves "I" out: "got parking till 12:30", "just off shift at 4:30"."""
_LINKS = words("but so because bc cuz cause coz cos since as and n plus also lol haha well oh anyway though tho seeing")
_ASKED = words(
    "if when while once can could may should would do does did where will shall might whenever unless that how or am"
)
_LED = words("after before until by since between")
_WISHES = words(
    "can could would want wants wanted wanna need needs needed like love prefer may might should book schedule see seen "
    "come came choose hope hoping hoped thinking think thought wish try trying rather ask asked asking say said says "
    "mean meant open available flexible fine ok okay great perfect works please pls plz instead better best earliest "
    "latest appointment appt appts appointments apt visit slot slots opening openings spot cancel cancelled guess "
    "suppose believe vote bet figure lean leaning calling called looking aiming shooting wanting interested texting "
    "writing checking wondering anything something anytime whenever whatever whichever yours possible ideal easier "
    "easiest preferred suits suit happy told offered show shows reschedule there town nearby supposed scheduled booked "
    "earlier sooner later i'd id either neither cannot except unless let let's lets break window gap choice option "
    "preference prefered rescheduled thinkin hopin tryna lookin must available? anyone yall y'all you u your guys"
)
_WISHED_OF_ONE = words("free good coming be-in make pick back around here home time down only any bring")
_WORK = words("work working works")
_FREED = words("off out done free finish finishes finished home")
"""Words of what leaves the person free: a day so told may be the very one that is wished."""
_SUITS = words(
    "good fine ok okay great perfect best better works work free open available possible ideal easier easiest cool "
    "preferred wonderful when what nice easy enough doable favorite out full not the only too also that fastest "
    "soonest earliest fine"
)
_IS = words("is are was isn't")
_THAT = words("day morning afternoon evening night")
_ANY_HOUR = words("any anytime whenever whatever")
_DOING = 2


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some words of the text and the pieces in them; `teller` is who tells, "" where something may be wished."""

    first: int
    stop: int
    pieces: tuple[int, ...]
    teller: str


def of_asides(c: Context, pieces: list[Piece], ruled_out: set[int], told: set[int]) -> tuple[set[int], set[int]]:
    """The indices of the pieces that belong to an aside: those told, and the days on which the person is engaged."""
    if len(pieces) < 2 or c.language != "en":
        return set(), set()
    stretches = _stretches(c, pieces)
    aside = [one for one in stretches if one.teller and one.pieces]
    if not aside:
        return set(), set()
    wished = [at for one in stretches if not one.teller for at in one.pieces if at not in told]
    days = [at for at in wished if isinstance(pieces[at].found, Days) and at not in ruled_out and not _is_past(pieces[at])]
    hours = [at for at in wished if isinstance(pieces[at].found, Hours)]
    any_hour = any(
        c.lexemes[k].word.partition(" ")[0] in _ANY_HOUR for one in stretches if not one.teller
        for k in range(one.first, one.stop)
    )
    same_day = any(_says_that_day(c, one) for one in stretches if not one.teller)
    found: set[int] = set()
    engaged: set[int] = set()
    for one in aside:
        freed = any(c.lexemes[k].word in _FREED for k in range(one.first, one.stop))
        of_hours = [at for at in one.pieces if isinstance(pieces[at].found, Hours)]
        of_days = [at for at in one.pieces if isinstance(pieces[at].found, Days)]
        if days and of_days and not same_day and not freed:
            found.update(one.pieces)
            if one.teller in _FIRST and not of_hours:
                engaged.update(of_days)
        else:
            free = [at for at in of_hours if at not in ruled_out]
            found.update(at for at in free if _gives_way(pieces[at], [pieces[n] for n in hours], bool(days), any_hour))
    found -= {at for at in ruled_out if isinstance(pieces[at].found, Days)}
    engaged = {at for at in engaged - ruled_out if _is_apart(pieces[at], [pieces[n] for n in days])}
    return found - engaged, engaged


def _is_past(piece: Piece) -> bool:
    return isinstance(piece.found, Days) and piece.found.past


def _gives_way(piece: Piece, wished: list[Piece], dated: bool, any_hour: bool) -> bool:
    """Whether the hour told is none of the wish: a bound stays where no hour is wished, and beside a mere part."""
    found = piece.found
    if not isinstance(found, Hours) or any(isinstance(one.found, Hours) and one.found.low for one in wished):
        return True
    bounds = found.leaving or found.bound in ("until", "before", "by", "after")
    return bool(wished or dated or any_hour) and (not bounds or (any_hour and not wished))


def _is_apart(piece: Piece, wished: list[Piece]) -> bool:
    """Whether the days told are none of the single days wished."""
    found = piece.found
    if not isinstance(found, Days) or not found.readings or found.past or found.at:
        return False
    first, last = found.readings[0]
    if first is None or last is None:
        return False
    for one in wished:
        if isinstance(one.found, Days):
            for low, high in one.found.readings:
                if low is not None and low == high and first <= low <= last:
                    return False
    return True


def _says_that_day(c: Context, one: _Stretch) -> bool:
    """Whether the wish points back at the day told: "my MRI is Thursday at 10, see me that same day"."""
    return any(
        c.lexemes[k].word.endswith("same day") or (c.lexemes[k].word == "that" and _is_day_behind(c, k))
        for k in range(one.first, one.stop)
    )


def _is_day_behind(c: Context, k: int) -> bool:
    j = k + 1 + (k + 1 < len(c.lexemes) and c.lexemes[k + 1].word in ("same", "whole", "very"))
    return j < len(c.lexemes) and c.lexemes[j].word in _THAT


def _stretches(c: Context, pieces: list[Piece]) -> list[_Stretch]:
    """The clauses of the text, those cut once more where somebody begins to tell behind an hour."""
    edges: list[int] = []
    starts = [piece.at for piece in pieces]
    for clause in clauses_of(c, pieces):
        edges.append(clause.first)
        for k in range(clause.first + 1, clause.stop):
            if c.lexemes[k].word in _FIRST | _THIRD or c.kind(k) == "my":
                before = [pieces[at] for at in clause.pieces if pieces[at].stop <= k]
                if before and _may_begin(c, k) and _is_said(c, clause.first, k, before):
                    edges.append(k)
                    break
    edges.append(len(c.lexemes))
    found = []
    for n, (first, stop) in enumerate(pairwise(edges)):
        inside = tuple(range(bisect_left(starts, first), bisect_left(starts, stop)))
        teller = _teller(c, pieces, first, stop, inside) if inside else ""
        goes_on = n + 2 < len(edges) and c.kind(c.skip(stop, ("comma", "stop"))) in ("or", "else")
        found.append(_Stretch(first=first, stop=stop, pieces=inside, teller="" if goes_on else teller))
    return found


def _may_begin(c: Context, k: int) -> bool:
    """Whether a sentence of its own may begin at `k`: not "when I", "can we", "after my"."""
    return c.lexemes[k - 1].word not in _ASKED and c.kind(k - 1) not in (*_LED, "at", "on", "for", "to", "of", "in", "from", "with")


def _is_said(c: Context, first: int, k: int, before: list[Piece]) -> bool:
    """Whether a wish is complete before `k`: it names an hour, or asks for its day."""
    if any(isinstance(piece.found, Hours) for piece in before):
        return True
    return any(c.lexemes[n].word in _WISHES or c.lexemes[n].word in _FIRST for n in range(first, k))


def _teller(c: Context, pieces: list[Piece], first: int, stop: int, inside: tuple[int, ...]) -> str:
    """Who tells something in these words; "" where something may be wished."""
    covered = {k for at in inside for k in range(pieces[at].at, pieces[at].stop)}
    k = first
    while k < stop and (c.kind(k) in ("comma", "stop", "and", "filler") or c.lexemes[k].word in _LINKS or _leads(c, pieces, inside, k)):
        k = next((pieces[at].stop for at in inside if pieces[at].at == k), k + 1)
    if k >= stop:
        return ""
    rest = [n for n in range(k, stop) if n not in covered]
    said = [c.lexemes[n].word for n in rest]
    if any(c.kind(n) in ("move", "fix", "instead", "title", "make", "else", "not", "no", "come by") for n in rest):
        return ""
    subject = c.lexemes[k]
    if not said or any(word in _WISHES for word in said):
        return ""
    plain = [n for n in rest if c.kind(n) in ("word", "counted", "my", "a", "coming")]
    if subject.word in _FIRST or (subject.word in _OPENS and c.kind(k + 1) in ("word", "counted", "a")):
        return subject.word if subject.word in _FIRST and _is_engaged(c, k, rest) else "i" * _is_engaged(c, k, rest)
    if any(word in ("with", "for") and following in ("me", "us") for word, following in pairwise(said)):
        return ""
    if subject.word in _THIRD or subject.word in _PERSONS:
        return subject.word if len(plain) >= _DOING else ""
    return "my" if subject.kind == "my" and len(plain) > _DOING and not _is_ailing(said) else ""


def _leads(c: Context, pieces: list[Piece], inside: tuple[int, ...], k: int) -> bool:
    """Whether a day begins at `k`, of which is told: "this week I'm in San Antonio"."""
    return any(pieces[at].at == k and isinstance(pieces[at].found, Days) for at in inside)


def _is_ailing(said: list[str]) -> bool:
    return bool({"hurts", "hurting", "aches", "sick", "fever", "pain"} & set(said))


def _is_engaged(c: Context, k: int, rest: list[int]) -> bool:
    """Whether the person is or does something else then: "I babysit", "I'm in court"; not "I have Tuesday", "I'm free"."""
    behind = [n for n in rest if n > k - (c.lexemes[k].word in _OPENS)]
    if not behind:
        return False
    if c.lexemes[k].word not in _OPENS:
        behind = [n for n in behind if n > k]
    content = [n for n in behind if c.kind(n) in ("word", "counted", "coming", "part?")]
    if not content:
        return False
    first = content[0]
    word, following = c.lexemes[first].word, c.lexemes[first + 1].word if first + 1 < len(c.lexemes) else ""
    if word in ("have", "got", "had", "ve", "has"):
        return len(content) > 1 and first + 1 in rest
    if word in ("take", "pick", "make", "bring"):
        return first + 1 in rest and (c.kind(first + 1) == "my" or following in ("up", "him", "her", "them", "the"))
    return word not in ("good", "free", "back", "around", "here", "home", "down", "in", "be", "flexible", "cool", "off", "done", "out")

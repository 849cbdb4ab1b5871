"""The visit there is, told beside the wish for another time: "swap my Tuesday 2pm for Wednesday 9", "la del 9 al 10".

Its time is no wish. It is known by how it is named ("my Tuesday 2pm", "the 10 am on Thursday", "la del 9", "from July
13 at 10") or said to be ("my appointment is Tuesday at 2"), and by what leads on to the new time.
"""

from itertools import pairwise

from bots.dates.clauses import Clause, clauses_of
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece, Relation

_STANDING = words("visit appointment appt slot turno checkup cleaning cita visita consulta limpieza")
_HELD = words("is was have has had got scheduled booked es era tengo tenia quedo agendada")
_MEANT = words("supposed scheduled booked")
_ANOTHER = words("another other also too second add keep otra otro tambien")
_INSTEAD = words("but instead need necesito rather prefer want pero mejor better prefiero quiero quisiera")
_OFFERED = words("you any anything there hay tienen tiene another otra new nueva") | {"do"}
_FREE = words("free off open available libre disponible")
_OTHERWISE = words(
    "but want need instead can could would do move rather prefer pero quiero quisiera prefiero necesito puedo podria "
    "podemos puede mejor better change reschedule cambiar mover"
)
_VISIT = _STANDING | words("apt session one mia mio")
_SAID_OF_IT = words(
    "own is was set scheduled booked for at on with next current existing upcoming es era esta quedo agendada "
    "programada para con el la de i've i have has tiene que tengo"
)
_PERSONS = words(
    "son daughter kid kids child mom mother dad father husband wife hijo hija hijos mama papa esposo esposa abuela "
    "abuelo suegra nieta nieto"
)
_BACK = words("on at the the_el the_la of for a next this title in with around")
_INSIDE = words("on at at_la of the the_el the_la in a comma title")
_TAKEN_TO = ("to", "for", "at_la")
_LEADS = words("to for with con por into onto become a al para sea fuera quede")
_SHIFTS = words(
    "pull slide shift become put make push bump bring replaced use sea fuera quede adelante swap paso pasamos"
)
_WISHED = words("like want book schedule reserve need quiero quisiera agende agendar programar reservar prefiero")
_NEEDS = words("needs need has have should must got")
_MAKES = words("make have get turn")
_MISSED = words("miss missing skip out faltar perder")
_CANCELS = words(
    "cancel canceling cancelling cancela cancele cancelo cancelar cancelen cancelarla quite quita quiten quitame "
    "quiteme quitenme cancelame canceleme cancelenme borrame borreme borre borren anule anula anulen anulame elimine "
    "elimina bajame"
)
_ANEW = words(
    "put book give instead pongame ponme agendeme agendame deme dame da dan dejamos reserve agendar agende "
    "programar schedule"
)
_LOST = words("forgot missed slept olvido olvide olvidamos complico")
_KEPT = words("keep leave deje dejen mantener")
_SET = words("set scheduled booked down agendada programada es is was")
_ONWARD = ("to", "make", "until", "before", "after", "by")
_IT_IS = words("it's its currently tengo tenia")
_HELD_FOR = words("down scheduled booked books me us in")
_HOLDS = words(
    "have has had got gave you've apunto puso dio agendo programo toca tocaba agendaron tienen dieron "
    "pusieron citaron apuntaron programaron"
)
_BOOKS = words("booked scheduled agende aparte reserve quedamos quede")
_OPEN = words("open available free possible ok okay libre disponible")
_TURNS = _OTHERWISE | words(
    "try book slide become shift there's anything something any how's i'd id like asked wanted meant pedi "
    "queria yo puede hay tiene tienen se"
)
_TURNS |= {"what about", "how about"}
_BEGINNINGS = ("", "stop", "comma", "greeting", "to", "move")
_BACKWARDS = 7
_ASKED_BEHIND = 5


def moved_visit(c: Context, pieces: list[Piece], ruled_out: set[int]) -> tuple[set[int], set[int]]:
    """The pieces of a visit there is, where another time is wished for: "mi cita es el martes pero quiero …".

    First those of a visit that is to be moved, none where one more may be wished for; then those that ask for nothing:
    a day stays, where the wish names none, and is then taken out of what is `ruled_out`.
    """
    if len(pieces) < 2:
        return set(), set()
    for n, piece in enumerate(pieces[:-1]):
        if n in ruled_out and (visit := _unkept(c, pieces, n, ruled_out)):
            ruled_out -= visit
            return visit, visit
        if spurned := _spurned(c, pieces, n, ruled_out):
            ruled_out -= spurned
            return set(), spurned
        if n in ruled_out or isinstance(piece.found, Relation):
            continue
        name = _named_at(c, pieces, n)
        if name is not None and (found := _moved_from(c, pieces, n, name, ruled_out)) is not None:
            return found
    return _told_behind(c, pieces) or _of_standing_visit(c, pieces, ruled_out)


def _unkept(c: Context, pieces: list[Piece], n: int, ruled_out: set[int]) -> set[int]:
    """The pieces of a visit of which only the hour seems ruled out: "I can't make my 10:30 tomorrow. Thursday?"."""
    found, of_hour = pieces[n].found, pieces[n + 1]
    if not isinstance(found, Hours) or found.low is None or n + 1 in ruled_out or not isinstance(of_hour.found, Days):
        return set()
    held = c.skip(pieces[n].stop, ("on", "of", "the_el", "the")) >= of_hour.at
    named = any(c.kind(k) in ("my", "the", "the_la", "at_la") for k in range(max(0, pieces[n].at - 2), pieces[n].at))
    if not held or not named or n + 2 >= len(pieces) or n + 2 in ruled_out:
        return set()
    between = range(of_hour.stop, pieces[n + 2].at)
    linked = any(c.kind(k) in ("or", "and", "nor") for k in between)
    return {n, n + 1} if isinstance(pieces[n + 2].found, Days) and between and not linked else set()


def _spurned(c: Context, pieces: list[Piece], n: int, ruled_out: set[int]) -> set[int]:
    """A day with an hour that will not do, where another day follows: "Friday at 2 won't work, Monday at 3?"."""
    if n in ruled_out or n + 1 not in ruled_out or n + 2 >= len(pieces) or n + 2 in ruled_out:
        return set()
    day, hour, then = pieces[n], pieces[n + 1], pieces[n + 2]
    if not isinstance(day.found, Days) or not isinstance(hour.found, Hours) or not isinstance(then.found, Days):
        return set()
    at_once = c.skip(day.stop, ("comma", "at", "around", "the")) >= hour.at and hour.found.bound == "at"
    between = range(hour.stop, then.at)
    denied = any(c.kind(k) in ("stop", "comma") or c.lexemes[k].word in _TURNS for k in between)
    linked = any(c.kind(k) in ("or", "nor") for k in between)
    same = day.found.readings == then.found.readings
    return {n, n + 1} if at_once and denied and not linked and not same else set()


def _told_behind(c: Context, pieces: list[Piece]) -> tuple[set[int], set[int]] | None:
    """The same of a visit whose time is told behind the wish: "move it to Tuesday at 9, it's Thursday at 3"."""
    if not c.moving or _IT_IS.isdisjoint(c.said):
        return None
    for n in range(1, len(pieces)):
        k = pieces[n].at - 1
        k -= c.kind(k) in ("on", "the", "the_el", "for", "at")
        wish = any(isinstance(piece.found, Days) for piece in pieces[:n])
        starts = c.kind(k - 1) in ("comma", "stop") or c.lexemes[k - 1].word in ("right", "it's", "now")
        if wish and starts and c.lexemes[k].word in _IT_IS:
            run = set(range(n, _run_end(c, pieces, n)))
            return run, run
    return None


def _named_at(c: Context, pieces: list[Piece], n: int) -> tuple[int, bool] | None:
    """Where what names the piece as that of a visit begins, and whether it alone tells that there is one."""
    piece, k = pieces[n], pieces[n].at - 1
    if c.kind(piece.at) == "from" and c.moves(piece.at):
        return piece.at, False
    if c.kind(piece.at) in _ONWARD or (c.kind(piece.at) == "for" and _leads_away(c, piece.at)):
        return None  # "change my appointment to 3 pm"
    floor = max(pieces[n - 1].stop if n else 0, piece.at - _BACKWARDS)
    of_it = c.kind(piece.at) in ("of", "at_or_from") or c.kind(k) == "of"
    j = k - (c.kind(k) == "of")
    if of_it and j >= floor and c.language == "es" and (c.kind(j) in ("the_la", "the_el") or c.lexemes[j].word == "lo"):
        pointed = c.kind(j - 1) in _BEGINNINGS or c.lexemes[j - 1].word in _LOST | _CANCELS
        return j, pointed  # "la del 9", "lo de mañana"
    adjoins = n + 1 < len(pieces) and isinstance(pieces[n + 1].found, Hours) and pieces[n + 1].at == piece.stop
    if adjoins and c.lexemes[piece.stop - 1].word.endswith("'s"):
        return piece.at, False  # "Monday's 10:15"
    hour = isinstance(piece.found, Hours) and piece.found.low is not None
    if k >= floor and c.lexemes[k].word in ("the", "that") and (hour or _names_visit(c, piece.stop)):
        return k, False  # "the 10 am on Thursday"
    return _named_before(c, piece, floor)


def _named_before(c: Context, piece: Piece, floor: int) -> tuple[int, bool] | None:
    """The same, by the words that lead to it: "my visit on Friday", "have me down for", "la consulta del 9"."""
    visit = person = False
    for k in range(piece.at - 1, floor - 1, -1):
        kind, word = c.kind(k), c.lexemes[k].word.removesuffix("'s")
        before = c.lexemes[k - 1].word if k else ""
        if kind == "my":
            return (k, True) if (visit or not person) and before not in ("before", "after", "until") else None
        if kind == "move" or (word in ("off", "out") and c.moving):
            return (k, False) if k == piece.at - 1 else None
        held = word == "books" or (word in _HELD_FOR and not _HOLDS.isdisjoint(c.said))
        if (held and word not in ("me", "us", "in")) or (word in ("me", "us") and before in _HOLDS):
            return k, True  # "I have you down for Monday 2 pm"
        if (word in _HOLDS and before == "me") or (word in _BOOKS and before in ("i", "we", "ya", "")):
            return k, True  # "me agendaron el jueves", "I booked Wednesday"
        visit, person = visit or word in _VISIT, person or word in _PERSONS
        if visit and kind in ("the", "the_la") and c.lexemes[k + 1].word in _VISIT:
            return k, c.kind(k - 1) in _BEGINNINGS  # "la consulta del 9"
        if kind == "for" and _leads_away(c, k):
            return None
        if word in _CANCELS or (word in ("have", "tengo") and "title" in [c.kind(at) for at in range(k, piece.at)]):
            return k, True  # "cancel Tuesday at 1 and put me in for Friday"
        titled = c.kind(k - 1) in ("title", "stop") and kind == "word"
        if not (kind in _BACK or word in _VISIT or word in _SAID_OF_IT or word in _PERSONS or titled):
            return None
    return None


def _leads_away(c: Context, k: int) -> bool:
    """Whether the "for" at `k` leads to where a visit is moved: "cambiar mi cita para el viernes"."""
    return c.moving and (k == 0 or c.lexemes[k - 1].word not in _SET)


def _names_visit(c: Context, stop: int) -> bool:
    """Whether a word for a visit follows: "the Tuesday appointment"."""
    return stop < len(c.lexemes) and c.lexemes[stop].word in _VISIT


def _run_end(c: Context, pieces: list[Piece], n: int) -> int:
    """The index of the first piece that is no longer of the visit that `n` begins."""
    days, hours, m = isinstance(pieces[n].found, Days), isinstance(pieces[n].found, Hours), n + 1
    while m < len(pieces):
        last, piece = pieces[m - 1], pieces[m]
        between = range(last.stop, piece.at)
        if c.kind(piece.at) in ("to", "for", "until", "make", "before", "after", "by") or any(
            c.kind(k) not in _INSIDE and c.lexemes[k].word not in _VISIT for k in between
        ):
            return m
        comma = any(c.kind(k) == "comma" for k in between)
        if isinstance(piece.found, Days):
            dated = isinstance(last.found, Days) and last.found.weekday is not None and piece.found.weekday is None
            if (days and not dated) or (comma and not dated):
                return m
            days = True
        elif isinstance(piece.found, Hours):
            if hours or (comma and c.kind(piece.at) not in ("at", "at_la")):
                return m
            hours = True
        else:
            return m
        m += 1
    return m


def _moved_from(
    c: Context, pieces: list[Piece], n: int, name: tuple[int, bool], ruled_out: set[int]
) -> tuple[set[int], set[int]] | None:
    """The pieces of the visit that is named from `name` on, and those told; None where it is not to be moved."""
    stop = _run_end(c, pieces, n)
    new = [at for at in range(stop, len(pieces)) if at not in ruled_out]
    new = [at for at in new if not isinstance(pieces[at].found, Relation)]
    led = _leads_on(c, range(pieces[stop - 1].stop, pieces[new[0]].at), pieces[new[0]], *name) if new else None
    if led is None:
        return None
    run = set(range(n, stop))
    if led == "beside":
        return set(), run
    days = any(isinstance(pieces[at].found, Days) for at in new)
    hours = any(isinstance(found := pieces[at].found, Hours) and found.bound != "same" for at in new)
    if not days and not hours:
        return run, run  # "push my Wednesday 8am back by a day, same time"
    if led == "to" and c.moving and not hours:
        return None  # "move my Tuesday 2pm to Thursday" keeps its hour
    if not days:
        ruled_out -= run  # "my 3:30 tomorrow won't work, do you have 4:30": the day stays
    return run, {at for at in run if days or isinstance(pieces[at].found, Hours)}


def _leads_on(c: Context, between: range, new: Piece, name: int, pointed: bool) -> str | None:
    """How the new time is led to: "to" it, or by a "turn" of the text; None where it is not."""
    kinds, said = {c.kind(k) for k in between}, {c.lexemes[k].word for k in between}
    moves = "move" in kinds or any(c.kind(k) == "move" for k in range(name + 1))
    instead = c.kind(new.stop) == "instead" or "instead" in c.said
    ahead = range(max(0, name - 4), name)
    if any(c.lexemes[k].word in _CANCELS for k in (*ahead, name)):
        said = said | {lexeme.word for lexeme in c.lexemes[new.stop : new.stop + _ASKED_BEHIND]}
        anew = said & _ANEW or (kinds & {"comma", "stop"} and said & _TURNS)
        return "turn" if anew and "another" not in said and not said & _CANCELS else None
    if any(c.lexemes[k].word in _MISSED or c.kind(k) == "not" for k in ahead):
        return "turn" if pointed and said - {"and", "y", ""} | kinds & {"comma", "stop"} else None
    if name and c.lexemes[name - 1].word in _KEPT:
        return "beside"  # "keep my Tuesday at 9, but …"
    if said & _ANOTHER or ("my" in kinds and not moves) or kinds & {"or", "nor"}:
        return None
    leads = said & _LEADS or c.lexemes[new.at].word in _LEADS or c.kind(new.at) in _TAKEN_TO or kinds & {"to", "for"}
    if leads and (moves or not _SHIFTS.isdisjoint(c.said) or ("be" in said and said & _NEEDS)):
        return "to"
    if pointed and not moves and not instead and any(c.lexemes[k].word in _WISHED for k in ahead[-3:]):
        return None  # "I'd like my appointment Thursday at 2. I could do Friday"
    if pointed and name and c.lexemes[name - 1].word in _MAKES and kinds <= {"word", "counted"} and said <= _VISIT:
        return "to"  # "make my tomorrow visit Monday"
    turns = bool(said & _TURNS or kinds & {"move", "instead"})
    turns = turns or bool(said & {"is", "are", "esta"} and kinds & {"stop", "comma"} and not _OPEN.isdisjoint(c.said))
    turns = turns or bool(moves and pointed and kinds & {"stop", "comma"})
    turns = turns or ("la" in said and bool(said & {"es", "quiero"}))
    return "turn" if turns and (pointed or moves or instead) else None


def _of_standing_visit(c: Context, pieces: list[Piece], ruled_out: set[int]) -> tuple[set[int], set[int]]:
    """The same of a visit that is said to be, and not only named: "my appt is Tuesday at 2 but …"."""
    held = not _HELD.isdisjoint(c.said) or "supposed" in c.said
    turned = not (_OTHERWISE | _LOST).isdisjoint(c.said) or "not" in c.kinds.values()
    if not c.moving and not (held and turned):
        return set(), set()
    clauses = [clause for clause in clauses_of(c, pieces) if clause.pieces]
    for clause, following in pairwise(clauses):
        named = {at for at in clause.pieces if "move" in clause.kinds and _is_named_visit(c, pieces[at])}
        if named and any(isinstance(pieces[at].found, Days) for at in following.pieces):
            return named, named
        other = any(at not in ruled_out and not isinstance(pieces[at].found, Relation) for at in following.pieces)
        turns = bool(following.words & _OTHERWISE) or c.kind(following.first) == "move"
        behind = range(pieces[clause.pieces[-1]].stop, following.first)
        turns = turns or any(c.kind(k) == "not" or c.lexemes[k].word in _LOST for k in behind)
        if other and turns and _is_standing(c, clause, pieces[clause.pieces[0]]):
            visit = set(clause.pieces) - ruled_out
            anew = any(isinstance(pieces[at].found, Days) for at in following.pieces)
            told = {at for at in visit if anew or isinstance(pieces[at].found, Hours)}
            moved = following.words & _INSTEAD or "move" in following.kinds
            one_more = following.words & _ANOTHER or "my" in following.kinds
            return visit if moved and not one_more else set(), told
    return set(), set()


def _is_named_visit(c: Context, piece: Piece) -> bool:
    """Whether the day is that of "my 10/15 appt", "mi cita del 15"."""
    before, after = c.lexemes[piece.at - 1], c.lexemes[min(piece.stop, len(c.lexemes) - 1)]
    named = before.kind == "my" and after.word in _STANDING
    return isinstance(piece.found, Days) and (named or (before.word in _STANDING and c.kind(piece.at) == "of"))


def _is_standing(c: Context, clause: Clause, piece: Piece) -> bool:
    """Whether the clause says when a visit is: "my appt is Tuesday at 2", "I have Tuesday at 2"."""
    said = clause.words
    if said & (_OFFERED | _OTHERWISE) or not said & (_HELD | {"supposed"}) or clause.kinds & {"last", "move"}:
        return False
    if said & _FREE:
        return False
    if said & _STANDING or (said & _MEANT and said & {"was", "had", "were", "supposed"}):
        return True
    k = piece.at - 1 - (c.kind(piece.at - 1) in ("on", "the", "the_el", "for", "a"))
    if k >= 0 and c.lexemes[k].word == "got":
        return c.lexemes[k - 1].word in ("i", "i've", "ive", "have", "we've", "we") and k - clause.first < 3
    return k >= 0 and c.lexemes[k].word in ("have", "had", "tengo", "tenia") and k - clause.first < 3

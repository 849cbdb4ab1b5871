"""Which pieces the text rules out: "not Friday", "can't do the 5th", "el lunes no puedo"."""

from dataclasses import replace

from bots.dates.carried import asks_politely, carries, denied_too, engaged_then, named_twice, not_until, of_one_day
from bots.dates.engaged import AT_WORK, WORK_HOURS, at_work, at_work_on, is_taken, works_then
from bots.dates.lexeme import words
from bots.dates.others import any_other, is_other
from bots.dates.pieces import Context, Days, Hours, Piece, Relation
from bots.dates.unless import is_condition, is_taken_back, is_the_only_one

_THROUGH = words(
    "do make come it be there available free good for any in that works work attend go on the this at really "
    "possible have time want like prefer need a ir asistir venir hacer el los las la ese esta este able swing "
    "manage voy vamos alcanzar llegar consulta turno open drive drives driving maneja manejo manejar conduce "
    "conduzco conducir anything anytime else ninguna schedule book give nada en por para poder me lo nos se pongan "
    "ponga pongas poner agenden agende programen citen den manden dejen quiero queremos appointment appointments an "
    "cita during up anywhere bother with end era"
)
_SUCH_AS = words("like say como")
_TOO = words("early late temprano tarde too tan")
_TROUBLE = words("disaster nightmare problem bust mess conflict challenge desastre problema pesadilla")
_PURSUITS = words("futbol catecismo terapia practica dialisis quimio entrenamiento ensayo beisbol natacion")
_BAD = words("good possible available ideal work works great ok okay free an option convenient")
_BACK_KINDS = words("make for in the the_el the_la on this at a of around my filler unit each")
_AFTER_WORDS = words("siempre se is are r s would really i i'm im we me yo it that just does will ya estoy estamos")
_DOES = words("tengo hay entro abro abrimos salgo curro laboro voy viajo")
_AWAY = words("vacation away town gone traveling travelling out trip hospital viaje vacaciones fuera ocupado ocupada")
_SPURNED = words(
    "complica dificil bad out full impossible tough hard terrible imposible complicado mal llena lleno llenas llenos "
    "ocupada ocupado saturada saturado"
)
_ANY = words("whichever whatever cualquiera cualquier todo todos todas any anytime anything every all whole")
_BUT = words("but accept expect")
"""What leaves a day out of "any day"; the latter two are how "except" is often typed."""
_SAID = words("said dije dijo dijeron pedi")
_GETS = words("get gets getting off out home done") | {"get home", "be back"}
_WHAT_SAID = words("what i said we that thing")
_UNSAYS = words("scratch forget nix")
_PREFERRED = words("mejor prefiero preferiria prefer rather sooner")
_PREDICATES = words("unavailable busy swamped neither")
_NO_ENDS = ("", "stop", "comma", "day_on", "period_on", "fix", "and")
_NO_GOES_ON = words("que abren abre atienden trabajan laboran pero porque asi puedo me se es podre estoy")
_OF_ONE = words("is isn't isnt doesn't doesnt won't wont")
_AFTER_NO = ("stop", "comma", "weekday", "the_el", "on")
_MEANS = words("car ride transportation sitter babysitter childcare")
_OWN = words("doesn't doesnt isn't isnt won't wont aren't")


def negated_pieces(c: Context, pieces: list[Piece]) -> set[int]:
    """The indices of the pieces that are ruled out."""
    found: set[int] = set()
    other = any_other(c)
    for at, piece in enumerate(pieces):
        if isinstance(piece.found, Relation) or (isinstance(piece.found, Days) and piece.found.past):
            continue
        floor = pieces[at - 1].stop if at else 0
        if at and correction(c, pieces[at - 1], piece):
            continue
        ceiling = pieces[at + 1].at if at + 1 < len(pieces) else len(c.lexemes)
        if (
            (isinstance(piece.found, Days) and (is_other(c, piece, other) or _until_back(c, piece, floor)))
            or is_taken(c, piece, floor, pieces[at - 1] if at else None)
            or at_work_on(c, piece, floor, pieces[at + 1] if at + 1 < len(pieces) else None)
            or (at and _is_worse(c, pieces[at - 1], piece))
            or (_may_be_left_out(piece) and _all_but(c, piece, floor))
            or _before(c, piece.at, floor)
            or (isinstance(piece.found, Hours) and is_condition(c, piece.at, floor))
            or not_until(c, piece, floor)
            or (_behind(c, piece.stop, ceiling) and not _is_asked(c, pieces, at) and not works_then(c, pieces, at))
            or (at - 1 in found and of_one_day(pieces[at - 1], piece))
            or (at and denied_too(c, pieces[at - 1], piece))
            or (at - 1 in found and carries(c, pieces, at))
        ):
            found.add(at)
    for at in range(1, len(pieces) if "no" in c.said else 0):
        if _no_those(c, pieces[at - 1], pieces[at]):
            found |= {at - 1, at}
    for at in reversed(range(1, len(pieces))):
        said = pieces[at - 1]
        listed = said.stop == pieces[at].at and c.kind(said.at) == c.kind(pieces[at].at) == "weekday"
        # "Lunes martes y miércoles no" denies the first as well.
        if at in found and (listed or _carries_back(c, said, pieces[at]) or named_twice(said, pieces[at])):
            found.add(at - 1)
    return found


def correction(c: Context, said: Piece, piece: Piece) -> str | None:
    """The lexeme's kind by which `piece` may take the place of `said`: the "no" of "Tuesday at 10 no 11"."""
    kind = c.kind(said.stop)
    before = said.at - 1 - (c.kind(said.at - 1) == "comma")
    if before >= 0 and (c.lexemes[before].word in _SAID or c.kind(before) == "fix"):
        return None  # "I said at 3, no 2" repeats, "perdon, el 17 no el 16" corrects already
    between = c.lexemes[said.stop : piece.at]
    if len(between) != 1 or kind not in ("no", "no_es") or c.kind(said.at - 1) in ("or", "and"):
        return None
    if piece.stop < len(c.lexemes) and c.lexemes[piece.stop].word in ("si", "yes"):
        kind = "no"  # "lunes no viernes si"
    if isinstance(said.found, Hours) and isinstance(piece.found, Hours):
        plain = all(found.bound in ("at", "around") and found.low for found in (said.found, piece.found))
        return kind if plain else None
    if not isinstance(said.found, Days) or not isinstance(piece.found, Days):
        return None
    plural = c.lexemes[piece.stop - 1].word.endswith("s") if kind == "no" else c.lexemes[piece.at].word == "los"
    single = all(found.readings and found.readings[0][0] == found.readings[0][1] for found in (said.found, piece.found))
    return kind if single and not plural and c.kind(piece.at) not in ("day_on", "period_on") else None


def either(found: Days | Hours | Relation, said: Days | Hours | Relation) -> Days | Hours | Relation:
    """Both readings of "el martes no el miercoles", of which only the person knows the one that is meant."""
    if isinstance(found, Days) and isinstance(said, Days):
        return Days(readings=(*said.readings, *found.readings))
    if isinstance(found, Hours) and isinstance(said, Hours):
        return replace(said, other=found)
    return found


def _is_condition(c: Context, at: int) -> bool:
    """Whether it is only supposed, or asked, that the day will not do: "if Thursday is full", "is Tuesday too soon"."""
    k = at - 1 - (c.kind(at - 1) in ("the", "the_el", "on"))
    if k < 0 or c.lexemes[k].word not in ("if", "si", "is"):
        return False
    told = c.lexemes[k].word == "is" and c.kind(k - 1) == "word"  # "my birthday is the 12th"
    return not told and c.kind(k - 1) in ("", "stop", "comma", "word", "or", "and")


def _is_asked(c: Context, pieces: list[Piece], at: int) -> bool:
    """Whether the piece, or the hour right before it, is only asked about: "is 5:15 on Monday too late"."""
    if _is_condition(c, pieces[at].at):
        return True
    return (
        at > 0
        and c.skip(pieces[at - 1].stop, ("on", "the", "at")) >= pieces[at].at
        and _is_condition(c, pieces[at - 1].at)
    )


def _carries_back(c: Context, said: Piece, piece: Piece) -> bool:
    """Whether what is denied behind `piece` goes for `said` as well: "lunes y miercoles no puedo"."""
    if type(said.found) is not type(piece.found) or not _behind(c, piece.stop, len(c.lexemes)):
        return False
    if isinstance(said.found, Days) and said.found.wide:
        return False
    kinds = [c.kind(k) for k in range(said.stop, piece.at)]
    linked = "or" in kinds or "and" in kinds
    # "Monday is fine and Tuesday isn't", "Monday and Tuesday isn't" speak of one alone.
    alone = c.language == "en" and "and" in kinds and c.lexemes[piece.stop].word in _OF_ONE
    return linked and not alone and all(kind in ("or", "and", "the", "on", "the_el", "in", "comma") for kind in kinds)


def _until_back(c: Context, piece: Piece, floor: int) -> bool:
    """Whether the person is away until then: "on vacation until the 5th"."""
    if c.kind(piece.at) != "until":
        return False
    before = range(max(floor, piece.at - 4), piece.at)
    after = range(piece.stop, min(len(c.lexemes), piece.stop + 4))
    said = any(c.kind(k) == "not" or c.lexemes[k].word in _AWAY for k in before)
    return said or any(c.lexemes[k].word.rpartition(" ")[2] in _AWAY for k in after)


def _is_worse(c: Context, better: Piece, piece: Piece) -> bool:
    """Whether the piece is only compared with: "mejor a las 4 que a las 3", "I'd rather Monday than Tuesday"."""
    between = [lexeme.word for lexeme in c.lexemes[better.stop : piece.at]]
    before = {c.lexemes[k].word for k in range(max(0, better.at - 3), better.at)}
    return between in (["que"], ["than"], ["than", "on"], ["que", "el"]) and bool(before & _PREFERRED)


def _may_be_left_out(piece: Piece) -> bool:
    """Whether it is days, a stretch of hours, an hour told with no bound, or noon with any."""
    found = piece.found
    noon = isinstance(found, Hours) and found.low is not None and found.low.hour == 12
    part = isinstance(found, Hours) and found.low is None and found.part is not None
    timed = isinstance(found, Hours) and (noon or part or bool(found.high) or found.bound == "at")
    return isinstance(found, Days) or timed


def _all_but(c: Context, piece: Piece, floor: int) -> bool:
    """Whether the day is the one that is left out: "any day next week but Wednesday"."""
    k = piece.at - 1
    if isinstance(piece.found, Hours) and piece.found.low is None:
        k -= c.kind(k) == "in"
        return k == floor == 0 and c.kind(k) == "minus"  # "menos en la mañana, el jueves"
    if k > floor and c.kind(k - 1) == "comma" and isinstance(piece.found, Hours):
        return False  # "Thursday or Friday, whichever, but 8 am"
    if k >= floor and c.kind(k) == "minus" and (floor or not _ANY.isdisjoint(c.said)):
        return True  # "esta semana menos hoy", "menos viernes, cualquier día"
    return (
        k >= floor
        and (c.lexemes[k].word in _BUT or c.kind(k) == "minus")
        and any(c.lexemes[n].word in _ANY for n in range(k))
    )


def _before(c: Context, at: int, floor: int) -> bool:
    """Whether a "not" before the piece reaches it."""
    k = at - 1
    if c.kind(at) in ("day_on", "period_on"):
        return False  # "esta semana no la que sigue"
    if k >= floor and c.lexemes[k].word in ("nope", "nah"):
        return False
    if k >= floor and c.kind(k) == "no":
        said_no = k == 0 and (c.kind(at) in ("the", "next", "this", "ord") or c.expecting is not None)
        if said_no and not c.lexemes[at].word.endswith("s"):
            return False  # "no, the following Tuesday" answers first
        if k > 1 and c.kind(k - 1) in ("comma", "stop") and c.kind(k - 2) == "num":
            return False  # "10. no 10:30. Thursday"
        # "The 9th, no the 10th" corrects itself; "any day, no Mondays" rules out.
        return not (floor and c.kind(k - 1) in ("comma", "stop") and not c.lexemes[at].word.endswith("s"))
    if k > floor and c.kind(k) == "to" and c.kind(k - 1) == "no":
        return True  # "no to Monday, yes to Tuesday"
    if k >= floor and c.kind(k - (c.kind(k) == "the_el")) == "nor":
        return True
    such = False
    for steps in range(6):
        k = at - 1 - steps
        if k < floor:
            return False
        kind, word = c.kind(k), c.lexemes[k].word
        such = such or word in _SUCH_AS
        if such and (word in _SUCH_AS or word in _TOO or kind in ("comma", "early", "late", "too_early", "too_late")):
            continue  # "nothing early, like before 10"
        if kind in ("no_es", "not") and not c.lexemes[k].value and not such and _is_supposed(c, k):
            return False  # "if there's nothing Monday, Wednesday"
        if word in ("complica", "dificulta") and k and c.lexemes[k - 1].word == "me":
            return True  # "se me complica el jueves"
        if word == "is" and c.lexemes[k - 1].word in ("neither", "nor"):
            return True
        if kind in ("not", "no_es") and asks_politely(c, k):
            return False
        if kind == "not":
            if word == "forget" and c.kind(k - 1) == "not":
                return False  # "don't forget me Thursday at 3"
            if word == "gone" and c.lexemes[k - 1].word == "be":
                return False  # "I need to be gone by 2"
            if word == "nothing" and (c.lexemes[k - 1].word == "doing" or _has_nothing(c, k)):
                return False
            # "Today I can't, tomorrow yes", "this week is no good next week is better": said of what stands before.
            if floor and (word.startswith("no ") or word in _PREDICATES) and _behind(c, floor, at):
                return False
            # "Sorry, won't make it tomorrow" is of the person, who is left out.
            return word not in _OWN or k == 0 or c.kind(k - 1) == "word" or c.kind(k + 1) == "make"
        if kind == "no_es":
            return True
        if c.kind(at) in ("until", "before") and word in _GETS:
            continue  # "I can't get there till 10:30", "I don't get out before 5"
        if (kind == "counted" or word in _MEANS) and c.kind(k - 1) == "no":
            return True  # "no appointments before 11", "I've got no car after 12"
        if word in _WHAT_SAID and not _UNSAYS.isdisjoint(c.said):
            continue  # "scratch what I said about 4/7"
        if (
            kind not in _BACK_KINDS
            and kind != "at_la"
            and word not in _THROUGH
            and not (word == "to" and c.lexemes[k - 1].word in ("able", "want"))
        ):
            return False
    return False


def _has_nothing(c: Context, k: int) -> bool:
    """Whether the person is free: "I have nothing Tuesday", "I got nothing going on Thursday"."""
    return k > 1 and c.lexemes[k - 1].word in ("have", "got") and c.lexemes[k - 2].word in ("i", "we", "i've", "ive")


def _is_supposed(c: Context, k: int) -> bool:
    """Whether the "not" at `k` is that of a condition: "if there's nothing", "si no hay nada"."""
    return any(
        c.lexemes[n].word in ("if", "si") or c.kind(n) == "else"
        for n in range(max(0, k - 3), k)
        if c.kind(n) not in ("comma", "stop")
    )


def _no_those(c: Context, said: Piece, piece: Piece) -> bool:
    """Whether a weekday is named again behind a "no": "¿el martes? no, los martes cuido a mi nieto"."""
    if not isinstance(said.found, Days) or not isinstance(piece.found, Days) or piece.found.weekday is None:
        return False
    if said.found.weekday != piece.found.weekday:
        return False
    between = range(said.stop, piece.at)
    paused = any(c.kind(k) in ("stop", "comma") for k in between)
    alone = c.language == "es"  # "los viernes no abro, asi que viernes a las 9"
    return paused and any(c.kind(k) in ("no", "no_es") and (not alone or c.kind(k + 1) in _AFTER_NO) for k in between)


def _behind(c: Context, stop: int, ceiling: int) -> bool:
    """Whether a "not" after the piece speaks of it ("Friday doesn't work", "hoy no")."""
    k = stop
    while k < ceiling and k < stop + 2 and c.lexemes[k].word in _AFTER_WORDS:
        k += 1
    if k + 2 < ceiling and c.lexemes[k].word in ("la", "lo") and c.lexemes[k + 1].word in ("tengo", "traigo"):
        k += 2  # "esta semana la tengo llena"
    if k >= ceiling:
        return False
    if is_the_only_one(c, stop, ceiling) or _is_not_then(c, c.skip(k, ("comma", "and"))) or _so_not_then(c, k, ceiling):
        return True
    if c.kind(k) in ("not", "no_es") and is_taken_back(c, k):
        return False
    if at_work(c, k) or engaged_then(c, k):
        return True
    if asks_politely(c, k):
        return False
    kind, lexeme = c.kind(k), c.lexemes[k]
    following = c.lexemes[k + 1].word if k + 1 < len(c.lexemes) else ""
    if lexeme.word == "either" and _is_not_either(c, k):
        return True
    if _is_trouble(c, k, ceiling):
        return True
    if kind == "not" and following in ("matter", "matters"):
        return False  # "morning or afternoon doesn't matter"
    if kind == "not":
        if c.lexemes[k - 1].word == "that" and k + 1 >= ceiling < len(c.lexemes):
            return False  # "a morning next week that isn't Thursday"
        if lexeme.word in _OWN or lexeme.word.startswith("no "):
            return k + 1 >= ceiling or c.kind(k + 1) not in ("the_el", "on")
        of_hours = c.kind(k + 2) in WORK_HOURS and c.kind(k + 2) != "of"  # "Thursday I can't do 12 to 1"
        return (
            following in _BAD
            or c.kind(k + 1) in _NO_ENDS[:3]
            or (following in ("do", "make", "make it") and not of_hours)
        )
    if lexeme.word in _PURSUITS and k == stop and c.kind(k + 1) in ("comma", "stop", "and"):
        return True  # "los jueves catecismo, el miércoles bien"
    if (lexeme.word in _SPURNED and not _is_count(c, k)) or kind in ("too_early", "too_late"):
        return True
    if kind == "no_es":
        return c.kind(k + 1) in _NO_ENDS or following in _NO_GOES_ON
    return kind == "no" and c.kind(k + 1) in ("", "stop") and k == stop


def _is_not_either(c: Context, k: int) -> bool:
    """Whether "either" denies one more: "today is no good, tomorrow either"; not "Monday or Friday either"."""
    clause = range(max(0, k - 5), k)
    denied = any(c.kind(n) in ("not", "no") for n in range(k))
    return denied and c.kind(k + 1) in ("", "stop", "comma") and all(c.kind(n) != "or" for n in clause)


def _is_trouble(c: Context, k: int, ceiling: int) -> bool:
    """Whether the day is called one that will not do: "is a no go", "would be a disaster"."""
    k += k < ceiling and c.lexemes[k].word in ("be", "seria")
    k = c.skip(k, ("a",))
    if k >= ceiling:
        return False
    following = c.lexemes[c.skip(k + 1, ("dash",))].word if c.skip(k + 1, ("dash",)) < ceiling else ""
    return c.lexemes[k].word in _TROUBLE or (c.kind(k) == "no" and following == "go")


def _is_count(c: Context, k: int) -> bool:
    """Whether "out" counts from now, as in "two weeks out"; "Tuesday is out" does not."""
    return c.lexemes[k].word == "out" and c.kind(k - 1) == "unit"


def _is_not_then(c: Context, k: int) -> bool:
    """Whether "not that day" stands at `k`; "ese día no trabajo" says that the day is free."""
    following = c.lexemes[k + 1].word if k + 1 < len(c.lexemes) else ""
    return c.kind(k) == "not_then" and following not in AT_WORK | _DOES


def _so_not_then(c: Context, k: int, ceiling: int) -> bool:
    """Whether "so not then" follows within a word or two: "my birthday is Dec 3 so not then"."""
    return any(
        _is_not_then(c, n) and (c.lexemes[n - 1].word in ("so", "asi") or c.lexemes[n - 2].word == "asi")
        for n in range(k + 1, k + 3)
        if n < ceiling
    )

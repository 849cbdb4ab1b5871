"""Which pieces are told and not wished: what time it is, when something is closed, a visit gone by, the hour of
writing, a day that others are likened to, an event.
"""

from bots.dates.clauses import clauses_of
from bots.dates.events import of_events, tells_of_events
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece, Relation
from bots.dates.reasons_es import of_reasons
from bots.dates.reckon import made, plus

_EXCUSES = words("sorry apologies apologize excuse forgive perdon perdone perdona disculpe disculpa disculpen pena")
_WRITES = words(
    "text texting write writing message messaging bother bothering contact contacting escriba escribo "
    "escribir escribirle escribirles moleste molestar molesto molestarlos molestarle mande mandar contacte"
)
_WANTS = words("want like can could quiero quisiera puedo podria necesito")
_AT_WRITING = words("you u guys on a an in at so le les los un una el en tan por this late early tarde temprano noche")
_MISSED = words("had was missed miss tenia tuve perdi falte")
_IT_IS = words("it's its is son es")
_CLOSED = words("holiday closed feriado festivo asueto puente cerrado cerrada cerrados fiesta cierran close")
_VISITS = words("visit appointment appt time checkup cleaning exam vez cita visita consulta limpieza revision")
_TO_MISSED = _VISITS | words("appt appts supposed scheduled to come be in on for my an a the de del mi el la una")
_WAS = words("was there here in on the were fue en el la i with")
_LIKENING = words("unsure se segura seguro would would've hubiera say desde same igual mismo") | {"not sure"}
_FREE = words("libre libres disponible disponibles desocupado desocupada")
_ALIKE = ("same", "igual", "mismo")
_NONE_OF = words("school class classes work escuela clases clase colegio trabajo servicio")
_BEFORE_CLOSED = words(
    "u ur is are was be will it's its that's you you're youre we we're guys they a an the s office clinic school es "
    "esta pero cae "
    "estan va ser estar hay ustedes la el los las clinica oficina escuela un una dia de que por lo creo bank all "
    "everything everyone's todo public federal nacional"
)


def told_of(c: Context, pieces: list[Piece], ruled_out: set[int]) -> set[int]:
    """The indices of the pieces that ask for nothing."""
    last = {at for at, piece in enumerate(pieces) if _of_last_visit(c, piece)}
    last |= _of_writing(c, pieces) | of_missed_visit(c, pieces)
    told = last | _of_now(c, pieces) | _of_closing(c, pieces, ruled_out) | _of_likeness(c, pieces)
    told |= _of_past_days(c, pieces)
    if tells_of_events(c, pieces):
        told |= of_events(c, pieces, clauses_of(c, pieces), ruled_out | told)
    return told | of_reasons(c, pieces, told, ruled_out)


def _of_past_days(c: Context, pieces: list[Piece]) -> set[int]:
    """The hours and parts of the day of days gone by: "ayer como a las 7", "desde el lunes en la noche"."""
    return {
        at
        for at in range(1, len(pieces))
        if isinstance(pieces[at].found, Hours)
        and isinstance(said := pieces[at - 1].found, Days)
        and said.past
        and c.skip(pieces[at - 1].stop, ("around", "at", "in", "for", "the", "the_la", "of")) >= pieces[at].at
    }


def _of_last_visit(c: Context, piece: Piece) -> bool:
    """Whether a visit long over is spoken of: "my last appointment was November 3", "la última vez fue en marzo"."""
    for k in range(piece.at - 1, max(0, piece.at - 5), -1):
        if c.lexemes[k].word in _VISITS:
            return c.kind(k - 1) == "last" and c.lexemes[k - 1].word in ("last", "ultima", "ultimo")
        if c.lexemes[k].word not in _WAS:
            return False
    return False


def _of_writing(c: Context, pieces: list[Piece]) -> set[int]:
    """The days and hours at which a text is written: "sorry to text on a Sunday", "perdón que escriba en domingo"."""
    if _WRITES.isdisjoint(c.said) or _EXCUSES.isdisjoint(c.said):
        return set()
    found: set[int] = set()
    for at, piece in enumerate(pieces):
        k = piece.at - 1
        while k > max(0, piece.at - 6) and (c.lexemes[k].word in _AT_WRITING or c.lexemes[k].word == "tan tarde"):
            k -= 1
        led = {lexeme.word for lexeme in c.lexemes[max(0, k - 5) : k]}
        if c.lexemes[k].word in _WRITES and led & _EXCUSES and not led & _WANTS:
            found.add(at)
        elif at - 1 in found and isinstance(piece.found, Hours) and piece.at == pieces[at - 1].stop:
            found.add(at)  # "sorry to text on Sunday at 9"
    return found


def of_missed_visit(c: Context, pieces: list[Piece]) -> set[int]:
    """The day and hour of a visit gone by whose weekday and number agree: "I had Monday the 23rd at 2"."""
    found: set[int] = set()
    if _MISSED.isdisjoint(c.said):
        return found
    for at in range(len(pieces) - 1):
        said, dated = pieces[at].found, pieces[at + 1].found
        if not isinstance(said, Days) or said.weekday is None or not isinstance(dated, Days) or not dated.day_of_month:
            continue
        k = pieces[at].at - 1
        while k > 0 and c.lexemes[k].word in _TO_MISSED:
            k -= 1
        beside = c.skip(pieces[at].stop, ("comma", "the", "the_el", "on")) >= pieces[at + 1].at
        if k < 0 or c.lexemes[k].word not in _MISSED or not beside or not _is_gone(c, said.weekday, dated):
            continue
        found |= {at, at + 1}
        if (
            at + 2 < len(pieces)
            and isinstance(pieces[at + 2].found, Hours)
            and pieces[at + 2].at == pieces[at + 1].stop
        ):
            found.add(at + 2)
    return found


def _is_gone(c: Context, weekday: int, dated: Days) -> bool:
    """Whether the day so numbered that was such a weekday lies nearer than the one to come, if that is one at all."""
    coming = dated.readings[0][0]
    if coming is None:
        return False
    for month in (c.today, plus(c.today.replace(day=1), -1)):
        day = made(month.year, month.month, coming.day)
        if day is not None and day < c.today and day.weekday() == weekday:
            return coming.weekday() != weekday or c.today - day < coming - c.today
    return False


def _of_likeness(c: Context, pieces: list[Piece]) -> set[int]:
    """The days that others are like, or that are doubted where another is named: "same as today", "not sure about"."""
    found: set[int] = set()
    if len(pieces) < 2 or (_LIKENING.isdisjoint(c.said) and "same_hour" not in c.kinds.values()):
        return found
    for at, piece in enumerate(pieces):
        if isinstance(piece.found, Hours):
            since = c.lexemes[piece.at].word in ("desde", "since") and c.language == "es"
            free = any(c.lexemes[k].word in _FREE for k in range(piece.at)[-3:])
            ails = any(c.kind(k) == "ailing" or c.lexemes[k].word == "ayunas" for k in range(piece.at)[-3:])
            if since and ails and not free:
                found.add(at)  # "estoy en ayunas desde las 8"
            continue
        if not isinstance(piece.found, Days):
            continue
        k = piece.at - 1 - (c.kind(piece.at - 1) in ("the", "the_el", "on"))
        like = c.lexemes[k].word in ("as", "que") and (c.kind(k - 1) == "same_hour" or c.lexemes[k - 1].word in _ALIKE)
        if (like and k > 0) or (at + 1 < len(pieces) and _is_doubted(c, k, range(piece.stop, pieces[at + 1].at))):
            found.add(at)
    return found if len(found) < len(pieces) else set()


def _is_doubted(c: Context, k: int, between: range) -> bool:
    """Whether what is said up to `k` doubts a day that another follows: "not sure about Thursday but Tuesday"."""
    if not any(c.lexemes[n].word in ("but", "pero", "mejor") for n in between):
        return False
    behind = [c.lexemes[n].word for n in between][:2]
    if behind[:1] in (["would've"], ["hubiera"]) or behind == ["would", "have"]:
        return True  # "Thursday would've been great but Friday"
    if c.lexemes[k].word == "say" and k > 1 and c.lexemes[k - 2].word in ("going", "gonna"):
        return True  # "I was going to say Monday but let's do Wednesday"
    if k > 0 and (c.lexemes[k].word in ("about", "if", "on", "of") or c.kind(k) == "around"):
        return c.lexemes[k - 1].word in ("not sure", "unsure")
    return k > 0 and c.lexemes[k].word == "si" and c.lexemes[k - 1].word in ("se", "segura", "seguro")


def _of_now(c: Context, pieces: list[Piece]) -> set[int]:
    """The pieces that only tell what time it is: "it's 6 pm now", "it is 8 pm on Tuesday now"."""
    found: set[int] = set()
    for at in reversed(range(len(pieces))):
        stop = pieces[at].stop
        after = stop + (stop < len(c.lexemes) and c.lexemes[stop].word in ("right", "ahorita"))
        ends = after < len(c.lexemes) and c.lexemes[after].word in ("now", "ahora", "ahorita")
        next_told = at + 1 in found and c.skip(stop, ("on", "in", "the")) >= pieces[at + 1].at
        if (ends or next_told) and not isinstance(pieces[at].found, Relation) and not _is_from(pieces[at]):
            found.add(at)
    said = set()
    for at in sorted(found):
        before = {c.lexemes[k].word for k in range(max(0, pieces[at].at - 3), pieces[at].at)}
        if at - 1 in said or before & _IT_IS:
            said.add(at)
    return said


def _is_from(piece: Piece) -> bool:
    """Whether "now" belongs to the piece itself, as in "from now" or "the day starts now"."""
    return isinstance(piece.found, Days) and (piece.found.at is not None or piece.found.wide)


def _of_closing(c: Context, pieces: list[Piece], ruled_out: set[int]) -> set[int]:
    """The days named only as holidays, where another day is: "Thursday is a holiday, how about Tuesday"."""
    days = [at for at, piece in enumerate(pieces) if isinstance(piece.found, Days) and at not in ruled_out]
    found: set[int] = set()
    for at in days:
        floor = pieces[at - 1].stop if at else 0
        ceiling = pieces[at + 1].at if at + 1 < len(pieces) else len(c.lexemes)
        named = c.kind(pieces[at].at) == "holiday" and pieces[at].at > floor
        if named and c.lexemes[pieces[at].at - 1].word in _IT_IS:
            found.add(at)  # "oh right, it's Thanksgiving. Friday then"
        elif _closed_behind(c, pieces[at].stop, ceiling) or _closed_before(c, pieces[at].at, floor):
            found.add(at)
        elif (
            at + 1 in days
            and (c.kind(pieces[at + 1].at) == "holiday" or _is_weekend(c, pieces[at + 1]))
            and _is_that(c, pieces[at].stop, pieces[at + 1].at)
        ):
            found |= {at, at + 1}  # "Thursday is Thanksgiving, Friday?"
    return found if len(found) < len(days) else set()


def _is_weekend(c: Context, piece: Piece) -> bool:
    """Whether the piece is a Saturday or Sunday and no more, as in "el 17 pero es domingo"."""
    return c.language == "es" and isinstance(piece.found, Days) and piece.found.weekday in (5, 6)


def _is_that(c: Context, stop: int, at: int) -> bool:
    """Whether only "is" stands between, in one of its forms."""
    said = [c.lexemes[k].word for k in range(stop, at)]
    return (
        bool(set(said) & {"is", "es", "cae"} or c.lexemes[stop - 1].word.endswith("'s")) and set(said) <= _BEFORE_CLOSED
    )


def _closed_behind(c: Context, stop: int, ceiling: int) -> bool:
    """Whether "… is a holiday", "… no hay escuela" follows."""
    none = False
    for k in range(stop, min(ceiling, stop + 6)):
        word, kind = c.lexemes[k].word, c.kind(k)
        if word in _CLOSED or (none and word in _NONE_OF):
            return not none or word in _NONE_OF
        none = (
            none or kind in ("no_es", "not") or (kind == "no" and c.lexemes[min(k + 1, ceiling - 1)].word in _NONE_OF)
        )
        if not none and word not in _BEFORE_CLOSED and kind != "no":
            return False
    return False


def _closed_before(c: Context, at: int, floor: int) -> bool:
    """Whether "closed on …", "no school …", "es feriado el …" goes before."""
    k = at - 1
    while k >= floor and c.kind(k) in ("on", "the", "the_el", "this", "next", "in"):
        k -= 1
    if k < floor:
        return False
    if c.lexemes[k].word in _CLOSED:
        return True
    return c.lexemes[k].word in _NONE_OF and (
        c.kind(k - 1) in ("no", "not") or (c.kind(k - 2) == "no_es" and c.lexemes[k - 1].word == "hay")
    )

"""What keeps the person at a day or an hour: "I work until 5", "tengo clase los lunes", "Friday I work"."""

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece

AT_WORK = words("work working trabajo trabajando class school clase clases escuela ocupado ocupada")
_I_WORK = words("trabajo trabajamos curro laburo chambeo")
_DUTIES = words("trabajar guardia turno laborar currar")
_STUDIES = words("tengo estudio")
_ENGAGED = words(
    "meeting meetings exam exams court training jury finals junta reunion examen examenes entrenamiento compromiso "
    "corte boda funeral wedding radiacion quimio dialisis"
)
_TREATED = words("terapia quimio radiacion dialisis clases practica rehabilitacion")
_WAITS = words("free available open can could wait have good here there flexible need off around")
WORK_HOURS = words("until from at before by of between num clock part in the_la")


def is_taken(c: Context, piece: Piece, floor: int, last: Piece | None) -> bool:
    """Whether the person says what keeps them: "I work until 5", "trabajo de lunes a viernes hasta las 5"."""
    if not isinstance(piece.found, Hours):
        return False
    if piece.found.low is None and c.language == "es" and c.kind(piece.at - 1) in ("of", "in", "for"):
        k = piece.at - 2 - (c.lexemes[piece.at - 2].word == "turno" and piece.at > floor + 3)
        k -= k < piece.at - 2 and c.kind(k) in ("in", "of", "the_el")
        # "Trabajo de noche", "trabajo en turno de tarde"
        return k >= floor and c.lexemes[k].word in AT_WORK | _I_WORK | _STUDIES
    until = piece.found.bound in ("until", "before", "by", "between")
    if not until or (piece.found.bound == "before" and c.kind(piece.at) != "before"):
        return False
    if last is not None and isinstance(last.found, Days) and piece.at == c.skip(last.stop, ("comma", "of", "from")):
        return _works_before(c, last.at, 0)
    # "I have to be at work by 10" is before that hour, not until then.
    there = piece.at > floor + 1 and c.lexemes[piece.at - 1].word == "work" and c.kind(piece.at - 2) == "at"
    if piece.found.bound == "until" and (there or _does_until(c, piece.at, floor) or _works_before(c, piece.at, floor)):
        return True
    if piece.at > 1 and c.lexemes[piece.at - 2].word in ("del", "salir"):
        return False  # "puedo salir del trabajo de 12 a 1"
    return piece.at > floor and c.lexemes[piece.at - 1].word in AT_WORK and c.kind(piece.at - 2) != "at"


def _does_until(c: Context, at: int, floor: int) -> bool:
    """Whether the person does something until then: "I teach until 1"; not "I'm free until 1"."""
    if at - 2 < floor or c.kind(at) != "until" or c.kind(at - 1) != "word" or c.lexemes[at - 1].word in _WAITS:
        return False
    if c.kind(at - 2) == "stop" and c.lexemes[at - 1].word.endswith("ing"):
        return True  # "subbing til 2:50"
    return c.lexemes[at - 2].word in ("i", "i'm", "im")


def at_work_on(c: Context, piece: Piece, floor: int, following: Piece | None) -> bool:
    """Whether the days are those of work: "I work Tuesdays", "tengo clase los lunes"; not "I work Mondays until 2"."""
    if not isinstance(piece.found, Days) or not _works_before(c, piece.at, floor):
        return False
    hours = following is not None and isinstance(following.found, Hours) and following.found.bound != "same"
    return not (hours and following is not None and c.skip(piece.stop, ("from", "of", "at")) >= following.at)


def _works_before(c: Context, at: int, floor: int) -> bool:
    """Whether the words before `at` are "I work", "I have class", "trabajo", "tengo clases"."""
    k = at - 1
    while k > floor and k > at - 4 and c.kind(k) in ("on", "the", "the_el", "of", "each", "from"):
        k -= 1
    if k < floor:
        return False
    word, before = c.lexemes[k].word, c.lexemes[k - 1].word if k else ""
    if before in ("a", "the", "un", "una") and k > 1:
        before = c.lexemes[k - 2].word
    if word in _TREATED:
        return before in ("voy", "vamos") or (k > 1 and c.lexemes[k - 2].word in ("voy", "vamos"))
    if word in ("work", "working"):
        must = before == "to" and k > 1 and c.lexemes[k - 2].word in ("have", "got", "need", "gotta")
        return must or before in ("i", "i'm", "im", "we", "also", "only", "have")
    if word in ("trabajar", "laborar", "currar"):
        return before in ("toca", "tocaba", "que")
    if word in _I_WORK:
        return c.language == "es" and before not in ("mi", "el", "del", "al", "un", "no", "ni")
    return before in ("have", "tengo", "tenemos", "has") and (word in AT_WORK or word in _ENGAGED)


def works_then(c: Context, pieces: list[Piece], at: int) -> bool:
    """Whether the work told behind an hour is that of the day behind it: "the 21st at 2, I'm working the 20th"."""
    if at + 1 >= len(pieces) or not isinstance(pieces[at].found, Hours) or not isinstance(pieces[at + 1].found, Days):
        return False
    between = [c.lexemes[k].word for k in range(pieces[at].stop, pieces[at + 1].at)]
    return bool(between) and between[-1] in ("work", "working") and between[0] in ("i", "im", "i'm", "we")


def at_work(c: Context, k: int) -> bool:
    """Whether the day is one of work: "Monday I work", "el lunes trabajo"; not "I work until 2"."""
    word, before = c.lexemes[k].word, c.lexemes[k - 1].word
    stop = k + 1
    if (word == "have" and before in ("i", "we")) or word in ("tengo", "tenemos"):
        stop = c.skip(stop, ("a", "the", "my"))
        word, stop = c.lexemes[min(stop, len(c.lexemes) - 1)].word, stop + 1
        said = word in AT_WORK or word in _ENGAGED
    else:
        said = (word in ("work", "working") and before in ("i", "i'm", "im", "we")) or (
            word in _I_WORK and c.language == "es"
        )
        goes = word in ("voy", "vamos") and c.language == "es" and c.lexemes[min(stop + 1, len(c.lexemes) - 1)].word
        if goes in _TREATED:
            return c.kind(stop + 2) not in WORK_HOURS
        said = said or (word == "toca" and c.lexemes[min(stop, len(c.lexemes) - 1)].word in _DUTIES)
    all_day = stop < len(c.lexemes) and c.lexemes[stop].name == "all day"
    return said and (all_day or c.kind(stop) not in WORK_HOURS)

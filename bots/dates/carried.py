"""Over which words a ruling goes on to the piece beside it: "not Friday December 4", "ni lunes ni martes"."""

from bots.dates.pieces import Context, Days, Hours, Piece

_LINKS = ("or", "and", "nor")
_ASKED = frozenset(
    ("puede", "pueden", "podra", "podran", "podria", "podrian", "habra", "hay", "tiene", "tienen", "sera")
)
_KEEPS = frozenset(("viajo", "trabajo", "curro", "laburo", "viajamos", "operan", "salgo", "no puedo", "no estoy"))
_FREES = frozenset(
    ("libre", "descanso", "tiempo", "chance", "queda", "viene", "sirve", "va", "dan", "permiso", "conviene")
)
_OFF_EARLY = frozenset(("temprano", "antes", "a las", "a la", "libre", "mas"))
_NO_MATTER = frozenset(("importa", "hay", "problema", "pasa", "mas", "tiene", "tienen", "habra", "se", "problem"))
_ENDS = ("", "stop", "comma", "and")
_BETWEEN = (*_LINKS, "comma", "the", "on", "the_el", "in", "the_la")


def asks_politely(c: Context, k: int) -> bool:
    """Whether the "no" at `k` only asks, as Spanish does: "a las 7 no se puede?", "no habrá el viernes?"."""
    if c.language != "es" or c.kind(k) not in ("not", "no_es"):
        return False
    if k > 1 and (c.lexemes[k - 2].word, c.lexemes[k - 1].word) == ("por", "que"):
        return c.kind(k + 1) in ("the_el", "weekday", "day", "this")  # "¿por qué no el jueves?"
    following = c.lexemes[k + 1].word if k + 1 < len(c.lexemes) else ""
    then = c.lexemes[k + 2].word if k + 2 < len(c.lexemes) else ""
    if c.lexemes[k].word != "no se puede" and following not in _ASKED and not (following == "se" and then in _ASKED):
        return False
    sign = next((n for n in range(k + 1, len(c.lexemes)) if c.kind(n) == "stop"), None)
    return sign is not None and c.lexemes[sign].value == 1


def engaged_then(c: Context, k: int) -> bool:
    """Whether a clause tells what keeps the person "that day": "el 24, pero ese día viajo"."""
    j = c.skip(k, ("comma", "stop", "and"))
    j += j < len(c.lexemes) and c.lexemes[j].word in ("pero", "porque", "solo", "que", "y")
    j += j < len(c.lexemes) and c.lexemes[j].word == "que"
    if j + 2 >= len(c.lexemes) or c.lexemes[j].word != "ese" or c.kind(j + 1) != "dia":
        return False
    word, following = c.lexemes[j + 2].word, c.lexemes[j + 3].word if j + 3 < len(c.lexemes) else ""
    if word == "salgo" and following in _OFF_EARLY:
        return False  # "el viernes después de las 3, ese día salgo temprano"
    return word in _KEEPS or (word in ("tengo", "estoy", "ando", "me") and following not in _FREES)


def not_until(c: Context, piece: Piece, floor: int) -> bool:
    """Whether nothing is possible until the hour: "hasta las 4 no salgo", "no tengo quien lo cuide hasta las 2"."""
    found = piece.found
    if c.language != "es" or not isinstance(found, Hours) or found.bound not in ("until", "before") or found.leaving:
        return False
    if c.kind(piece.at) not in ("until", "before"):
        return False
    if c.kind(piece.stop) == "no_es" and c.kind(piece.stop + 1) == "word" and not asks_politely(c, piece.stop):
        return True
    for k in range(piece.at - 1, max(floor, piece.at - 8) - 1, -1):
        if c.kind(k) in ("comma", "stop", "or", "else") or c.lexemes[k].word in ("pero", "porque", "que", "si"):
            return False
        if c.lexemes[k].word == "no tengo" or c.kind(k) == "no_es":
            following = c.lexemes[k + 1].word
            supposed = k > 0 and c.lexemes[k - 1].word == "si"
            return following not in _NO_MATTER and not supposed and not asks_politely(c, k)
    return False


def of_one_day(said: Piece, piece: Piece) -> bool:
    """Whether both are names of one day: "not Friday December 4"."""
    if not isinstance(said.found, Days) or not isinstance(piece.found, Days) or piece.at != said.stop:
        return False
    return said.found.weekday is not None and piece.found.weekday is None


def denied_too(c: Context, said: Piece, piece: Piece) -> bool:
    """Whether the "not" of "not before 9 or after 5" goes for both."""
    if not isinstance(piece.found, Hours) or piece.found.bound != "after" or c.kind(said.at) != "after":
        return False
    denied = c.lexemes[said.at].word.startswith(("not before", "no antes", "not sooner", "not earlier"))
    return denied and [c.kind(k) for k in range(said.stop, piece.at)] in (["or"], ["nor"], ["and"])


def carries(c: Context, pieces: list[Piece], at: int) -> bool:
    """Whether the ruling of the piece before goes on to this one: over "or", "and", "ni", or by "también"."""
    said, piece = pieces[at - 1], pieces[at]
    kinds = [c.kind(k) for k in range(said.stop, piece.at)]
    if type(said.found) is not type(piece.found):
        return kinds in (["or"], ["stop", "or"], ["nor"]) and _is_habit(c, said) and _is_habit(c, piece)
    if all(kind in _BETWEEN for kind in kinds) and any(kind in _LINKS for kind in kinds):
        return True
    behind = c.lexemes[piece.stop].word if piece.stop < len(c.lexemes) else ""
    if behind == "tambien" and isinstance(piece.found, Days) and c.kind(piece.stop + 1) in _ENDS:
        return True  # "los lunes trabajo, los martes también"
    return kinds == ["comma"] and _is_listed(c, pieces, at)


def _is_habit(c: Context, piece: Piece) -> bool:
    """Whether every such weekday or part of the day is meant, and no more is said of it: "can't do mornings or
    Tuesdays", "no Tuesdays. or mornings.".
    """
    found, word = piece.found, c.lexemes[piece.stop - 1].word
    plural = word.endswith(("days", "mornings", "afternoons", "evenings", "nights"))
    bare = isinstance(found, Days) or (isinstance(found, Hours) and found.low is None)
    return plural and bare and piece.stop == piece.at + 1


def _is_listed(c: Context, pieces: list[Piece], at: int) -> bool:
    """Whether the weekday is one of a list that ends with "and": "trabajo lunes, martes y jueves"."""
    last = at
    while last + 1 < len(pieces) and [c.kind(k) for k in range(pieces[last].stop, pieces[last + 1].at)] == ["comma"]:
        last += 1
    if last + 1 >= len(pieces) or c.language != "es":
        return False
    run = pieces[at - 1 : last + 2]
    bare = all(c.kind(one.at) == "weekday" and one.stop == one.at + 1 for one in run)
    linked = [c.kind(k) for k in range(pieces[last].stop, pieces[last + 1].at)] in (["and"], ["nor"])
    behind = c.lexemes[run[-1].stop].word if run[-1].stop < len(c.lexemes) else ""
    return bare and linked and behind not in ("si", "puedo", "mejor")


def named_twice(said: Piece, piece: Piece) -> bool:
    """Whether both name the same day, one right behind the other: "el jueves santo 25 de marzo no"."""
    if not isinstance(said.found, Days) or not isinstance(piece.found, Days) or piece.at != said.stop:
        return False
    return bool(piece.found.readings) and said.found.readings[:1] == piece.found.readings[:1]

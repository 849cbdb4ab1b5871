"""Hours that only say until when the person is free: "I have to be at the plant by 10", "between now and 3"."""

from bots.dates.clocks import clock_at
from bots.dates.lexeme import words
from bots.dates.pieces import Bound, Context, Hours

Found = tuple[Hours, int]
_MUST = words("have has had got need needs must supposed tengo tenemos tiene hay debo")
_GOES = words("leave pick head catch fetch recoger salir irme regresar ir recogerlo recogerla")
_BE = words("be estar llegar")
_ELSEWHERE = words("at back home in en")
_HERE = words("there here clinic office appointment appt seen clinica consultorio cita ahi alla aqui")
_FAR = 8
_THERE = words("there here")
_CAN = words("can could should i'll ill we'll")
_OFF = words(
    "off salga salgan salgo salimos sale salen termino acabo acabe acaba acaban acabamos termine terminen termina "
    "terminan terminamos cierro cierre desocupo desocupe"
)
_EVENT = words("word counted my the the_el the_la to off at_la from of in title part?")
_WHEN = ("cuando", "apenas", "cuanto")
_ANY_TIME = words(
    "puedan pueda haya quieran quiera guste gusten tengan tenga sea abran digan diga puedas puedo antes mas"
)
_BEGINS = words("starts begins empieza empiezan entro entran comienza comienzan")
_OUT = words("out done finish ends over")
"""Words of what ends at an hour: "school is out at 3"."""
_ASKED = words("you u can could do does is are would will i'd a")
_AT_WORK = ("start", "begin", "i", "have", "got")


def _is_bound_for(c: Context, i: int) -> bool:
    """Whether the hour at `i` is when the person must be elsewhere: "gotta be at the plant by 10"."""
    here = False
    for k in range(i - 1, max(0, i - _FAR), -1):
        word, before = c.lexemes[k].word, c.lexemes[k - 1].word
        if c.kind(k) in ("comma", "stop"):
            return False
        here = here or word in _HERE
        must = before in ("gotta", "must", "debo") or (
            before in ("to", "que") and k > 1 and c.lexemes[k - 2].word in _MUST
        )
        if must and (word in ("be back", "get home") or (word in _BE and c.lexemes[k + 1].word in ("back", "de"))):
            return True  # "I have to be back at the office by 2"
        if must and word == "get" and c.lexemes[k + 1].word == "back" and c.kind(k + 2) != "in":
            return True  # "I need to get back to the shop by 10:30"
        if here and must:
            return False
        if must and word in _GOES:
            # "I need to pick it up at 3" may be the wish itself.
            return c.lexemes[k - 2].word not in ("need", "needs") or any(c.kind(n) == "my" for n in range(k, i))
        if must and word in _BE:
            return k + 1 < i and c.lexemes[k + 1].word in _ELSEWHERE
    return False


def event_side(c: Context, i: int) -> Bound | None:
    """On which side of the hour at `i` the wish lies, where that is the hour of something else, as in "after I drop the
    kids off at 8"; None where it is not.
    """
    if i and c.language == "es" and c.kind(i - 1) in ("part", "part?") and (side := _of_event(c.lexemes[i - 1].word)):
        return side
    for k in range(i - 1, max(-1, i - 9), -1):
        if c.kind(k) == "after" and c.lexemes[k].value == 0 and k < i - 1:
            return "after"
        if c.lexemes[k].word == "salir" and c.lexemes[k - 1].word == "al":
            return "after"
        if c.lexemes[k].word in _WHEN and k < i - 2 and c.lexemes[k + 1].word not in _ANY_TIME:
            return "after"  # "cuando deje a la niña en la escuela a las 8"
        if c.kind(k) == "before" and k < i - 1:
            return "before"
        if c.lexemes[k].word in ("once", "when") and k < i - 2 and c.lexemes[k + 1].word not in _ASKED:
            return "after"  # "once my husband gets home at 4:30"
        if c.kind(k) not in _EVENT:
            return None
    return None


def _of_event(phrase: str) -> Bound | None:
    """The same, of an event that is told by one phrase: "saliendo del trabajo a las 5", "antes de comer a las 2"."""
    if phrase.startswith("antes de"):
        return "before"
    return "after" if phrase.startswith(("saliendo", "al salir", "cuando sal")) else None


def is_beginning(c: Context, i: int) -> bool:
    """Whether the hour at `i` is when something begins that keeps the person: "I have to be at work by 10"."""
    if not i:
        return False
    word = c.lexemes[i - 1].word
    there = (
        word in ("work", "school", "class")
        and c.kind(i - 2) == "at"
        and i > 2
        and c.lexemes[i - 3].word in ("be", "im", "i'm")
    )
    there = there or (
        word in ("trabajo", "escuela", "clase") and i > 3 and c.lexemes[i - 3].word == "en" and _must(c, i)
    )
    there = there or (word == "work" and i > 1 and c.lexemes[i - 2].word in _AT_WORK)
    own = c.lexemes[i - 2].word if i > 1 else ""
    there = there or (word == "trabajo" and c.language == "es" and own not in ("mi", "el", "del", "al"))
    there = there or (not c.moving and (word == "fly" or (word == "out" and own == "fly")))
    there = there or (word in ("start", "begin") and own in ("i", "we")) or (word == "in" and own == "clock")
    there = there or _is_bound_for(c, i)
    return there or word in _BEGINS or (word == "trabajar" and i > 2 and c.lexemes[i - 3].word in _BEGINS)


def _must(c: Context, i: int) -> bool:
    """Whether the person has to be there: "tengo que estar en el trabajo"."""
    return any(c.lexemes[k].word in ("estar", "llegar", "entrar") for k in range(max(0, i - 5), i))


def is_leaving(c: Context, i: int) -> bool:
    """Whether the hour at `i` is when something else ends: "I get off at 4", "school is out at 3"."""
    for k in range(i - 1, max(-1, i - 6), -1):
        word = c.lexemes[k].word
        if c.kind(k) in ("comma", "stop"):
            return False
        if word == "off" and c.kind(k + 1) in ("the", "weekday", "my"):
            return False  # "move me off the 12th at 10"
        if word == "salir" and k and c.lexemes[k - 1].word in ("dejan", "deja", "logro", "alcanzo"):
            return True
        if word in _OFF or (word in _OUT and (k == i - 1 or c.lexemes[k + 1].word in ("of", "with"))):
            return True
    return False


def can_arrive(c: Context, i: int) -> bool:
    """Whether the hour at `i` is the earliest at which the person can come: "I can be there by 3:30"."""
    there = False
    for k in range(i - 1, max(-1, i - _FAR), -1):
        word = c.lexemes[k].word
        if c.kind(k) in ("comma", "stop", "not"):
            return False
        there = there or word in _THERE
        if there and word in _CAN:
            return word != "can" or c.lexemes[k - 1].word in ("i", "we") or c.lexemes[k + 1].word not in ("you", "u")
    return False


def until_from_now(c: Context, i: int) -> Found | None:
    """Such as "(between) now and 3", "(from) now until 5"; None where no hour follows."""
    if i >= len(c.lexemes) or c.lexemes[i].word not in ("now", "ahora", "ahorita"):
        return None
    if c.kind(i + 1) == "at" and c.language == "es":
        i -= 1  # "de ahorita a las 2"
    elif c.kind(i + 1) not in ("and", "to", "until"):
        return None
    high = clock_at(c, c.skip(i + 2, ("at", "the_la", "at_la", "around")), True)
    return (Hours(bound="until", low=high[0]), high[1]) if high else None

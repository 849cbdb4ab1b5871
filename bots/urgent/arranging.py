"""Texts that only arrange a visit, in which the learned screen has nothing to weigh: "Around 14:30 would be good".

Figures tell it of pulses and fevers, and the words around an hour are those around them. Where every word is one of
arranging and every figure one of a day or an hour, no complaint is left that it could hear; the lists read the text
all the same. A word that may be half of a complaint or a farewell ("now", "more", "tonight", "over", "not") is none,
nor one that tells of labour ("5 minutes between", "push") or of how strong a pain is ("8 of 10").
"""

from collections.abc import Sequence

from bots.dates.lexeme import words as listed
from bots.urgent.words import END

_MOST = 20
_HOUR, _HOURS, _DAY, _MINUTES, _COUNT = 12, 24, 31, 59, 60
_UNITS = listed("days weeks hours months day week hour month dias semanas horas meses dia semana hora mes")
_TIMES = listed(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri january "
    "february march april may june july august september october november december jan feb apr jun jul aug sept sep "
    "oct nov dec today tomorrow tmrw morning afternoon evening noon weekend weekday weekdays mornings afternoons am pm "
    "oclock lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto "
    "septiembre octubre noviembre diciembre hoy manana pasado tarde mediodia one two three four five six seven eight "
    "nine ten eleven twelve thirty fifteen quarter first second third fourth fifth sixth seventh eighth ninth "
    "tenth eleventh twelfth una dos tres cuatro cinco seis siete ocho nueve diez once doce treinta quince cuarto "
    "primero"
)
_WORDS = (
    _TIMES
    | _UNITS
    | listed(
        "a about actually after afterwards also an and any anytime appointment appt around as at available back be "
        "before best better between book booking by can change come could date different do earlier early either else "
        "exactly fine for from good great have how i id if in instead is it its just later lets like make maybe me "
        "my need next of ok okay on or other past perfect please pls possible prefer preferably probably "
        "schedule set should sometime soon sorry sounds the then there think this that thanks thank time "
        "to try until want what when will with within work works would yes yeah you your"
    )
    | listed(
        "al alguna algun antes asi bien bueno cambiar cita claro como con corriente creo cualquier cuando de del desde "
        "despues disponible el en entonces entre es esa ese esta estaria este favor fecha gracias gustaria hasta hay "
        "horario la las le lo los luego me media medio mejor menos mi mismo o otra otro para parece perfecto pico "
        "por porfa posible preferiria prefiero primera proxima proximo puede pueden puedo que quedaria quiero quisiera "
        "seria si siguiente sirve sobre su tal temprano tiene tienen tipo un unas uno y"
    )
)
_SHARE = ("of", "de")
"""Between two figures it tells how much of a whole."""
_DENIALS = ("no", "nope")
_BEFORE_DAY = _TIMES | listed("the on el dia al del or o of de")
_BEFORE_MINUTES = ("y", "con", "menos", "to", "past")
_ORDINALS = ("st", "nd", "rd", "th")


def arranges(words: Sequence[str]) -> bool:
    """Whether the words, folded tokens of a text, only say when a visit would suit."""
    said = [word for word in words if word != END]
    if not 0 < len(said) <= _MOST or (_UNITS.isdisjoint(said) and not any(_is_timely(word) for word in said)):
        return False
    return all(
        _is_of_time(said, at) if word[0].isdigit() else word in _WORDS or _is_no(said, at)
        for at, word in enumerate(said)
    )


def _is_timely(word: str) -> bool:
    return word in _TIMES or word[0].isdigit()


def _is_no(said: Sequence[str], at: int) -> bool:
    """Whether the word turns down what was offered, or a day that will not do: "No, at 3", "el martes no puedo"."""
    if at == 0:
        return said[at] in _DENIALS
    return said[at : at + 2] == ["no", "puedo"] and said[at - 1] in _TIMES and "con" not in said[at + 2 : at + 3]


def _is_of_time(said: Sequence[str], at: int) -> bool:
    """Whether the figure at `at` is an hour, its minutes, a day, or a count of days or hours."""
    word, before, following = said[at], said[at - 1] if at else "", said[at + 1] if at + 1 < len(said) else ""
    if word.endswith((*_ORDINALS, "am", "pm")) and word[:-2].isdigit():
        return int(word[:-2]) <= (_DAY if word.endswith(_ORDINALS) else _HOUR)
    if not word.isdigit() or len(word) > 2:
        return False
    number = int(word)
    if following in _SHARE or before in _SHARE:
        return not any(one.isdigit() for one in (*said[max(0, at - 2) : at], *said[at + 1 : at + 3]))
    if following in _UNITS:
        return number <= _COUNT
    minutes = before in _BEFORE_MINUTES or (len(word) == 2 and before.isdigit() and int(before) < _HOURS)
    if minutes and number % 5 == 0:
        return number <= _MINUTES
    clock = number < _HOURS and (before == "las" or (len(following) == 2 and following.isdigit()))
    return number <= _HOUR or clock or (number <= _DAY and before in _BEFORE_DAY)

"""Which figures are no time: scores, doses, pressures and temperatures, the numbers of rooms and streets.

Told by the noun that a figure belongs to: "pain 7/10", "1/2 tablet", "presión 12/8", "room 4". They become junk.
"""

from bots.dates.lexeme import Lexeme, words

_SCALED = words(
    "pain painful ache aching killing hurts hurting discomfort migraine headache cramps cramping nausea anxiety "
    "swelling itching migrana cabeza dolor duele dolio molestia"
)
_MEASURED = words(
    "bp pressure presion score scored scores scale escala puntaje rating rated rate level nivel fever fiebre temp "
    "temperature temperatura sugar glucose azucar glucosa pulse pulso oxygen oxigeno saturacion weight peso vision "
    "intensidad intensity"
)
_DOSED = words(
    "tablet tablets pill pills cap capsule capsules dose doses dosage mg ml mcg cup cups teaspoon teaspoons tsp "
    "tablespoon tbsp drop drops puff puffs syringe bottle pastilla pastillas tableta tabletas pildora pildoras dosis "
    "capsula capsulas cucharada cucharadita gota gotas frasco taza"
)
_LABELS = words(
    "room rm apt apartment suite ste ext extension pin code bldg building route highway hwy bed ward gate box type "
    "habitacion consultorio apto depto departamento apartamento edificio puerta codigo clave ruta cama sala "
    "interior number numero"
)
_FROM_NOUN = words(
    "is was it's its it at a an like about around of my now es de un una como nivel level fue era esta en scale score "
    "currently right still up to over sobre maybe probably i'd say id the pretty bad out anda andaba estaba went from "
    "gone goes subio bajo paso salio marco dio hasta del desde me"
)
_TO_NOUN = words("of on the in my de del en la scale for")
_FIGURE_LINKS = words("is was are of level score scale a an es de nivel fue era en como like over sobre at")
_FRACTIONS = ((1, 2), (1, 3), (2, 3), (1, 4), (3, 4))
_TOPS = (5, 10)
"""The ends of the scales that pain and the like are told on."""
_DATES_BEFORE = ("on", "the", "the_el", "by", "before", "after", "until", "from", "dia", "weekday", "for")
_HOUR_AFTER = ("mer", "oclock", "h_suffix", "ish")
_NEAR = 5


def without_measures(lexemes: list[Lexeme]) -> list[Lexeme]:
    """`lexemes`, those figures made junk that their noun shows to be no day and no hour."""
    for i, lexeme in enumerate(lexemes):
        if lexeme.kind == "slash":
            if _is_ratio(lexemes, i):
                lexeme.kind = "junk"
        elif lexeme.kind == "num" and lexeme.digits and i and (_is_label(lexemes, i) or _is_measure(lexemes, i)):
            lexeme.kind = "junk"
    return lexemes


def _word(lexemes: list[Lexeme], i: int) -> str:
    return lexemes[i].word if 0 <= i < len(lexemes) else ""


def _kind(lexemes: list[Lexeme], i: int) -> str:
    return lexemes[i].kind if 0 <= i < len(lexemes) else ""


def _is_ratio(lexemes: list[Lexeme], i: int) -> bool:
    """Whether two numbers with a slash are a score, a fraction or a pressure, and no month and day."""
    part, whole = lexemes[i].parts[:2]
    score = whole in _TOPS and part <= whole
    fraction = (part, whole) in _FRACTIONS
    noun = _noun_before(lexemes, i)
    if noun in _MEASURED or (score and noun in _SCALED):
        return True
    if score and _word(lexemes, i - 1) in ("a", "an", "un", "una", "solid"):
        return True  # "it's an 8/10"
    if fraction and (_mixed(lexemes, i) or _word(lexemes, i + 1) in _DOSED):
        return True  # "2 1/2 weeks", "1/2 tablet"
    if fraction and _kind(lexemes, i + 1) == "of" and _word(lexemes, i + 1) == "of":
        return True  # "2/3 of my pills"
    if _kind(lexemes, i - 1) in _DATES_BEFORE and _word(lexemes, i + 1) != "de":
        return False  # "on 7/10 pain management"
    noun = _noun_behind(lexemes, i)
    return noun in _MEASURED or (score and noun in _SCALED) or (fraction and noun in _DOSED)


def _mixed(lexemes: list[Lexeme], i: int) -> bool:
    """Whether a whole number stands before the fraction, as in "2 1/2"."""
    return _kind(lexemes, i - 1) in ("num", "junk") and _kind(lexemes, i - 2) not in ("at", "weekday", "day")


def _noun_before(lexemes: list[Lexeme], i: int) -> str:
    """The noun that the figure at `i` is told of, small words between; "" where none is near."""
    for k in range(i - 1, max(-1, i - 1 - _NEAR), -1):
        word = lexemes[k].word
        if word in _MEASURED or word in _SCALED:
            return word
        if word not in _FROM_NOUN and lexemes[k].kind not in ("comma", "junk"):
            return ""
    return ""


def _noun_behind(lexemes: list[Lexeme], i: int) -> str:
    """The noun that follows the figure: "7/10 de dolor", "8/10 on the pain scale"."""
    for k in range(i + 1, min(len(lexemes), i + 4)):
        word = lexemes[k].word
        if word in _MEASURED or word in _SCALED or word in _DOSED:
            return word
        if word not in _TO_NOUN or (k == i + 1 and word in ("my", "the", "la", "for")):
            return ""
    return ""


def _is_measure(lexemes: list[Lexeme], i: int) -> bool:
    """Whether a plain number is what was measured: "my pain is a 7", "fiebre de 39"; not "pain at 3"."""
    if _kind(lexemes, i + 1) in _HOUR_AFTER:
        return False
    k = i - 1
    while k > i - 1 - _NEAR and k > 0 and lexemes[k].word in _FIGURE_LINKS:
        if lexemes[k].kind == "at" or lexemes[k].word == "at":
            return False
        k -= 1
    word = lexemes[k].word
    if word in _MEASURED:
        return True
    # "Dolor 2 de diciembre": a number right behind the pain is told of it only by a word between.
    return word in _SCALED and k < i - 1 and lexemes[i].number <= 10


def _is_label(lexemes: list[Lexeme], i: int) -> bool:
    """Whether the number is the name of a place or a thing: "room 4", "apt #12", "extension 30"."""
    if _kind(lexemes, i + 1) in _HOUR_AFTER:
        return False
    k = i - 1
    if lexemes[k].kind in ("money", "stop") or lexemes[k].word in ("number", "numero", "no", "num"):
        k -= 1 if _word(lexemes, k - 1) in _LABELS else 0
    return _word(lexemes, k) in _LABELS

"""Which of the offered options a text picks: "2", "the second one", "la última"."""

import re

from bots.nlu.features import fold

LAST = -1
_MAX_WORDS = 12

_NUMBERS = {
    **dict.fromkeys(
        ("1", "one", "uno", "una", "primera", "primero", "primer", "first", "1st", "1ra", "1ro", "1era"), 1
    ),
    **dict.fromkeys(("2", "two", "dos", "segunda", "segundo", "second", "2nd", "2da", "2do"), 2),
    **dict.fromkeys(("3", "three", "tres", "tercera", "tercero", "tercer", "third", "3rd", "3ra", "3ro"), 3),
    **dict.fromkeys(("4", "four", "cuatro", "cuarta", "cuarto", "fourth", "4th", "4ta", "4to"), 4),
    **dict.fromkeys(("5", "five", "cinco", "quinta", "quinto", "fifth", "5th", "5ta", "5to"), 5),
}
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_ORDINAL = "|".join(word for word in sorted(_NUMBERS, key=len, reverse=True) if len(word) > 1)

# A number that is followed by one of these is a time, a day or an amount, not a pick.
_NOT_TIME = (
    r"(?!\s*(?:[:.]\d|[ap]\.?m\b|o.?clock|hrs?\b|h\b|/|-\d|y media|en punto|de la|th\b|days?|weeks?|dias?|semanas?))"
)
_BEFORE = (
    r"(?:(?:yes|ok|okay|si|sure|no|please|i|ill|id|take|like|want|choose|pick|prefer|lets|do|go|with|book|reserve|"
    r"the|la|el|lo|option|opcion|number|numero|no\.?|slot|choice|choose|num|quiero|prefiero|tomo|elijo|escojo|dame|"
    r"deme|me|quedo|con|would|could|can|have|get|agende|agendame|maybe|um|uh|think)[\s,.:]+)*"
)
_AFTER = (
    r"(?:[\s,.!]+(?:one|option|opcion|please|pls|por|favor|porfa|slot|time|works?|is|good|fine|great|for|me|best|thanks|"
    r"thank|you|esta|bien|gracias|funciona|queda|better|sounds|perfect|appointment|works?|choice|then))*[\s.!)]*"
)
_BARE = re.compile(rf"^\W*{_BEFORE}#?\s*({_NUMBER}){_NOT_TIME}{_AFTER}$")
_NAMED = re.compile(rf"\b(?:option|opcion|number|numero|choice|slot|no\.|#)\s*#?\s*({_NUMBER})\b{_NOT_TIME}")
_NTH_ONE = re.compile(
    rf"\b(?:the|la|el|that|this)?\s*({_ORDINAL})\s+(?:one|option|opcion|choice|slot|time|appointment)\b"
)
# Spanish needs no noun after it; what follows says that one of those offered is meant, not "la segunda semana".
_NTH_OF_THEM = re.compile(
    r"\b(?:la|el|esa|ese)\s+((?:primer|segund|tercer|cuart|quint)[ao]|2d[ao]|[13]r[ao])(?=\W*$|\s*[,.;!?]"
    r"|\s+(?:me|nos|le|esta|estaria|seria|queda|quedaria|va|iria|suena|parece|podria|puede|por favor)\b)"
)
_LAST = re.compile(
    r"\b(?:the|la|el|that)\s+(?:very\s+)?(?:last|ultima|ultimo)\b(?!\s+(?:week|month|time|visit|year))"
    r"|^\W*(?:last|ultima|ultimo)(?:\s+(?:one|option|please|slot))*\W*$"
    r"|\b(?:last|bottom)\s+(?:one|option|slot)\b|\bthe latter\b"
)
_FORMER = re.compile(r"\bthe (?:former|top one)\b|\bla de arriba\b")
_ANY = re.compile(
    r"^\W*(?:ok |okay |si |yes |sure )?(?:any|either|whichever|cualquiera)"
    r"(?: (?:one|of (?:them|those|these)|de (?:esas|esos|las dos)|is|works|fine|good|esta|bien|ok))*\W*$"
)
_MIDDLE = re.compile(r"\b(?:middle one|one in the middle|la de(?:l| en) medio)\b")
_KEYCAPS = {
    "1\u20e3": 1,
    "2\u20e3": 2,
    "3\u20e3": 3,
    "\u0031\ufe0f\u20e3": 1,
    "\u0032\ufe0f\u20e3": 2,
    "\u0033\ufe0f\u20e3": 3,
}


def pick(text: str, options: int) -> int | None:
    """The 1-based option that `text` picks out of `options`; `LAST` (-1) for the last; None when it picks none.

    A number beyond those offered is no pick: beside three offered times, "4" is rather an hour.
    """
    if options <= 0:
        return None
    stripped = text.strip()
    if stripped in _KEYCAPS:
        return _within(_KEYCAPS[stripped], options)
    folded = fold(text)
    if len(folded.split()) > _MAX_WORDS:
        return None
    for pattern in (_BARE, _NAMED, _NTH_ONE, _NTH_OF_THEM):
        if match := pattern.search(folded):
            return _within(_NUMBERS[match.group(1)], options)
    if _LAST.search(folded):
        return LAST
    if _FORMER.search(folded) or _ANY.match(folded):
        return 1
    if options == 3 and _MIDDLE.search(folded):
        return 2
    return None


def _within(number: int, options: int) -> int | None:
    return number if number <= options else None

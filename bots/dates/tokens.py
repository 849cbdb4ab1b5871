"""Text to lexemes: signs, numbers and words of either language, spelling errors mended, fixed phrases folded.

One regular expression walks the text once; phrases are looked up by their first word. Every step is linear.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from rapidfuzz.distance import OSA

from bots.dates import words_en, words_es
from bots.dates.figures import without_measures
from bots.dates.fused_es import taken_apart
from bots.dates.lexeme import Lexeme, Sense, words
from hub.types import Language

_TOKEN = re.compile(
    r"""
      (?P<iso>(?<![\w.])\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)(?:[Tt](?=\d))?)
    | (?P<phone>(?<!\d)(?:\+?\d{1,2}[\s.-]?)?\(?\d{3}\)?[\s.-]?\d{3}[\s.-]?\d{4}(?!\d)|(?<!\d)\d{3}-\d{4}(?!\d))
    | (?P<full>(?<![\w./])\d{1,2}(?P<sep>[-/.])\d{1,2}(?P=sep)(?:\d{4}|\d{2})(?![\d/]))
    | (?P<slash>(?<![\w./])\d{1,2}/\d{1,2}(?![\d/]))
    | (?P<clock>(?<![\d:.])\d{1,2}(?:\s?[:;]\s?|[hH])[0-5]\d(?::\d{2})?(?!\d))
    | (?P<dotted>(?<![\w.$€£])\d{1,2}\.[0-5]\d(?![\d%]))
    | (?P<mixed>(?<!\w)(?:2(?:day|moro|morrow|mrw|mro|mrow|nite)|[bB]4)(?!\w))
    | (?P<num>(?:(?<!\w)|(?<=[a-z]{3})(?=\d+[ap]m)|(?<=\b(?:las|del|pal|dia))|(?<=\balas)|(?<=\b[ea]l))\d{1,4})(?:
          (?P<suf>st|nd|rd|th|ish|oclock|hrs?|hs?|am|pm|a|p|ro|er|
          ero|do|mo|vo|to|o|º|ª|ST|ND|RD|TH|ISH|HRS|H|AM|PM|Am|Pm|A|P)?(?!\w)
          |(?=de\b|del\b|de?la\b|en\b|y\s?(?:media|cuarto|\d\d)\b))
    | (?P<junk>\d+\w*)
    | (?P<mer>(?<!\w)[AaPp](?:\.\s?|\s)[Mm](?!\w)\.?)
    | (?P<oclock>(?<!\w)[oO]\s?["'’`´]\s?clock)
    | (?P<word>[^\W\d_]+(?:['’`´][^\W\d_]+)*)
    | (?P<pause>[\u2600-\u27bf\U0001f300-\U0001faff][\ufe0f\u200d\u2600-\u27bf\U0001f300-\U0001faff\s]*)
    | (?P<sign>[-–—,;.!?()@&/$%#+~:\n€£>→])
    """,
    re.VERBOSE,
)
_SIGNS = {
    "-": "dash",
    "–": "dash",
    "—": "dash",
    ",": "comma",
    ":": "comma",
    "@": "at",
    "&": "and",
    ">": "to",
    "→": "to",
    "/": "or",
    "~": "around",
    "$": "money",
    "€": "money",
    "£": "money",
    "#": "money",
    "%": "counted",
    "+": "filler",
}
_QUOTES = str.maketrans({"’": "'", "`": "'", "´": "'"})

_PULLED = 9
MOST = 1000
"""How many words, numbers and signs of a text are read; a text message holds fewer."""

Phrases = dict[str, dict[str, list[tuple[tuple[str, ...], Sense]]]]


def _by_first(*tables: dict[str, Sense]) -> Phrases:
    """Phrases by their first and second word, the longest first; an earlier table goes before a later one."""
    found: Phrases = {}
    for table in tables:
        for phrase, sense in table.items():
            words = tuple(phrase.split())
            found.setdefault(words[0], {}).setdefault(words[1], []).append((words, sense))
    for seconds in found.values():
        for rows in seconds.values():
            rows.sort(key=lambda row: -len(row[0]))
    return found


# Kinds that are understood in the other language too ("mañana at 3", "el Friday").
_LENT = words(
    "weekday month day tonight part noon unit next after before around weekend relation holiday mer tarde at past "
    "greeting"
)
_LENT_SHORT = words("am pm tue fri mon thu hoy asap")
_NEVER_LENT = words("tomo once final late start rest near salvo media sobre como principio punto mejor past min ago")


def _with_lent(own: dict[str, Sense], other: dict[str, Sense]) -> dict[str, Sense]:
    """The words of one language, and those of the other that cannot be mistaken."""
    lent = {
        word: sense
        for word, sense in other.items()
        if sense[0] in _LENT and (len(word) >= 4 or word in _LENT_SHORT) and word not in _NEVER_LENT
    }
    return {**lent, **own}


_WORDS: dict[Language, dict[str, Sense]] = {
    "en": _with_lent(words_en.WORDS, words_es.WORDS),
    "es": _with_lent(words_es.WORDS, words_en.WORDS),
}
_PHRASES: dict[Language, Phrases] = {
    "en": _by_first(words_en.PHRASES, {k: v for k, v in words_es.PHRASES.items() if k not in words_en.PHRASES}),
    "es": _by_first(words_es.PHRASES, {k: v for k, v in words_en.PHRASES.items() if k not in words_es.PHRASES}),
}

# Real words one letter away from a word of time: never mended.
_REAL = words(
    "dominos manzanas vienes viene vierte sacado salado sabido saludo domino manzana mananero jueces juegues sundae "
    "sundry dominga moaning mourning morningside martas marten"
)
_MENDED = frozenset(("weekday", "month", "day", "part", "tonight", "weekend", "noon"))


def _shortened(word: str) -> Iterable[str]:
    """The word itself and every form with one letter left out."""
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]


def _mending(words: dict[str, Sense]) -> dict[str, str]:
    """Shortened forms of the long words of time, each with the word it may have been."""
    return {
        short: word
        for word, sense in words.items()
        if len(word) >= 6 and sense[0] in _MENDED
        for short in _shortened(word)
    }


_NUMBER_ISH = {
    f"{word}ish": sense[1]
    for word, sense in words_en.WORDS.items()
    if sense[0] == "num"
    and isinstance(sense[1], int)
    and 1 <= sense[1] <= 12
    and word not in ("few", "several", "couple")
}
"""Such as "tenish"."""
_NEAR: dict[Language, dict[str, str]] = {
    "en": _mending(_WORDS["en"]),
    "es": _mending(_WORDS["es"]),
}


def _mend(word: str, language: Language) -> Sense | None:
    """The sense of the word of time that is one slip away from `word`, if there is one."""
    if not 6 <= len(word) <= 11 or word in _REAL:
        return None
    near = _NEAR[language]
    for short in _shortened(word):
        if (meant := near.get(short)) and meant[0] == word[0] and OSA.distance(word, meant, score_cutoff=1) <= 1:
            return _WORDS[language][meant]
    return None


_LETTERS = re.compile(r"\bm[-/, ]+w(?:[-/, ]+| or | and | & )f\b|\bt[-/]th\b", re.IGNORECASE)
_DENIES = re.compile(r"n['\u2019]?t\b|\b(?:no|not|never|except|but|school|work|class)\b", re.IGNORECASE)

# Words that tell the language of a text.
_OF_ONE: dict[Language, frozenset[str]] = {
    "en": words_en.MARKERS | (words_en.WORDS.keys() - words_es.WORDS.keys() - words_es.MARKERS),
    "es": words_es.MARKERS | (words_es.WORDS.keys() - words_en.WORDS.keys() - words_en.MARKERS),
}


def fold(word: str) -> str:
    """`word` in lower case, without accents, with one kind of apostrophe."""
    if word.isascii():
        return word.lower().replace("`", "'")
    plain = unicodedata.normalize("NFKD", word.translate(_QUOTES).casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def guess_language(text: str) -> Language:
    """The likelier language of `text`; English when nothing tells."""
    words = [fold(match) for match in re.findall(r"[^\W\d_]+", text[:400])]
    spanish = sum(word in _OF_ONE["es"] for word in words)
    english = sum(word in _OF_ONE["en"] for word in words)
    return "es" if spanish > english else "en"


def lex(text: str, language: Language) -> list[Lexeme]:
    """The lexemes of `text`, in order, phrases folded, compound numbers added up, what was measured left out."""
    if (said := _LETTERS.search(text)) and not _DENIES.search(text, 0, said.start()):
        # "M-W-F", "m w or f": as they are written in one, over as many letters.
        joined = "mwf" if said[0][0] in "mM" else "tth"
        text = text[: said.start()] + joined.ljust(len(said[0])) + text[said.end() :]
    return without_measures(_join_numbers(_fold_phrases(_split(text, language), language)))


def _split(text: str, language: Language) -> list[Lexeme]:
    """One lexeme for each word, number and sign."""
    found: list[Lexeme] = []
    words = _WORDS[language]
    for match in islice(_TOKEN.finditer(text), MOST):
        kind = match.lastgroup or ""
        start, end = match.span()
        raw = match[0]
        if kind == "word":
            word = fold(raw)
            if (loose := _NUMBER_ISH.get(word)) is not None:
                found.append(Lexeme(start, end - 3, "num", loose, word[:-3]))
                found.append(Lexeme(end - 3, end, "ish", 0, "ish"))
                continue
            if language == "es" and (apart := taken_apart(word, words)):
                found.extend(Lexeme(start, end, *words.get(one, ("word", 0)), one) for one in apart)
                continue
            sense = words.get(word) or _mend(word, language) or ("word", 0)
            found.append(Lexeme(start, end, sense[0], sense[1], word))
        elif kind == "pause":
            found.append(Lexeme(start, end, "comma"))
        elif kind == "sign":
            found.append(Lexeme(start, end, _SIGNS.get(raw, "stop"), int(raw == "?")))
        elif kind in ("num", "suf"):
            found.extend(_number(match["num"], match["suf"], start))
        elif kind in ("clock", "dotted"):
            hour, minute = (int(part) for part in re.split(r"\s?[:;hH.]\s?", raw)[:2])
            if hour <= 24:
                found.append(Lexeme(start, end, kind, (hour, minute), zero=raw[0] == "0" or hour > 12))
            else:
                found.append(Lexeme(start, end, "junk"))
        elif kind in ("iso", "full", "sep", "slash"):
            kind = "full" if kind == "sep" else kind
            found.append(Lexeme(start, end, kind, tuple(int(part) for part in re.findall(r"\d+", raw)), raw))
        elif kind == "mixed":
            word = {"b4": "before"}.get(raw.lower(), raw.lower())
            found.append(Lexeme(start, end, *words_en.WORDS.get(word, ("word", 0)), word))
        elif kind == "mer":
            found.append(Lexeme(start, end, "mer", "am" if raw[0] in "aA" else "pm"))
        elif kind == "oclock":
            found.append(Lexeme(start, end, "oclock"))
        else:
            found.append(Lexeme(start, end, "junk"))
    return found


def _number(digits: str, suffix: str | None, start: int) -> Iterable[Lexeme]:
    """A number and, when a suffix is glued to it, what the suffix says."""
    value, after = int(digits), start + len(digits)
    suffix = (suffix or "").lower()
    if suffix in ("st", "nd", "rd", "th", "ro", "ero", "mo", "vo", "er", "do", "to", "o", "º", "ª"):
        yield Lexeme(start, after + len(suffix), "ord", value, digits, len(digits))
        return
    yield Lexeme(start, after, "num", value, digits, len(digits), zero=digits[0] == "0" and len(digits) > 1)
    if suffix in ("am", "a"):
        yield Lexeme(after, after + len(suffix), "mer", "am")
    elif suffix in ("pm", "p"):
        yield Lexeme(after, after + len(suffix), "mer", "pm")
    elif suffix in ("ish", "oclock"):
        yield Lexeme(after, after + len(suffix), suffix)
    elif suffix:
        yield Lexeme(after, after + len(suffix), "h_suffix")


_PREDICATES = words("is works would could if maybe please then instead that's works might if will should for thanks")
_NAMED = words(
    "early mid late unit weekday weekday? month month? weekend holiday part part? day dia counted title que_viene "
    "ord nth"
)
_NAMED_AFTER = words("the month ord holiday slash iso full next day weekday my")
# "3 or after" ends there; "before 9 or after 5" does not.
_TRAILING = ("onward", "or_before")


def _fold_phrases(lexemes: list[Lexeme], language: Language) -> list[Lexeme]:
    """Replace every fixed phrase by one lexeme with the phrase's own sense."""
    phrases = _PHRASES[language]
    folded: list[Lexeme] = []
    at, total = 0, len(lexemes)
    while at < total:
        here = lexemes[at]
        seconds = phrases.get(here.word) if here.word else None
        phrase = _phrase_at(lexemes, at, seconds) if seconds else None
        if phrase is None:
            folded.append(here)
            at += 1
        else:
            said, sense, stop = phrase
            folded.append(Lexeme(here.start, lexemes[stop - 1].end, sense[0], sense[1], " ".join(said)))
            at = stop
    return folded


def _phrase_at(
    lexemes: list[Lexeme], at: int, seconds: dict[str, list[tuple[tuple[str, ...], Sense]]]
) -> tuple[tuple[str, ...], Sense, int] | None:
    """The longest phrase that begins at `at`, its sense and where it ends."""
    total = len(lexemes)
    dashed = at + 2 < total and lexemes[at + 1].kind == "dash"  # "mid-day"
    second = at + 1 + dashed
    for phrase, sense in seconds.get(lexemes[second].word, ()) if second < total else ():
        stop = second + len(phrase) - 1
        if stop > total or (dashed and len(phrase) > 2) or _continues(phrase, sense, lexemes, stop):
            continue
        if all(lexemes[second - 1 + n].word == phrase[n] for n in range(2, len(phrase))):
            return phrase, sense, stop
    return None


def _continues(phrase: tuple[str, ...], sense: Sense, lexemes: list[Lexeme], stop: int) -> bool:
    """Whether what follows shows that the words are no phrase here: "before 9 or after 5", "come by 3"."""
    following = lexemes[stop].kind if stop < len(lexemes) else ""
    if sense[0] in ("before_that", "after_that") and phrase[-1] in ("before", "after", "antes", "despues", "prior"):
        return following not in ("", "stop", "comma")
    if sense[0] == "relation" and phrase[-1] in ("antes", "despues", "before", "after"):
        return following == "of"  # "un poco antes de las 3"
    if sense[0] in _TRAILING and phrase[-1] in ("after", "before") and following in _NAMED_AFTER:
        return True
    if sense[0] in _TRAILING:
        return following in ("num", "clock", "at", "noon", "part", "part?", "of")  # "o despues de las 3"
    if phrase == ("up", "to"):  # "moved up to 1", "move it up to 1"
        return _is_pulled(lexemes, stop - 2)
    if sense[0] == "to_hour":  # "a las 10 para mi hijo"
        return following not in ("at", "at_la", "the_la", "num", "clock", "noon")
    if phrase == ("before", "school"):  # "before school lets out at 3"
        return stop < len(lexemes) and lexemes[stop].word in ("lets", "gets", "is", "ends")
    if sense[0] == "part" and phrase[0] == "before" and following == "at":
        return True  # "before my shift at 2"
    if sense == ("part", "after school"):
        at_hour = (
            following in ("at", "around") and stop + 1 < len(lexemes) and lexemes[stop + 1].kind in ("num", "clock")
        )
        return at_hour or (stop < len(lexemes) and lexemes[stop].word in ("starts", "begins"))
    if phrase == ("los", "dias"):
        return following != "num"
    if sense[0] == "same_hour" and "esa" in phrase:  # "a esa hora tengo clase"
        return following not in ("", "stop", "comma", "for", "weekday", "the_el")
    if sense[0] == "come by":
        return following in ("num", "clock", "noon", "weekday")
    if sense[0] == "period_on" and phrase[-1] == "after":  # "the week after Thanksgiving"
        return (
            following not in ("", "stop", "comma", "at", "or", "and", "not") and lexemes[stop].word not in _PREDICATES
        )
    if sense[0] == "weekend" and phrase[-1] == "fin":
        return following == "of"
    if sense[0] == "day_on" and following == "or" and stop + 1 < len(lexemes) and lexemes[stop + 1].kind == "num":
        return True  # "in the next day or two"
    if sense[0] in ("day_on", "period_on"):
        return following in _NAMED or (phrase[-1] == "despues" and following == "of")  # "el dia despues de navidad"
    counts = following == "num" or (following == "a" and lexemes[min(stop + 1, len(lexemes) - 1)].kind == "unit")
    return phrase[0] == "de" and phrase[-1] == "en" and not counts  # "la reunion de manana en el trabajo"


def _is_pulled(lexemes: list[Lexeme], up: int) -> bool:
    """Whether a visit is moved "up to" a time: "moved up to 1", "bump my Wed 1pm up to 9", "pull it up to 2"."""
    if up and lexemes[up - 1].word in ("it", "me"):
        return True
    for lexeme in reversed(lexemes[max(0, up - _PULLED) : up]):
        if lexeme.kind == "move" or lexeme.word in ("pull", "slide", "shift", "scoot"):
            return True
        if lexeme.kind in ("comma", "stop"):
            return False
    return False


def _join_numbers(lexemes: list[Lexeme]) -> list[Lexeme]:
    """Add up "twenty five", "thirty-first", "treinta y cinco"."""
    joined: list[Lexeme] = []
    at = 0
    while at < len(lexemes):
        tens = lexemes[at]
        stop = _compound_end(lexemes, at) if tens.kind == "num" and tens.number in (20, 30, 40, 50) else None
        if stop:
            ones = lexemes[stop - 1]
            kind = "num" if ones.kind == "num" else "ord"
            joined.append(Lexeme(tens.start, ones.end, kind, tens.number + ones.number, "joined"))
        else:
            joined.append(tens)
        at = stop or at + 1
    return joined


def _compound_end(lexemes: list[Lexeme], at: int) -> int | None:
    """Where the number in words ends that begins with these tens; None when no ones follow."""
    tens, link = lexemes[at], lexemes[at + 1].kind if at + 1 < len(lexemes) else ""
    stop = at + (3 if link in ("dash", "and") else 2)
    if tens.digits or stop > len(lexemes) or (link == "and" and not tens.word.endswith("a")):
        return None
    ones = lexemes[stop - 1]
    return stop if ones.kind in ("num", "ord_word") and not ones.digits and 1 <= ones.number <= 9 else None

"""Whether an answer settles the matter: a clear yes, a clear pick. Whatever is less is asked back, never acted on."""

import re
from collections.abc import Iterable

from bots.dialogue import hints
from bots.dialogue.turns import Heard
from bots.nlu.features import words_of
from bots.nlu.lexicon import CLASSES

SURE = 0.6
"""From here on an intent stands by itself; below it, only together with words that say the same."""

_HESITATES = re.compile(
    r"(?:^|[.!?,;]\s*|\b(?:please|ok|okay|no|oh|uh|um|can you|could you)\s+)wait\b"
    r"|\b(?:hold on|hang on|not sure|unsure|maybe|perhaps|or not|hm+|uh+\?"
    r"|(?:let me|lemme|i(?:'?ll| will|'?d| have to| need to| must)) (?:\w+ )?(?:check|think|ask|see if|look|call)"
    r"|(?:one|a|just a) (?:sec|second|moment|minute)|espere?n?me|esp[eé]r[ae]n?|un (?:momento|segundo|minuto)"
    r"|no estoy segur[oa]|no s[eé]|tal vez|quiz[aá]s?|a lo mejor|d[eé]j[ea]me (?:ver|pensar|revisar))\b"
    r"|^\W*(?:yes|yeah|ok|okay|sure|s[ií])\W+(?:but|if|only|unless|as long|pero|solo si|siempre que)\b",
    re.IGNORECASE,
)
# An unaccented "si" is as often "if": it counts where nothing but an agreement can follow.
_YES = re.compile(
    r"^\W*(?:oh |um |uh )?(?:yes|yeah|yep|yup|yess+|yea|sure|sí"
    r"|si(?=\W*$|[,.;!]|\s+(?:por favor|gracias|claro|es[ea]|est[aáeé]|me|quiero|res[eé]rv|ag[eé]nd|perfecto))"
    r"|claro(?! que no)|absolutely|definitely|of course|confirm(?:ed)?"
    r"|that(?:'?s| is) (?:right|correct|confirmed|fine|good|great|perfect)|por supuesto)"
    r"\b(?!\s*\?)",
    re.IGNORECASE,
)
_YES_AND_STOP = re.compile(
    r"^\W*(?:ok|okay|okey|k|right|correct|great|perfect|fine|good|please do"
    r"|(?:(?:that|this|it) )?(?:sounds|looks|seems|works|is) (?:good|great|perfect|fine|for me)|that works"
    r"|vale|dale|bueno|bien|perfecto|correcto|exacto|de acuerdo|est[aá] bien)"
    r"(?: (?:please|thanks|thank you|por favor|gracias|then|with me|for me))*\s*[.!\n]",
    re.IGNORECASE,
)
_BOOK_POLITELY = re.compile(
    r"^\W*(?:can|could|will|would) (?:you|u)(?: please)? (?:book|take|reserve|schedule|grab|do) (?:it|that|this)\b"
    r"|^\W*(?:me )?(?:la|lo) puede[sn]? (?:reservar|agendar|apartar)\b"
    r"|^\W*puede[sn]? (?:reservar|agendar|apartar)l[ao]\b",
    re.IGNORECASE,
)
_THUMB = re.compile("\\s*(?:[\U0001f44d\U0001f44c\u2705][\U0001f3fb-\U0001f3ff\ufe0f]?\\s*)+")
_CANCEL_POLITELY = re.compile(
    r"^\W*(?:can|could|will|would) (?:you|u)(?: please)? cancel\b|^\W*(?:me )?(?:la )?puede[sn]? cancelar",
    re.IGNORECASE,
)
_ANY_OF_THEM = re.compile(r"\b(?:any|either|whichever|cualquiera)\b", re.IGNORECASE)
_TIME_CLASSES = frozenset({"0day", "0month", "0near", "0part", "0count"})
_PICKING_WORDS = """
    yes yeah yep yup ok okay sure please pls thanks thank you great good perfect fine cool alright
    i ill id will would like take choose pick prefer lets let us do go with for the this that these it its
    one option number slot time on at in a an m p am pm of works work is me best book reserve grab appointment
    be sounds thats then just pick give have oclock clock sharp
    first second third last earliest latest sooner soonest earlier later half quarter past noon one two three
    dr doctor dra
    si claro bueno bien vale perfecto gracias por favor porfa quiero tomo elijo escojo prefiero me quedo con la el las
    los lo del de a y media cuarto menos en punto esa ese este opcion numero hora primera primero segunda segundo
    tercera tercero ultima ultimo mas temprano tarde temprana manana una dos tres doctora mejor seria
"""
_PICKING = frozenset(_PICKING_WORDS.split())


def hesitates(text: str) -> bool:
    """Whether the person is not done making up their mind."""
    return bool(_HESITATES.search(text))


def says_yes(text: str) -> bool:
    """Whether the text opens with a yes in so many words; a question may follow it."""
    yes = _YES.search(text) or _YES_AND_STOP.search(text) or _THUMB.fullmatch(text)
    return bool(yes) and not hesitates(text)


def agrees(event: Heard) -> bool:
    """Whether an answer to YES or NO is a clear yes: a question alone and a doubt never are.

    What only sounds like one to the embedding is none either: it is asked where the words left a doubt.
    """
    meaning, text = event.meaning, event.text
    if meaning.intent in ("decline", "alternatives") or hesitates(text):
        return False
    sure = meaning.intent == "confirm" and meaning.confidence >= SURE and meaning.by != "embedding"
    return says_yes(text) or ("?" not in text and sure)


def says_book(event: Heard) -> bool:
    """Whether we are told to book just what was proposed: "book it", "could you do that?"."""
    text = event.text
    if event.meaning.intent in ("decline", "alternatives") or hesitates(text):
        return False
    return bool(_BOOK_POLITELY.search(text)) or ("?" not in text and hints.go_ahead(text))


def says_cancel(event: Heard) -> bool:
    """Whether we are told to cancel just what was asked about: "cancel it", "can you cancel it?"."""
    text = event.text
    if event.meaning.intent != "cancel" or hints.negated(text) or hesitates(text):
        return False
    return "?" not in text or bool(_CANCEL_POLITELY.search(text))


def only_picks(text: str, names: Iterable[str]) -> bool:
    """Whether the text does nothing but point at something shown: no question, no doubt, no further word.

    names: of whom was shown; "the 2 PM one with Dr. Kim" still only points.
    """
    if "?" in text or hesitates(text) or _ANY_OF_THEM.search(text):
        return False
    named = {word for name in names for word in words_of(name)}
    return all(
        word in _PICKING or word in named or word[0].isdigit() or CLASSES.get(word) in _TIME_CLASSES
        for word in words_of(text)
    )

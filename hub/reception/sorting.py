"""What a text is, before anyone answers it. Emergencies are looked for first, whatever else it is (invariant 4)."""

import logging
from dataclasses import dataclass
from typing import Literal

from bots.urgent import Urgency, screen
from consent.keywords import Doubt, Match, heard
from consent.wishes import Wish, wish
from consent.wrong_number import WrongNumber, wrong_number
from hub.log import say
from hub.types import Language, OptOutWord

_log = logging.getLogger(__name__)

Kind = Literal[
    "emergency",
    "urgent",
    "stop",
    "start",
    "help",
    "wrong_number",
    "who_is_this",
    "wish",
    "may_stop",
    "agree",
    "talk",
]

AGREES = (OptOutWord.AGREE, OptOutWord.AGREE_TEXTS, OptOutWord.AGREE_CALLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What a text is.

    unscreened: the emergency screen broke, and staff must look.
    opt_out: the consent word in it; set beside an emergency too, for a person may say both at once.
    doubt: it may ask for silence, and nothing else was heard in it.
    """

    kind: Kind
    urgency: Urgency
    opt_out: Match | None = None
    doubt: Doubt | None = None
    wrong: WrongNumber | None = None
    wish: Wish | None = None
    unscreened: bool = False


def sort(text: str, language: Language | None, carrier_word: OptOutWord | None) -> Sorted:
    """What `text` is. `carrier_word` is the carrier's own reading, when it acted on one. Never raises."""
    urgency, unscreened = Urgency(), False
    try:
        urgency = screen(text)
        unscreened = urgency.failed
    except Exception as error:
        # Whatever broke, a person must look at the text: a missed emergency is the worst that can happen here.
        say(_log, "screen_failed", logging.ERROR, error=error)
        unscreened = True
    # The text of a key on a call is ours: no word is looked for in it.
    said = None if carrier_word in AGREES else heard(text, language)
    word = said if isinstance(said, Match) else None
    kind = _kind(urgency, word.word if word else carrier_word)
    wrong = None
    if kind == "talk" and (wrong := wrong_number(text, language)) is not None:
        kind = "wrong_number" if wrong.certainty == "says so" else "who_is_this"
    wished = wish(text, language) if kind == "talk" else None
    kind = "wish" if wished is not None else kind
    doubt = said if kind == "talk" and isinstance(said, Doubt) else None
    kind = "may_stop" if doubt is not None else kind
    return Sorted(
        kind=kind, urgency=urgency, opt_out=word, doubt=doubt, wrong=wrong, wish=wished, unscreened=unscreened
    )


def _kind(urgency: Urgency, word: OptOutWord | None) -> Kind:
    if urgency.level in ("crisis", "medical"):
        return "emergency"
    match word:
        case OptOutWord.STOP:
            return "stop"
        case OptOutWord.START:
            return "start"
        case OptOutWord.HELP:
            return "help"
        case OptOutWord.AGREE | OptOutWord.AGREE_TEXTS | OptOutWord.AGREE_CALLS:
            return "agree"
    return "urgent" if urgency.level == "urgent" else "talk"

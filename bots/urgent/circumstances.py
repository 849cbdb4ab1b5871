"""What stands around an alarm, told by small words: a question, the past, a denial, now. Weighed, never decisive."""

import math
from collections.abc import Sequence

from bots.urgent.model import Urgency
from bots.urgent.words import END

_WORDS = {
    "question": """
        what whats how can could does do did is are was when should which who where will would any
        que cual cuales como cuando puede pueden puedo es da dan hay quien donde cuanto cuanta cuantas debo
    """,
    "asking": "i we you u someone somebody anyone me alguien me",
    "past": """
        ago had was were used history last previous survived survivor childhood died passed since before
        years months yearly family runs hace anos tuve tuvo murio antes pasado pasada antecedentes nino chico chica
        joven
    """,
    "denial": """
        no not never without dont doesnt didnt isnt wasnt havent hasnt nothing nobody none fine stopped gone ok better
        normal nunca sin ni tampoco nada nadie bien
    """,
    "now": """
        now rn help hurry suddenly sudden getting worse cant wont right scared started still keeps
        ahora ahorita ayuda repente mismo urgente empeorando miedo sigue siento
    """,
    "me": "i im ive my me hes shes he she his her mom dad son daughter wife husband baby mi estoy tengo",
}
_SAID = {name: frozenset(words.split()) for name, words in _WORDS.items()}

_SHORT = 8
"""Different words of a text that only says what is the matter."""
_LONG = 3.0

NAMES = (
    "urgent", "medical", "crisis", "negated", "history", "several", "question", "past", "denial", "now", "me",
    "heard&question", "heard&past", "heard&denial", "heard&now", "length",
)  # fmt: skip


def circumstances(words: Sequence[str], listed: Urgency) -> list[float]:
    """What the lists heard and what stands around it, a 1 or a 0 for each of `NAMES`.

    The last is how much is told, from 0 to 3 doublings of a short text: who tells much says a word by the way that
    alarms nobody. What is said again and again counts once.
    """
    known = set(words)
    heard = listed.phrase_id is not None
    asks = any(first in _SAID["question"] and second not in _SAID["asking"] for first, second in _openings(words))
    past, denial, now, me = (not known.isdisjoint(_SAID[name]) for name in ("past", "denial", "now", "me"))
    found = (
        listed.level == "urgent" and not (listed.negated or listed.history),
        listed.level == "medical",
        listed.level == "crisis",
        listed.negated,
        listed.history,
        len(listed.matched) > 1,
        asks,
        past,
        denial,
        now,
        me,
        heard and asks,
        heard and past,
        heard and denial,
        heard and now,
        min(_LONG, math.log2(max(1.0, len(known) / _SHORT))),
    )
    return [float(one) for one in found]


def _openings(words: Sequence[str]) -> list[tuple[str, str]]:
    """The first two words of each sentence: "can stress" asks for a fact, "can I" for help."""
    following = [*words[1:], END]
    return [(word, following[at]) for at, word in enumerate(words) if word != END and (at == 0 or words[at - 1] == END)]

"""Words as they are looked for: without case and accents. Pure.

A word is kept by its first six letters: what is written longer finds what begins alike, so that `refill` finds
`refills`. What everybody says all the time (`STOP_WORDS`) is kept by nothing: it would find everything, and its
frequency tell what it is.
"""

import re
import unicodedata
from datetime import date

__all__ = ["LETTERS", "STOP_WORDS", "birth_date", "fits", "kept", "name_keys", "plain", "said"]

LETTERS = 6
"""How many letters of a word are kept."""
_SHORTEST = 2
_MOST = 400
"""Different words of one message that are kept."""
_STOP = (
    "a an and are as at be been but by can could did do does for from had has have he her him his how i if in "
    "is it its just me my no not of on or our she should so some that the their them then there they this to "
    "up us was we were what when where which who will with would yes you your ok okay hi hello please thank "
    "thanks al algo asi aun con como cual cuando de del desde donde el ella ellas ellos en era es esa ese eso "
    "esta este esto gracias ha han hay hola la las le les lo los mas me mi mis muy ni nos o para pero por "
    "porque que quien se ser si sin sobre su sus tambien te tengo ti tiene tu tus un una uno usted y ya yo"
)
STOP_WORDS = frozenset(_STOP.split())
_SPLIT = re.compile(r"[^\w]+|_+")
_NUMERIC = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})")


def plain(text: str) -> str:
    """`text` without accents and case."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    return spread if spread.isascii() else "".join(c for c in spread if not unicodedata.combining(c))


def said(text: str) -> list[str]:
    """The different words of a text that are looked for, in the order in which they come."""
    return list(dict.fromkeys(one for one in _SPLIT.split(plain(text)) if one))


def kept(text: str) -> list[str]:
    """What a text is found by: the beginnings of its words, each once."""
    words = (one[:LETTERS] for one in said(text) if len(one) >= _SHORTEST and one not in STOP_WORDS)
    return list(dict.fromkeys(words))[:_MOST]


def fits(wanted: list[str], text: str) -> bool:
    """Whether all `wanted` words are in the text; long ones may go on in it."""
    there = said(text)
    whole = set(there)
    return all(one in whole or (len(one) >= LETTERS and any(word.startswith(one) for word in there)) for one in wanted)


def name_keys(name: str) -> list[str]:
    """What a name is found by: each of its words from its second or third letter on, up to the sixth."""
    keys: dict[str, None] = {}
    for word in said(name):
        if len(word) == _SHORTEST:
            keys[word] = None
        keys.update(dict.fromkeys(word[:end] for end in range(3, min(len(word), LETTERS) + 1)))
    return list(keys)


def birth_date(q: str) -> date | None:
    """The date that `q` is and nothing else: year first, or as written in the United States; else day first."""
    found = _NUMERIC.fullmatch(q.strip())
    if found is None:
        return None
    one, two, three = (int(part) for part in found.groups())
    tries = [(one, two, three)] if len(found[1]) == 4 else [(three, one, two), (three, two, one)]
    for year, month, day in tries:
        if 1850 <= year <= 2200 and 1 <= month <= 12:
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None

"""What proves a decision: the names under which it is kept, and the digest that ties it to the audit chain. Pure.

Evidence is a few texts by name, sealed with the fact:

- `words`: the exact text that was shown or said; `text`, `version`, `language`: what it is called, which version of it
  and in which language; `sha256`: its hash; `rendering`: how it was shown, such as `html` or `sms`.
- `act`: what was done to agree or refuse: a button, a signature, a word, a key. `how`: in which setting.
- `url`, `form`, `recording`, `call`, `staff`: where it came from. `agent`, `ip`: the browser or the caller.
- `who`, `authority`: who decided, if not the person, and by which right.
- `risk`: which warning that the channel is not private was accepted; `esign`: which notice on electronic records.
- `zone`: where the person was taken to be. `received`: when a revocation came in, where it took effect at another time.
- `matched`, `list`: by which phrase of which list words were heard.
- `confirmed_words`, `confirmed_by`, `asked`: the reply that confirmed a signature, its message, and what was asked.

Source: 47 CFR 64.1200(f)(9); 15 USC 7001(c) on electronic consent; research on proof of consent.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec

from consent.facts import ConsentState, in_utc

NAMES = (
    "words", "text", "version", "language", "sha256", "rendering", "act", "how", "url", "form", "recording", "call",
    "staff", "agent", "ip", "who", "authority", "risk", "esign", "zone", "received", "matched", "list", "asked",
    "confirmed_words", "confirmed_by",
)  # fmt: skip
"""The names, in the order in which a page shows them; any other comes after."""


def digest(fact_id: str, at: datetime, state: ConsentState, evidence: Mapping[str, str]) -> str:
    """SHA-256 over a fact and its evidence, in hexadecimal: the audit chain keeps it, so neither can be changed."""
    told = (fact_id, in_utc(at).isoformat(), state.value, sorted(evidence.items()))
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def shown(words: str) -> str:
    """SHA-256 of a text as it was shown, in hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


def ordered(evidence: Mapping[str, str]) -> list[tuple[str, str]]:
    """The evidence in the order in which it is read."""
    place = {name: number for number, name in enumerate(NAMES)}
    return sorted(evidence.items(), key=lambda one: (place.get(one[0], len(NAMES)), one[0]))

"""Screens every text for an emergency before anything else reads it.

1. `words` cuts the text into folded tokens and reads misspelt ones as the words they may stand for; `names` finds the
   proper names, which are no misspellings.
2. `lists` holds the versioned phrases of both languages: alarms by level, and calm readings (idioms, questions of
   fact, family history) that an alarm inside them does not outlive.
3. `screening` finds alarms and weighs what stands around them (negation, distant past).
4. `learned` weighs `features` of the whole text, for what no list foresees; `train` makes its weights from `examples`.
5. Both are weighed together: the weights raise what no list foresees, and drop what a list mistook.

        text ──► words, names ──┬─► alarms found ──► minus calm ──► negated? past? ──┬─► Urgency
                                └─► features ──► how likely each level ──────────────┘

Both are deterministic. `Urgency.matched` names every phrase that counted, and "learned" where the weights did.

The lists, examples and levels need a clinician's sign-off before a clinic goes live.
"""

from bots.urgent import learned, lists
from bots.urgent.model import Level, Urgency
from bots.urgent.screening import screen

__all__ = ["Level", "Urgency", "prepare", "screen"]


def prepare() -> None:
    """Reads lists and weights, so that a broken file stops the start instead of failing every text.

    Raises: ValueError that names the broken file.
    """
    lists.load()
    learned.load()

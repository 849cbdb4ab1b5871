"""Screens every text for an emergency before anything else reads it.

1. `words` cuts the text into folded tokens and reads misspelt ones as the words they may stand for.
2. `lists` holds the versioned phrases of both languages: alarms by level, and calm readings (idioms, questions of
   fact, family history) that an alarm inside them does not outlive.
3. `screening` finds alarms, weighs what stands around them (negation, distant past), and answers with the highest.

        text ──► words.read ──► alarms found ──► minus calm ──► negated? past? ──► Urgency

The screen is deterministic and explains itself: `Urgency.matched` names every phrase that counted, so that a
second, learned screen can be laid beside it and the higher of the two taken.

The lists need a clinician's sign-off before a clinic goes live.
"""

from bots.urgent.model import Level, Urgency
from bots.urgent.screening import screen

__all__ = ["Level", "Urgency", "screen"]

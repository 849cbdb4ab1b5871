"""HL7 v2 comes in: what the clinic's records system tells of visits (SIU) and patients (ADT), over MLLP.

1. `listener` takes connections of those on the list, `framing` finds the messages in what comes.
2. `reading` takes a message apart; `kinds` says which are known, and what their header must hold.
3. `inbox` keeps the message sealed and has it applied, in one transaction with the answer (`answers`). The same
   message again, by its control id, gets the answer that was kept. Only then does the sender hear.
4. `patients` and `visits` say, without asking anything, what a message tells; `applying` has that done, by the ways
   that there are: `hub.people`, `hub.identity`, `hub.visits`, the ledger.
5. What could not be applied stays in `letters`, sealed, until it is tried again or given up (`hub hl7`).

        frame ─► reading ─► known? ─► ║ kept + applied + answer ║ ─► AA
                    │          │                   └ not applicable: kept ║ ─► AE
                    └──────────┴ unreadable, unsupported: nothing kept      ─► AR

In enhanced mode the message is kept first (CA), then applied, and the application's answer follows if it is asked for.
"""

from hub.hl7.inbox import Inbox
from hub.hl7.room import Hl7Room

__all__ = ["Hl7Room", "Inbox"]

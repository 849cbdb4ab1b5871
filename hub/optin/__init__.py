"""Opting in twice: a signature for offers counts once the address itself has said yes.

1. `OptIns.record` takes decisions as the ledger does. What needs a yes is kept as a request, and the address is asked;
   the rest is recorded at once.
2. `yes_or_no` hears the answer (pure); `OptIns.asked` tells what was asked last.
3. `OptIns.answer` records the signature with the words that confirmed it, or ends the request. A STOP ends all.
4. `OptIns.sweep`, once a day: what nobody answered ends; of whom a guardian decided, and who has come of age, is asked
   anew what holds.
"""

from hub.optin.asking import Done, OptIns
from hub.optin.hearing import yes_or_no

__all__ = ["Done", "OptIns", "yes_or_no"]

"""Opting in twice: a signature for offers counts once the address itself has said yes.

1. `OptIns.record` takes decisions as the ledger does. What needs a yes is kept as a request, and the address is asked;
   the rest is recorded at once. `OptIns.ask_signed` takes what somebody signed whom nobody knows: all of it waits.
2. `yes_or_no` hears the answer (pure); `OptIns.asked` tells what was asked last.
3. `OptIns.answer` records the signature with the words that confirmed it, or ends the request. A STOP ends all.
4. Once a day `OptIns.sweep` ends what nobody answered, and `OptIns.ask_anew` asks those who have come of age, for whom
   a guardian had decided, what holds from now on.
"""

from hub.optin.asking import Asked, Done, OptIns, Signature
from hub.optin.hearing import yes_or_no

__all__ = ["Asked", "Done", "OptIns", "Signature", "yes_or_no"]

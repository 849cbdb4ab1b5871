"""Reception: what happens to a message after it is durable.

1. `Reception` takes threads with unhandled messages, one message at a time in each, in order.
2. `sorting.sort` screens the text: an emergency first, then consent words, then a wrong number (pure).
3. `reaction.Reactions` reads, decides and writes for one message: the safety reply, the ledger, the bot's answer, or
   the inbox. All that follows from a message is one transaction, which also marks it handled.

It survives a crash: an inbound message that is not marked handled is work to do.
"""

from hub.reception.reaction import Reactions
from hub.reception.worker import Reception

__all__ = ["Reactions", "Reception"]

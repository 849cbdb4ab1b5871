"""Reception: what happens to a message after it is durable.

1. `Reception` takes threads with unhandled messages, one message at a time in each, in order.
2. `sorting.sort` screens the text: an emergency first, then consent words, then a wrong number (pure).
3. `deciding.Deciding` says what is to follow from it: the safety reply, the ledger, the bot's answer, or the inbox.
4. `reaction.Reactions` writes all that follows from a message in one transaction, which also marks it handled.

It survives a crash: an inbound message that is not marked handled is work to do.
"""

from hub.reception.deciding import Deciding
from hub.reception.reaction import Reactions
from hub.reception.worker import Reception

__all__ = ["Deciding", "Reactions", "Reception"]

"""The outbox: the only way out.

1. `queue.enqueue` writes a delivery in the transaction of its message.
2. `claims.claim` takes what is `due` and commits the attempt, where `verdicts` say so: they ask consent again and
   re-read the appointment. `locks` keep several dispatchers apart, `leases` say whose an attempt is.
3. `dispatch.Outbox` lets its crew (`sending`) send one part for each claim, no faster than `pacing` allows, replies
   before bulk.
4. `settle.settle` records what came of it, fenced by the attempt's number (`plain`: all at once, where the provider
   simply took it); `backoff` says when to try again.
5. `reconcile` asks the provider about attempts whose answer was lost, before any second one.
6. `statuses.report` takes the providers' callbacks; `states` lets a delivery only move forward.
"""

from hub.outbox.dispatch import Outbox
from hub.outbox.queue import NewDelivery, enqueue

__all__ = ["NewDelivery", "Outbox", "enqueue"]

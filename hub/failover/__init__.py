"""Failing over: a message that does not reach a person by one way goes on by the next, and in the end to staff.

1. The router writes a step (`hub.outbox.watch`) with the delivery of a message that is to be followed.
2. The outbox says when something final is known of it; else it is looked at when its time has come.
3. `judging.judge` decides what follows (pure): nothing yet, nothing any more, or the next way.
4. `sweeping.Failover` takes the step: the end of one, and the next with its delivery, in one transaction.
"""

from hub.failover.sweeping import Failover

__all__ = ["Failover"]

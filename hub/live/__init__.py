"""What the processes of one deployment tell each other while it happens. Losing all of it loses speed, never a message.

1. A transaction commits; whoever made it rings: `Wakeups` for work (accepted, queued, jobs), the bell for events.
2. This process hears at once, without Redis between. Others hear through Redis, a few milliseconds of rings together.
3. Each process has one `Feed`, the only reader of the event log. It hands changes to any number of subscribers.
4. With Redis, whoever reads new changes out of the log appends them to a stream, numbered as in the log. Other feeds
   read the stream; where it has a gap, was flushed or does not answer, they read the log.
5. `Pace` keeps one sender's rate, whatever number of dispatchers send; `Presence` says who looks at a thread.

```
 commit ─► ring ─┬─► heard here ─────────────► reception, outbox, jobs
                 └─► Redis pub/sub ─► heard in other processes
 commit ─► bell ─► Feed ─► subscribers here
                    │ ▲
      event table ──┘ └── Redis stream ◄──► feeds of other processes
```

The database is the truth of everything but presence: reception sweeps, the outbox polls, a feed reads the log once a
second. So a wake-up that is lost costs that pause. What goes into Redis is ids, names of types and counts.
"""

from hub.live.feed import Batch, Feed, Subscription
from hub.live.pace import Grant, LocalPace, Pace
from hub.live.presence import Doing, LocalPresence, Presence
from hub.live.together import Live, alone, deployment, open_live
from hub.live.wakeups import LocalWakeups, Topic, Wakeups

__all__ = [
    "Batch",
    "Doing",
    "Feed",
    "Grant",
    "Live",
    "LocalPace",
    "LocalPresence",
    "LocalWakeups",
    "Pace",
    "Presence",
    "Subscription",
    "Topic",
    "Wakeups",
    "alone",
    "deployment",
    "open_live",
]

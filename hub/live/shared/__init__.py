"""Wake-ups, live events, pace and presence over Redis or Valkey. Imported only when there is one.

1. `Link` holds the connections and knows whether the server answers. It says so once at each change.
2. Down: who asks is told `Away` at once and goes on in their own way: polls, the log, a share of the rate.
3. Back: listeners subscribe anew. What was rung for meanwhile is found by the polls, what happened in the log.

Every key and channel begins with `carehub:` and the deployment's id, so that several may share a server.
"""

import time

from hub.db import Database
from hub.events import Bell
from hub.live.feed import Feed
from hub.live.shared.link import Link
from hub.live.shared.pace import SharedPace
from hub.live.shared.presence import SharedPresence
from hub.live.shared.relay import StreamRelay
from hub.live.shared.wakeups import SharedWakeups
from hub.live.together import Live
from hub.metrics import Metrics

__all__ = ["Link", "SharedPace", "SharedPresence", "SharedWakeups", "StreamRelay", "together"]


def together(url: str, deployment: str, db: Database, bell: Bell, metrics: Metrics) -> Live:
    """Everything shared with the deployment's other processes over the server at `url`."""
    link = Link(url, deployment, metrics)
    return Live(
        wakeups=SharedWakeups(link, metrics),
        feed=Feed(db, bell, metrics, StreamRelay(link)),
        presence=SharedPresence(link),
        pace=lambda name, rate: SharedPace(link, name, rate, time.monotonic),
        connections=(link,),
    )

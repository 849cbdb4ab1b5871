"""Slack: staff are told of threads, and answer, where they talk among themselves.

Out, by the one process that leads among the clocks (`room`):

1. `standing` reads the threads that changed, by the event log, and now and then all that may want somebody.
2. `judging` says how loud each is (pure), and `drawing` what its post shows (pure).
3. `posting` makes the posts so: one live post a thread, changed in place, and made anew only where it gets louder.
4. `following` tells under a post what was said since, and marks replies with what became of them.

In:

5. `webhooks` checks what Slack sends, and keeps it durably, once (`inbox`); only then is Slack answered.
6. `acting` finds out who it was (`staff`), and does it as the inbox would: same rights, same reach, same consent. Who
   is refused hears why, alone.

Everything that leaves is found again in the database: while Slack is away nothing is lost, it comes later.
"""

from hub.slack.room import SlackRoom
from hub.slack.webhooks import routes

__all__ = ["SlackRoom", "routes"]

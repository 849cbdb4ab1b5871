"""Background work: asked for once, done at least once, whatever dies meanwhile.

1. `Jobs.enqueue` checks the arguments against the function of that name and commits a row. One of the same key that
   waits or runs already stands for both.
2. A worker learns of it: the embedded runner looks into the database, the other is handed the row's id by RQ.
3. `Executor` claims the row (attempt n), runs the function where its kind says, says every few seconds that it goes on,
   and writes how attempt n ended.
4. What failed is tried again after a pause, until it has failed too often: then it stays as `failed`, with a code. What
   was not heard of for 30 seconds is taken over by any worker.
5. `Cron` queues what comes round.

        enqueue ─ COMMIT ─► queued ── claim ─ COMMIT ─► running ── COMMIT ─► done
          cron ─┘             ▲                            │ failed, lost, given back
                              └───────── due later ◄───────┴─ too often ──► failed ── hub jobs retry ─► queued

**At least once**: a worker that dies after its work and before its commit has it done again. So every function must
bear being run twice, also at the same time by a worker that was believed dead.

Arguments, keys, results and errors hold ids, codes and numbers, never a text or a name: they are stored in plain.
"""

from hub.jobs.cron import Cron
from hub.jobs.jobs import Jobs, Nearby
from hub.jobs.kinds import REGISTRY
from hub.jobs.registry import Kind, Registry, Retries, Unique, Where
from hub.jobs.runner import Runner
from hub.jobs.setup import Work
from hub.jobs.store import JobState, Queued

__all__ = [
    "REGISTRY",
    "Cron",
    "JobState",
    "Jobs",
    "Kind",
    "Nearby",
    "Queued",
    "Registry",
    "Retries",
    "Runner",
    "Unique",
    "Where",
    "Work",
]

"""Campaigns: what the clinic tells many persons of its own accord, by plans.

1. A plan (`plans/*.yml`) says whom, when and for what purpose; it is checked as a whole before it runs.
2. `runs.Campaigns` begins a run of it, which is one row, and pauses, resumes, stops and counts it.
3. `planner.Planner` walks through the audience page by page. `deciding.decide` (pure) says what becomes of each step
   for each person; a preview asks the same function and writes nothing.
4. A step that is due becomes an intent, and by `hub.router.Batches` a message and a delivery in the bulk lane.
5. The outbox asks again when it claims the delivery: consent, hours, caps, the version of the visit, the run's state.

        plan ─► run ─► audience ─► a row for each person and step ─► intent ─► delivery ─► claim
                          ▲                  planned · skipped · void        queued        asks again
                          └ a minute later, while the audience is rolling
"""

from hub.campaigns.library import PlanLibrary
from hub.campaigns.planner import Planned, Planner
from hub.campaigns.replies import Answered, Replies
from hub.campaigns.retrying import Retrying
from hub.campaigns.runs import Campaigns, Run, Status
from hub.campaigns.testing import Tests
from hub.campaigns.waiting import VisitWish, Waitlist
from hub.campaigns.wording import Words

__all__ = [
    "Answered",
    "Campaigns",
    "PlanLibrary",
    "Planned",
    "Planner",
    "Replies",
    "Retrying",
    "Run",
    "Status",
    "Tests",
    "VisitWish",
    "Waitlist",
    "Words",
]

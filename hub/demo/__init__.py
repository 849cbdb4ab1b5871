"""A synthetic clinic to try the hub with: no account, no real person, the same ways in and database as in earnest.

1. `Outside` is all that a clinic's patients have: the simulated carrier with their phones, and the mail host.
2. `seed` gives the clinic patients, clinicians, open times and visits, through the imports that an operator uses.
   `hire` gives it staff, one of each role; `furnish` labels and replies ready to be used, and
   `begin` lets a few patients text it, so that the staff find work.
3. `routes` adds `/demo`, where a visitor has a patient's phone and mailbox at hand, and the clinic's side beside it.
   What they write, mail and say reaches the hub as signed webhooks and by SMTP; its answers arrive the same way.
4. `check` plays scenes over the same ways and reads in the database whether each ended as it must.
"""

from hub.demo.check import check
from hub.demo.furnishing import furnish
from hub.demo.morning import begin
from hub.demo.outside import Outside
from hub.demo.page import routes
from hub.demo.seed import seed
from hub.demo.sending import invite
from hub.demo.staff import hire

__all__ = ["Outside", "begin", "check", "furnish", "hire", "invite", "routes", "seed"]

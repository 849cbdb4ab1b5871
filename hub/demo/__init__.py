"""A synthetic clinic to try the hub with: no account, no real person, the same webhooks and database as in earnest.

1. `seed` gives the clinic patients, clinicians, open times and visits, through the imports that an operator uses.
2. `routes` adds `/demo`, where a person texts from either of two phones; the simulated carrier posts each text to the
   hub as a signed webhook, and what the hub sends back arrives on the phone.
3. `check` plays scenes over the same webhooks and reads in the database whether each ended as it must.
"""

from hub.demo.check import check
from hub.demo.page import routes
from hub.demo.seed import seed

__all__ = ["check", "routes", "seed"]

"""Unusual access: what in the audit somebody should be asked about.

1. The job `access.watch` goes through what was chained since the last time, by whole days of the clinic's calendar:
   who opened whose record, and who stood in the lists that they saw (`watching`).
2. Pure rules (`rules`, with their thresholds and reasons in `rules.toml`) say what of it is unusual: one's own record,
   one's own family name, far more than on one's other days, outside working hours, long after a death, a marked thread.
3. An alert is raised once for a rule, a user, a person and a day, however often the day is gone through (`alerts`).
   It holds ids and counts; names are compared in memory alone.
4. Somebody else looks at it, and writes down what they found: explained, or escalated.

Source: 45 CFR 164.308(a)(1)(ii)(D), information system activity review; 164.312(b).
"""

from hub.unusual.alerts import Alert, Alerts
from hub.unusual.rules import Rules, rules_for
from hub.unusual.watching import last_watched, watch

__all__ = ["Alert", "Alerts", "Rules", "last_watched", "rules_for", "watch"]

"""Views: lists of threads and their counters, for the reader who asks.

1. `reach` says which threads somebody sees at all; it is part of every query.
2. `lists` gives a page of a view, filtered and in order, along an index.
3. `counts` keeps the numbers beside the views, exact as of a number of the event log.
4. `names` remembers what users and teams are called.
5. `touched` says which threads a change is about.
"""

from hub.views.counts import Counted, Counters, Number
from hub.views.lists import Filters, Listed, Position, Sort, View, listed
from hub.views.names import Name, Names
from hub.views.reach import EVERYTHING, Reach
from hub.views.touched import touched

__all__ = [
    "EVERYTHING",
    "Counted",
    "Counters",
    "Filters",
    "Listed",
    "Name",
    "Names",
    "Number",
    "Position",
    "Reach",
    "Sort",
    "View",
    "listed",
    "touched",
]

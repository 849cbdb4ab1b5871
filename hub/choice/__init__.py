"""Choosing: by which way a person hears of something, and in what shape.

1. `known.Knowledge` reads what holds of a person: addresses with consent, health and content levels, and preferences.
2. `ranking` puts the ways in order (pure), and says what a text may be on each: the whole of it, or a link to it.
3. `deciding.decide` asks the policy of one way after the other (pure).
"""

from hub.choice.deciding import answers, automated, decide
from hub.choice.known import Knowledge, Known, Portrait
from hub.choice.ranking import Shape, Way, failing, rank, shape

__all__ = [
    "Knowledge",
    "Known",
    "Portrait",
    "Shape",
    "Way",
    "answers",
    "automated",
    "decide",
    "failing",
    "rank",
    "shape",
]

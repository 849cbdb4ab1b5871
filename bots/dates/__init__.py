"""What a text says about when.

1 tokens       text → lexemes: words of both languages, numbers, signs
2 days, periods, clocks, stretches
               lexemes → pieces: days, hours, relations, each in one or more readings
3 join         pieces → drafts: alternatives, corrections, what was ruled out
4 resolve      drafts → windows, against the moment, the clinic's hours and the question asked
"""

from bots.dates.birth import parse_birth_date
from bots.dates.model import PartOfDay, When, Window
from bots.dates.parse import parse

__all__ = ["PartOfDay", "When", "Window", "parse", "parse_birth_date"]

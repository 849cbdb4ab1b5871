"""Plans: readable data, one YAML file each, checked before anything runs by it."""

from hub.campaigns.plans.model import (
    Answer,
    LastVisit,
    Persons,
    Plan,
    Span,
    Step,
    Visits,
    Waiting,
    When,
    Wording,
    span,
)
from hub.campaigns.plans.reading import built_in, convert, decode, encode, parse, people_of, read

__all__ = [
    "Answer",
    "LastVisit",
    "Persons",
    "Plan",
    "Span",
    "Step",
    "Visits",
    "Waiting",
    "When",
    "Wording",
    "built_in",
    "convert",
    "decode",
    "encode",
    "parse",
    "people_of",
    "read",
    "span",
]

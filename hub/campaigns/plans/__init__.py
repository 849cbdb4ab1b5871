"""Plans: readable data, one YAML file each, checked before anything runs by it."""

from hub.campaigns.plans.checking import PURPOSES, Flaw, flaws
from hub.campaigns.plans.model import (
    OWN,
    Answer,
    LastVisit,
    Persons,
    Plan,
    Said,
    Span,
    Step,
    Text,
    Visits,
    Waiting,
    When,
    Wording,
    span,
)
from hub.campaigns.plans.reading import built_in, convert, decode, encode, parse, people_of, read, renamed, written
from hub.campaigns.plans.texts import catalog_of, known_to

__all__ = [
    "OWN",
    "PURPOSES",
    "Answer",
    "Flaw",
    "LastVisit",
    "Persons",
    "Plan",
    "Said",
    "Span",
    "Step",
    "Text",
    "Visits",
    "Waiting",
    "When",
    "Wording",
    "built_in",
    "catalog_of",
    "convert",
    "decode",
    "encode",
    "flaws",
    "known_to",
    "parse",
    "people_of",
    "read",
    "renamed",
    "span",
    "written",
]

"""Safeguards: whether what the HIPAA Security Rule asks for is in place, looked at now, with what shows it.

1. Each `Safeguard` names its law and has two halves: `gather` reads facts from the running hub, `judge` is pure and
   says of them: in place, needs attention, missing, or cannot be seen from here; with the reason, and evidence.
2. `assess` goes through all of them (`SAFEGUARDS`, and those that a surface brings along) and gives `Result`s.
3. What no program can see is attested by somebody, for a time (`Attestations`); an attestation past it is missing.

Reasons and names of evidence are codes; pages and commands have the words. Who adds a safeguard adds it to
`hub.safeguards.listed` and its words to `hub/staff/words`; tests hold that each has them.
"""

from hub.safeguards.attesting import MANUAL, Attestation, Attestations, Manual
from hub.safeguards.listed import SAFEGUARDS, assess
from hub.safeguards.model import Finding, Result, Safeguard, State

__all__ = [
    "MANUAL",
    "SAFEGUARDS",
    "Attestation",
    "Attestations",
    "Finding",
    "Manual",
    "Result",
    "Safeguard",
    "State",
    "assess",
]

"""Rights: what a person may ask of the clinic by law, by when it is answered, and what was told of them to others.

1. A request is written down when it came in (`Requests.open`), under the rules that hold where the person lives
   (`rules/`, versioned data): access, accounting of disclosures, amendment, erasure, restriction.
2. Its clock is pure (`terms`): when it is due, whether it may be put off, whether it is late.
3. Access is answered by an export (`hub.exports`), the accounting by `Disclosures`, which staff and exports write to;
   an amendment and its answer are notes in the person's thread.
4. It ends as fulfilled, denied with a reason, or withdrawn. Every step has an audit entry.
"""

from hub.rights.disclosures import Disclosed, Disclosure, Disclosures
from hub.rights.requests import NewRequest, Request, Requests
from hub.rights.restricting import lift, restrict
from hub.rights.terms import Kind, Rules, Term, rules, rules_for

__all__ = [
    "Disclosed",
    "Disclosure",
    "Disclosures",
    "Kind",
    "NewRequest",
    "Request",
    "Requests",
    "Rules",
    "Term",
    "lift",
    "restrict",
    "rules",
    "rules_for",
]

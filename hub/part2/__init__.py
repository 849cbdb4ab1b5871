"""Records of substance use disorder treatment: who is labelled, and to whom their records may be disclosed.

1. A visit type or specialty is marked as a Part 2 program's (`labels.mark`). Whoever has such a visit is labelled in
   the transaction that writes it (`by_visits`); staff label by hand. The label is the person's, and so their thread's.
2. `deciding` says whether something labelled may be disclosed, on which basis (pure).
3. What is disclosed carries the notice of § 2.32, with what was consented to (`notice`). What is not, is withheld where
   it is read: in exports and by the FHIR API.

Source: 42 CFR part 2 as amended by 89 FR 12472 (2024), §§ 2.11, 2.31 to 2.33, 2.51 to 2.53, 2.61 to 2.67.
"""

from hub.part2.consents import Consent, consent, consented, consenting, consents, lacking, revoke
from hub.part2.deciding import BASES, Basis, Given, may_disclose
from hub.part2.labels import DISCREET, LABELLED, by_visits, label, labelled, mark, unlabel
from hub.part2.notice import STATEMENT, notice

__all__ = [
    "BASES",
    "DISCREET",
    "LABELLED",
    "STATEMENT",
    "Basis",
    "Consent",
    "Given",
    "by_visits",
    "consent",
    "consented",
    "consenting",
    "consents",
    "label",
    "labelled",
    "lacking",
    "mark",
    "may_disclose",
    "notice",
    "revoke",
    "unlabel",
]

"""The register of business associates: who carries or keeps protected health information, and by which agreement.

1. `agreements` says what the register's entries amount to for a service on a day, and whether the service may carry
   anything of a person (pure).
2. `register` keeps the entries: each change is a further row, the one before it ends, and both are in the audit.
3. The router asks `Register.barred` with each message, and the outbox again with each claim: a channel that is barred
   carries what says nothing of anybody, and no more.

Source: 45 CFR 164.502(e), 164.504(e), 164.308(b); HHS, "Guidance on HIPAA and Cloud Computing".
"""

from hub.vendors.agreements import SERVICES, WITHHELD, Enforcing, NewVendor, Standing, Vendor, carries, standing
from hub.vendors.outside import done_outside
from hub.vendors.register import NO_REGISTER, Barring, NotBarred, Register, in_force
from hub.vendors.telling import told

__all__ = [
    "NO_REGISTER",
    "SERVICES",
    "WITHHELD",
    "Barring",
    "Enforcing",
    "NewVendor",
    "NotBarred",
    "Register",
    "Standing",
    "Vendor",
    "carries",
    "done_outside",
    "in_force",
    "standing",
    "told",
]

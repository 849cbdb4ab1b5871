"""Retention: what is past its time is disposed of, or one person is, so that nothing of it opens any more.

1. `holds` keeps what a court or an authority wants kept: a legal hold goes before everything else.
2. `terms` reads policies, versioned data (`policies/`): how long each kind of record is kept, where, and for whom.
3. `running` finds what is past its time, counts it (dry run), or disposes of it, page by page.
4. `dispose` destroys one person's records in one transaction: `destroying` says what becomes of each table, the data
   key is destroyed with them, and `certificates` signs what was done, in a log that leaves no number out.
5. `rotate` then makes a new key-encryption key, re-wraps what is left, and destroys the older ones: of a copy of the
   database from before, nothing opens with the keyring of today.
6. `copies` has what providers keep of it deleted there, until it is.
"""

from hub.retention.certificates import Certificate, Issued, issued_before, issued_since, proved, unproved, wrong
from hub.retention.copies import sweep, waiting
from hub.retention.disposing import Refused, dispose
from hub.retention.duties import kept_until
from hub.retention.holds import Hold, held_among, hold, placed, release
from hub.retention.rotating import Rotated, rotate
from hub.retention.running import run
from hub.retention.terms import Policy, policy_for

__all__ = [
    "Certificate",
    "Hold",
    "Issued",
    "Policy",
    "Refused",
    "Rotated",
    "dispose",
    "held_among",
    "hold",
    "issued_before",
    "issued_since",
    "kept_until",
    "placed",
    "policy_for",
    "proved",
    "release",
    "rotate",
    "run",
    "sweep",
    "unproved",
    "waiting",
    "wrong",
]

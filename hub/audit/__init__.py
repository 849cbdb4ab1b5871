"""Proof of what happened: who did what to whom, when, in a chain that shows every tampering.

1. `Trail.record` inserts events unchained, in the transaction of the action itself: no action without its event.
2. `Sealer.seal` chains what is new, in batches: `hash = SHA-256(seq, previous, SHA-256(event))`. Chaining inside each
   action would make every writer wait for every other.
3. `Sealer.checkpoint` signs the newest link with Ed25519, so that cutting the tail shows too.
4. `verify` walks all of it and names the first thing that is wrong.

Payloads hold ids, codes and counts, sealed under the audit's own key and hashed as ciphertext: shredding a person
never breaks the chain.
"""

from hub.audit.chain import Verified, verify
from hub.audit.sealer import Sealer
from hub.audit.trail import Actor, Entry, Trail, concerning, persons_of

__all__ = ["Actor", "Entry", "Sealer", "Trail", "Verified", "concerning", "persons_of", "verify"]

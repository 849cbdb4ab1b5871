"""Identity: who is who, over every channel.

1. `Addresses` links addresses to persons: claimed, proved by a code or by staff, retired, suspended and used again.
2. `Merger` makes one record of two that are one person's.
3. `ReassignedNumbers` asks a register whether numbers were given up, and suspends those that were.
"""

from hub.identity.addresses import Addresses
from hub.identity.merging import Merged, Merger, NotMerged
from hub.identity.reassigned import ReassignedNumbers

__all__ = ["Addresses", "Merged", "Merger", "NotMerged", "ReassignedNumbers"]

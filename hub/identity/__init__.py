"""Identity: who is who, over every channel.

1. `Addresses` links addresses to persons: claimed, proved by a code or by staff, retired, suspended and used again.
2. `Merger` makes one record of two that are one person's.
"""

from hub.identity.addresses import Addresses
from hub.identity.merging import Merged, Merger, NotMerged

__all__ = ["Addresses", "Merged", "Merger", "NotMerged"]

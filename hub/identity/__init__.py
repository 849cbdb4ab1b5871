"""Identity: who is who, over every channel.

1. `Merger` makes one record of two that are one person's.
"""

from hub.identity.merging import Merged, Merger, NotMerged

__all__ = ["Merged", "Merger", "NotMerged"]

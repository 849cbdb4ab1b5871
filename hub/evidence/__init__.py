"""Evidence: what proves a person's consent, on one page.

1. `gathered` reads all of it: addresses with what holds, every decision with its proof, what waits for a yes, warnings
   accepted, checks of numbers; and holds each decision against the audit chain.
2. `page` makes HTML of it, complete in itself; `pdf` a document to print or to hand over.

Reading it is an act like any other: whoever calls `gathered` writes the audit entry (`noted`).
"""

from hub.evidence.drawing import page
from hub.evidence.gathering import Evidence, gathered, noted

__all__ = ["Evidence", "gathered", "noted", "page", "pdf"]


def pdf(found: Evidence) -> bytes:
    """The document. Letters outside Western European alphabets are written without their marks, or as `?`."""
    # Only here: what draws documents takes a quarter of a second to load, and twenty megabytes.
    from hub.evidence.printing import pdf as printed

    return printed(found)

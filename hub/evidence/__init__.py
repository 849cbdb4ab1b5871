"""Evidence: what proves a person's consent, on one page.

1. `gathered` reads all of it: addresses with what holds, every decision with its proof, what waits for a yes, warnings
   accepted, checks of numbers; and holds each decision against the audit chain.
2. `page` makes HTML of it, complete in itself; `pdf` a document to print or to hand over.

Reading it is an act like any other: whoever calls `gathered` writes the audit entry (`noted`).
"""

from hub.evidence.drawing import page
from hub.evidence.gathering import Evidence, gathered, noted
from hub.evidence.printing import pdf

__all__ = ["Evidence", "gathered", "noted", "page", "pdf"]

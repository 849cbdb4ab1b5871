"""The router: what becomes of an intent. It reads, decides, writes, and never goes back.

An intent that may be sent, now or later, becomes a sealed message and a delivery in one transaction; one that may not
becomes an audit entry and a reason. Nothing is sent here.
"""

from hub.router.batch import Batch, Batches, Judged, Reading, Sending
from hub.router.queueing import Routed
from hub.router.routing import Following, Router

__all__ = ["Batch", "Batches", "Following", "Judged", "Reading", "Routed", "Router", "Sending"]

"""The words of the product as types: what the rooms hand to one another.

Nothing here does anything. `ids` makes identifiers, `messages` describes what comes from and goes to
providers, `decisions` what the router may decide about an intent.
"""

from hub.types.decisions import Decision, Hold, Intent, Lane, Level, Send, Skip
from hub.types.ids import new_id, new_ids
from hub.types.messages import (
    Address,
    AddressKind,
    AuthorKind,
    ChannelKind,
    DeliveryState,
    Direction,
    Inbound,
    Language,
    Media,
    OptOutWord,
    Part,
    Provenance,
    Purpose,
    Receipt,
    Status,
    ThreadStatus,
    Webhook,
)

__all__ = [
    "Address",
    "AddressKind",
    "AuthorKind",
    "ChannelKind",
    "Decision",
    "DeliveryState",
    "Direction",
    "Hold",
    "Inbound",
    "Intent",
    "Lane",
    "Language",
    "Level",
    "Media",
    "OptOutWord",
    "Part",
    "Provenance",
    "Purpose",
    "Receipt",
    "Send",
    "Skip",
    "Status",
    "ThreadStatus",
    "Webhook",
    "new_id",
    "new_ids",
]

"""The words behind a code: why a message is held, was not sent, or did not arrive."""

from collections.abc import Mapping

from channels.base import Channel, Explaining
from consent import rules
from hub.types import ChannelKind

OURS = {
    "not-before": "It is to be sent later.",
    "withdrawn": "It was taken back before it left.",
    "opted-out": "The person opted out.",
    "appointment_changed": "The visit it speaks of was moved or cancelled.",
    "switched-off": "The person does not want this kind of message this way.",
    "visit_over": "The visit it speaks of has begun.",
    "answered": "The person answered meanwhile.",
    "read": "The person read it meanwhile.",
    "arrived": "It arrived the other way after all.",
    "gave_up": "It could not be handed to the carrier in time.",
    "outcome_unknown": "Whether the carrier took it is not known.",
    "not_taken": "The carrier did not take it; it is tried again.",
    "unreported": "The carrier never said whether it arrived.",
    "unreachable": "The carrier could not be reached.",
    "throttled": "The carrier asked for patience.",
}


def explained(code: str, channel: ChannelKind, channels: Mapping[ChannelKind, Channel]) -> str | None:
    """What `code` means, in a sentence that a nurse understands; None for no code."""
    if not code:
        return None
    if code in OURS:
        return OURS[code]
    sentence = rules.load().plain.get(code)
    if sentence is not None:
        return sentence
    provider = channels.get(channel)
    if code.isdigit() and isinstance(provider, Explaining):
        return provider.explain(code)
    return f"It was stopped for the reason {code}."

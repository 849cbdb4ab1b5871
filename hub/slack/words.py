"""What is said in Slack, apart from what patients and staff themselves say."""

from collections.abc import Mapping
from types import MappingProxyType

from hub.types import DeliveryState

__all__ = ["CHANNELS", "LANGUAGES", "MARKS", "NOTED", "because", "reason"]

_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "": "The patient waits for an answer.",
        # What kind of emergency it is would say something of the patient's health.
        "emergency_crisis": "What was written may be an emergency.",
        "emergency_medical": "What was written may be an emergency.",
        "urgent": "What was written may be urgent.",
        "screen_failed": "A message could not be screened for emergencies.",
        "delivery_failed": "A message to the patient could not be delivered.",
        "opted_out": "The patient opted out.",
        "opt_out": "The patient may want no more messages.",
        "restricted_wrote": "The patient's record is restricted, and they wrote.",
        "opted_out_wrote": "The patient opted out, and wrote again.",
        "unreachable_wrote": "The patient wrote from an address that cannot be answered.",
        "wrong_number": "Somebody says that this is the wrong number.",
        "who_is_this": "Somebody asks who writes to them.",
        "reassigned": "The number may belong to somebody else now.",
        "voicemail": "There is a message on the answering machine.",
        "recording_lost": "A recording was lost.",
        "attachment": "A file came in.",
        "file_quarantined": "A file may hold a virus.",
        "file_refused": "A file could not be taken.",
        "file_lost": "A file was lost.",
        "mail_kept": "A mail could not be read whole.",
        "ask_consent_anew": "Consent is to be asked anew.",
        "asked": "The patient asks for a person.",
        "bot_failed": "The assistant failed.",
        "said_in_portal": "The patient wrote something in the portal that staff must see to.",
        "campaign_answer": "The patient answered a campaign in a way that staff must see to.",
        "note_says_stop": "A note says that the patient wants no more messages.",
        "scheduled_reply": "The patient wrote before a reply that is scheduled.",
    }
)

_OTHER = "Somebody should have a look."
_HANDED = frozenset(
    {
        "calendar",
        "cost_insurance",
        "forms",
        "identity",
        "late",
        "new_patient",
        "no_time",
        "not_confirmed",
        "not_understood",
        "other_visit",
        "prepare",
        "refill",
        "results",
        "unverified",
        "visit_changed",
        "waitlist",
    }
)
"""Why the assistant handed over. A wish says something of whoever has it, so all of it is one reason here."""

CHANNELS: Mapping[str, str] = MappingProxyType(
    {"sms": "text", "voice": "phone", "email": "mail", "push": "notification", "portal": "portal"}
)
LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "es": "Spanish"})

MARKS: Mapping[DeliveryState, str] = MappingProxyType(
    {
        DeliveryState.HELD: "hourglass_flowing_sand",
        DeliveryState.SENT: "outbox_tray",
        DeliveryState.DELIVERED: "white_check_mark",
        DeliveryState.READ: "eyes",
        DeliveryState.FAILED: "x",
        DeliveryState.SUPPRESSED: "no_entry",
    }
)
"""Slack's names of the emoji that a reply is marked with, by what became of it."""

NOTED = "memo"
"""The mark of a note."""


def reason(attention: str) -> str:
    """Why staff should look, as a sentence that says nothing of anybody's health."""
    return _REASONS.get(attention) or ("The assistant handed over." if attention in _HANDED else _OTHER)


def because(code: str) -> str:
    """A delivery's reason, as a sentence."""
    if code == "withdrawn":
        return "It was taken back."
    if code.startswith(("opted_out", "stop")):
        return "The person opted out of this channel."
    return f"The reason is `{code}`; the inbox tells more." if code else "The inbox tells more."

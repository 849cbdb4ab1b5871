"""What a notification says: that there is something to read, and never what.

It lies open on a locked screen, and its text passes through others' servers; so no part's text is ever in it.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from hub.types import Language, Part, Purpose

__all__ = ["Notice", "of"]

TITLES: Mapping[Language, str] = {"en": "New message from {clinic}", "es": "Nuevo mensaje de {clinic}"}

_DAY = timedelta(days=1)

# By purpose: how long a push service keeps it for a device that is off, and its urgency (RFC 8030 section 5.3).
TIMES: Mapping[Purpose, tuple[timedelta, str]] = {
    Purpose.EMERGENCY: (_DAY / 2, "high"),
    Purpose.CARE: (3 * _DAY, "normal"),
    Purpose.APPOINTMENT: (3 * _DAY, "normal"),
    Purpose.BILLING: (7 * _DAY, "low"),
    Purpose.SURVEY: (_DAY, "low"),
    Purpose.MARKETING: (_DAY, "very-low"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification.

    reference: our delivery's id, by which the portal finds what to open once the person has signed in.
    tag: the same for all that belongs together: a later notice takes the place of an earlier one. 32 characters of
        base64url, the most that a Topic may have.
    """

    title: str
    reference: str
    tag: str
    keep: timedelta
    urgency: str

    @property
    def pressing(self) -> bool:
        """Whether it wakes the device at once, rather than when that suits its battery."""
        return self.urgency in ("high", "normal")

    @property
    def seconds(self) -> int:
        """How long it is kept, in seconds."""
        return int(self.keep.total_seconds())


def of(part: Part, clinic: str) -> Notice:
    """The notice that `part` is announced with."""
    keep, urgency = TIMES[part.purpose]
    return Notice(
        title=TITLES[part.language].format(clinic=clinic),
        reference=part.reference,
        tag=_tag(part.token or ""),
        keep=keep,
        urgency=urgency,
    )


def _tag(conversation: str) -> str:
    """A name for a conversation that tells nothing of it; one for the whole clinic where none is named."""
    digest = hashlib.sha256(b"carehub push tag\0" + conversation.encode()).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()

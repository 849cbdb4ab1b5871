"""What a mail server's reply means to the hub, and to a nurse.

A code is the enhanced one (`5.1.1`) where the server gives it, else the plain one (`550`); `complaint` where the
person called a mail spam. A server's own words are never passed on: they quote the address.

Source: RFC 5321 §4.2, RFC 3463, RFC 5248.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NoReturn

from hub.errors import (
    AddressInvalid,
    ChannelError,
    ConfigInvalid,
    OutcomeUnknown,
    RecipientOptedOut,
    Rejected,
    Throttled,
    Unreachable,
)

COMPLAINT = "complaint"

PATIENCE = timedelta(minutes=5)
"""How long to wait where a server asks for patience: greylisting wants some minutes."""

FULL = timedelta(hours=1)
"""How long to wait for a mailbox that is full."""

CODES: Mapping[str, tuple[type[ChannelError], str]] = {
    COMPLAINT: (RecipientOptedOut, "The person's mail provider says that the mail was marked as spam."),
    # The mailbox
    "5.1.1": (AddressInvalid, "There is no such mailbox."),
    "5.1.2": (AddressInvalid, "The mailbox's domain does not take mail."),
    "5.1.3": (AddressInvalid, "The mailbox is not written as one."),
    "5.1.6": (AddressInvalid, "The mailbox has moved."),
    "5.1.10": (AddressInvalid, "The mailbox's domain takes no mail at all."),
    "5.2.1": (AddressInvalid, "The mailbox is closed."),
    "5.4.1": (AddressInvalid, "The mailbox is not known where its domain takes mail."),
    "5.4.4": (AddressInvalid, "The mailbox's domain cannot be found."),
    "5.2.2": (Rejected, "The mailbox is full."),
    "5.2.3": (Rejected, "The mail is longer than the mailbox takes."),
    # Us
    "5.1.7": (ConfigInvalid, "The clinic's own mailbox is not accepted as a sender."),
    "5.1.8": (ConfigInvalid, "The clinic's own domain is not accepted as a sender."),
    "5.7.8": (ConfigInvalid, "The relay refused our credentials."),
    "5.7.9": (ConfigInvalid, "The relay refused the way we sign in."),
    "5.7.11": (ConfigInvalid, "The relay wants encryption before it lets us sign in."),
    "5.7.20": (ConfigInvalid, "The mail carries no signature that is accepted (DKIM)."),
    "5.7.23": (ConfigInvalid, "The relay may not send for the clinic's domain (SPF)."),
    "5.7.26": (ConfigInvalid, "The mail is neither signed nor sent for the clinic's domain (DMARC)."),
    "5.7.1": (Rejected, "The person's mail provider refused the mail."),
    "5.7.0": (Rejected, "The person's mail provider refused the mail."),
    # Plain codes
    "530": (ConfigInvalid, "The relay wants credentials or encryption."),
    "534": (ConfigInvalid, "The relay refused the way we sign in."),
    "535": (ConfigInvalid, "The relay refused our credentials."),
    "538": (ConfigInvalid, "The relay wants encryption before it lets us sign in."),
    "550": (AddressInvalid, "The mailbox cannot be reached."),
    "551": (AddressInvalid, "The mailbox has moved."),
    "553": (AddressInvalid, "The mailbox is not written as one."),
    "552": (Rejected, "The mailbox is full, or the mail too long."),
    "554": (Rejected, "The mail was refused."),
}

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def code_of(status: int, text: str) -> str:
    """The enhanced code in a reply, or the plain one."""
    found = _ENHANCED.match(text.lstrip())
    return found[1] if found else str(status)


def fault(code: str | None) -> type[ChannelError]:
    """The kind of error that a bounce's code stands for."""
    return CODES[code][0] if code is not None and code in CODES else Rejected


def explain(code: str | None) -> str:
    """What `code` means, in one sentence that a nurse understands."""
    if code is not None and code in CODES:
        return CODES[code][1]
    if code and code.startswith("4"):
        return "The person's mail provider could not take the mail for some days."
    return "The mail could not be delivered."


def raise_for(status: int, text: str) -> NoReturn:
    """Raise what a server's reply to a command stands for.

    Raises: Unreachable, Throttled, OutcomeUnknown, or what `CODES` says.
    """
    code = code_of(status, text)
    if status == 421:
        raise Unreachable(provider_code=code)
    if 400 <= status < 500:
        raise Throttled(FULL if status == 452 or code == "4.2.2" else PATIENCE, provider_code=code)
    if not 500 <= status < 600:
        # Not a reply that the protocol has: whether the mail was taken cannot be told.
        raise OutcomeUnknown(provider_code=code if status > 0 else None)
    if code not in CODES:
        raise fault(str(status))(provider_code=code)
    raise CODES[code][0](provider_code=code)

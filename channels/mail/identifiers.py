"""The names that tie mails together: Message-IDs of ours, and the address a reply comes back to."""

import re

LONGEST = 64
"""Characters of a provider's id that the hub keeps."""

_REFERENCE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def message_id(reference: str, domain: str) -> str:
    """The Message-ID of the delivery `reference`: the same at every attempt, so that a second copy shows as one."""
    return f"<{reference}@{domain}>"


def provider_id(reference: str, domain: str) -> str:
    """What the hub knows the mail by: its Message-ID, or the reference alone where a domain is too long for that."""
    whole = message_id(reference, domain)
    return whole if len(whole) <= LONGEST else reference


def reference_of(identifier: str, domain: str) -> str | None:
    """The delivery that a Message-ID names, None where it is not one of ours."""
    local, at, host = identifier.strip().strip("<>").rpartition("@")
    if not at or host.lower() != domain or not _REFERENCE.fullmatch(local.lower()):
        return None
    return local.lower()


def reply_address(token: str, domain: str) -> str:
    """The mailbox that names the conversation to whoever replies."""
    return f"reply+{token}@{domain}"


def token_of(mailbox: str, domain: str) -> str | None:
    """The token in a recipient's address, None where it is not a reply's."""
    local, _, host = mailbox.strip().strip("<>").rpartition("@")
    prefix, plus, token = local.partition("+")
    if prefix.lower() != "reply" or not plus or host.lower() != domain or not _TOKEN.fullmatch(token):
        return None
    return token

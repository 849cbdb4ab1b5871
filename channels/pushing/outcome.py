"""What a push service's refusal means to the hub.

Source: RFC 8030 section 8.4; firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode; developer.apple.com, "Handling
notification responses from APNs".
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NoReturn

from hub.errors import AddressInvalid, ChannelError, ConfigInvalid, OutcomeUnknown, Rejected, Throttled, Unreachable

__all__ = ["explain", "fault", "raise_for"]

DEFAULT_WAIT = timedelta(seconds=10)
"""How long to wait where the service asks for patience and does not say how much."""

LONGEST_WAIT = timedelta(hours=1)

CODES: Mapping[str, tuple[type[ChannelError], str]] = {
    # The device
    "http_404": (AddressInvalid, "The device no longer takes notifications."),
    "http_410": (AddressInvalid, "The device no longer takes notifications."),
    "UNREGISTERED": (AddressInvalid, "The app was removed from the device, or its notifications were turned off."),
    "INVALID_TOKEN": (AddressInvalid, "The device's token is not one that FCM knows."),
    "Unregistered": (AddressInvalid, "The app was removed from the device, or its notifications were turned off."),
    "BadDeviceToken": (AddressInvalid, "The device's token is not one that Apple knows."),
    "ExpiredToken": (AddressInvalid, "The device's token has expired."),
    # The clinic's account
    "http_401": (ConfigInvalid, "The push service refused the clinic's credentials."),
    "http_403": (ConfigInvalid, "The push service refused the clinic's credentials."),
    "SENDER_ID_MISMATCH": (ConfigInvalid, "The device's token belongs to another Firebase project."),
    "THIRD_PARTY_AUTH_ERROR": (ConfigInvalid, "Firebase lacks the key to reach the device's own push service."),
    "TopicDisallowed": (ConfigInvalid, "Apple does not let the clinic send to this app."),
    "BadTopic": (ConfigInvalid, "The app's name at Apple is not valid."),
    "MissingTopic": (ConfigInvalid, "The app's name at Apple is not set."),
    # Refused, and neither is at fault
    "DeviceTokenNotForTopic": (Rejected, "The device's token belongs to another app."),
    "http_413": (Rejected, "The notification was too large."),
}
"""By the service's code, or the status where it has none: the error, and a plain sentence."""


def explain(code: str | None) -> str:
    """What `code` means, in one sentence that a nurse understands."""
    if code is None:
        return "The push service gave no reason."
    known = CODES.get(code)
    return known[1] if known else "The push service did not take the notification."


def fault(code: str | None) -> type[ChannelError]:
    """The kind of error that `code` stands for; `Rejected` where it is not known."""
    known = CODES.get(code or "")
    return known[0] if known else Rejected


def raise_for(status: int, codes: Collection[str] = (), headers: Mapping[str, str] = {}) -> NoReturn:
    """Raise what an answer with HTTP `status` and the service's own `codes` stands for.

    The status decides where it says whether the request was worked on at all (429, 503, other 5xx); then the code.
    """
    known = next((code for code in codes if code in CODES), None)
    code = known or f"http_{status}"
    if status == 503:
        raise Unreachable("the push service is out of service for a moment", provider_code=code)
    if status >= 500:
        raise OutcomeUnknown(f"the push service failed with status {status}", provider_code=code)
    if status == 429:
        raise Throttled(wait(headers.get("Retry-After", "")), provider_code=code)
    raise fault(code)(explain(code), provider_code=code)


def wait(retry_after: str, now: datetime | None = None) -> timedelta:
    """How long `Retry-After` asks for, in seconds or until a date; at most an hour."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        asked = timedelta(seconds=int(text))
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return DEFAULT_WAIT
        # A date without a zone is one in UTC (RFC 5322 section 3.3, "-0000").
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        asked = until - (now or datetime.now(UTC))
    return min(max(asked, timedelta(seconds=1)), LONGEST_WAIT)

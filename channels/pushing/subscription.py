"""What the address of a device holds: one of three forms, as compact JSON.

    {"way":"web","endpoint":"https://…","p256dh":"…","auth":"…"}
    {"way":"fcm","token":"…"}
    {"way":"apns","token":"…"}

The text is the same for the same device however it was given, so that its blind index finds it again.
"""

import base64
import binascii
import re

import msgspec

from hub.errors import AddressInvalid, InputError

__all__ = ["Apns", "Fcm", "Subscription", "Web", "from_browser", "read", "write"]

LONGEST = 4096
"""Characters of an address; browsers' own have about 400."""

_POINT, _SECRET = 65, 16
_FCM_TOKEN = re.compile(r"[A-Za-z0-9_:%-]{20,1024}")
_APNS_TOKEN = re.compile(r"[0-9a-f]{64,200}")


class Web(msgspec.Struct, frozen=True, tag_field="way", tag="web"):
    """A browser: where its push service listens, and the keys that only the browser opens messages with."""

    endpoint: str
    p256dh: str
    auth: str

    def __repr__(self) -> str:
        return "Web(…)"


class Fcm(msgspec.Struct, frozen=True, tag_field="way", tag="fcm"):
    """An app's registration token at Firebase Cloud Messaging."""

    token: str

    def __repr__(self) -> str:
        return "Fcm(…)"


class Apns(msgspec.Struct, frozen=True, tag_field="way", tag="apns"):
    """An app's device token at Apple, in hexadecimal."""

    token: str

    def __repr__(self) -> str:
        return "Apns(…)"


Subscription = Web | Fcm | Apns

_SUBSCRIPTION = msgspec.json.Decoder(Subscription)


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Browser(msgspec.Struct):
    endpoint: str
    keys: _Keys


def read(value: str) -> Subscription:
    """The subscription that an address holds.

    Raises: AddressInvalid when it is none, or one that nothing can be sent to.
    """
    try:
        found: Subscription = _SUBSCRIPTION.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise AddressInvalid("the address is not a push subscription") from None
    if len(value) > LONGEST or not _whole(found):
        raise AddressInvalid("the push subscription is not whole")
    return found


def write(subscription: Subscription) -> str:
    """The address of `subscription`: `read` gives it back."""
    return msgspec.json.encode(subscription).decode()


def from_browser(body: bytes | str) -> str:
    """The address of what a browser's `PushSubscription.toJSON()` says.

    Raises: InputError when it says something else.
    """
    try:
        given = msgspec.json.decode(body, type=_Browser)
        subscription = Web(given.endpoint, given.keys.p256dh.rstrip("="), given.keys.auth.rstrip("="))
        value = write(subscription)
        read(value)
    except (msgspec.DecodeError, UnicodeEncodeError, AddressInvalid):
        raise InputError("this is not a push subscription of a browser") from None
    return value


def octets(text: str) -> bytes:
    """What `text` says in base64url, padded or not. Raises: ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def _whole(found: Subscription) -> bool:
    match found:
        case Fcm():
            return _FCM_TOKEN.fullmatch(found.token) is not None
        case Apns():
            return _APNS_TOKEN.fullmatch(found.token) is not None
    try:
        point, secret = octets(found.p256dh), octets(found.auth)
    except ValueError:
        return False
    return len(point) == _POINT and point[0] == 4 and len(secret) == _SECRET

"""Messages as Twilio writes them: the REST resource, the webhook of a text that came in, the status callback.

Source: Twilio's OpenAPI description of the Messages API; twilio.com/docs/messaging/guides/webhook-request.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from channels.carrier.calls import Call

__all__ = ["API_VERSION", "Stored", "call_json", "inbound_form", "message_json", "refusal_json", "status_form"]

API_VERSION = "2010-04-01"


@dataclass(slots=True, kw_only=True)
class Stored:
    """A message that the carrier took, in either direction.

    status: Twilio's own word.
    callback: where its statuses go, if it was sent by the hub.
    hook: the form that was posted to the hub, if it was written on a phone.
    """

    sid: str
    account_sid: str
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    body: str = field(repr=False)
    media: tuple[str, ...] = field(default=(), repr=False)
    segments: int
    direction: str
    status: str
    created: datetime
    updated: datetime
    sent: datetime | None = None
    service_sid: str | None = None
    callback: str | None = field(default=None, repr=False)
    error_code: int | None = None
    hook: dict[str, str] | None = field(default=None, repr=False)


def message_json(message: Stored) -> dict[str, Any]:
    """The message resource."""
    uri = f"/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}"
    return {
        "account_sid": message.account_sid,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": format_datetime(message.created),
        "date_sent": format_datetime(message.sent) if message.sent else None,
        "date_updated": format_datetime(message.updated),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": message.service_sid,
        "num_media": str(len(message.media)),
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def call_json(call: "Call") -> dict[str, Any]:
    """The call resource."""
    uri = f"/{API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}"
    return {
        "account_sid": call.account_sid,
        "answered_by": call.answered_by or None,
        "api_version": API_VERSION,
        "date_created": format_datetime(call.created),
        "direction": "outbound-api" if call.ours else "inbound",
        "from": call.clinic if call.ours else call.person,
        "sid": call.sid,
        "status": call.status,
        "to": call.person if call.ours else call.clinic,
        "uri": f"{uri}.json",
    }


def refusal_json(code: int, message: str, status: int) -> dict[str, Any]:
    """An error answer."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def status_form(message: Stored, status: str) -> dict[str, str]:
    """The status callback that says `status` of `message`."""
    form = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": message.recipient,
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if status in ("failed", "undelivered") and message.error_code:
        form["ErrorCode"] = str(message.error_code)
    return form


def inbound_form(message: Stored, media: tuple[tuple[str, str], ...], opt_out: str | None) -> dict[str, str]:
    """The webhook of a text that came in; `media` are (address, content type)."""
    form = {
        "ToCountry": "US",
        "ToState": "DC",
        "SmsMessageSid": message.sid,
        "NumMedia": str(len(media)),
        "ToCity": "WASHINGTON",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "DC",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": "US",
        "To": message.recipient,
        "ToZip": "20001",
        "NumSegments": str(max(1, message.segments)),
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
    }
    for n, (address, content_type) in enumerate(media):
        form[f"MediaUrl{n}"] = address
        form[f"MediaContentType{n}"] = content_type
    if opt_out:
        form["OptOutType"] = opt_out
    return form

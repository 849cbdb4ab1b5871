"""Twilio's requests to the hub, signed as Twilio signs them, made without the product's own code."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from tests.bench import wire

ACCOUNT = "AC" + "b" * 32
TOKEN = "bench" * 6
CLINIC = "+12025550100"
SMS = "/webhooks/twilio/sms"
TEXT = "Thank you. We have noted that and will see you then. Reply here if anything changes in the meantime."
"""What the hub answers, where an answer is queued beforehand."""

BODIES = (
    "Hi, can I come in next Tuesday afternoon instead of Monday? I have to work until two.",
    "yes that works",
    "What are your hours on Saturday?",
    "I would like to book a check-up for the week after next, mornings are best for me",
    "thank you so much, see you then",
    "Do I need to bring anything, like my insurance card or the results from last time?",
    "ok",
    "My daughter has a cough since Friday and no fever. Should we come by or wait a few days?",
)
"""Texts of ordinary length."""


def number(n: int) -> str:
    """The n-th phone of the bench: 555-01xx of one area after the other."""
    return f"+1{201 + n // 99}55501{n % 99 + 1:02d}"


def sid(n: int) -> str:
    """The n-th provider id."""
    return f"SM{n:032x}"


def signature(url: str, form: Mapping[str, str]) -> str:
    """Twilio's signature of a form posted to `url`."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), hashlib.sha1)).decode()


def inbound(base: str, n: int, sender: str, text: str) -> bytes:
    """The whole request that brings the text with provider id `n` to the hub at `base`."""
    form = {
        "ToCountry": "US",
        "ToState": "DC",
        "SmsMessageSid": sid(n),
        "NumMedia": "0",
        "ToCity": "WASHINGTON",
        "FromZip": "",
        "SmsSid": sid(n),
        "FromState": "DC",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text,
        "FromCountry": "US",
        "To": CLINIC,
        "ToZip": "20001",
        "NumSegments": "1",
        "MessageSid": sid(n),
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }
    return signed(base, SMS, form)


def signed(base: str, target: str, form: Mapping[str, str]) -> bytes:
    """The request that posts `form` to `target` of the hub at `base`, with its signature."""
    headers = {
        "X-Twilio-Signature": signature(base + target, form),
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "I-Twilio-Idempotency-Token": form["MessageSid"],
    }
    return wire.post(target, base.removeprefix("http://"), urlencode(form).encode(), headers)

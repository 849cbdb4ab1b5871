"""A simulated carrier: Twilio's Messages and Calls APIs and webhooks, with phones at the other end.

`hub demo` and the tests text through it; nothing in the hub knows that it is not Twilio.

    hub ── POST Messages.json ──► api ─► fault? ─► Carrier.accept ─► the phone shows it
    hub ◄─ signed status callbacks ── callbacks ◄─ queued, sent, delivered
    hub ◄─ signed webhook ─────────── Carrier.text ◄─ a person writes
    hub ── GET Messages.json ───► api ─► what was taken, newest first

The files:

    carrier     who may text whom, what was taken, when it is delivered; the front door of the package
    api         the HTTP side: Twilio's addresses, checks and error answers
    callbacks   signs and posts webhooks to the hub
    faults      what can be made to go wrong, scripted per number
    phone       a person's phone: the conversation, its ticks, and the wait for the next text
    shapes      messages and calls as Twilio writes them
    calls       one call: walks the hub's TwiML for a person who speaks, presses keys, is silent, or hangs up
    calls_record     what is kept of a call: what was said on it, and recordings
    calls_exchange   who calls whom, and how a phone takes a call; calls_api is its HTTP side

Nothing is random if a seed is given, and everything kept is bounded.
"""

from channels.carrier.callbacks import Reply
from channels.carrier.calls import Call
from channels.carrier.calls_exchange import Calls
from channels.carrier.calls_record import CallEnded, Heard, PickUp, Said
from channels.carrier.carrier import Carrier, File
from channels.carrier.faults import (
    Break,
    CallbackFirst,
    Drop,
    DuplicateCallbacks,
    Fault,
    Garbage,
    Hang,
    LoseCallbacks,
    Refuse,
    RegressCallbacks,
    Slow,
    Throttle,
    Undeliver,
)
from channels.carrier.phone import Entry, Phone

__all__ = [
    "Break",
    "Call",
    "CallEnded",
    "CallbackFirst",
    "Calls",
    "Carrier",
    "Drop",
    "DuplicateCallbacks",
    "Entry",
    "Fault",
    "File",
    "Garbage",
    "Hang",
    "Heard",
    "LoseCallbacks",
    "Phone",
    "PickUp",
    "Refuse",
    "RegressCallbacks",
    "Reply",
    "Said",
    "Slow",
    "Throttle",
    "Undeliver",
]

"""Twilio's error codes: what each means to the hub, and to a nurse.

A code comes in two ways: in the answer to a request that Twilio refused (`raise_for`), and in the callback of a part
that it took and could not deliver (`fault`, `explain`). Twilio's own messages are never passed on: they quote the
number.

Source: twilio.com/docs/api/errors.
"""

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
    TextsRefused,
    Throttled,
    Unreachable,
)

__all__ = ["CALLS", "CODES", "explain", "fault", "raise_for"]

DEFAULT_WAIT = timedelta(seconds=2)
"""How long to wait where Twilio asks for patience and does not say how much."""

LONGEST_WAIT = timedelta(hours=1)

CODES: Mapping[str, tuple[type[ChannelError], str]] = {
    # The account
    "20003": (ConfigInvalid, "The texting account refused our credentials."),
    "20005": (ConfigInvalid, "The texting account is not active."),
    "20006": (ConfigInvalid, "The texting account may not do this."),
    "20008": (ConfigInvalid, "The texting account has test credentials only."),
    "20404": (ConfigInvalid, "The texting account was not found."),
    "20429": (Throttled, "The carrier asked us to slow down."),
    "20503": (Unreachable, "The carrier is out of service for a moment."),
    "30002": (ConfigInvalid, "The texting account is suspended."),
    "30037": (ConfigInvalid, "The texting account may not send at present."),
    "63038": (Throttled, "The texting account has reached its limit for today."),
    # The sender
    "21212": (ConfigInvalid, "The clinic's own number is not valid."),
    "21603": (ConfigInvalid, "The clinic's own number is not set."),
    "21606": (ConfigInvalid, "The clinic's own number cannot send texts."),
    "21607": (ConfigInvalid, "The clinic's own number does not belong to the texting account."),
    "21609": (ConfigInvalid, "The hub's public address is not one that the carrier can call back."),
    "21621": (ConfigInvalid, "The clinic's own number cannot send pictures."),
    "21659": (ConfigInvalid, "The clinic's own number does not belong to the texting account."),
    "21660": (ConfigInvalid, "The clinic's own number does not belong to the texting account."),
    "21661": (ConfigInvalid, "The clinic's own number cannot send texts."),
    "21701": (ConfigInvalid, "The messaging service was not found."),
    "21703": (ConfigInvalid, "The messaging service has no number to send from."),
    "21705": (ConfigInvalid, "The messaging service is not valid."),
    "30032": (ConfigInvalid, "The clinic's toll-free number is not verified yet."),
    "30034": (ConfigInvalid, "The clinic's number is not registered for texting in the United States."),
    "30035": (ConfigInvalid, "The clinic's number is still being set up by the carrier."),
    # Too many at once
    "14107": (Throttled, "The carrier asked us to slow down."),
    "21611": (Throttled, "Too many texts are waiting for the clinic's number."),
    "30001": (Throttled, "Too many texts were waiting for the clinic's number."),
    "30022": (Throttled, "The clinic's number has reached its carrier's limit."),
    "30023": (Throttled, "The clinic has reached its carrier's limit for today."),
    "30027": (Throttled, "The clinic has reached its carrier's limit for today."),
    # The person's number
    "21211": (AddressInvalid, "The number is not a valid phone number."),
    "21214": (AddressInvalid, "The number cannot be reached."),
    "21217": (AddressInvalid, "The number is not a valid phone number."),
    "21401": (AddressInvalid, "The number is not a valid phone number."),
    "21421": (AddressInvalid, "The number is not a valid phone number."),
    "21614": (TextsRefused, "The number can't receive texts (it is not a mobile phone)."),
    "21635": (TextsRefused, "The number can't receive texts (landline)."),
    "30005": (AddressInvalid, "The number is unknown or no longer in service."),
    "30006": (TextsRefused, "The number can't receive texts (landline)."),
    # The person said no
    "21610": (RecipientOptedOut, "The person has texted STOP to this number."),
    # Refused, and neither number is at fault
    "21219": (Rejected, "A trial account may only text numbers that were verified first."),
    "21266": (Rejected, "The clinic's number cannot text itself."),
    "21408": (Rejected, "The texting account may not send to that country."),
    "21602": (Rejected, "The text was empty."),
    "21604": (Rejected, "The text had no number to go to."),
    "21605": (Rejected, "The text was too long."),
    "21608": (Rejected, "A trial account may only text numbers that were verified first."),
    "21612": (Rejected, "The clinic's number cannot text that number."),
    "21617": (Rejected, "The text was too long."),
    "21619": (Rejected, "The text was empty."),
    "21620": (Rejected, "The picture's address is not valid."),
    "21623": (Rejected, "The pictures were too large."),
    "30003": (Rejected, "The phone is switched off or out of reach."),
    "30004": (Rejected, "The phone or its carrier blocks texts from the clinic's number."),
    "30007": (Rejected, "The carrier filtered the text as unwanted."),
    "30008": (Rejected, "The carrier could not deliver the text and did not say why."),
    "30010": (Rejected, "The text cost more than the account allows."),
    "30011": (Rejected, "The carrier cannot deliver pictures to this number."),
    "30017": (Rejected, "The carrier's network was congested."),
    "30019": (Rejected, "The pictures were too large for the carrier."),
    "30036": (Rejected, "The text waited too long and was given up."),
    "30039": (Rejected, "The carrier stopped the text because it seemed to answer itself."),
    "30410": (Rejected, "The carrier did not answer in time."),
    # Calls
    "13223": (AddressInvalid, "The number is not a valid phone number."),
    "13224": (AddressInvalid, "The number is not a valid phone number."),
    "13225": (Rejected, "The account may not call that number."),
    "13227": (Rejected, "The account may not call that country."),
    "21201": (Rejected, "The call had no number to go to."),
    "21203": (Rejected, "The account may not call abroad."),
    "21205": (ConfigInvalid, "The hub's public address is not one that the carrier can call back."),
    "21210": (ConfigInvalid, "The clinic's own number is not one that it may call from."),
    "21213": (ConfigInvalid, "The clinic's own number is not set."),
    "21215": (Rejected, "The account may not call that region."),
    "21216": (Rejected, "The account may not call that number."),
    "21218": (Rejected, "The call was not described in a way that the carrier takes."),
    "21220": (Rejected, "The call was over before the answer could be spoken."),
}
"""By code: the error it stands for, and its plain sentence."""

CALLS: Mapping[str, tuple[type[ChannelError], str]] = {
    "busy": (Rejected, "The line was busy."),
    "no_answer": (Rejected, "Nobody answered the call."),
    "canceled": (Rejected, "The call was ended before it was answered."),
    "failed": (Rejected, "The call could not be connected."),
    "fax": (AddressInvalid, "A fax machine answered the call."),
    "sip_404": (AddressInvalid, "The number is unknown or no longer in service."),
    "sip_410": (AddressInvalid, "The number is no longer in service."),
    "sip_484": (AddressInvalid, "The number is not complete."),
    "sip_604": (AddressInvalid, "The number is unknown or no longer in service."),
    "sip_603": (Rejected, "The call was declined."),
}
"""The same by how a call ended, which Twilio tells as a status and as the network's own answer (SIP)."""


def explain(code: str | None) -> str:
    """What `code` means, in one sentence that a nurse understands."""
    if code is None:
        return "The carrier gave no reason."
    known = CODES.get(code)
    return known[1] if known else f"The carrier did not deliver the text (code {code})."


def fault(code: str | None) -> type[ChannelError]:
    """The kind of error that `code` stands for; `Rejected` where it is not known."""
    known = CODES.get(code or "")
    return known[0] if known else Rejected


def raise_for(status: int, code: str | None, headers: Mapping[str, str]) -> NoReturn:
    """Raise what an answer with HTTP `status` and Twilio's `code` stands for.

    The status decides where it says whether the request was worked on at all (429, 503, other 5xx); then the code.
    """
    if status == 503:
        raise Unreachable("the carrier is out of service for a moment", provider_code=code)
    if status >= 500:
        raise OutcomeUnknown(f"the carrier failed with status {status}", provider_code=code)
    kind = Throttled if status == 429 else fault(code)
    if kind is Throttled:
        raise Throttled(_wait(headers.get("Retry-After", "")), provider_code=code)
    if kind is Rejected and (status in (401, 403) or status < 400 or (status == 404 and code is None)):
        raise ConfigInvalid(f"the texting account or its address was refused with status {status}", provider_code=code)
    raise kind(explain(code), provider_code=code or f"http_{status}")


def _wait(retry_after: str) -> timedelta:
    """How long `Retry-After` asks for, if it names seconds."""
    seconds = retry_after.strip()
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 9:
        return DEFAULT_WAIT
    return min(timedelta(seconds=int(seconds)), LONGEST_WAIT)

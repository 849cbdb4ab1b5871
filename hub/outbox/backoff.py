"""What becomes of a delivery after an attempt: a pure decision."""

from datetime import datetime, timedelta

import msgspec

from hub.errors import (
    AddressInvalid,
    ChannelError,
    OutcomeUnknown,
    RecipientOptedOut,
    ReplyUnreadable,
    TextsRefused,
    Throttled,
)
from hub.types import DeliveryState, Receipt

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)
MOST_ATTEMPTS = 8
UNREPORTED_AFTER = timedelta(minutes=15)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt came to.

    state: where the delivery goes; due_at: when it is looked at again.
    reason: a code, empty when all is well. unknown: the provider must be asked before a further attempt.
    bad_address, no_texts, opted_out: what the provider told us of the address. alert: staff or operators must know.
    """

    state: DeliveryState
    due_at: datetime
    result: str
    reason: str = ""
    provider_id: str | None = None
    unknown: bool = False
    bad_address: bool = False
    no_texts: bool = False
    opted_out: bool = False
    alert: bool = False


def taken(receipt: Receipt, now: datetime) -> Outcome:
    """The provider has it."""
    return Outcome(
        state=receipt.state,
        due_at=now + UNREPORTED_AFTER,
        result="taken",
        reason=receipt.code or "",
        provider_id=receipt.provider_id,
        alert=receipt.state is DeliveryState.FAILED,
    )


def failed(error: ChannelError, attempts: int, now: datetime, *, jitter: float, reconcile_after: timedelta) -> Outcome:
    """The attempt number `attempts` ended in `error`. `jitter` is 0 to 1, drawn by the caller."""
    reason = error.provider_code or error.code
    if isinstance(error, OutcomeUnknown | ReplyUnreadable):
        return Outcome(
            state=DeliveryState.SENDING,
            due_at=now + reconcile_after,
            result="unknown",
            reason=error.code,
            unknown=True,
        )
    if error.retry and attempts < MOST_ATTEMPTS:
        wait = error.after if isinstance(error, Throttled) else _wait(attempts, jitter)
        return Outcome(state=DeliveryState.QUEUED, due_at=now + wait, result=error.code, reason=reason)
    return Outcome(
        state=DeliveryState.FAILED,
        due_at=now,
        result=error.code,
        reason="gave_up" if error.retry else reason,
        bad_address=isinstance(error, AddressInvalid),
        no_texts=isinstance(error, TextsRefused),
        opted_out=isinstance(error, RecipientOptedOut),
        alert=True,
    )


def _wait(attempts: int, jitter: float) -> timedelta:
    """Twice as long each time, at random between half and all of it, so that a crowd does not come back at once."""
    full: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1))
    return full * (0.5 + jitter / 2)

"""What the ledger said of an address when something was sent there."""

from collections.abc import Mapping
from datetime import datetime

from consent.facts import ConsentState, Standing, standing
from hub.exports.profiling import Redaction
from hub.exports.records import ConsentAtSend
from hub.types import ChannelKind, Purpose

__all__ = ["at_send"]


def at_send(
    standings: Mapping[str, Standing],
    address_id: str,
    channel: str,
    purpose: str,
    moment: datetime,
    shown: Redaction,
) -> ConsentAtSend:
    """What held at `moment` for this purpose, by this channel, at this address. Pure.

    Facts count from when they took effect: one that was recorded later, with an earlier time, counts from that time.
    """
    facts = standings.get(address_id, Standing()).facts
    known = facts if not facts or facts[-1].at <= moment else tuple(one for one in facts if one.at <= moment)
    holding = standing(known).of(ChannelKind(channel), Purpose(purpose))
    decides = holding.decided_by
    if decides is None or holding.state is None:
        return ConsentAtSend(state="unknown", at=shown.time(moment))
    over = holding.state is ConsentState.GRANT and decides.until is not None and decides.until <= moment
    return ConsentAtSend(
        state="expired" if over else holding.state.value,
        at=shown.time(moment),
        fact=decides.id,
        source=decides.source.value,
        since=shown.time(decides.at),
        written=holding.written,
    )

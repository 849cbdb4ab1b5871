"""Who answers a phone just now: the assistant, the staff, or nobody because its owner asked for silence."""

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.facts import ConsentState
from hub.db.tables import address, contact, thread
from hub.parts import Parts
from hub.types import AddressKind, ChannelKind, Purpose, ThreadStatus

State = Literal["none", "bot", "staff", "urgent", "stopped"]
_URGENT = 2


async def standing(parts: Parts, conn: AsyncConnection, number: str) -> State:
    """What holds for the phone with this number (E.164); `none` before anything was written."""
    blind = parts.vault.blind.of(AddressKind.PHONE.value, number)
    known = sa.select(address.c.id).where(address.c.kind == AddressKind.PHONE, address.c.blind == blind)
    address_id = (await conn.execute(known)).scalar_one_or_none()
    if address_id is None:
        return "none"
    # A shared number has one thread for each person, and one for the time before it is known who writes.
    newest = (
        sa.select(thread.c.status, thread.c.priority)
        .join(contact, contact.c.person_id == thread.c.person_id)
        .where(contact.c.address_id == address_id, thread.c.last_inbound_at.is_not(None))
        .order_by(thread.c.last_inbound_at.desc())
        .limit(1)
    )
    row = (await conn.execute(newest)).first()
    with_staff = row is not None and row.status == ThreadStatus.OPEN
    if row is not None and with_staff and row.priority >= _URGENT:
        return "urgent"
    ledger = (await parts.ledger.standings(conn, (address_id,)))[address_id]
    if ledger.of(ChannelKind.SMS, Purpose.CARE).state is ConsentState.REVOKE:
        return "stopped"
    if row is None:
        return "none"
    return "staff" if with_staff else "bot"

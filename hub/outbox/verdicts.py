"""Asking once more: what the policy says of what is due, by what is true in the moment of the claim.

All of it is read in the transaction that commits the attempts, for a whole batch at once. What decides is locked before
it is read: see `hub.outbox.locks`.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.asking import NO_WISHES, AddressState, Wishes, share
from consent.ledger import Ledger
from consent.policy import Allowed, Request, Verdict, at_any_hour, may, state_for
from consent.restricting import restricted_among
from consent.whereabouts import UNKNOWN, Place, place
from hub.db.tables import appointment, delivery, preference
from hub.outbox import counting, halting, locks, watch
from hub.outbox.counting import LEFT
from hub.outbox.due import Due
from hub.proxies import Hearing
from hub.proxies.hearing import Planned, own_standing
from hub.sealed import open_contact
from hub.types import AddressKind, ChannelKind, Lane, Purpose
from hub.vault import Vault
from hub.vendors import WITHHELD, Barring

# Looked up as they are stored: cheaper than calling the enumeration.
CHANNELS = {str(kind): kind for kind in ChannelKind}
PURPOSES = {str(purpose): purpose for purpose in Purpose}


class Verdicts:
    """What may leave now."""

    def __init__(self, vault: Vault, ledger: Ledger, hearing: Hearing, clinic_state: str, register: Barring) -> None:
        self._vault = vault
        self._ledger = ledger
        self._hearing = hearing
        self._clinic_state = clinic_state
        self._register = register

    async def of(self, conn: AsyncConnection, rows: list[Due], now: datetime) -> dict[str, Verdict | str]:
        """For each row, by its id, the policy's verdict, or the reason why it is void."""
        begun = [row for row in rows if row.counted]
        counted = {row.person_id for row in begun}
        confirming = [row for row in rows if row.confirms_stop]
        wanted = {row.address_id for row in rows}
        # Locked before anything about them is read: of two confirmations of one STOP only one may look at a time.
        fresh = await locks.addresses(conn, wanted, alone=bool(confirming))
        wishes = await _wishes(conn, begun)
        needless = await watch.needless(conn, rows) | _switched_off(begun, wishes)
        places = await self._places(conn, rows, now)
        halted = await halting.halted(conn, rows)
        barred = await self._register.barred(conn, now)
        current = await _versions(conn, {row.appointment_id for row in rows if row.appointment_id})
        await locks.persons(conn, counted)
        standings = await self._ledger.standings(conn, wanted)
        recent = await counting.recent(conn, counted, now)
        confirmed = await _stop_confirmed(conn, confirming)
        unheard = await self._hearing.void(conn, [_planned(row) for row in rows if row.about_id or row.appointment_id])
        of_age = await self._hearing.decided_by_themselves(conn, counted)
        concerned = {one for row in rows if row.automated for one in (row.person_id, row.about_id) if one}
        restricted = await restricted_among(conn, concerned)
        withheld = {row.id: WITHHELD for row in rows if row.channel in barred and row.reveals} if barred else {}
        # Of several reasons the last one named is told.
        void = unheard | needless | withheld | halted | _changed(rows, current, now)
        verdicts: dict[str, Verdict | str] = {}
        for row in rows:
            if row.id in void:
                verdicts[row.id] = void[row.id]
                continue
            standing, sent, wished = standings[row.address_id], counting.NOTHING, NO_WISHES
            if ours := row.counted:
                standing = own_standing(standing, of_age.get(row.person_id))
                sent = recent.setdefault(row.person_id, counting.Recent())
                _, wished = wishes.get((row.person_id, row.purpose), _NO_WISH)
            where = places.get(row.id, UNKNOWN)
            verdict = verdicts[row.id] = may(
                Request(
                    purpose=PURPOSES[row.purpose],
                    channel=CHANNELS[row.channel],
                    automated=row.automated,
                    now=now,
                    standing=standing,
                    replies_to=row.replies_to,
                    zones=where.zones,
                    states=where.states,
                    address_state=_state(row, fresh.get(row.address_id, row.address_state)),
                    sent_recently=tuple(sent.calls),
                    told_recently=sent.told(besides=row.message_id) if ours else (),
                    wishes=wished,
                    share=share(row.person_id) if row.lane == Lane.BULK else 0.0,
                    confirms_stop=row.confirms_stop,
                    stop_confirmed=row.id in confirmed,
                    answers_help=row.answers_help,
                    safety=row.lane == Lane.SAFETY,
                    restricted=bool(restricted and {row.person_id, row.about_id} & restricted),
                )
            )
            if ours and isinstance(verdict, Allowed):
                # Two of one batch count against each other.
                sent.add(row.message_id, row.channel, now)
        return verdicts

    async def _places(self, conn: AsyncConnection, rows: list[Due], now: datetime) -> dict[str, Place]:
        """Where the person of each automated row that hours hold for may be.

        The number is read only where the record does not tell.
        """
        asked = [r for r in rows if r.automated and not at_any_hour(PURPOSES[r.purpose], r.replies_to, now)]
        unplaced = {row.person_id for row in asked if row.timezone is None or row.home is None}
        keys = await self._vault.keys(conn, unplaced) if unplaced else None
        found = {}
        for row in asked:
            number = None
            if keys is not None and row.person_id in keys and row.address_kind == AddressKind.PHONE:
                number = open_contact(keys, row.person_id, row.address_id, row.value_sealed)
            found[row.id] = place(zone=row.timezone, state=row.home, number=number, clinic_state=self._clinic_state)
        return found


def _state(row: Due, fresh: AddressState) -> AddressState:
    state = state_for(CHANNELS[row.channel], fresh, row.address_reason)
    return "deceased" if row.deceased and state == "ok" else state


def _planned(row: Due) -> Planned:
    return Planned(
        id=row.id,
        person_id=row.person_id,
        address_id=row.address_id,
        purpose=PURPOSES[row.purpose],
        about_id=row.about_id,
        appointment_id=row.appointment_id,
    )


async def _stop_confirmed(conn: AsyncConnection, rows: list[Due]) -> set[str]:
    """Those of `rows` whose opt-out was confirmed by another delivery already.

    The same message answers the same STOP, so a confirmation is another's only when it answers it too.
    """
    confirmed = set()
    for row in rows:
        other = sa.select(delivery.c.id).where(
            delivery.c.address_id == row.address_id,
            delivery.c.confirms_stop.is_(True),
            delivery.c.id != row.id,
            delivery.c.replies_to == row.replies_to,
            delivery.c.state.in_(LEFT),
        )
        if (await conn.execute(other)).first() is not None:
            confirmed.add(row.id)
    return confirmed


_Wish = tuple[frozenset[str], Wishes]
_NO_WISH: _Wish = (frozenset(), NO_WISHES)


async def _wishes(conn: AsyncConnection, rows: list[Due]) -> dict[tuple[str, str], _Wish]:
    """What the persons of these deliveries asked for, by person and purpose: channels not to use, hours and number."""
    if not rows:
        return {}
    query = sa.select(preference).where(preference.c.person_id.in_({row.person_id for row in rows}))
    return {
        (one.person_id, one.purpose): (frozenset(one.off.split()), Wishes.read(one.hours, one.per_week))
        for one in await conn.execute(query)
    }


def _switched_off(begun: list[Due], wishes: Mapping[tuple[str, str], _Wish]) -> dict[str, str]:
    """Of deliveries that the clinic began: those that the person meanwhile does not want this way, with the rule."""
    return {
        row.id: "switched-off" for row in begun if row.channel in wishes.get((row.person_id, row.purpose), _NO_WISH)[0]
    }


def _changed(rows: list[Due], current: Mapping[str, tuple[int, datetime]], now: datetime) -> dict[str, str]:
    """Of deliveries that speak of a visit: those of one that is over, or no longer as they say, with the reason."""
    void = {}
    for row in rows:
        if row.appointment_id:
            version, start = current.get(row.appointment_id, (None, now))
            if version != row.appointment_version:
                void[row.id] = "appointment_changed"
            elif start <= now:
                void[row.id] = "visit_over"
    return void


async def _versions(conn: AsyncConnection, appointments: set[str]) -> dict[str, tuple[int, datetime]]:
    """The version and start of each appointment that is still booked, which stay until the commit."""
    if not appointments:
        return {}
    query = (
        sa.select(appointment.c.id, appointment.c.version, appointment.c.start)
        .where(appointment.c.id.in_(appointments), appointment.c.status == "booked")
        .order_by(appointment.c.id)
        .with_for_update(read=True)
    )
    return {row.id: (row.version, row.start) for row in await conn.execute(query)}

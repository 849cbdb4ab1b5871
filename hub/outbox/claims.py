"""Claiming: what is due is asked about once more, and its attempt is durable before anything is sent.

Consent, the appointment and the address are read in the same transaction that commits the attempt. A STOP that
committed before it stops the delivery; one that commits after it came after the text was on its way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.asking import NO_WISHES, AddressState, Wishes, share
from consent.ledger import Ledger
from consent.policy import Allowed, Denied, Request, Verdict, Wait, at_any_hour, may, state_for
from consent.restricting import restricted_among
from consent.whereabouts import UNKNOWN, Place, place
from hub.audit import Actor, Entry, Trail
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import appointment, attempt, delivery, preference
from hub.events import Change, publish
from hub.outbox import counting, due, halting, locks, watch
from hub.outbox.counting import LEFT
from hub.outbox.due import Due
from hub.outbox.leases import LEASE
from hub.outbox.queue import note
from hub.outbox.settle import alert
from hub.proxies import Hearing
from hub.proxies.hearing import Planned, own_standing
from hub.sealed import open_body, open_contact, open_words, reply_token
from hub.types import Address, AddressKind, ChannelKind, DeliveryState, Lane, Language, Part, Purpose
from hub.vault import Keys, Vault
from hub.vendors import NO_REGISTER, WITHHELD, Barring

_OUTBOX = Actor("system", "outbox")
_A_MOMENT = timedelta(seconds=1)
# Looked up as they are stored: cheaper than calling the enumeration.
_WITH_TOKEN = (ChannelKind.EMAIL, ChannelKind.PUSH)
_CHANNELS = {str(kind): kind for kind in ChannelKind}
_LANES = {str(lane): lane for lane in Lane}
_KINDS = {str(kind): kind for kind in AddressKind}
_PURPOSES = {str(purpose): purpose for purpose in Purpose}
_LANGUAGES: Mapping[str, Language] = {"en": "en", "es": "es"}


class Claim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A delivery whose next attempt is committed; only the holder of this number may record its result."""

    delivery_id: str
    attempt: int
    thread_id: str
    person_id: str
    address_id: str
    channel: ChannelKind
    lane: Lane
    segments: int
    part: Part

    def __repr__(self) -> str:
        return f"Claim({self.delivery_id}, {self.attempt})"


class Claims:
    """Takes what is due out of the outbox."""

    def __init__(
        self,
        vault: Vault,
        ledger: Ledger,
        trail: Trail,
        senders: Mapping[ChannelKind, Address],
        hearing: Hearing,
        clinic_state: str = "",
        register: Barring = NO_REGISTER,
    ) -> None:
        self._register = register
        self._vault = vault
        self._ledger = ledger
        self._trail = trail
        self._senders = senders
        self._hearing = hearing
        self._clinic_state = clinic_state

    async def claim(
        self,
        conn: AsyncConnection,
        now: datetime,
        *,
        lanes: Sequence[Lane],
        limit: int,
        segments: float,
        channels: Sequence[ChannelKind] | None = None,
    ) -> tuple[list[Claim], int]:
        """Claims for what is due in `lanes`, at most `limit` and about `segments`; and how many rows were decided.

        channels: of these only; else of all that can send.

        Each is leased until `now + LEASE`.
        """
        rows = await due.due(conn, now, lanes, limit, list(self._senders if channels is None else channels))
        chosen, budget = [], segments
        for row in rows:
            if budget <= 0:
                break
            chosen.append(row)
            budget -= row.segments
        if not chosen:
            return [], 0
        verdicts = await self._ask(conn, chosen, now)
        allowed = await self._write(conn, chosen, verdicts, now)
        keys = await self._vault.keys(conn, {row.person_id for row in allowed})
        return [self._claim(keys, row) for row in allowed], len(chosen)

    async def waiting(
        self, conn: AsyncConnection, now: datetime, lanes: Sequence[Lane], channels: Sequence[ChannelKind]
    ) -> bool:
        """Whether `claim` would find anything; asked first, for a write is dearer than a look."""
        return await due.waiting(conn, now, lanes, channels)

    async def part_of(self, conn: AsyncConnection, delivery_id: str) -> Part:
        """A delivery's part as it was sent, for asking the provider about it."""
        row = await due.one(conn, delivery_id)
        keys = await self._vault.keys(conn, (row.person_id,))
        return self._part(keys, row, row.attempts)

    async def part_if_any(self, conn: AsyncConnection, delivery_id: str) -> Part | None:
        """The same; None when there is no such delivery, or its person was disposed of."""
        rows = await due.any_of(conn, delivery_id)
        keys = await self._vault.keys(conn, {row.person_id for row in rows})
        return next((self._part(keys, row, row.attempts) for row in rows if row.person_id in keys), None)

    def _claim(self, keys: Keys, row: Due) -> Claim:
        number = row.attempts + 1
        return Claim(
            delivery_id=row.id,
            attempt=number,
            thread_id=row.thread_id,
            person_id=row.person_id,
            address_id=row.address_id,
            channel=_CHANNELS[row.channel],
            lane=_LANES[row.lane],
            segments=row.segments,
            part=self._part(keys, row, number),
        )

    def _part(self, keys: Keys, row: Due, number: int) -> Part:
        person_id = row.person_id
        value = open_contact(keys, person_id, row.address_id, row.value_sealed)
        if row.words_sealed is None:
            text = open_body(keys, person_id, row.thread_id, row.message_id, row.body_sealed).text
        else:
            text = open_words(keys, person_id, row.thread_id, row.id, row.words_sealed)
        return Part(
            reference=row.id,
            attempt=number,
            sender=self._senders[_CHANNELS[row.channel]],
            recipient=Address(_KINDS[row.address_kind], value),
            text=text,
            purpose=_PURPOSES[row.purpose],
            language=_LANGUAGES.get(row.language or "", "en"),
            answers=row.answers,
            token=self._token(row),
        )

    def _token(self, row: Due) -> str | None:
        """What names the conversation to whoever replies, on the channels that have a place for it."""
        if row.channel not in _WITH_TOKEN:
            return None
        return reply_token(self._vault.blind, row.person_id, row.address_id)

    async def _ask(self, conn: AsyncConnection, rows: list[Due], now: datetime) -> dict[str, Verdict | str]:
        """For each row the policy's verdict, or the reason why it is void."""
        confirming = [row for row in rows if row.confirms_stop]
        wanted = {row.address_id for row in rows}
        # Locked before anything about them is read: of two confirmations of one STOP only one may look at a time.
        fresh = await locks.addresses(conn, wanted, alone=bool(confirming))
        wishes = await _wishes(conn, [row for row in rows if row.counted])
        needless = await watch.needless(conn, rows) | _switched_off(rows, wishes)
        places = await self._places(conn, rows, now)
        halted = await halting.halted(conn, rows)
        barred = await self._register.barred(conn, now)
        current = await _versions(conn, {row.appointment_id for row in rows if row.appointment_id})
        counted = {row.person_id for row in rows if row.counted}
        await locks.persons(conn, counted)
        standings = await self._ledger.standings(conn, wanted)
        recent = await counting.recent(conn, counted, now)
        confirmed = await _stop_confirmed(conn, confirming)
        unheard = await self._hearing.void(conn, [_planned(row) for row in rows if row.about_id or row.appointment_id])
        of_age = await self._hearing.decided_by_themselves(conn, counted)
        concerned = {one for row in rows if row.automated for one in (row.person_id, row.about_id) if one}
        restricted = await restricted_among(conn, concerned)
        verdicts: dict[str, Verdict | str] = {}
        for row in rows:
            if row.appointment_id:
                version, start = current.get(row.appointment_id, (None, now))
                if version != row.appointment_version or start <= now:
                    verdicts[row.id] = "visit_over" if version == row.appointment_version else "appointment_changed"
                    continue
            if row.id in halted:
                verdicts[row.id] = halted[row.id]
                continue
            if row.channel in barred and row.reveals:
                verdicts[row.id] = WITHHELD
                continue
            if row.id in needless:
                verdicts[row.id] = needless[row.id]
                continue
            if row.id in unheard:
                verdicts[row.id] = unheard[row.id]
                continue
            sent = recent.get(row.person_id, counting.NOTHING) if row.counted else counting.NOTHING
            _, wished = wishes.get((row.person_id, row.purpose), _NO_WISH)
            where = places.get(row.id, UNKNOWN)
            verdict = may(
                Request(
                    purpose=_PURPOSES[row.purpose],
                    channel=_CHANNELS[row.channel],
                    automated=row.automated,
                    now=now,
                    standing=own_standing(
                        standings[row.address_id], of_age.get(row.person_id) if row.counted else None
                    ),
                    replies_to=row.replies_to,
                    zones=where.zones,
                    states=where.states,
                    address_state=_state(row, fresh.get(row.address_id, row.address_state)),
                    sent_recently=tuple(sent.calls),
                    told_recently=sent.told(besides=row.message_id),
                    wishes=wished if row.counted else NO_WISHES,
                    share=share(row.person_id) if row.lane == Lane.BULK else 0.0,
                    confirms_stop=row.confirms_stop,
                    stop_confirmed=row.id in confirmed,
                    answers_help=row.answers_help,
                    safety=row.lane == Lane.SAFETY,
                    restricted=bool(restricted and {row.person_id, row.about_id} & restricted),
                )
            )
            verdicts[row.id] = verdict
            if isinstance(verdict, Allowed) and row.counted:
                # Two of one batch count against each other.
                recent.setdefault(row.person_id, counting.Recent()).add(row.message_id, row.channel, now)
        return verdicts

    async def _places(self, conn: AsyncConnection, rows: list[Due], now: datetime) -> dict[str, Place]:
        """Where the person of each automated row that hours hold for may be.

        The number is read only where the record does not tell.
        """
        asked = [r for r in rows if r.automated and not at_any_hour(_PURPOSES[r.purpose], r.replies_to, now)]
        unplaced = {row.person_id for row in asked if row.timezone is None or row.home is None}
        keys = await self._vault.keys(conn, unplaced) if unplaced else None
        found = {}
        for row in asked:
            number = None
            if keys is not None and row.person_id in keys and row.address_kind == AddressKind.PHONE:
                number = open_contact(keys, row.person_id, row.address_id, row.value_sealed)
            found[row.id] = place(zone=row.timezone, state=row.home, number=number, clinic_state=self._clinic_state)
        return found

    async def _write(
        self, conn: AsyncConnection, rows: list[Due], verdicts: dict[str, Verdict | str], now: datetime
    ) -> list[Due]:
        """Write what was decided; the rows that were claimed."""
        claimed, moved, history, refused = [], [], [], []
        for row in rows:
            match verdicts[row.id]:
                case Allowed():
                    claimed.append(row)
                    history.append((row.id, DeliveryState.SENDING, ""))
                case Wait(until=until, rule=rule):
                    moved.append(_move(row, DeliveryState.HELD, rule.id, until))
                    history.append((row.id, DeliveryState.HELD, rule.id))
                case Denied(rule=rule):
                    refused.append((row, rule.id))
                case halting.PAUSED:
                    moved.append(_move(row, DeliveryState.HELD, halting.PAUSED, halting.OUT_OF_THE_WAY))
                    history.append((row.id, DeliveryState.HELD, halting.PAUSED))
                case str(reason):
                    refused.append((row, reason))
        for row, reason in refused:
            moved.append(_move(row, DeliveryState.SUPPRESSED, reason, now))
            history.append((row.id, DeliveryState.SUPPRESSED, reason))
        if claimed:
            await conn.execute(_TAKE, {"ids": [row.id for row in claimed], "until": now + LEASE, "moment": now})
            begun = {"started_at": now, "outcome": "started", "code": ""}
            starts = [{"delivery_id": row.id, "number": row.attempts + 1, **begun} for row in claimed]
            await insert_rows(conn, attempt, starts)
        if moved:
            await update_rows(conn, delivery, [{**one, "updated_at": now} for one in moved])
        await note(conn, history, now)
        # What staff wrote stood in the thread before it was to be seen: now the person's own page shows it.
        shown = [row for row in claimed if not row.automated and now - row.written_at > _A_MOMENT]
        told = [Change("message.created", row.message_id, f"person:{row.person_id}") for row in shown]
        await publish(conn, now, told)
        followed = await watch.heard(conn, [row.id for row, _ in refused], now)
        stuck = [row for row, reason in refused if reason == WITHHELD and row.id not in followed and not row.counted]
        if stuck:
            # An answer that no further way follows: somebody must see to it.
            await alert(conn, [(row.thread_id, WITHHELD) for row in stuck])
            await publish(conn, now, [Change("thread.updated", row.thread_id) for row in stuck])
        await self._trail.record(
            conn,
            *(
                Entry(
                    action="send.refuse",
                    actor=_OUTBOX,
                    person_id=row.person_id,
                    object_id=row.id,
                    details={"rule": reason},
                )
                for row, reason in refused
            ),
        )
        return claimed


_TAKE = (
    sa.update(delivery)
    .where(delivery.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        state=DeliveryState.SENDING,
        reason="",
        attempts=delivery.c.attempts + 1,
        lease_until=sa.bindparam("until"),
        unknown_since=None,
        updated_at=sa.bindparam("moment"),
    )
)


def _move(row: Due, state: DeliveryState, reason: str, due_at: datetime) -> dict[str, Any]:
    return {"id": row.id, "state": state, "reason": reason, "due_at": due_at}


def _state(row: Due, fresh: AddressState) -> AddressState:
    state = state_for(_CHANNELS[row.channel], fresh, row.address_reason)
    return "deceased" if row.deceased and state == "ok" else state


def _planned(row: Due) -> Planned:
    return Planned(
        id=row.id,
        person_id=row.person_id,
        address_id=row.address_id,
        purpose=_PURPOSES[row.purpose],
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


def _switched_off(rows: list[Due], wishes: Mapping[tuple[str, str], _Wish]) -> dict[str, str]:
    """Of deliveries that the clinic began: those that the person meanwhile does not want this way, with the rule."""
    return {
        row.id: "switched-off"
        for row in rows
        if row.counted and row.channel in wishes.get((row.person_id, row.purpose), _NO_WISH)[0]
    }


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

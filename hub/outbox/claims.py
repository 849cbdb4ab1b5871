"""Claiming: what is due is asked about once more, and its attempt is durable before anything is sent.

Consent, the appointment and the address are read in the same transaction that commits the attempt. A STOP that
committed before it stops the delivery; one that commits after it came after the text was on its way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.ledger import Ledger
from consent.policy import Allowed, Denied, Request, Verdict, Wait, may
from hub.audit import Actor, Entry, Trail
from hub.db.bulk import insert_rows, update_rows
from hub.db.tables import address, appointment, attempt, contact, delivery, message, person
from hub.outbox import locks
from hub.outbox.leases import LEASE
from hub.outbox.queue import note
from hub.sealed import open_body, open_contact
from hub.types import Address, AddressKind, ChannelKind, DeliveryState, Lane, Part, Purpose
from hub.vault import Keys, Vault

_OUTBOX = Actor("system", "outbox")
_WEEK = timedelta(days=7)
_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ)
# Looked up as they are stored: cheaper than calling the enumeration.
_CHANNELS = {str(kind): kind for kind in ChannelKind}
_LANES = {str(lane): lane for lane in Lane}
_PURPOSES = {str(purpose): purpose for purpose in Purpose}


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

    def __init__(self, vault: Vault, ledger: Ledger, trail: Trail, senders: Mapping[ChannelKind, Address]) -> None:
        self._vault = vault
        self._ledger = ledger
        self._trail = trail
        self._senders = senders

    async def claim(
        self, conn: AsyncConnection, now: datetime, *, lanes: Sequence[Lane], limit: int, segments: float
    ) -> tuple[list[Claim], int]:
        """Claims for what is due in `lanes`, at most `limit` and about `segments`; and how many rows were decided.

        Each is leased until `now + LEASE`.
        """
        rows = await _due(conn, now, lanes, limit, list(self._senders))
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

    async def waiting(self, conn: AsyncConnection, now: datetime, lanes: Sequence[Lane]) -> bool:
        """Whether `claim` would find anything; asked first, for a write is dearer than a look."""
        query = sa.select(delivery.c.id).where(
            delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
            delivery.c.lane.in_(list(lanes)),
            delivery.c.due_at <= now,
            sa.or_(
                delivery.c.lane == Lane.SAFETY,
                *(sa.and_(delivery.c.lane == lane, ~_blocked(lane)) for lane in (Lane.REPLY, Lane.BULK)),
            ),
        )
        return (await conn.execute(query.limit(1))).first() is not None

    async def part_of(self, conn: AsyncConnection, delivery_id: str) -> tuple[Any, Part]:
        """A delivery's row and its part as it was sent, for asking the provider about it."""
        row = (await conn.execute(_DETAILS.where(delivery.c.id == delivery_id))).one()
        keys = await self._vault.keys(conn, (row.person_id,))
        return row, self._part(keys, row, row.attempts)

    def _claim(self, keys: Keys, row: Any) -> Claim:
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

    def _part(self, keys: Keys, row: Any, number: int) -> Part:
        person_id = row.person_id
        value = open_contact(keys, person_id, row.address_id, row.value_sealed)
        body = open_body(keys, person_id, row.thread_id, row.message_id, row.body_sealed)
        return Part(
            reference=row.id,
            attempt=number,
            sender=self._senders[_CHANNELS[row.channel]],
            recipient=Address(AddressKind(row.address_kind), value),
            text=body.text,
        )

    async def _ask(self, conn: AsyncConnection, rows: list[Any], now: datetime) -> dict[str, Verdict | str]:
        """For each row the policy's verdict, or the reason why it is void."""
        confirming = [row for row in rows if row.confirms_stop]
        wanted = {row.address_id for row in rows}
        # Locked before anything about them is read: of two confirmations of one STOP only one may look at a time.
        fresh = await locks.addresses(conn, wanted, alone=bool(confirming))
        current = await _versions(conn, {row.appointment_id for row in rows if row.appointment_id})
        counted = {row.person_id for row in rows if _counted(row)}
        await locks.persons(conn, counted)
        standings = await self._ledger.standings(conn, wanted)
        recent = await sent_recently(conn, counted, now)
        confirmed = await _stop_confirmed(conn, confirming)
        verdicts: dict[str, Verdict | str] = {}
        for row in rows:
            if row.appointment_id and current.get(row.appointment_id) != row.appointment_version:
                verdicts[row.id] = "appointment_changed"
                continue
            verdict = may(
                Request(
                    purpose=_PURPOSES[row.purpose],
                    channel=_CHANNELS[row.channel],
                    automated=row.automated,
                    now=now,
                    standing=standings[row.address_id],
                    replies_to=row.replies_to,
                    zones=(row.timezone,) if row.timezone else (),
                    address_state=fresh.get(row.address_id, row.address_state),
                    sent_recently=tuple(recent.get(row.person_id, ())),
                    confirms_stop=row.confirms_stop,
                    stop_confirmed=row.id in confirmed,
                    answers_help=row.answers_help,
                    safety=row.lane == Lane.SAFETY,
                )
            )
            verdicts[row.id] = verdict
            if isinstance(verdict, Allowed) and _counted(row):
                # Two of one batch count against each other.
                recent.setdefault(row.person_id, []).append(now)
        return verdicts

    async def _write(
        self, conn: AsyncConnection, rows: list[Any], verdicts: dict[str, Verdict | str], now: datetime
    ) -> list[Any]:
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
_NEEDED = (
    "id",
    "message_id",
    "thread_id",
    "person_id",
    "address_id",
    "channel",
    "lane",
    "purpose",
    "automated",
    "confirms_stop",
    "answers_help",
    "replies_to",
    "appointment_id",
    "appointment_version",
    "segments",
    "attempts",
)
_DETAILS = (
    sa.select(
        *(delivery.c[name] for name in _NEEDED),
        message.c.body_sealed,
        address.c.kind.label("address_kind"),
        address.c.state.label("address_state"),
        contact.c.value_sealed,
        person.c.timezone,
    )
    .join(message, message.c.id == delivery.c.message_id)
    .join(address, address.c.id == delivery.c.address_id)
    .join(contact, sa.and_(contact.c.address_id == address.c.id, contact.c.person_id == delivery.c.person_id))
    .join(person, person.c.id == delivery.c.person_id)
)


def _move(row: Any, state: DeliveryState, reason: str, due_at: datetime) -> dict[str, Any]:
    return {"id": row.id, "state": state, "reason": reason, "due_at": due_at}


async def _due(
    conn: AsyncConnection, now: datetime, lanes: Sequence[Lane], limit: int, channels: list[ChannelKind]
) -> list[Any]:
    """Deliveries that may be tried, the most urgent lane first, oldest first within it.

    One whose thread has an earlier one under way, or waiting to be tried again, waits for it: a person's messages
    arrive in the order they were written. A held one blocks nothing, safety waits for nobody, and an answer does not
    wait for a campaign that has not left yet.

    That holds among several dispatchers, too. A claim locks the rows it takes, and others pass over them
    (`SKIP LOCKED`); but the look for earlier ones of the thread reads without locks, and so sees a row that another
    process is just claiming as it was committed last: queued, which blocks. Once that claim commits the row is sending,
    which blocks, until its result is committed. There is no moment at which it looks sent and is not. If the claim is
    undone it is queued as before.
    """
    rows: list[Any] = []
    for lane in lanes:
        # One state at a time: each is a walk along the index, and stops at the limit.
        for state in (DeliveryState.QUEUED, DeliveryState.HELD):
            if len(rows) >= limit:
                break
            given = {"now": now, "channels": channels, "most": limit - len(rows)}
            rows += (await conn.execute(_due_in(lane, state), given)).all()
    return rows


@cache
def _due_in(lane: Lane, state: DeliveryState) -> sa.Select[Any]:
    """What is due in a lane and a state, locked."""
    query = (
        _DETAILS.where(
            delivery.c.state == state,
            delivery.c.lane == lane,
            delivery.c.due_at <= sa.bindparam("now"),
            delivery.c.channel.in_(sa.bindparam("channels", expanding=True)),
        )
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    return locks.unclaimed(query if lane is Lane.SAFETY else query.where(~_blocked(lane)))


@cache
def _blocked(lane: Lane) -> sa.Exists:
    """Whether the thread has an earlier delivery that one of `lane` waits for."""
    earlier = delivery.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.thread_id == delivery.c.thread_id,
        earlier.c.channel == delivery.c.channel,
        earlier.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
        earlier.c.id < delivery.c.id,
    )
    if lane is Lane.BULK:
        return blocked
    return blocked.where(sa.or_(earlier.c.lane != Lane.BULK, earlier.c.state == DeliveryState.SENDING))


def _counted(row: Any) -> bool:
    """Whether a delivery counts against the caps: automated, and begun by the clinic."""
    return bool(row.automated and row.replies_to is None)


async def sent_recently(conn: AsyncConnection, persons: set[str], now: datetime) -> dict[str, list[datetime]]:
    """When automated messages that the clinic began left for each person in the last week."""
    if not persons:
        return {}
    query = (
        sa.select(delivery.c.person_id, attempt.c.started_at)
        .join(attempt, sa.and_(attempt.c.delivery_id == delivery.c.id, attempt.c.number == delivery.c.attempts))
        .where(
            delivery.c.person_id.in_(persons),
            delivery.c.automated.is_(True),
            delivery.c.replies_to.is_(None),
            delivery.c.state.in_(_LEFT),
            attempt.c.started_at > now - _WEEK,
        )
    )
    found: dict[str, list[datetime]] = {}
    for row in await conn.execute(query):
        found.setdefault(row.person_id, []).append(row.started_at)
    return found


async def _stop_confirmed(conn: AsyncConnection, rows: list[Any]) -> set[str]:
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
            delivery.c.state.in_(_LEFT),
        )
        if (await conn.execute(other)).first() is not None:
            confirmed.add(row.id)
    return confirmed


async def _versions(conn: AsyncConnection, appointments: set[str]) -> dict[str, int]:
    """The version of each appointment that is still booked, which stays until the commit."""
    if not appointments:
        return {}
    query = (
        sa.select(appointment.c.id, appointment.c.version)
        .where(appointment.c.id.in_(appointments), appointment.c.status == "booked")
        .order_by(appointment.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.version for row in await conn.execute(query)}

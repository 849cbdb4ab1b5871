"""What the hub did behind a text, in plain words, out of the audit trail and the history of deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from babel.dates import format_datetime
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules
from hub.db.tables import appointment, audit_event, delivery, delivery_event
from hub.parts import Parts
from hub.types import DeliveryState, Lane

Kind = Literal["text", "step", "visit", "staff", "refused", "urgent"]

_MOST = 200
_DATE = "EEE, MMM d, h:mm a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the strip. `id` is its row's, a UUIDv7: a reader asks for what came after the last it saw."""

    id: str
    at: datetime
    kind: Kind
    who: str = field(repr=False)
    words: str = field(repr=False)


_ACTIONS: Mapping[str, tuple[Kind, str]] = {
    "message.accept": ("text", "sent a text; it is stored and sealed"),
    "message.inbox": ("staff", "wrote to the staff; the assistant stays silent"),
    "message.queue": ("step", "gets an answer: allowed, so it is queued"),
    "appointment.book": ("visit", "has a visit booked"),
    "appointment.move": ("visit", "has a visit moved"),
    "appointment.cancel": ("visit", "has a visit cancelled; its time is free again"),
    "appointment.confirm": ("visit", "confirmed a visit"),
    "consent.revoke": ("refused", "asked for no more texts; that is on record"),
    "consent.grant": ("visit", "agreed to texts; that is on record"),
    "emergency.detect": ("urgent", "may be in danger: staff alerted, assistant stopped"),
    "urgent.detect": ("urgent", "has an urgent symptom: a nurse is asked to look"),
    "bot.handoff": ("staff", "is passed to the staff; the assistant is silent now"),
    "person.wrong_number": ("staff", "may be a wrong number; staff will look first"),
    "reception.give_up": ("staff", "is passed to the staff: the assistant had a fault"),
    "send.refuse": ("refused", "gets no text: the rules do not allow it"),
}

_DELIVERIES: Mapping[DeliveryState, tuple[Kind, str]] = {
    DeliveryState.HELD: ("refused", "gets the text later"),
    DeliveryState.SENDING: ("step", "may still be texted: handed to the carrier"),
    DeliveryState.DELIVERED: ("text", "has the text on the phone"),
    DeliveryState.FAILED: ("refused", "did not get the text: the carrier could not deliver it"),
    DeliveryState.SUPPRESSED: ("refused", "gets no text"),
}


async def deeds(parts: Parts, conn: AsyncConnection, after: str) -> list[Deed]:
    """What was done after the row `after` (a UUIDv7), oldest first, at most 200 lines."""
    acts = (
        sa.select(audit_event)
        .where(audit_event.c.id > after, audit_event.c.action.in_(_ACTIONS))
        .order_by(audit_event.c.id)
        .limit(_MOST)
    )
    steps = (
        sa.select(
            delivery_event.c.id,
            delivery_event.c.state,
            delivery_event.c.reason,
            delivery_event.c.at,
            delivery.c.person_id,
            delivery.c.lane,
        )
        .join(delivery, delivery.c.id == delivery_event.c.delivery_id)
        .where(delivery_event.c.id > after, delivery_event.c.state.in_(_DELIVERIES))
        .order_by(delivery_event.c.id)
        .limit(_MOST)
    )
    audits = (await conn.execute(acts)).all()
    deliveries = (await conn.execute(steps)).all()
    names = await _names(parts, conn, {row.person_id for row in (*audits, *deliveries) if row.person_id})
    visits = await _visits(parts, conn, [row for row in audits if row.action.startswith("appointment.")])
    lines = [_act(row, names, visits) for row in audits] + [_step(row, names) for row in deliveries]
    return sorted(lines, key=lambda line: line.id)[:_MOST]


def _act(row: Any, names: Mapping[str, str], visits: Mapping[str, str]) -> Deed:
    kind, words = _ACTIONS[row.action]
    if row.action == "message.queue" and row.actor_kind == "staff":
        words = "is answered by the staff: allowed, so it is queued"
    if row.object_id in visits:
        words = f"{words}: {visits[row.object_id]}"
    return Deed(id=row.id, at=row.at, kind=kind, who=names.get(row.person_id, ""), words=f"{words}.")


def _step(row: Any, names: Mapping[str, str]) -> Deed:
    state = DeliveryState(row.state)
    kind, words = _DELIVERIES[state]
    if state is DeliveryState.SENDING and row.lane == Lane.SAFETY:
        kind, words = "urgent", "gets the fixed safety reply, ahead of everything else"
    if state in (DeliveryState.HELD, DeliveryState.SUPPRESSED):
        words = f"{words}: {_reason(row.reason)}"
    return Deed(id=row.id, at=row.at, kind=kind, who=names.get(row.person_id, ""), words=f"{words.rstrip('.')}.")


def _reason(rule: str) -> str:
    """A rule's own sentence, as the continuation of one of ours."""
    if rule == "opted-out":
        return "they asked for none"
    if rule == "appointment_changed":
        return "the visit it speaks of has changed"
    words = rules.load().reasons.get(rule, "the rules do not allow it")
    return words[:1].lower() + words[1:]


async def _names(parts: Parts, conn: AsyncConnection, person_ids: set[str]) -> dict[str, str]:
    persons = await parts.people.many(conn, list(person_ids))
    names = {"line": "The shared phone", "unidentified": "The unknown number"}
    return {one.id: names.get(one.kind, one.profile.given_name) for one in persons.values()}


async def _visits(parts: Parts, conn: AsyncConnection, rows: Sequence[Any]) -> dict[str, str]:
    """When each visit of `rows` is, in the clinic's zone, by its id."""
    query = sa.select(appointment.c.id, appointment.c.start).where(
        appointment.c.id.in_([row.object_id for row in rows])
    )
    zone = parts.settings.timezone
    return {
        row.id: format_datetime(row.start.astimezone(zone), _DATE, locale="en").replace("\u202f", " ")
        for row in await conn.execute(query)
    }

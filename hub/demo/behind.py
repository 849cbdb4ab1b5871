"""What the hub did behind a message, in plain words, out of the audit trail and the history of deliveries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent import rules
from hub.db.tables import appointment, audit_event, delivery, delivery_event, message
from hub.demo.wording import moment, table
from hub.parts import Parts
from hub.types import ChannelKind, DeliveryState, Lane, Language

Kind = Literal["text", "step", "visit", "staff", "refused", "urgent"]

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One line of the strip. `id` is its row's, a UUIDv7: a reader asks for what came after the last it saw."""

    id: str
    at: datetime
    kind: Kind
    who: str = field(repr=False)
    words: str = field(repr=False)


_ACTIONS: Mapping[str, Kind] = {
    "message.accept": "text",
    "message.inbox": "staff",
    "message.queue": "step",
    "appointment.book": "visit",
    "appointment.move": "visit",
    "appointment.cancel": "visit",
    "appointment.confirm": "visit",
    "consent.revoke": "refused",
    "consent.grant": "visit",
    "emergency.detect": "urgent",
    "urgent.detect": "urgent",
    "bot.handoff": "staff",
    "person.wrong_number": "staff",
    "reception.give_up": "staff",
    "send.refuse": "refused",
    "portal.sign_in": "text",
}

_DELIVERIES: Mapping[DeliveryState, Kind] = {
    DeliveryState.HELD: "refused",
    DeliveryState.SENDING: "step",
    DeliveryState.SENT: "text",
    DeliveryState.DELIVERED: "text",
    DeliveryState.FAILED: "refused",
    DeliveryState.SUPPRESSED: "refused",
}
_LAST_WORD = (ChannelKind.EMAIL, ChannelKind.PORTAL)
"""Channels on which nothing is told after `sent`."""


async def deeds(
    parts: Parts, conn: AsyncConnection, after: str, persons: Collection[str], language: Language = "en"
) -> list[Deed]:
    """What was done about these persons after the row `after` (a UUIDv7), oldest first, at most 200 lines."""
    acts = (
        sa.select(audit_event, message.c.channel)
        .outerjoin(message, message.c.id == audit_event.c.object_id)
        .where(audit_event.c.id > after, audit_event.c.action.in_(_ACTIONS), audit_event.c.person_id.in_(persons))
        .order_by(audit_event.c.id)
        .limit(_MOST)
    )
    told = sa.or_(
        delivery_event.c.state.in_([one for one in _DELIVERIES if one is not DeliveryState.SENT]),
        sa.and_(delivery_event.c.state == DeliveryState.SENT, delivery.c.channel.in_(_LAST_WORD)),
    )
    steps = (
        sa.select(
            delivery_event.c.id,
            delivery_event.c.state,
            delivery_event.c.reason,
            delivery_event.c.at,
            delivery.c.person_id,
            delivery.c.lane,
            delivery.c.channel,
        )
        .join(delivery, delivery.c.id == delivery_event.c.delivery_id)
        .where(delivery_event.c.id > after, told, delivery.c.person_id.in_(persons))
        .order_by(delivery_event.c.id)
        .limit(_MOST)
    )
    audits = (await conn.execute(acts)).all()
    deliveries = (await conn.execute(steps)).all()
    names = await _names(parts, conn, {row.person_id for row in (*audits, *deliveries) if row.person_id}, language)
    visits = await _visits(parts, conn, [row for row in audits if row.action.startswith("appointment.")], language)
    lines = [_act(row, names, visits, language) for row in audits]
    lines += [_step(row, names, language) for row in deliveries]
    return sorted(lines, key=lambda line: line.id)[:_MOST]


def _act(row: Any, names: Mapping[str, str], visits: Mapping[str, str], language: Language) -> Deed:
    said, action = table(language, "deeds"), row.action
    if action == "message.accept":
        action = f"{action}.{row.channel or ChannelKind.SMS}"
    elif action == "message.queue" and row.actor_kind == "staff":
        action = f"{action}.staff"
    elif action == "message.queue" and row.actor_id in ("system", "campaign"):
        action = f"{action}.system"
    words = said[action]
    if row.object_id in visits:
        words = f"{words}: {visits[row.object_id]}."
    elif row.action.startswith("appointment."):
        words = f"{words}."
    return Deed(id=row.id, at=row.at, kind=_ACTIONS[row.action], who=names.get(row.person_id, ""), words=words)


def _step(row: Any, names: Mapping[str, str], language: Language) -> Deed:
    state, said = DeliveryState(row.state), table(language, "deeds")
    kind = _DELIVERIES[state]
    match state:
        case DeliveryState.SENDING if row.lane == Lane.SAFETY:
            kind, words = "urgent", said["sending.safety"]
        case DeliveryState.SENDING:
            words = said[f"sending.{row.channel}"]
        case DeliveryState.SENT | DeliveryState.DELIVERED:
            words = said[f"arrived.{row.channel}"]
        case DeliveryState.HELD | DeliveryState.SUPPRESSED:
            words = f"{said[state.value]}: {reason(row.reason, language).rstrip('.')}."
        case _:
            words = said["failed"]
    return Deed(id=row.id, at=row.at, kind=kind, who=names.get(row.person_id, ""), words=words)


def reason(rule: str, language: Language = "en") -> str:
    """A rule's own sentence, as the continuation of one of ours. The rules speak to the staff, in English."""
    said = table(language, "deeds")
    if rule == "opted-out":
        return said["opted_out"]
    if rule == "appointment_changed":
        return said["visit_changed"]
    words = rules.load().plain.get(rule) if language == "en" else None
    return said["not_allowed"] if words is None else words[:1].lower() + words[1:]


async def _names(parts: Parts, conn: AsyncConnection, person_ids: set[str], language: Language) -> dict[str, str]:
    persons = await parts.people.many(conn, list(person_ids))
    said = table(language, "deeds")
    return {one.id: said.get(one.kind) or one.profile.given_name for one in persons.values()}


async def _visits(parts: Parts, conn: AsyncConnection, rows: Sequence[Any], language: Language) -> dict[str, str]:
    """When each visit of `rows` is, in the clinic's zone, by its id."""
    query = sa.select(appointment.c.id, appointment.c.start).where(
        appointment.c.id.in_([row.object_id for row in rows])
    )
    return {row.id: moment(row.start, parts.settings.timezone, language) for row in await conn.execute(query)}

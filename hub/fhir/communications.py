"""Threads and messages as Communications: a header without payload, and each message as part of it.

The mapping is that of exports. Notes that staff write for each other are not given.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.db.tables import delivery, delivery_event, message, thread
from hub.exports import Asked, redaction
from hub.exports.around import whose
from hub.exports.records import MessageRecord, ThreadRecord
from hub.exports.resources import (
    CATEGORY,
    MESSAGE,
    PROVIDER,
    STATUS,
    THREAD,
    communication,
    header,
    on_server,
    time_text,
)
from hub.exports.sources import Sources
from hub.exports.walking import Walk
from hub.fhir.asking import alternatives, codes, ids, within
from hub.fhir.guarding import SECURITY, labelled_as
from hub.fhir.kinds import Kind, Loaded, Parameter, Rows, Scene
from hub.types import Direction

__all__ = ["COMMUNICATION"]

_SYSTEM = "http://hl7.org/fhir/event-status"
_SHOWN = msgspec.structs.replace(redaction("full"), notes=False)


async def _load(scene: Scene, ids: Sequence[str]) -> Loaded:
    """Threads and messages alike; what is neither is left out."""
    sources = Sources.of(scene.parts)
    resources: dict[str, dict[str, Any]] = {}
    persons: dict[str, Sequence[str]] = {}
    gone: set[str] = set()
    async with scene.parts.db.read() as conn:
        query = sa.select(thread.c.id, thread.c.last_at).where(thread.c.id.in_(ids))
        changed = {row.id: row.last_at for row in await conn.execute(query)}
        today = scene.parts.clock.now().astimezone(scene.parts.settings.timezone).date()
        headers = await whose(conn, sources, _SHOWN, set(changed), today) if changed else {}
        is_message = sa.select(message.c.id).where(message.c.id.in_(ids))
        among = list((await conn.execute(is_message)).scalars())
    for thread_id, one in headers.items():
        if one.keys is None:
            gone.add(thread_id)
            continue
        record = ThreadRecord(id=thread_id, person=one.person, status=one.status, notice=one.notice)
        resource = header(record, on_server)
        resources[thread_id] = _stamped(resource, time_text(changed[thread_id]))
        persons[thread_id] = (one.person,)
    if among:
        page = await Walk(sources, Asked(begun_on=today), _SHOWN, size=len(among), among=among).page(None)
        for told in page.messages():
            if told.unreadable:
                gone.add(told.id)
                continue
            page.files(told)  # by it the record lists them
            resources[told.id] = _stamped(communication(told, on_server), _changed(told))
            persons[told.id] = (told.person,)
    return Loaded(resources=resources, persons=persons, gone=frozenset(gone))


def _stamped(resource: dict[str, Any], changed: str) -> dict[str, Any]:
    return resource | {"meta": resource.get("meta", {}) | {"lastUpdated": changed}}


def _changed(one: MessageRecord) -> str:
    moments = (one.at, *(step.at for each in one.deliveries for step in each.history))
    # The whole profile shows moments, never days.
    return time_text(max(at for at in moments if isinstance(at, datetime)))


# --- of messages: what the last of a message's deliveries says of it, as the mapping has it

_LAST = (
    sa.select(delivery.c.id)
    .where(delivery.c.message_id == message.c.id)
    .order_by(delivery.c.id.desc())
    .limit(1)
    .correlate(message)
    .scalar_subquery()
)
_WENT = sa.select(delivery.c.id).where(delivery.c.message_id == message.c.id).correlate(message).exists()


def _last(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    return (
        sa.select(column)
        .where(delivery.c.message_id == message.c.id)
        .order_by(delivery.c.id.desc())
        .limit(1)
        .correlate(message)
        .scalar_subquery()
    )


def _reached(state: str) -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.max(delivery_event.c.at))
        .where(delivery_event.c.delivery_id == _LAST, delivery_event.c.state == state)
        .correlate(message)
        .scalar_subquery()
    )


_SENT = sa.case((_WENT, sa.func.coalesce(_reached("sent"), _reached("sending"))), else_=message.c.at)
_UPDATED = sa.func.coalesce(
    sa.select(sa.func.max(delivery_event.c.at))
    .join(delivery, delivery.c.id == delivery_event.c.delivery_id)
    .where(delivery.c.message_id == message.c.id)
    .correlate(message)
    .scalar_subquery(),
    message.c.at,
)


def _message_status(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    wanted = codes(value, _SYSTEM)
    states = [state for state, status in STATUS.items() if status in wanted]
    settled = sa.not_(_WENT) if "completed" in wanted else sa.false()
    return sa.or_(_last(delivery.c.state).in_(states), settled)


def _category(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    wanted = codes(value, CATEGORY)
    by_itself = sa.and_(sa.not_(_WENT), message.c.direction.in_(wanted))
    return sa.or_(_last(delivery.c.purpose).in_(wanted), by_itself)


def _message_identifier(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    found: list[sa.ColumnElement[bool]] = [sa.false()]
    for one in alternatives(value):
        system, _, code = one.rpartition("|")
        if system in ("", MESSAGE):
            found.append(message.c.id == code.lower())
        if system == "" or system.startswith(f"{PROVIDER}:"):
            channel = system.removeprefix(f"{PROVIDER}:")
            by = sa.select(delivery.c.message_id).where(delivery.c.provider_id == code)
            came = message.c.provider_id == code
            if channel:
                by, came = by.where(delivery.c.channel == channel), sa.and_(came, message.c.channel == channel)
            found += [came, message.c.id.in_(by)]
    return sa.or_(*found)


def _subject(column: sa.ColumnElement[str]) -> Callable[[Scene, str], sa.ColumnElement[bool]]:
    return lambda scene, value: column.in_(
        sa.select(thread.c.id).where(thread.c.person_id.in_(ids(value, "Patient", scene.base)))
    )


def _part_of(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return message.c.thread_id.in_(ids(value, "Communication", scene.base))


def _sent(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return within(_SENT, value, scene.parts.settings.timezone)


def _thread_status(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    wanted, closed = codes(value, _SYSTEM), thread.c.status == "closed"
    found = [closed] if "completed" in wanted else [sa.false()]
    return sa.or_(*found, *([sa.not_(closed)] if "in-progress" in wanted else []))


def _thread_identifier(scene: Scene, value: str) -> sa.ColumnElement[bool]:
    return thread.c.id.in_([one.lower() for one in codes(value, THREAD)])


_OWNER = sa.select(thread.c.person_id).where(thread.c.id == message.c.thread_id).correlate(message).scalar_subquery()
_THREADS = Rows(
    key=thread.c.id,
    updated=thread.c.last_at,
    where={
        "identifier": _thread_identifier,
        "subject": _subject(thread.c.id),
        "patient": _subject(thread.c.id),
        "status": _thread_status,
        **labelled_as(thread.c.person_id),
    },
)
_MESSAGES = Rows(
    key=message.c.id,
    updated=_UPDATED,
    always=(message.c.direction != sa.literal_column(f"'{Direction.NOTE}'"),),
    where={
        "identifier": _message_identifier,
        "subject": _subject(message.c.thread_id),
        "patient": _subject(message.c.thread_id),
        "status": _message_status,
        "category": _category,
        "part-of": _part_of,
        "sent": _sent,
        **labelled_as(_OWNER),
    },
)

COMMUNICATION = Kind(
    name="Communication",
    action="message.read",
    says="A thread, without payload, and each of its messages, which is part of it.",
    rows=(_THREADS, _MESSAGES),
    parameters={
        "identifier": Parameter(kind="token", says=f"{THREAD}, {MESSAGE}, or {PROVIDER}: and the channel."),
        "subject": Parameter(kind="reference", says="Whose conversation it is."),
        "patient": Parameter(kind="reference", says="Whose conversation it is."),
        "part-of": Parameter(kind="reference", says="Messages of this thread."),
        "sent": Parameter(kind="date", says="When a message was sent, by the last way that it went."),
        "status": Parameter(kind="token", says="How far it came."),
        "_security": SECURITY,
        "category": Parameter(kind="token", says=f"The purpose; inbound for what came in ({CATEGORY})."),
    },
    load=_load,
)
